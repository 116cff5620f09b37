import type pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { connect, connectionTo } from './connect.js';
import { readDatabaseUrl, type SslMode, withSslMode } from './database-url.js';
import { provePooler } from './pooler.js';
import { whyUnreachable } from './unreachable.js';

const MIN_SERVER_VERSION = 150_000;

/** The modes that `allow` and `prefer` try, in the order of libpq. */
const tries: Readonly<Partial<Record<SslMode, readonly SslMode[]>>> = {
  allow: ['disable', 'require'],
  prefer: ['require', 'disable'],
};

/**
 * Connects to the database of DATABASE_URL once, and checks that the server can work with it.
 *
 * @returns the same URL, with the TLS mode that worked
 * @throws OperatorError with the reason, in one line
 */
export async function reach(url: string): Promise<string> {
  const { sslMode, host } = readDatabaseUrl(url);
  const modes = host?.startsWith('/') ? (['disable'] as const) : (tries[sslMode] ?? [sslMode]);
  for (const [index, mode] of modes.entries()) {
    const settled = withSslMode(url, mode);
    try {
      await enter(settled);
      return settled;
    } catch (error) {
      if (index === modes.length - 1 || !mayDependOnTls(error)) throw whyUnreachable(error, url);
    }
  }
  throw new Error('no mode of TLS');
}

async function enter(url: string): Promise<void> {
  const client = await connect(connectionTo(url), 'sppp start');
  try {
    await checkKind(client);
    await provePooler(client, () => connect(connectionTo(url), 'sppp start'));
  } finally {
    await client.end();
  }
}

/** Whether another TLS mode may succeed: the server has no TLS, or refuses clients with it or without it. */
function mayDependOnTls(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code === '28000' || /^(?:ERR_(?:SSL|TLS)|EPROTO|.*CERT)/.test(code) || /\bSSL\b/.test(error.message);
}

async function checkKind(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    `SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding`,
  );
  for (const { version, encoding } of rows) {
    if (version < MIN_SERVER_VERSION) {
      throw new OperatorError(`DATABASE_URL: PostgreSQL ${Math.trunc(version / 10_000)} is too old: 15 or newer`);
    }
    if (encoding === 'UTF8') continue;
    throw new OperatorError(
      `DATABASE_URL: the database has the encoding ${encoding}: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    );
  }
}
