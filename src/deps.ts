import type { FastifyBaseLogger } from 'fastify';
import { type Config, ConfigFault } from './config.js';
import type { DigestDoor } from './http/digest.js';
import { FailedLogins } from './http/failed-logins.js';
import { realm } from './http/ha1.js';
import { Nonces } from './http/nonce.js';
import { NonceCounts } from './http/nonce-counts.js';
import { Throttle } from './http/throttle.js';
import { Tls } from './http/tls.js';
import { Lookups } from './lookup/lookups.js';
import { Credentials } from './registry/credentials.js';
import { type Database, openDatabase } from './registry/database.js';
import { keepPurging, purgeKeptRequests } from './registry/purge.js';
import { openLookupPool } from './registry/resolve.js';
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
  readonly lookups: Lookups;
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
  const onConnectionLost = (error: Error) => log.warn({ err: error }, 'database connection lost');
  const database = await openDatabase(databaseUrl, {
    maxConnections: config.limits.databaseConnections,
    durable: durable ?? true,
    onConnectionLost,
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
  const lookups = openLookups(config, database, onConnectionLost);
  const { keep } = config;
  const stopPurging = keepPurging(
    () => purgeKeptRequests(database.pool, now(), keep.days),
    (error) => log.warn({ err: error }, 'kept requests not purged'),
  );
  const close = async () => {
    tls?.close();
    await stopPurging();
    credentials.close();
    await lookups.close();
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
    lookups,
    tls,
    close,
  };
}

/** Most look-ups take little time: what takes more than a tenth of what it may goes to connections of its own. */
export function openLookups(
  { lookup }: Pick<Config, 'lookup'>,
  { pool }: Pick<Database, 'pool'>,
  onConnectionLost: (error: Error) => void,
): Lookups {
  const patient = Math.floor(lookup.connections / 4);
  const open = (connections: number, timeout: number) =>
    openLookupPool(pool, { connections, timeout }, onConnectionLost);
  return new Lookups({
    quick: open(lookup.connections - patient, Math.ceil(lookup.timeout / 10)),
    patient: open(patient, lookup.timeout),
  });
}

function openTls({ tls }: Config, log: FastifyBaseLogger): Tls | undefined {
  try {
    return tls && new Tls(tls, log);
  } catch (error) {
    throw new ConfigFault(`SPPP_TLS_CERT=${tls?.cert}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
