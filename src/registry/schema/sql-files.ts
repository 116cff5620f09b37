import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { ownPackage } from '../../own-package.js';
import { isNewer } from './least-server.js';

const RECORD = `CREATE TABLE public._sppp_sql_files (
  name       text PRIMARY KEY,
  sha256     text NOT NULL,
  -- Of the server that applied it.
  version    text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/** A file of views, functions and triggers. */
export interface SqlFile {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** The files of a folder, in the order of their names, which is the order in which they are applied. */
export async function readSqlFiles(folder: string): Promise<SqlFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      // A checkout may have changed the line ends.
      const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

interface AppliedFile {
  readonly name: string;
  readonly sha256: string;
  readonly version: string;
}

/**
 * The files that this database lacks or has with another content. None if a newer server has applied its own: functions
 * keep the signatures that the previous release calls, so this server works with them (docs/upgrades.md).
 */
export async function changedSqlFiles(client: ClientBase, files: readonly SqlFile[]): Promise<SqlFile[]> {
  if (files.length === 0 || !(await hasRecord(client))) return [...files];
  const { rows } = await client.query<AppliedFile>('SELECT name, sha256, version FROM public._sppp_sql_files');
  const ours = ownPackage().version;
  if (rows.some(({ version }) => isNewer(version, ours))) return [];
  const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  return files.filter(({ name, sha256 }) => applied.get(name) !== sha256);
}

/**
 * Applies files in the transaction that the client is in, and records them.
 *
 * @throws OperatorError naming the file that PostgreSQL refuses
 */
export async function applySqlFiles(client: ClientBase, files: readonly SqlFile[]): Promise<void> {
  if (files.length > 0 && !(await hasRecord(client))) await client.query(RECORD);
  for (const { name, sql, sha256 } of files) {
    await client.query('SET LOCAL search_path = public');
    await client.query(sql).catch((error: unknown) => {
      throw new OperatorError(`SQL file ${name} failed, nothing was changed: ${String(error)}`, { cause: error });
    });
    await client.query(
      `INSERT INTO public._sppp_sql_files (name, sha256, version) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, version = excluded.version, applied_at = now()`,
      [name, sha256, ownPackage().version],
    );
  }
}

async function hasRecord(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('public._sppp_sql_files') IS NOT NULL AS exists`,
  );
  return rows[0]?.exists === true;
}
