import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSqlFiles, type SqlFile } from './sql-files.js';

/** Folders of a schema: migrations, which make tables, and SQL files, which make views, functions and triggers. */
export interface SchemaSource {
  readonly migrations: string;
  readonly sql?: string;
}

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The schema of this server. The path is the same from src/registry/schema and from dist/registry/schema. */
export const OURS: SchemaSource = {
  migrations: fromHere('../../../prisma/migrations'),
  sql: fromHere('../../../prisma/sql'),
};

/** A change of tables, which a database gets once. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** What a server expects of its database. */
export interface Schema {
  readonly migrations: readonly Migration[];
  readonly files: readonly SqlFile[];
}

/** Reads the folders: both in the order of the names, which is that in which they are applied. */
export async function readSchema({ migrations: folder, sql }: SchemaSource): Promise<Schema> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrations = await Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
  return { migrations, files: sql === undefined ? [] : await readSqlFiles(sql) };
}
