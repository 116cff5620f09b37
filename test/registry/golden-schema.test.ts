/**
 * The whole schema as a file, so that a change of it is seen as such: test/registry/golden/schema.txt. It is the same on
 * PostgreSQL 15 to 18. `UPDATE_SCHEMA=1 npx vitest run test/registry/golden-schema.test.ts` writes it anew, and adds to
 * test/registry/golden/called-functions.txt.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpSchema } from '../support/schema-dump.js';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = (name: string) => join(root, 'test/registry/golden', name);
const isUpdate = process.env.UPDATE_SCHEMA === '1';

let registry: SqlRegistry;
beforeAll(async () => {
  registry = await createSqlRegistry();
});
afterAll(() => registry.drop());

it('migrations and SQL files make the schema of the golden dump', async () => {
  const dump = await dumpSchema(await registry.session());
  if (isUpdate) writeFileSync(golden('schema.txt'), dump);
  expect(dump.split('\n')).toEqual(readFileSync(golden('schema.txt'), 'utf8').split('\n'));
});

describe('functions that the server calls', () => {
  // During a rolling upgrade, nodes of the release before call the functions of this one.
  it('have the signatures that the former release calls', async () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.includes('prisma-client') && !path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(root, 'src', path), 'utf8'));
    const names = sources.flatMap((text) =>
      [...text.matchAll(/\b(sppp(?:_api)?\.[a-z_]+)\(/g)].map(([, name]) => name),
    );
    await registry.value(`SELECT set_config('search_path', '', false)`);
    const signatures = await registry.value<string[]>(
      `SELECT array_agg(format('%s.%s(%s) returns %s', n.nspname, p.proname, pg_get_function_arguments(p.oid),
                               pg_get_function_result(p.oid)) ORDER BY n.nspname, p.proname, p.oid)
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('sppp', 'sppp_api')`,
    );
    const called = signatures.filter((signature) => names.includes(signature.slice(0, signature.indexOf('('))));
    const file = golden('called-functions.txt');
    const read = () => readFileSync(file, 'utf8').split('\n').filter(Boolean);
    // The test only adds lines. Remove a line by hand, one release after the server has stopped calling the function.
    if (isUpdate) writeFileSync(file, `${[...new Set([...read(), ...called])].sort().join('\n')}\n`);
    const promised = read();
    expect(called.filter((signature) => !promised.includes(signature))).toEqual([]);
    // A table that is returned may have more columns at its end: callers name those that they read.
    const isKept = (old: string) =>
      signatures.some((now) => now === old || (old.includes(' TABLE(') && now.startsWith(`${old.slice(0, -1)}, `)));
    expect(promised.filter((signature) => !isKept(signature))).toEqual([]);
    expect(called.length).toBeGreaterThan(10);
  });
});

describe('functions and views of prisma/sql', () => {
  const folders = ['prisma/migrations', 'prisma/sql'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.sql'))
      .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(join(root, folder, path), 'utf8') })),
  );
  const definitions = files.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /^CREATE (?:OR REPLACE )?(FUNCTION|VIEW) ([\w.]+)[\s\S]*?(?:^(?:END )?\$\$;$|^END;$|;\n(?=\n|--|[A-Z]))/gm,
      ),
    ].map(([definition, kind = '', name = '']) => ({
      path,
      kind,
      name,
      lines: definition.trimEnd().split('\n').length,
    })),
  );

  it('each is defined once', () => {
    const names = definitions.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.length).toBeGreaterThan(70);
  });

  it('each fits on one screen', () => {
    const long = definitions.filter(({ lines }) => lines > 64).map(({ path, name, lines }) => [path, name, lines]);
    expect(long).toEqual([]);
  });

  it('a migration has only those functions that a table needs, and no trigger', () => {
    const migrations = files.filter(({ path }) => path.startsWith('prisma/migrations'));
    expect(
      migrations.filter(({ text }) => /^CREATE (?:OR REPLACE )?TRIGGER/m.test(text)).map(({ path }) => path),
    ).toEqual([]);
    const functions = definitions.filter(
      ({ path, kind }) => path.startsWith('prisma/migrations') && kind === 'FUNCTION',
    );
    expect(functions.map(({ name }) => name).sort()).toEqual([
      'sppp.digit_difference',
      'sppp.interval_end',
      'sppp.interval_start',
      'sppp.number_interval',
      'sppp.routing_number_offset',
    ]);
  });
});
