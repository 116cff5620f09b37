import { Command } from 'commander';
import { type Config, readConfig } from '../config.js';
import { openLookupDatabase, openLookups, warmUp } from '../deps.js';
import { serveEnum } from '../enum/enum-server.js';
import { readEnumSettings } from '../enum/settings.js';
import type { Lookups } from '../lookup/lookups.js';
import { OperatorError } from '../operator-error.js';
import { checkConnectionLimits } from '../registry/connection/connection-limits.js';
import { type Database, openDatabase } from '../registry/connection/database.js';
import { type SchemaWatch, watchSchema } from '../registry/schema/schema-watch.js';
import { openLog } from './log.js';
import { jsonOption, printLine } from './output.js';
import { openRegistry, reachLookupDatabase } from './registry.js';
import { stopped } from './stopped.js';

/** Connections besides those for look-ups. */
const CONNECTIONS = 2;

/** `sppp enum`: answers ENUM questions over DNS until SIGINT or SIGTERM. */
export function enumCommand(): Command {
  return new Command('enum')
    .description('answer ENUM questions over DNS (RFC 6116); settings are SPPP_ENUM_…, see docs/enum.md')
    .addOption(jsonOption())
    .action(async ({ json = false }: { json?: boolean }) => {
      const config = readConfig(process.env);
      const settings = readEnumSettings(process.env);
      const stop = stopped();
      const log = openLog(config);
      const onConnectionLost = (error: Error) => log.warn({ err: error }, 'database connection lost');
      const { database, close } = await openLookupRegistry(config, onConnectionLost);
      try {
        const lookups = openLookups(config, database, onConnectionLost);
        const schema = watchSchema(database.pool, log);
        try {
          const answering = { lookups: unlessOld(lookups, schema), pool: database.pool, log, clock: () => new Date() };
          const server = await serveEnum(settings, answering);
          void warmUp(lookups, log);
          const urls = server.addresses.map(({ address, family, port }) =>
            family === 'IPv6' ? `dns://[${address}]:${port}` : `dns://${address}:${port}`,
          );
          const apexes = settings.apexes.map(({ name }) => name);
          if (json) printLine(JSON.stringify({ apexes, listening: urls, ready: urls[0] }));
          else for (const line of readyLines(apexes, urls)) printLine(line);
          await stop;
          log.info({ ...server.counts }, 'ENUM counts');
          await server.close();
        } finally {
          await schema.stop();
          await lookups.close();
        }
      } finally {
        await close();
      }
    });
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

interface LookupRegistry {
  readonly database: Database;
  close(): Promise<void>;
}

/** The database of LOOKUP_DATABASE_URL; without one, that of the registry. */
async function openLookupRegistry(config: Config, onConnectionLost: (error: Error) => void): Promise<LookupRegistry> {
  const lookupUrl = await reachLookupDatabase(config);
  if (lookupUrl !== undefined) {
    const database = await openLookupDatabase(config, lookupUrl, onConnectionLost);
    return { database, close: () => database.close() };
  }
  const registry = await openRegistry(config, { mayMake: false });
  try {
    const { connections, timeout } = config.lookup;
    const database = await openDatabase(registry.url, { maxConnections: CONNECTIONS, statementTimeout: timeout });
    const close = () => database.close().finally(() => registry.close());
    try {
      const what = `SPPP_LOOKUP_CONNECTIONS=${connections} and ${CONNECTIONS} more`;
      await checkConnectionLimits(database.pool, connections + CONNECTIONS, what);
      return { database, close };
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    await registry.close();
    throw error;
  }
}

function readyLines(apexes: readonly string[], urls: readonly string[]): string[] {
  return [...apexes.map((name) => `apex ${name}`), ...urls.map((url) => `listening ${url}`), `ready ${urls[0]}`];
}
