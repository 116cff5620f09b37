import { Command } from 'commander';
import pino from 'pino';
import { readConfig } from '../config.js';
import { openLookups, warmUp } from '../deps.js';
import { serveEnum } from '../enum/enum-server.js';
import { readEnumSettings } from '../enum/settings.js';
import { checkConnectionLimits } from '../registry/connection/connection-limits.js';
import { openDatabase } from '../registry/connection/database.js';
import { jsonOption, logOutput, printLine } from './output.js';
import { openRegistry } from './registry.js';

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
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const log = pino({ level: config.logLevel }, logOutput());
      const registry = await openRegistry(config, { mayMake: false });
      try {
        const database = await openDatabase(registry.url, {
          maxConnections: CONNECTIONS,
          statementTimeout: config.lookup.timeout,
          leastSynchronousCommit: config.leastSynchronousCommit,
        });
        const lookups = openLookups(config, database, (error) => log.warn({ err: error }, 'database connection lost'));
        try {
          const { connections } = config.lookup;
          const what = `SPPP_LOOKUP_CONNECTIONS=${connections} and ${CONNECTIONS} more`;
          await checkConnectionLimits(database.pool, connections + CONNECTIONS, what);
          const server = await serveEnum(settings, { lookups, pool: database.pool, log, clock: () => new Date() });
          void warmUp(lookups, log);
          const urls = server.addresses.map(({ address, family, port }) =>
            family === 'IPv6' ? `dns://[${address}]:${port}` : `dns://${address}:${port}`,
          );
          const apexes = settings.apexes.map(({ name }) => name);
          if (json) printLine(JSON.stringify({ apexes, listening: urls, ready: urls[0] }));
          else for (const line of readyLines(apexes, urls)) printLine(line);
          await stopped;
          log.info({ ...server.counts }, 'ENUM counts');
          await server.close();
        } finally {
          await lookups.close();
          await database.close();
        }
      } finally {
        await registry.close();
      }
    });
}

function readyLines(apexes: readonly string[], urls: readonly string[]): string[] {
  return [...apexes.map((name) => `apex ${name}`), ...urls.map((url) => `listening ${url}`), `ready ${urls[0]}`];
}
