import { resolve } from 'node:path';
import type { Config } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { migrate } from '../registry/connection/migrate.js';
import { isDataFolder, isRegistry } from '../registry/connection/presence.js';
import { reach } from '../registry/connection/reach.js';
import { EmbeddedPostgresError } from '../registry/embedded/embedded-error.js';
import { startEmbeddedPostgres } from '../registry/embedded/embedded-postgres.js';

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
