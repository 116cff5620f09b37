import { readFileSync } from 'node:fs';
import pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { type DatabasePurpose, type DatabaseUrl, databaseVariables, readDatabaseUrl } from './database-url.js';
import { clientOf } from './host-client.js';
import { isSocket } from './host-list.js';
import { HostSearch } from './host-search.js';
import { prepareSession } from './session.js';

/** Has the system ask an idle connection whether its other end is there: after so long, then each second, ten times. */
const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;

/** The options of a connection, for pools and for single ones; a list of hosts needs a class of its own for its clients. */
export interface ConnectionConfig extends pg.ClientConfig {
  readonly Client?: new (config?: pg.ClientConfig) => pg.Client;
}

/** For which purpose a database is opened, and how old its data may be. */
export interface ConnectionPurpose {
  readonly purpose?: DatabasePurpose;
  /** Seconds by which a standby may be older than its primary, when a connection is made; undefined: it does not matter. */
  readonly maxAge?: number | undefined;
}

/**
 * The options with which pg connects to a database. Each connection to one of several hosts, or to a server with certain
 * attributes, looks for its server anew. `reach` has replaced the TLS modes `allow` and `prefer` by the mode that works;
 * here they mean a connection without TLS.
 *
 * @throws OperatorError for a URL that cannot be used, or one of its files
 */
export function connectionTo(url: string, { purpose = 'registry', maxAge }: ConnectionPurpose = {}): ConnectionConfig {
  const read = readDatabaseUrl(url, process.env, purpose);
  const { hosts, targetSession, isShuffled, user, password, database, options } = read;
  const [{ host, port }] = hosts;
  const given = { host, port, user, password, database, options };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const ssl = tlsOf(read, purpose);
  const timeout = read.connectTimeout * 1000;
  if (hosts.length === 1 && targetSession === 'any' && maxAge === undefined) {
    return { ...known, ...keepAlive, ssl, connectionTimeoutMillis: timeout };
  }
  const search = new HostSearch({ hosts, targetSession, isShuffled, timeout, maxAge });
  return { ...known, ...keepAlive, ssl, Client: clientOf(search) };
}

/** The options of a pool, for a second pool that connects in the same way. */
export function connectionOf({ options }: pg.Pool): ConnectionConfig {
  // pg hides passwords and keys from copies of the options.
  const { connectionString, host, port, user, password, database, options: settings, ssl, Client } = options;
  const given = { connectionString, host, port, user, password, database, options: settings, ssl, Client };
  return { ...keepAlive, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** One connection with a prepared session; end() closes it. Throws what pg throws. */
export async function connect(to: ConnectionConfig, name: string): Promise<pg.Client> {
  const { Client = pg.Client, ...config } = to;
  const client = new Client({ ...config, application_name: name });
  client.on('error', () => undefined); // The next query fails with the reason.
  try {
    await client.connect();
    await prepareSession(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

function tlsOf(
  { hosts, sslMode, sslFiles: { root, cert, key } }: DatabaseUrl,
  purpose: DatabasePurpose,
): pg.ClientConfig['ssl'] {
  const fileOf = (parameter: string, path: string) => contentOf(parameter, path, purpose);
  if (hosts.every(isSocket) || sslMode === 'disable' || sslMode === 'allow' || sslMode === 'prefer') return false;
  const client =
    cert === undefined || key === undefined ? {} : { cert: fileOf('sslcert', cert), key: fileOf('sslkey', key) };
  const ca = root === undefined || root === 'system' ? {} : { ca: fileOf('sslrootcert', root) };
  if (sslMode === 'verify-full') return { ...client, ...ca };
  // As libpq has it: with a root certificate `require` is `verify-ca`.
  return 'ca' in ca
    ? { ...client, ...ca, checkServerIdentity: () => undefined }
    : { ...client, rejectUnauthorized: false };
}

function contentOf(parameter: string, path: string, purpose: DatabasePurpose): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${databaseVariables[purpose]}: ${parameter}: ${why}`);
  }
}
