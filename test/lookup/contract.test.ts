/**
 * docs/sql-contract.json is the SQL contract on which operators build. A difference is a decision: additions go into a
 * minor version of the server, everything else into a major one. `UPDATE_SQL_CONTRACT=1 npx vitest run
 * test/lookup/contract.test.ts` writes the file anew.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';

const file = new URL('../../docs/sql-contract.json', import.meta.url);
let registry: SqlRegistry;

beforeAll(async () => {
  registry = await createSqlRegistry();
});
afterAll(() => registry.drop());

interface Contract {
  readonly schema: string;
  readonly views: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly functions: Readonly<Record<string, { readonly arguments: string; readonly returns: string }>>;
}

async function contract(): Promise<Contract> {
  const views = await registry.value<Contract['views']>(
    `SELECT jsonb_object_agg(name, columns)
       FROM (SELECT c.relname AS name, jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) AS columns
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              WHERE c.relnamespace = 'sppp_api'::regnamespace AND c.relkind = 'v' GROUP BY 1) v`,
  );
  const functions = await registry.value<Contract['functions']>(
    `SELECT jsonb_object_agg(p.proname, jsonb_build_object('arguments', pg_get_function_arguments(p.oid),
                                                           'returns', pg_get_function_result(p.oid)))
       FROM pg_proc p WHERE p.pronamespace = 'sppp_api'::regnamespace`,
  );
  return { schema: 'sppp_api', views: sorted(views), functions: sorted(functions) };
}

/** Sorted names; also of columns, because their order in a view is not part of the contract. */
function sorted<T>(value: Readonly<Record<string, T>>): Record<string, T> {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, each]) => [
      key,
      typeof each === 'object' && each !== null ? (sorted(each as Record<string, T>) as T) : each,
    ]),
  );
}

it('views, their columns and types, and functions match the contract', async () => {
  const now = await contract();
  if (process.env.UPDATE_SQL_CONTRACT === '1') writeFileSync(file, `${JSON.stringify(now, undefined, 2)}\n`);
  expect(now).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  expect(Object.keys(now.views).length).toBeGreaterThan(15);
});

it('the schema, every view, every column and every function has a comment', async () => {
  const mute = await registry.value<string[] | null>(
    `SELECT array_agg(name ORDER BY name) FROM (
       SELECT nspname AS name, obj_description(oid, 'pg_namespace') AS said FROM pg_namespace WHERE nspname = 'sppp_api'
       UNION ALL
       SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c
        WHERE c.relnamespace = 'sppp_api'::regnamespace AND c.relkind = 'v'
       UNION ALL
       SELECT c.relname || '.' || a.attname, col_description(c.oid, a.attnum) FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'sppp_api'::regnamespace AND c.relkind = 'v'
       UNION ALL
       SELECT p.proname, obj_description(p.oid, 'pg_proc') FROM pg_proc p
        WHERE p.pronamespace = 'sppp_api'::regnamespace) things
      WHERE coalesce(said, '') = ''`,
  );
  expect(mute).toBeNull();
});
