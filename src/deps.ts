import type { FastifyBaseLogger } from 'fastify';
import { type Config, ConfigFault } from './config.js';
import type { DigestDoor } from './http/digest.js';
import { FailedLogins } from './http/failed-logins.js';
import { realm } from './http/ha1.js';
import { Nonces } from './http/nonce.js';
import { NonceCounts } from './http/nonce-counts.js';
import { Throttle } from './http/throttle.js';
import { Tls } from './http/tls.js';
import { Credentials } from './registry/credentials.js';
import { type Database, openDatabase } from './registry/database.js';
import { purgeFeedChanges } from './registry/feed-purge.js';
import { keepPurging, purgeKeptRequests } from './registry/purge.js';
import { serverKey } from './registry/server-key.js';

/** What lives as long as the server: made once, passed in, disposed of in reverse. */
export interface Deps {
  readonly config: Config;
  readonly database: Database;
  readonly log: FastifyBaseLogger;
  readonly clock: () => Date;
  readonly door: DigestDoor;
  readonly credentials: Credentials;
  readonly throttle: Throttle;
  /** Undefined: HTTP. */
  readonly tls: Tls | undefined;
  close(): Promise<void>;
}

export interface Outside {
  readonly databaseUrl: string;
  readonly log: FastifyBaseLogger;
  readonly clock?: () => Date;
  /** false: a database for tests, which may lose what it acknowledged. */
  readonly durable?: boolean;
}

/** Opens the database and makes the rest. Throws what openDatabase throws. */
export async function openDeps(config: Config, { databaseUrl, log, clock, durable }: Outside): Promise<Deps> {
  const tls = openTls(config, log);
  const database = await openDatabase(databaseUrl, {
    maxConnections: config.limits.databaseConnections,
    durable: durable ?? true,
    onConnectionLost: (error) => log.warn({ err: error }, 'database connection lost'),
  });
  const now = clock ?? (() => new Date());
  const milliseconds = () => now().getTime();
  const door: DigestDoor = {
    realm,
    md5: config.digestMd5,
    nonces: new Nonces(await serverKey(database.prisma, 'digest nonces'), milliseconds),
    counts: new NonceCounts(),
    failedLogins: new FailedLogins(milliseconds),
  };
  const credentials = await Credentials.open(database.prisma, database.pool);
  const { keep } = config;
  const stopPurging = keepPurging(
    async () => {
      await purgeKeptRequests(database.pool, now(), keep.days);
      await purgeFeedChanges(database.pool, now(), config.feedDays);
    },
    (error) => log.warn({ err: error }, 'what is kept for a time not purged'),
  );
  const close = async () => {
    tls?.close();
    await stopPurging();
    credentials.close();
    await database.close();
  };
  return {
    config,
    database,
    log,
    clock: now,
    door,
    credentials,
    throttle: new Throttle(config.rates, milliseconds),
    tls,
    close,
  };
}

function openTls({ tls }: Config, log: FastifyBaseLogger): Tls | undefined {
  try {
    return tls && new Tls(tls, log);
  } catch (error) {
    throw new ConfigFault(`SPPP_TLS_CERT=${tls?.cert}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
