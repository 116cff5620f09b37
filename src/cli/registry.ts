import type { Config } from '../config.js';
import { startEmbeddedPostgres } from '../registry/embedded-postgres.js';
import { migrate } from '../registry/migrate.js';
import { reach } from '../registry/reach.js';

/** A database that commands and the server can work with, migrated. */
export interface OpenRegistry {
  readonly url: string;
  /** Where the data is, for people. */
  readonly place: string;
  close(): Promise<void>;
}

/** The configured database, else the embedded one below the data folder. */
export async function openRegistry(config: Config): Promise<OpenRegistry> {
  if (config.databaseUrl !== undefined) {
    const url = await reach(config.databaseUrl);
    await migrate(url);
    return { url, place: 'the database of DATABASE_URL', close: async () => undefined };
  }
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir });
  try {
    await migrate(embedded.url);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { url: embedded.url, place: embedded.dataDir, close: () => embedded.stop() };
}
