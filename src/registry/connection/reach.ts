import type pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { connect, connectionTo } from './connect.js';
import { type DatabasePurpose, databaseVariables, readDatabaseUrl, type SslMode, withSettled } from './database-url.js';
import { isSocket } from './host-list.js';
import { NoHostError } from './no-host-error.js';
import { provePooler } from './pooler.js';
import { whyUnreachable } from './unreachable.js';

const MIN_SERVER_VERSION = 150_000;

/** The modes that `allow` and `prefer` try, in the order of libpq. */
const tries: Readonly<Partial<Record<SslMode, readonly SslMode[]>>> = {
  allow: ['disable', 'require'],
  prefer: ['require', 'disable'],
};

/**
 * Connects to a database once, and checks that the server can work with it.
 *
 * @returns the same URL, with the TLS mode that worked and the attributes of sessions that it asks for
 * @throws OperatorError with the reason, in one line
 */
export async function reach(url: string, purpose: DatabasePurpose = 'registry'): Promise<string> {
  const { sslMode, hosts, targetSession } = readDatabaseUrl(url, process.env, purpose);
  const modes = hosts.every(isSocket) ? (['disable'] as const) : (tries[sslMode] ?? [sslMode]);
  for (const [index, mode] of modes.entries()) {
    const settled = withSettled(url, mode, targetSession);
    try {
      await enter(settled, purpose);
      return settled;
    } catch (error) {
      if (index === modes.length - 1 || !mayDependOnTls(error)) throw whyUnreachable(error, url, purpose);
    }
  }
  throw new Error('no mode of TLS');
}

async function enter(url: string, purpose: DatabasePurpose): Promise<void> {
  const to = connectionTo(url, { purpose });
  const client = await connect(to, 'sppp start');
  try {
    await checkKind(client, databaseVariables[purpose]);
    await provePooler(client, purpose, () => connect(to, 'sppp start'));
  } finally {
    await client.end();
  }
}

/** Whether another TLS mode may succeed: the server has no TLS, or refuses clients with it or without it. */
function mayDependOnTls(error: unknown): boolean {
  if (error instanceof NoHostError) return error.refused.some((host) => mayDependOnTls(host.error));
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code === '28000' || /^(?:ERR_(?:SSL|TLS)|EPROTO|.*CERT)/.test(code) || /\bSSL\b/.test(error.message);
}

async function checkKind(client: pg.Client, variable: string): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    `SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding`,
  );
  for (const { version, encoding } of rows) {
    if (version < MIN_SERVER_VERSION) {
      throw new OperatorError(`${variable}: PostgreSQL ${Math.trunc(version / 10_000)} is too old: 15 or newer`);
    }
    if (encoding === 'UTF8') continue;
    throw new OperatorError(
      `${variable}: the database has the encoding ${encoding}: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    );
  }
}
