import { createHash, randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { ownPackage } from '../../own-package.js';
import { isNewer } from './least-server.js';
import type { Migration } from './source.js';

/** Prisma's table, so that its command line and this server agree on the applied migrations. */
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

type Database = Pick<ClientBase, 'query'>;

/** A migration that a database has. */
export interface AppliedMigration {
  readonly migration_name: string;
  readonly checksum: string;
  readonly isFinished: boolean;
}

/** The applied migrations, without those that were rolled back by hand. Undefined: the database has no history yet. */
export async function readHistory(db: Database): Promise<AppliedMigration[] | undefined> {
  const { rows: found } = await db.query<{ exists: boolean }>(
    `SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS exists`,
  );
  if (found[0]?.exists !== true) return undefined;
  const { rows } = await db.query<AppliedMigration>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS "isFinished" FROM public._prisma_migrations
      WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** Makes the table of applied migrations. */
export async function createHistory(db: Database): Promise<void> {
  await db.query(HISTORY);
}

/** Records a migration, in the transaction that applies it. */
export async function recordMigration(db: Database, { name, sql }: Migration, startedAt: Date): Promise<void> {
  await db.query(
    `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, $5, 1)`,
    [randomUUID(), sha256(sql), name, startedAt, new Date()],
  );
}

/**
 * Checks that the migrations which are known here were applied as they are.
 *
 * @throws OperatorError naming the one that failed, or has another content
 */
export function refuseStrangeHistory(applied: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  const known = new Map(migrations.map(({ name, sql }) => [name, sql]));
  for (const { migration_name: name, checksum, isFinished } of applied) {
    if (!isFinished) {
      throw new OperatorError(`Migration ${name} failed half-way in this database: repair it and mark it resolved`);
    }
    const sql = known.get(name);
    if (sql !== undefined && !checksums(sql).includes(checksum)) {
      throw new OperatorError(`Migration ${name} was applied to this database with another content`);
    }
  }
}

/**
 * Why this server is too old for a schema, in one line; undefined: it is not. A newer server has applied migrations that
 * are unknown here, and has recorded the least server that works on them.
 */
export function whyTooNew(
  applied: readonly Pick<AppliedMigration, 'migration_name'>[],
  known: ReadonlySet<string>,
  leastServers: ReadonlyMap<string, string>,
): string | undefined {
  const ours = ownPackage().version;
  for (const [name, version] of leastServers) {
    if (!isNewer(version, ours)) continue;
    return `The schema of the database needs server ${version} or newer (${name}), and this is ${ours}: upgrade this node`;
  }
  const strange = applied.find(({ migration_name: name }) => !known.has(name) && !leastServers.has(name));
  if (strange === undefined) return undefined;
  return `The database has migration ${strange.migration_name}, unknown here: it belongs to a newer server, and this is ${ours}: upgrade this node`;
}

/** The hashes of the file as it is and with either kind of line ends, because a checkout may have changed them. */
function checksums(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(sha256);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
