import { readFileSync } from 'node:fs';
import pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { type DatabaseUrl, readDatabaseUrl } from './database-url.js';
import { prepareSession } from './session.js';

/** Has the system ask an idle connection whether its other end is there: after so long, then each second, ten times. */
const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;

/**
 * The options with which pg connects to a database. `reach` has replaced the TLS modes `allow` and `prefer` by the mode
 * that works; here they mean a connection without TLS.
 *
 * @throws OperatorError for a URL that cannot be used, or one of its files
 */
export function connectionTo(url: string): pg.ClientConfig {
  const read = readDatabaseUrl(url);
  const { host, port, user, password, database, options, connectTimeout } = read;
  const given = { host, port, user, password, database, options };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...known, ...keepAlive, ssl: tlsOf(read), connectionTimeoutMillis: connectTimeout * 1000 };
}

/** The options of a pool, for a second pool that connects in the same way. */
export function connectionOf({ options }: pg.Pool): pg.ClientConfig {
  // pg hides passwords and keys from copies of the options.
  const { connectionString, host, port, user, password, database, options: settings, ssl } = options;
  const given = { connectionString, host, port, user, password, database, options: settings, ssl };
  return { ...keepAlive, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** One connection with a prepared session; end() closes it. Throws what pg throws. */
export async function connect(to: pg.ClientConfig, name: string): Promise<pg.Client> {
  const client = new pg.Client({ ...to, application_name: name });
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

function tlsOf({ host, sslMode, sslFiles: { root, cert, key } }: DatabaseUrl): pg.ClientConfig['ssl'] {
  if (host?.startsWith('/') || sslMode === 'disable' || sslMode === 'allow' || sslMode === 'prefer') return false;
  const client =
    cert === undefined || key === undefined ? {} : { cert: fileOf('sslcert', cert), key: fileOf('sslkey', key) };
  const ca = root === undefined || root === 'system' ? {} : { ca: fileOf('sslrootcert', root) };
  if (sslMode === 'verify-full') return { ...client, ...ca };
  // As libpq has it: with a root certificate `require` is `verify-ca`.
  return 'ca' in ca
    ? { ...client, ...ca, checkServerIdentity: () => undefined }
    : { ...client, rejectUnauthorized: false };
}

function fileOf(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError(`DATABASE_URL: ${parameter}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
