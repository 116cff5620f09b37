import type { Client, ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { connect, connectionTo } from '../connection/connect.js';
import type { ConnectedNode } from '../connection/connected-nodes.js';
import { adopt, readAdoption } from './adoption.js';
import { settleIdentity } from './database-identity.js';
import { createHistory, recordMigration } from './history.js';
import { hasJobQueue, JOB_REVISION, JOB_SCHEMA, makeJobQueue } from './job-queue.js';
import { leastServerOf, recordLeastServers } from './least-server.js';
import { type Patience, usualPatience, withPatience } from './lock-patience.js';
import { LockWatch } from './lock-watch.js';
import { readMadeObjects } from './made-objects.js';
import { readOldNodes } from './old-nodes.js';
import { checkJobRights, checkRights } from './rights.js';
import { isCurrent, readSchemaState, readSchemaStateNow } from './schema-state.js';
import { type Migration, OURS, readSchema, type Schema, type SchemaSource } from './source.js';
import { applySqlFiles, type SqlFile } from './sql-files.js';

/**
 * Brings the database's schema up to date, in one transaction: applies the migrations that it lacks, in the order of
 * their names, then the SQL files whose content has changed; all of them if a migration has dropped something that they
 * make. Before that it adopts a database that was made before the baseline. It never waits long for a lock, so that others
 * do not wait behind it, and tries again (`withPatience`). After that it updates the rows that depend on the database's
 * transaction numbers.
 *
 * @returns the names of the migrations and SQL files applied now
 * @throws OperatorError if an applied migration was changed since, failed, or is unknown here, or if a lock was not to be had
 */
export async function migrate(url: string, source?: SchemaSource, patience?: Partial<Patience>): Promise<string[]> {
  const { steps } = await runMigration(url, source, patience);
  return steps.map(({ name }) => name);
}

/** The same. Returns what was done. */
export async function runMigration(
  url: string,
  source: SchemaSource = OURS,
  patience: Partial<Patience> = {},
): Promise<Migrated> {
  const schema = await readSchema(source);
  const to = connectionTo(url);
  const client = await connect(to, 'sppp migrate');
  try {
    let jobs: Step[] = [];
    const makeJobs = async () => {
      jobs = await makeLackingJobs(url, client, source);
    };
    const isWhole = isCurrent(await readSchemaStateNow(client, schema)) && !(await lacksJobs(client, source));
    const { isNew, steps } = isWhole
      ? { isNew: false, steps: [] }
      : await watched(
          client,
          () => connect(to, 'sppp migrate watch'),
          { ...usualPatience, ...patience },
          () => applyLacking(client, schema),
          makeJobs,
        );
    await settleIdentity(client);
    return { isNew, steps: [...steps, ...jobs] };
  } finally {
    await client.end(); // rolls back what was not committed
  }
}

/** Makes the tables of jobs, which follow those of the registry. */
async function makeLackingJobs(url: string, client: Client, source: SchemaSource): Promise<Step[]> {
  if (!(await lacksJobs(client, source))) return [];
  await checkJobRights(client);
  await makeJobQueue(url);
  return [jobStep];
}

async function lacksJobs(client: Client, source: SchemaSource): Promise<boolean> {
  return source === OURS && !(await hasJobQueue(client));
}

async function watched(
  client: Client,
  second: () => Promise<Client>,
  patience: Patience,
  apply: () => Promise<Migrated>,
  afterwards: () => Promise<void>,
): Promise<Migrated> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const watcher = await second();
  try {
    const watch = new LockWatch(watcher, rows[0]?.pid ?? 0, patience.lockTimeout);
    return await withPatience(client, watch, patience, apply, afterwards);
  } finally {
    await watcher.end();
  }
}

/** A part of what brings a schema up to date. */
export interface Step {
  readonly kind: 'adoption' | 'migration' | 'SQL file' | 'job queue';
  readonly name: string;
  /** The least version of the server that can work with it; undefined: it states none (`leastServerOf`). */
  readonly leastServer: string | undefined;
  readonly sql: string;
}

/** The tables of jobs, which graphile-worker makes by itself. */
const jobStep: Step = {
  kind: 'job queue',
  name: `${JOB_SCHEMA}, revision ${JOB_REVISION}`,
  leastServer: undefined,
  sql: `-- graphile-worker makes its tables in the schema ${JOB_SCHEMA}, after that transaction`,
};

/** What a migration has done, or would do. */
export interface Migrated {
  /** Whether there was no registry before. */
  readonly isNew: boolean;
  readonly steps: readonly Step[];
}

/** What a migration would do, and to whom. */
export interface MigrationPlan extends Migrated {
  readonly oldNodes: readonly ConnectedNode[];
}

/** What `migrate` would do, without doing it, and without a lock. Throws what `migrate` throws. */
export async function planMigration(url: string, source: SchemaSource = OURS): Promise<MigrationPlan> {
  const schema = await readSchema(source);
  const client = await connect(connectionTo(url), 'sppp migrate');
  try {
    const { isEmpty, isFormer, lacking, changed } = await readSchemaStateNow(client, schema);
    const ours = stepsOf(isFormer ? await readAdoption() : undefined, lacking, changed);
    const steps = (await lacksJobs(client, source)) ? [...ours, jobStep] : ours;
    return { isNew: isEmpty, steps, oldNodes: await readOldNodes(client, steps) };
  } finally {
    await client.end();
  }
}

function stepsOf(adoption: string | undefined, migrations: readonly Migration[], files: readonly SqlFile[]): Step[] {
  const step = (kind: Step['kind'], { name, sql }: Migration): Step => ({
    kind,
    name,
    leastServer: leastServerOf({ sql }),
    sql,
  });
  return [
    ...(adoption === undefined ? [] : [step('adoption', { name: 'adoption.sql', sql: adoption })]),
    ...migrations.map((each) => step('migration', each)),
    ...files.map((each) => step('SQL file', each)),
  ];
}

/** The work of one transaction. What another migration has done since is done no more. */
async function applyLacking(client: ClientBase, schema: Schema): Promise<Migrated> {
  const { isEmpty, isFormer, lacking, changed } = await readSchemaState(client, schema);
  if (lacking.length + changed.length > 0) await checkRights(client);
  const [baseline] = schema.migrations;
  if (isFormer && baseline !== undefined) await adopt(client, () => recordMigration(client, baseline, new Date()));
  if (isEmpty) await createHistory(client);
  const before = await readMadeObjects(client);
  for (const migration of lacking) await apply(client, migration);
  const after = new Set(await readMadeObjects(client));
  const files = before.every((object) => after.has(object)) ? changed : schema.files;
  await applySqlFiles(client, files);
  const steps = stepsOf(undefined, lacking, files);
  await recordLeastServers(client, steps);
  return { isNew: isEmpty, steps };
}

async function apply(client: ClientBase, migration: Migration): Promise<void> {
  const startedAt = new Date();
  // As Prisma's command line does. Otherwise a schema with the user's name would come first, and a script could leave
  // the path changed.
  await client.query('SET LOCAL search_path = public');
  await client.query(migration.sql).catch((error: unknown) => {
    throw new OperatorError(`Migration ${migration.name} failed, nothing was changed: ${String(error)}`, {
      cause: error,
    });
  });
  await recordMigration(client, migration, startedAt);
}
