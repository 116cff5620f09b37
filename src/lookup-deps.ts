import type { Config } from './config.js';
import {
  type DepsOptions,
  digestContextOf,
  type ListenerDeps,
  NONCE_KEY,
  openLookupDatabase,
  openLookups,
  openTls,
  openTracing,
} from './deps.js';
import { Metrics } from './http/metrics.js';
import { shareCounts } from './http/shared-counts.js';
import { Throttle } from './http/throttle.js';
import type { Lookups } from './lookup/lookups.js';
import { Credentials } from './registry/access/credentials.js';
import { serverKeyOrOwn } from './registry/access/server-key.js';
import { connect, connectionTo } from './registry/connection/connect.js';
import type { Database } from './registry/connection/database.js';

/** Objects that live as long as a server of look-ups alone, whose database is a standby or may become one. */
export interface LookupDeps extends ListenerDeps {
  readonly database: Database;
  readonly lookups: Lookups;
  close(): Promise<void>;
}

/**
 * Makes what a server of look-ups alone needs. Nothing of it writes or listens: logins are read again every few seconds,
 * refusals are only counted in the metrics, and the key of nonces is that of the other nodes.
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
  const digestContext = digestContextOf(config, key, milliseconds);
  const throttle = new Throttle(config.rates, milliseconds);
  const unshare = worker && shareCounts(worker, throttle, digestContext.failedLogins);
  return {
    ...{ config, database, log, tls, tracing, credentials, lookups, digestContext, throttle, worker },
    clock: clock ?? (() => new Date()),
    refusals: { count: () => undefined },
    metrics: new Metrics(),
    close: async () => {
      tls?.close();
      unshare?.();
      await tracing?.close().catch((error: unknown) => log.warn({ err: error }, 'traces not sent'));
      credentials.close();
      await lookups.close();
      await database.close();
    },
  };
}

/** Read from data of any age: a start waits for no standby to catch up. */
async function nonceKey(databaseUrl: string): Promise<Buffer> {
  const client = await connect(connectionTo(databaseUrl, { purpose: 'lookups' }), 'sppp start');
  return serverKeyOrOwn(client, NONCE_KEY).finally(() => client.end());
}
