import type { FastifyBaseLogger } from 'fastify';
import type { Config } from './config.js';
import type { DigestDoor } from './http/digest.js';
import { FailedLogins } from './http/failed-logins.js';
import { realm } from './http/ha1.js';
import { Nonces } from './http/nonce.js';
import { NonceCounts } from './http/nonce-counts.js';
import { Credentials } from './registry/credentials.js';
import { type Database, openDatabase } from './registry/database.js';
import { serverKey } from './registry/server-key.js';

/** What lives as long as the server: made once, passed in, disposed of in reverse. */
export interface Deps {
  readonly config: Config;
  readonly database: Database;
  readonly log: FastifyBaseLogger;
  readonly clock: () => Date;
  readonly door: DigestDoor;
  readonly credentials: Credentials;
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
  const close = async () => {
    credentials.close();
    await database.close();
  };
  return { config, database, log, clock: now, door, credentials, close };
}
