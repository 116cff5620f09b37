import { resolve } from 'node:path';
import type { Config } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { connect, connectionTo } from '../registry/connection/connect.js';
import { checkConnectionLimits } from '../registry/connection/connection-limits.js';
import { LOOKUP_DATABASE_CONNECTIONS } from '../registry/connection/lookup-pool.js';
import { reach } from '../registry/connection/reach.js';
import { EmbeddedPostgresError } from '../registry/embedded/embedded-error.js';
import { startEmbeddedPostgres } from '../registry/embedded/embedded-postgres.js';
import { isDataFolder } from '../registry/embedded/presence.js';
import { settleIdentity } from '../registry/schema/database-identity.js';
import { checkSchema } from '../registry/schema/fitness.js';
import { type Patience, waitText } from '../registry/schema/lock-patience.js';
import { migrate } from '../registry/schema/migrate.js';
import { forWorkers } from '../workers/shares.js';
import { warn } from './output.js';

/** A database with the schema that the server and the commands work with. */
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
    await checkSchema(client, 'lookups');
    const settings = `SPPP_LOOKUP_CONNECTIONS=${lookup.connections} and ${LOOKUP_DATABASE_CONNECTIONS} more`;
    const { needed, named } = forWorkers(workers, lookup.connections + LOOKUP_DATABASE_CONNECTIONS, settings);
    await checkConnectionLimits(client, needed, named);
  } finally {
    await client.end();
  }
  return url;
}

/**
 * The configured database, else the embedded one below the data folder. The embedded one is migrated; another one has to have
 * a schema that this server works with.
 *
 * @param options.mayMake makes the embedded registry where there is none; otherwise that is a mistyped name
 */
export async function openRegistry(config: Config, { mayMake }: { mayMake: boolean }): Promise<OpenRegistry> {
  if (config.databaseUrl !== undefined) return openGiven(config.databaseUrl);
  const registry = await openEmbedded(config, { mayMake });
  try {
    await migrate(registry.url, undefined, { report: warnOfWaits() });
    return registry;
  } catch (error) {
    await registry.close();
    throw error;
  }
}

async function openGiven(databaseUrl: string): Promise<OpenRegistry> {
  const registry = await reachGiven(databaseUrl);
  const client = await connect(connectionTo(registry.url), 'sppp start');
  try {
    await checkSchema(client);
    await settleIdentity(client);
    return registry;
  } finally {
    await client.end();
  }
}

async function reachGiven(databaseUrl: string): Promise<OpenRegistry> {
  const url = await reach(databaseUrl);
  return { url, location: 'the database of DATABASE_URL', isNew: false, close: async () => undefined };
}

async function openEmbedded({ dataDir }: Config, { mayMake }: { mayMake: boolean }): Promise<OpenRegistry> {
  const isNew = !(await isDataFolder(dataDir));
  if (isNew && !mayMake) {
    throw new OperatorError(`SPPP_DATA_DIR=${resolve(dataDir)}: there is no registry; sppp serve makes a new one`);
  }
  const embedded = await startEmbeddedPostgres({ dataDir }).catch((error: unknown) => {
    throw error instanceof EmbeddedPostgresError ? new OperatorError(error.message, { cause: error }) : error;
  });
  return { url: embedded.url, location: embedded.dataDir, isNew, close: () => embedded.stop() };
}

/** The same database as it is, for `sppp migrate`. An embedded one that is not there is a mistyped name. */
export function openUnmigrated(config: Config): Promise<OpenRegistry> {
  if (config.databaseUrl !== undefined) return reachGiven(config.databaseUrl);
  return openEmbedded(config, { mayMake: false });
}

/** Says on standard error what a migration waits for, once for each. */
export function warnOfWaits(): NonNullable<Patience['report']> {
  let last = '';
  return (wait) => {
    const pids = JSON.stringify([wait?.relation, wait?.holders.map(({ pid }) => pid)]);
    if (pids === last) return;
    last = pids;
    warn(`the migration waits for ${waitText(wait)}; it tries again`);
  };
}
