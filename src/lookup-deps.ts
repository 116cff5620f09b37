import type { Config } from './config.js';
import { type DepsOptions, type ListenerDeps, openLookupDatabase, openLookups, openTracing } from './deps.js';
import { digestContextOf, NONCE_KEY } from './http/digest-context.js';
import { Metrics } from './http/metrics.js';
import { Nonces } from './http/nonce.js';
import { NonceCounts } from './http/nonce-counts.js';
import { shareCounts } from './http/shared-counts.js';
import { Throttle } from './http/throttle.js';
import { openTls } from './http/tls.js';
import type { Lookups } from './lookup/lookups.js';
import { Credentials } from './registry/access/credentials.js';
import { serverKeyOrOwn } from './registry/access/server-key.js';
import { connect, connectionTo } from './registry/connection/connect.js';
import { type Database, openDatabase } from './registry/connection/database.js';
import { watchSchema } from './registry/schema/schema-watch.js';

/** Objects that live as long as a server of look-ups and feeds alone, whose database is a standby or may become one. */
export interface LookupDeps extends ListenerDeps {
  readonly database: Database;
  readonly lookups: Lookups;
  /** Where feeds are read, each over a connection of its own. */
  readonly feeds: Pick<Database, 'pool'>;
  close(): Promise<void>;
}

/**
 * Makes what a server of look-ups and feeds alone needs. Nothing of it writes or listens: logins are read again every few seconds,
 * what is counted is in the metrics alone, and the key of nonces is that of the other nodes.
 *
 * @throws OperatorError for bad TLS files, and what pg throws if the database cannot be reached
 */
export async function openLookupDeps(
  config: Config,
  { databaseUrl, log, clock, worker }: Pick<DepsOptions, 'databaseUrl' | 'log' | 'clock' | 'worker'>,
): Promise<LookupDeps> {
  const key = await nonceKey(databaseUrl);
  const tls = openTls(config, log);
  const tracing = await openTracing(config);
  const onConnectionLost = (error: Error) => log.warn({ err: error }, 'database connection lost');
  const database = await openLookupDatabase(config, databaseUrl, onConnectionLost);
  const milliseconds = clock === undefined ? Date.now : () => clock().getTime();
  const credentials = Credentials.openOnStandby(database.prisma, database.pool);
  const lookups = openLookups(config, database, onConnectionLost);
  const { limits, lookup } = config;
  const feeds = await openDatabase(databaseUrl, { maxConnections: limits.feeds, lookups: lookup, onConnectionLost });
  const schema = watchSchema(database.pool, log);
  const nonces = new Nonces(key, milliseconds, undefined, true);
  const digestContext = digestContextOf(config, nonces, new NonceCounts(), milliseconds);
  const throttle = new Throttle(config.rates, milliseconds);
  const unshare = worker && shareCounts(worker, throttle, digestContext.failedLogins);
  return {
    ...{ config, database, log, tls, tracing, credentials, lookups, feeds, schema, digestContext, throttle, worker },
    clock: clock ?? (() => new Date()),
    refusals: { count: () => undefined },
    activity: { refused: () => undefined, lookedUp: () => undefined },
    metrics: new Metrics(),
    close: async () => {
      tls?.close();
      unshare?.();
      await tracing?.close().catch((error: unknown) => log.warn({ err: error }, 'traces not sent'));
      credentials.close();
      await schema.stop();
      await lookups.close();
      await feeds.close();
      await database.close();
    },
  };
}

/** Read from data of any age: a start waits for no standby to catch up. */
async function nonceKey(databaseUrl: string): Promise<Buffer> {
  const client = await connect(connectionTo(databaseUrl, { purpose: 'lookups' }), 'sppp start');
  return serverKeyOrOwn(client, NONCE_KEY).finally(() => client.end());
}
