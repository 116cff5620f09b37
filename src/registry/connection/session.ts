import type { ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';

/**
 * Settings that the server relies on in each of its sessions. A role, a database, PGOPTIONS or DATABASE_URL may have
 * set others, for other programs. Times are in milliseconds.
 */
const relied: Readonly<Record<string, string>> = {
  // The form in which values are written and read.
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  xmlbinary: 'base64',
  xmloption: 'content',
  // The meaning of SQL, in functions of the database too.
  search_path: 'public',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  escape_string_warning: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  check_function_bodies: 'on',
  row_security: 'on',
  restrict_nonsystem_relation_kind: '',
  exit_on_error: 'off',
  // Whether triggers run: they keep references whole and log changes for feeds and look-ups.
  session_replication_role: 'origin',
  // Transactions.
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  // The time that statements and transactions may take.
  statement_timeout: '0',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  // Plans. With random_page_cost at its default of 4, sets of keys are looked up by reading all of the table.
  random_page_cost: '1.1',
  plan_cache_mode: 'auto',
  from_collapse_limit: '8',
  join_collapse_limit: '8',
  geqo: 'on',
  debug_parallel_query: 'off',
  ...Object.fromEntries(
    [
      ...['bitmapscan', 'hashagg', 'hashjoin', 'indexonlyscan', 'indexscan', 'incremental_sort', 'material', 'memoize'],
      ...['mergejoin', 'nestloop', 'seqscan', 'sort', 'tidscan'],
    ].map((plan) => [`enable_${plan}`, 'on']),
  ),
};

/**
 * Settings of sessions whose statements enter tables by keys. PostgreSQL keeps a plan that it made while a table was empty,
 * until the table is analyzed: reading all of it is cheap then, and no more once a load has filled it.
 */
export const byKeys: Readonly<Record<string, string>> = { enable_seqscan: 'off', jit: 'off' };

/** Inside a transaction: for statements that read whole tables. */
export const READING_ALL = 'SET LOCAL enable_seqscan = on; SET LOCAL jit = off';

/**
 * Sets the settings that differ and that this version of PostgreSQL has. So a setting that only a superuser may change
 * is left alone if it is right. The first statement lifts the time limit for the others.
 */
function settingsOf(extra: Readonly<Record<string, string>>): string {
  const values = Object.entries({ ...relied, ...extra }).map(([name, value]) => `('${name}', '${value}')`);
  return `SET statement_timeout = 0; SET plpgsql.extra_errors = 'none';
    SELECT pg_catalog.set_config(s.name, v.value, false)
      FROM (VALUES ${values.join(', ')}) AS v(name, value)
      JOIN pg_catalog.pg_settings s ON lower(s.name) = v.name
     WHERE s.setting <> v.value`;
}

/**
 * Gives a new session the settings that the server relies on, and extra ones.
 *
 * @throws OperatorError if the role may not set something that it needs
 */
export async function prepareSession(client: ClientBase, extra: Readonly<Record<string, string>> = {}): Promise<void> {
  await client.query(settingsOf(extra)).catch((error: unknown) => {
    const [, name] = /set parameter "(\w+)"/.exec(error instanceof Error ? error.message : '') ?? [];
    if (name === undefined || !(name in relied)) throw error;
    throw new OperatorError(
      `PostgreSQL's setting ${name} is not ${relied[name]}, and this role may not set it: ALTER ROLE … RESET ${name}, ALTER DATABASE … RESET ${name}, or wherever it is set`,
      { cause: error },
    );
  });
}
