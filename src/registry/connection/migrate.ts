import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { adopt, isAdoptable } from './adoption.js';
import { connect, connectionTo } from './connect.js';
import { type DatabasePurpose, databaseVariables } from './database-url.js';
import { checkRights } from './rights.js';
import { applySqlFiles, changedSqlFiles, readSqlFiles } from './sql-files.js';

/** Folders of a schema: migrations, which make tables, and SQL files, which make views, functions and triggers. */
export interface SchemaSource {
  readonly migrations: string;
  readonly sql?: string;
}

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The path is the same from src/registry/connection and from dist/registry/connection. */
const OURS: SchemaSource = { migrations: fromHere('../../../prisma/migrations'), sql: fromHere('../../../prisma/sql') };

/** Prisma's lock and table, so that its command line and this function agree on the applied migrations. */
const LOCK_KEY = 72707369;
const HISTORY = `CREATE TABLE public._prisma_migrations (
  id varchar(36) PRIMARY KEY NOT NULL,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the database's schema up to date, in one transaction: applies the migrations that it lacks, in the order of
 * their names, then the SQL files whose content has changed, or all of them after a migration. Before that it adopts a
 * database that was made before the baseline. After that it updates the rows that depend on the database's transaction
 * numbers.
 *
 * @returns the names of the migrations and SQL files applied now
 * @throws OperatorError if an applied migration was changed since, failed, or is unknown here
 */
export async function migrate(url: string, source: SchemaSource = OURS): Promise<string[]> {
  const migrations = await readMigrations(source.migrations);
  const files = source.sql === undefined ? [] : await readSqlFiles(source.sql);
  const client = await connect(connectionTo(url), 'sppp migrate');
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const isAdopted = source === OURS && (await adoptFormer(client, migrations));
    const applied = await readHistory(client);
    refuseStrangeHistory(applied ?? [], migrations);
    const names = new Set(applied?.map((row) => row.migration_name));
    const lacking = migrations.filter(({ name }) => !names.has(name));
    if (lacking.length > 0) await checkRights(client);
    if (applied === undefined) await client.query(HISTORY);
    for (const migration of lacking) await apply(client, migration);
    const changed = isAdopted || lacking.length > 0 ? files : await changedSqlFiles(client, files);
    if (changed.length > 0) await checkRights(client);
    await applySqlFiles(client, changed);
    await checkIdentity(client);
    await client.query('COMMIT');
    return [...lacking, ...changed].map(({ name }) => name);
  } finally {
    await client.end(); // rolls back what was not committed
  }
}

/**
 * Checks that a database which this process does not migrate, such as a standby, has all migrations.
 *
 * @throws OperatorError naming the first one that it lacks, or one that is unknown here
 */
export async function checkMigrated(client: pg.Client, purpose: DatabasePurpose): Promise<void> {
  const migrations = await readMigrations(OURS.migrations);
  const applied = await readHistory(client);
  refuseStrangeHistory(applied ?? [], migrations);
  const names = new Set(applied?.map((row) => row.migration_name));
  const lacking = migrations.find(({ name }) => !names.has(name));
  if (lacking === undefined) return;
  const why = applied === undefined ? 'there is no registry' : `its tables lack migration ${lacking.name}`;
  throw new OperatorError(
    `${databaseVariables[purpose]}: ${why}; sppp serve with ${databaseVariables.registry} makes it on the primary`,
  );
}

/** Adopts a database that was made before the baseline. Returns whether it was one. */
async function adoptFormer(client: pg.Client, [baseline]: readonly Migration[]): Promise<boolean> {
  if (baseline === undefined || !isAdoptable((await readHistory(client)) ?? [])) return false;
  await checkRights(client);
  await adopt(client, () => record(client, baseline, new Date()));
  return true;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

interface AppliedMigration {
  migration_name: string;
  checksum: string;
  isFinished: boolean;
}

/** The applied migrations, without those that were rolled back by hand. Undefined: the database has no history yet. */
async function readHistory(client: pg.Client): Promise<AppliedMigration[] | undefined> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS exists`,
  );
  if (found[0]?.exists !== true) return undefined;
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS "isFinished" FROM public._prisma_migrations
      WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

function refuseStrangeHistory(applied: AppliedMigration[], migrations: Migration[]): void {
  const known = new Map(migrations.map(({ name, sql }) => [name, sql]));
  for (const { migration_name: name, checksum, isFinished } of applied) {
    if (!isFinished) {
      throw new OperatorError(`Migration ${name} failed half-way in this database: repair it and mark it resolved`);
    }
    const sql = known.get(name);
    if (sql === undefined) {
      throw new OperatorError(`The database has migration ${name}, unknown here: it belongs to a newer server`);
    }
    if (!checksums(sql).includes(checksum)) {
      throw new OperatorError(`Migration ${name} was applied to this database with another content`);
    }
  }
}

/** Gives a registry that was restored from a dump, or copied, the transaction numbers of its new database. */
async function checkIdentity(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('sppp.database_identity') IS NOT NULL AS exists`,
  );
  if (rows[0]?.exists === true) await client.query('SELECT sppp.check_database_identity()');
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const startedAt = new Date();
  // As Prisma's command line does. Otherwise a schema with the user's name would come first, and a script could leave
  // the path changed.
  await client.query('SET LOCAL search_path = public');
  await client.query(migration.sql).catch((error: unknown) => {
    throw new OperatorError(`Migration ${migration.name} failed, nothing was changed: ${String(error)}`, {
      cause: error,
    });
  });
  await record(client, migration, startedAt);
}

async function record(client: pg.Client, { name, sql }: Migration, startedAt: Date): Promise<void> {
  await client.query(
    `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, $5, 1)`,
    [randomUUID(), sha256(sql), name, startedAt, new Date()],
  );
}

/** The hashes of the file as it is and with either kind of line ends, because a checkout may have changed them. */
function checksums(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(sha256);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
