import type { FastifyBaseLogger } from 'fastify';
import { startBackgroundJobs } from './background-jobs.js';
import type { Config } from './config.js';
import { type Counts, openCounts } from './counts.js';
import type { DigestContext } from './http/digest.js';
import { digestContextOf, NONCE_KEY, openNonceSharing } from './http/digest-context.js';
import { Metrics } from './http/metrics.js';
import { Nonces } from './http/nonce.js';
import type { Tracing } from './http/request-span.js';
import { shareCounts } from './http/shared-counts.js';
import { answeringOf } from './http/sppp-trace-header.js';
import { Throttle } from './http/throttle.js';
import { openTls, type Tls } from './http/tls.js';
import { Lookups } from './lookup/lookups.js';
import { OperatorError } from './operator-error.js';
import { ownPackage } from './own-package.js';
import { WaitingReaders } from './queue/waiting-readers.js';
import { Credentials } from './registry/access/credentials.js';
import { serverKey } from './registry/access/server-key.js';
import { programOfNode } from './registry/connection/connected-nodes.js';
import { checkConnectionLimits } from './registry/connection/connection-limits.js';
import { type Database, openDatabase, spareConnection } from './registry/connection/database.js';
import type { DatabaseHealth } from './registry/connection/database-health.js';
import type { ListeningTimes } from './registry/connection/listening-connection.js';
import { LOOKUP_DATABASE_CONNECTIONS, openLookupPool } from './registry/connection/lookup-pool.js';
import { reportLostConnections } from './registry/connection/lost-connections.js';
import { grantOperator } from './registry/connection/operator-role.js';
import { checkSameRegistry } from './registry/connection/same-registry.js';
import type { Patience } from './registry/connection/silent-connections.js';
import { PUBLISHED, readSummaries } from './registry/events/read-events.js';
import { CommitInquiry } from './registry/journal/commit-inquiry.js';
import { readDatabaseIdentity } from './registry/schema/database-identity.js';
import { refuseStandby } from './registry/schema/rights.js';
import { type SchemaWatch, watchSchema } from './registry/schema/schema-watch.js';
import { runEvery } from './scheduling/run-every.js';
import { startWebhookJobs } from './webhooks/webhook-jobs.js';
import type { PrimaryLink } from './workers/primary-link.js';
import { forWorkers } from './workers/shares.js';

/** Objects that live as long as the server: made once, passed in, closed in reverse order. */
export interface Deps {
  readonly config: Config;
  readonly database: Database;
  readonly commitInquiry: CommitInquiry;
  readonly log: FastifyBaseLogger;
  readonly clock: () => Date;
  readonly digestContext: DigestContext;
  readonly credentials: Credentials;
  readonly throttle: Throttle;
  readonly refusals: Counts['refusals'];
  readonly activity: Counts['activity'];
  readonly underWay: Counts['underWay'];
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing: Tracing | undefined;
  /** Identity of the registry's database. */
  readonly registry: string;
  readonly eventReaders: WaitingReaders;
  readonly lookups: Lookups;
  /** Where look-ups are answered from: the same as `database`, or another. */
  readonly lookupDatabase: Database;
  readonly health: DatabaseHealth;
  readonly schema: SchemaWatch;
  /** Undefined: HTTP. */
  readonly tls: Tls | undefined;
  /** The primary of the node, if this process is one of its workers. */
  readonly worker: PrimaryLink | undefined;
  close(): Promise<void>;
}

/** What a server needs to listen, whatever it answers. */
export interface ListenerDeps
  extends Pick<
    Deps,
    | 'config'
    | 'digestContext'
    | 'credentials'
    | 'throttle'
    | 'metrics'
    | 'tracing'
    | 'tls'
    | 'log'
    | 'schema'
    | 'worker'
  > {
  readonly clock: () => Date;
  readonly refusals: Pick<Counts['refusals'], 'count'>;
  readonly activity: Pick<Counts['activity'], 'lookedUp' | 'refused'>;
}

const PURGE_NONCES_MS = 60_000;

/** Milliseconds for the connection that finds out whether commits were done. */
const INQUIRY_CONNECT_MS = 5000;

export interface DepsOptions {
  readonly databaseUrl: string;
  /** Of the database of look-ups, as `reach` has settled it; undefined: the same. */
  readonly lookupDatabaseUrl?: string | undefined;
  readonly log: FastifyBaseLogger;
  readonly clock?: () => Date;
  readonly worker?: PrimaryLink;
  /** false: a database for tests, which may lose committed transactions. */
  readonly durable?: boolean;
  /** false: for tests that do by hand, at their time, what a node does by itself. */
  readonly backgroundJobs?: boolean;
  /** How long the database may be silent, for tests that wait for it. */
  readonly silence?: { readonly connections: Patience; readonly listening: ListeningTimes };
}

/** Opens the database and makes all else. Throws what openDatabase throws, and an OperatorError for bad TLS files. */
export async function openDeps(config: Config, outside: DepsOptions): Promise<Deps> {
  const { databaseUrl, lookupDatabaseUrl, log, clock, worker, durable = true, silence } = outside;
  const tls = openTls(config, log);
  const tracing = await openTracing(config);
  const onConnectionLost = (error: Error) => log.warn({ err: error }, 'database connection lost');
  const { databaseConnections } = config.limits;
  const { leastSynchronousCommit } = config;
  const options = { maxConnections: databaseConnections, durable, leastSynchronousCommit, onConnectionLost };
  const database = await openDatabase(databaseUrl, { ...options, ...(silence && { patience: silence.connections }) });
  const lookupDatabase =
    lookupDatabaseUrl === undefined ? database : await openLookupDatabase(config, lookupDatabaseUrl, onConnectionLost);
  const closeDatabases = async () => {
    if (lookupDatabase !== database) await lookupDatabase.close();
    await database.close();
  };
  try {
    await checkDatabase(config, database, lookupDatabaseUrl, log);
  } catch (error) {
    await closeDatabases();
    throw error;
  }
  const now = clock ?? (() => new Date());
  const milliseconds = clock === undefined ? Date.now : () => clock().getTime();
  const nonces = new Nonces(await serverKey(database.prisma, NONCE_KEY), milliseconds);
  const nonceSharing = openNonceSharing(database.pool, nonces, milliseconds, onConnectionLost);
  const digestContext = digestContextOf(config, nonces, nonceSharing, milliseconds);
  const { pool } = database;
  const warn = (message: string) => (error: unknown) => log.warn({ err: error }, message);
  const registry = await readDatabaseIdentity(pool);
  const eventReaders = new WaitingReaders((after, limit) => readSummaries(pool, after, limit), warn('events not read'));
  const credentials = await Credentials.open(database.prisma, pool, {
    ...(silence && { times: silence.listening }),
    program: programOfNode(ownPackage().version, answeringOf(config.identity).node),
    channels: { ...nonceSharing.channels, [PUBLISHED]: () => eventReaders.look() },
  });
  const { close: closeCounts, ...counts } = openCounts(pool, milliseconds, log);
  // What a node does by itself, its first worker does.
  const isFirst = worker === undefined || worker.assignment.number === 1;
  const worksByItself = isFirst && outside.backgroundJobs !== false;
  const backgroundJobs = [
    runEvery(() => nonceSharing.purge(), warn('nonces not purged'), PURGE_NONCES_MS),
    ...(worksByItself ? startBackgroundJobs(config, pool, now, log, () => tls?.certificate) : []),
  ];
  const stopWebhooks = worksByItself
    ? await startWebhookJobs(config.webhooks, database, {
        ...{ clock: now, log, onConnectionLost },
        ...(silence && { patience: silence.connections }),
      })
    : undefined;
  const throttle = new Throttle(config.rates, milliseconds);
  const unshare = worker && shareCounts(worker, throttle, digestContext.failedLogins);
  const schema = watchSchema(pool, log);
  const lookups = openLookups(config, lookupDatabase, onConnectionLost);
  const commitInquiry = openCommitInquiry(config, database, onConnectionLost);
  const close = async () => {
    tls?.close();
    eventReaders.close();
    unshare?.();
    await stopWebhooks?.();
    for (const stop of [schema.stop, ...backgroundJobs]) await stop();
    await closeCounts();
    await tracing?.close().catch(warn('traces not sent'));
    credentials.close();
    await nonceSharing.close().catch(warn('nonces not written'));
    await lookups.close();
    await commitInquiry.close();
    await closeDatabases();
  };
  return {
    config,
    database,
    commitInquiry,
    log,
    clock: now,
    digestContext,
    credentials,
    throttle,
    ...counts,
    metrics: new Metrics(),
    tracing,
    registry,
    eventReaders,
    lookups,
    lookupDatabase,
    health: database.health,
    schema,
    tls,
    worker,
    close,
  };
}

async function checkDatabase(
  config: Config,
  { pool }: Database,
  lookupDatabaseUrl: string | undefined,
  log: FastifyBaseLogger,
): Promise<void> {
  await refuseStandby(pool);
  await checkConnections(config, pool, lookupDatabaseUrl);
  if (lookupDatabaseUrl !== undefined) await checkSameRegistry(pool, lookupDatabaseUrl);
  const missing = await grantOperator(pool);
  if (missing !== undefined) log.warn(missing);
}

/** Checks that PostgreSQL allows as many connections as the node may open. Throws an OperatorError if not. */
export async function checkConnections(
  { limits, lookup, workers }: Pick<Config, 'limits' | 'lookup' | 'workers'>,
  db: Parameters<typeof checkConnectionLimits>[0],
  lookupDatabaseUrl: string | undefined,
): Promise<void> {
  const { databaseConnections } = limits;
  const own = `SPPP_DATABASE_CONNECTIONS=${databaseConnections}`;
  const others = '7 for /health, commits in doubt, nonces and webhooks';
  const ofLookups = lookupDatabaseUrl === undefined ? lookup.connections : 0;
  const settings =
    ofLookups > 0 ? `${own}, SPPP_LOOKUP_CONNECTIONS=${ofLookups} and ${others}` : `${own} and ${others}`;
  const { needed, named } = forWorkers(workers, databaseConnections + ofLookups + 7, settings);
  await checkConnectionLimits(db, needed, named);
}

/**
 * Loads the packages that report traces only where the settings ask for traces: an installation need not have them.
 *
 * @throws OperatorError with the command that installs them
 */
export async function openTracing({ tracing, identity }: Config): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined;
  const loaded = await import('./http/tracing.js').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const packages = Object.entries(ownPackage().peerDependencies)
      .filter(([name]) => name.startsWith('@opentelemetry/'))
      .map(([name, range]) => `'${name}@${range}'`);
    throw new OperatorError(
      `OTEL_EXPORTER_OTLP_ENDPOINT: traces need more packages: npm install ${packages.join(' ')}`,
    );
  });
  return loaded.openTracing(tracing, identity);
}

/** Opens the database of look-ups for all else that is asked there. Connects when it is first used. */
export function openLookupDatabase(
  { lookup: { timeout, maxAge } }: Pick<Config, 'lookup'>,
  url: string,
  onConnectionLost: (error: Error) => void,
): Promise<Database> {
  const maxConnections = LOOKUP_DATABASE_CONNECTIONS;
  return openDatabase(url, { maxConnections, statementTimeout: timeout, lookups: { maxAge }, onConnectionLost });
}

/** Prepares what finds out whether commits were done. It connects when it is asked. */
function openCommitInquiry(
  { limits }: Config,
  { pool }: Database,
  onConnectionLost: (error: Error) => void,
): CommitInquiry {
  const spare = spareConnection(pool, 'sppp commit inquiry', INQUIRY_CONNECT_MS);
  reportLostConnections(spare, onConnectionLost);
  return new CommitInquiry(spare, limits.commitTimeout);
}

/** Opens the pools of look-ups: a quarter of the connections is for look-ups that take more than a tenth of the timeout. */
export function openLookups(
  { lookup }: Pick<Config, 'lookup'>,
  { pool }: Pick<Database, 'pool'>,
  onConnectionLost: (error: Error) => void,
): Lookups {
  const slow = Math.floor(lookup.connections / 4);
  const open = (connections: number, timeout: number) =>
    openLookupPool(pool, { connections, timeout }, onConnectionLost);
  const pools = {
    quick: open(lookup.connections - slow, Math.ceil(lookup.timeout / 10)),
    slow: open(slow, lookup.timeout),
  };
  return new Lookups(pools, lookup);
}

/** Loads what look-ups need, beside them, and logs when it is there. Never rejects: without it they ask the database. */
export async function warmUp(lookups: Lookups, log: Pick<FastifyBaseLogger, 'info' | 'warn'>): Promise<void> {
  const since = performance.now();
  try {
    if (!(await lookups.warmUp())) return;
    log.info({ seconds: Math.round((performance.now() - since) / 100) / 10 }, 'look-ups have their numbers in memory');
  } catch (error) {
    log.warn({ err: error }, 'numbers not loaded for look-ups');
  }
}
