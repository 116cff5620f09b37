import { resolve } from 'node:path';
import type { Config } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { connect, connectionTo } from '../registry/connection/connect.js';
import { checkConnectionLimits } from '../registry/connection/connection-limits.js';
import { LOOKUP_DATABASE_CONNECTIONS } from '../registry/connection/lookup-pool.js';
import { checkMigrated, migrate } from '../registry/connection/migrate.js';
import { isDataFolder, isRegistry } from '../registry/connection/presence.js';
import { reach } from '../registry/connection/reach.js';
import { EmbeddedPostgresError } from '../registry/embedded/embedded-error.js';
import { startEmbeddedPostgres } from '../registry/embedded/embedded-postgres.js';
import { forWorkers } from '../workers/shares.js';

/** A migrated database for the server and the commands. */
export interface OpenRegistry {
  readonly url: string;
  /** The location of the data, for people. */
  readonly location: string;
  /** Whether it was made by this start. */
  readonly isNew: boolean;
  close(): Promise<void>;
}

/**
 * The URL of the database of look-ups, as `reach` has settled it; undefined if the settings name none. It is not migrated.
 *
 * @throws OperatorError if it cannot be used
 */
export async function reachLookupDatabase({ lookupDatabaseUrl, lookup, workers }: Config): Promise<string | undefined> {
  if (lookupDatabaseUrl === undefined) return undefined;
  const url = await reach(lookupDatabaseUrl, 'lookups');
  const client = await connect(connectionTo(url, { purpose: 'lookups' }), 'sppp start');
  try {
    await checkMigrated(client, 'lookups');
    const settings = `SPPP_LOOKUP_CONNECTIONS=${lookup.connections} and ${LOOKUP_DATABASE_CONNECTIONS} more`;
    const { needed, named } = forWorkers(workers, lookup.connections + LOOKUP_DATABASE_CONNECTIONS, settings);
    await checkConnectionLimits(client, needed, named);
  } finally {
    await client.end();
  }
  return url;
}

/**
 * The configured database, else the embedded one below the data folder.
 *
 * @param options.mayMake makes a registry where there is none; otherwise that is a mistyped name
 */
export async function openRegistry(config: Config, { mayMake }: { mayMake: boolean }): Promise<OpenRegistry> {
  const { dataDir } = config;
  const databaseUrl = config.databaseUrl === undefined ? undefined : await reach(config.databaseUrl);
  const isNew = !(databaseUrl === undefined ? await isDataFolder(dataDir) : await isRegistry(databaseUrl));
  if (isNew && !mayMake) {
    const where = databaseUrl === undefined ? `SPPP_DATA_DIR=${resolve(dataDir)}` : 'DATABASE_URL';
    throw new OperatorError(`${where}: there is no registry; sppp serve makes a new one`);
  }
  if (databaseUrl !== undefined) {
    await migrate(databaseUrl);
    return { url: databaseUrl, location: 'the database of DATABASE_URL', isNew, close: async () => undefined };
  }
  const embedded = await startEmbeddedPostgres({ dataDir }).catch((error: unknown) => {
    throw error instanceof EmbeddedPostgresError ? new OperatorError(error.message, { cause: error }) : error;
  });
  try {
    await migrate(embedded.url);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { url: embedded.url, location: embedded.dataDir, isNew, close: () => embedded.stop() };
}
