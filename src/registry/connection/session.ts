import type { Client, ClientBase, QueryResult } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { HEAR_WARNINGS, refuseUnreplicated } from './standby-wait.js';

/** A session that the server cannot work with, until the operator changes a setting of the database. */
export class UnfitSessionError extends OperatorError {}

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
  // PostgreSQL gives up a client that no longer answers, and its locks. In seconds; the last one in milliseconds.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '30000',
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

/** Milliseconds in which a database has to prepare a session. */
const TIMEOUT_MS = 10_000;

const backends = new WeakMap<ClientBase, string>();

/** A text that names the backend of a connection, also after its process id has been given to another one. */
export const BACKEND = "concat(pid, '@', extract(epoch FROM backend_start))";

/** That text of a session that was prepared. */
export function backendOf(client: ClientBase): string | undefined {
  return backends.get(client);
}

/**
 * Settings of sessions whose statements enter tables by keys. PostgreSQL keeps a plan that it made while a table was empty,
 * until the table is analyzed: reading all of it is cheap then, and no more once a load has filled it.
 */
export const byKeys: Readonly<Record<string, string>> = { enable_seqscan: 'off', jit: 'off' };

/** Inside a transaction of such a session: for statements that read whole tables. */
export const READING_ALL = 'SET LOCAL enable_seqscan = on';

/**
 * Sets the settings that differ and that this version of PostgreSQL has. So a setting that only a superuser may change
 * is left alone if it is right. The first statement lifts the time limit for the others.
 */
function settingsOf(extra: Readonly<Record<string, string>>): string {
  const values = Object.entries({ ...relied, ...extra }).map(([name, value]) => `('${name}', '${value}')`);
  return `SET statement_timeout = 0; SET plpgsql.extra_errors = 'none'; ${HEAR_WARNINGS};
    SELECT pg_catalog.set_config(s.name, v.value, false)
      FROM (VALUES ${values.join(', ')}) AS v(name, value)
      JOIN pg_catalog.pg_settings s ON lower(s.name) = v.name
     WHERE s.setting <> v.value;
    SELECT ${BACKEND} AS backend FROM pg_stat_activity WHERE pid = pg_backend_pid()`;
}

/**
 * Gives a new session the settings that the server relies on, and extra ones. A commit that the standbys may not have fails
 * in it. A connection that does not answer in time is broken off.
 *
 * @throws UnfitSessionError if the role may not set something that it needs
 */
export async function prepareSession(client: ClientBase, extra: Readonly<Record<string, string>> = {}): Promise<void> {
  refuseUnreplicated(client);
  const late = setTimeout(() => (client as Client).connection.stream.destroy(), TIMEOUT_MS).unref();
  const asked = client.query(settingsOf(extra)) as Promise<unknown> as Promise<QueryResult<{ backend?: string }>[]>;
  const results = await asked
    .finally(() => clearTimeout(late))
    .catch((error: unknown) => {
      const [, name] = /set parameter "(\w+)"/.exec(error instanceof Error ? error.message : '') ?? [];
      if (name === undefined || !(name in relied)) throw error;
      throw new UnfitSessionError(
        `PostgreSQL's setting ${name} is not ${relied[name]}, and this role may not set it: ALTER ROLE … RESET ${name}, ALTER DATABASE … RESET ${name}, or wherever it is set`,
        { cause: error },
      );
    });
  const backend = results.at(-1)?.rows[0]?.backend;
  if (backend !== undefined) backends.set(client, backend);
}
