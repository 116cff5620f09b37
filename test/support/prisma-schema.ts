import { readFileSync } from 'node:fs';

/** prisma/schema.prisma as plain values, with the names that the database has. */

export interface PrismaColumn {
  readonly type: string;
  readonly required: boolean;
  readonly hasDefault: boolean;
}

export interface PrismaTable {
  readonly model: string;
  readonly columns: ReadonlyMap<string, PrismaColumn>;
  /** Columns of the primary key, and of each unique key. */
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
}

export interface PrismaSchema {
  readonly tables: ReadonlyMap<string, PrismaTable>;
  /** Values of each enum, by its name in the database. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
}

export function readPrismaSchema(): PrismaSchema {
  const text = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^(model|enum) (\w+) \{\n(.*?)^\}/gms)].map(
    ([, kind = '', name = '', body = '']) => ({
      kind,
      name,
      mapped: /^\s*@@map\("([^"]+)"\)/m.exec(body)?.[1] ?? name,
      lines: body
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('//')),
    }),
  );
  const models = new Set(blocks.filter(({ kind }) => kind === 'model').map(({ name }) => name));
  const enums = blocks.filter(({ kind }) => kind === 'enum');
  const tables = blocks.filter(({ kind }) => kind === 'model');
  return {
    enums: new Map(enums.map(({ mapped, lines }) => [mapped, lines.filter((line) => !line.startsWith('@@'))])),
    tables: new Map(tables.map(({ name, mapped, lines }) => [mapped, tableOf(name, lines, models)])),
  };
}

function tableOf(model: string, lines: string[], models: ReadonlySet<string>): PrismaTable {
  const columns = new Map<string, PrismaColumn>();
  const names = new Map<string, string>();
  let primaryKey: string[] = [];
  const uniqueKeys: string[][] = [];
  for (const line of lines.filter((each) => !each.startsWith('@@'))) {
    const [, field = '', type = '', mark = '', attributes = ''] =
      /^(\w+)\s+(\w+(?:\("[^"]*"\))?)(\?|\[\])?\s*(.*)$/.exec(line) ?? [];
    if (models.has(type)) continue;
    const column = /@map\("([^"]+)"\)/.exec(attributes)?.[1] ?? field;
    names.set(field, column);
    columns.set(column, { type, required: mark !== '?', hasDefault: attributes.includes('@default(') });
    if (/@id\b/.test(attributes)) primaryKey = [column];
    if (/@unique\b/.test(attributes)) uniqueKeys.push([column]);
  }
  for (const line of lines) {
    const [, kind, list = ''] = /^@@(id|unique)\(\[([^\]]+)\]/.exec(line) ?? [];
    const key = list.split(',').map((field) => names.get(field.trim()) ?? field.trim());
    if (kind === 'id') primaryKey = key;
    if (kind === 'unique') uniqueKeys.push(key);
  }
  return { model, columns, primaryKey, uniqueKeys };
}
