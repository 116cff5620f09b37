import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { openLookupDatabase, openLookups, warmUp } from '../deps.js';
import { serveEnum } from '../enum/enum-server.js';
import type { EnumSettings } from '../enum/settings.js';
import { urlOf } from '../http/listening-port.js';
import type { Lookups } from '../lookup/lookups.js';
import { OperatorError } from '../operator-error.js';
import { checkConnectionLimits } from '../registry/connection/connection-limits.js';
import { type Database, openDatabase } from '../registry/connection/database.js';
import { type SchemaWatch, watchSchema } from '../registry/schema/schema-watch.js';
import type { Assignment } from '../workers/messages.js';
import type { Ports } from '../workers/primary-link.js';
import { forWorkers } from '../workers/shares.js';
import { printLine } from './output.js';
import { openRegistry, reachLookupDatabase } from './registry.js';

/** Connections besides those for look-ups. */
const CONNECTIONS = 2;

type Urls = Pick<Assignment, 'databaseUrl' | 'lookupDatabaseUrl'>;

/** The databases that are there, and what closes them. */
export interface ReachedDatabases {
  readonly urls: Urls;
  close(): Promise<void>;
}

export interface EnumRun {
  readonly log: Logger;
  /** Undefined: this process opens its own. */
  readonly ports?: Ports;
  /** Called when questions are answered. */
  readonly ready: (addresses: readonly AddressInfo[]) => void;
  /** Resolves when no more are to be answered. */
  readonly stop: Promise<void>;
}

/** Reaches the database of LOOKUP_DATABASE_URL; without one, that of the registry. */
export async function reachEnumDatabase(config: Config): Promise<ReachedDatabases> {
  const lookupDatabaseUrl = await reachLookupDatabase(config);
  if (lookupDatabaseUrl !== undefined) {
    return { urls: { databaseUrl: lookupDatabaseUrl, lookupDatabaseUrl }, close: async () => undefined };
  }
  const registry = await openRegistry(config, { mayMake: false });
  return { urls: { databaseUrl: registry.url, lookupDatabaseUrl }, close: () => registry.close() };
}

/** Answers ENUM questions until it is told to stop. */
export async function answerEnum(
  config: Config,
  settings: EnumSettings,
  urls: Urls,
  { log, ports, ready, stop }: EnumRun,
): Promise<void> {
  const onConnectionLost = (error: Error) => log.warn({ err: error }, 'database connection lost');
  const database = await openEnumDatabase(config, urls, onConnectionLost);
  try {
    const lookups = openLookups(config, database, onConnectionLost);
    const schema = watchSchema(database.pool, log);
    try {
      const deps = { lookups: unlessOld(lookups, schema), pool: database.pool, log, clock: () => new Date() };
      const server = await serveEnum(settings, ports === undefined ? deps : { ...deps, ports });
      void warmUp(lookups, log);
      ready(server.addresses);
      await stop;
      log.info({ ...server.counts }, 'ENUM counts');
      await server.close();
    } finally {
      await schema.stop();
      await lookups.close();
    }
  } finally {
    await database.close();
  }
}

/** Prints that questions are answered, and where. */
export function announceEnum(
  { apexes }: Pick<EnumSettings, 'apexes'>,
  addresses: readonly AddressInfo[],
  { json = false, workers = 1 }: { readonly json?: boolean; readonly workers?: number },
): void {
  const urls = addresses.map((address) => urlOf('dns', address));
  const names = apexes.map(({ name }) => name);
  const value = { apexes: names, listening: urls, ...(workers > 1 ? { workers } : {}), ready: urls[0] };
  if (json) printLine(JSON.stringify(value));
  else {
    for (const name of names) printLine(`apex ${name}`);
    for (const url of urls) printLine(`listening ${url}`);
    if (workers > 1) printLine(`workers ${workers}`);
    printLine(`ready ${urls[0]}`);
  }
}

/** Look-ups that fail, so that questions get SERVFAIL, while this node is too old for the schema of its database. */
function unlessOld(lookups: Lookups, schema: SchemaWatch): Pick<Lookups, 'ask'> {
  return {
    ask: async (question) => {
      if (schema.tooNew !== undefined) throw new OperatorError(schema.tooNew);
      return lookups.ask(question);
    },
  };
}

async function openEnumDatabase(
  config: Config,
  { databaseUrl, lookupDatabaseUrl }: Urls,
  onConnectionLost: (error: Error) => void,
): Promise<Database> {
  if (lookupDatabaseUrl !== undefined) return openLookupDatabase(config, lookupDatabaseUrl, onConnectionLost);
  const { connections, timeout } = config.lookup;
  const database = await openDatabase(databaseUrl, { maxConnections: CONNECTIONS, statementTimeout: timeout });
  try {
    const settings = `SPPP_LOOKUP_CONNECTIONS=${connections} and ${CONNECTIONS} more`;
    const { needed, named } = forWorkers(config.workers, connections + CONNECTIONS, settings);
    await checkConnectionLimits(database.pool, needed, named);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
