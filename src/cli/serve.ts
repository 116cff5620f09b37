import { Command } from 'commander';
import type { Logger } from 'pino';
import { type Config, readConfig } from '../config.js';
import { type Deps, openDeps, warmUp } from '../deps.js';
import type { Disturb } from '../intake/request.js';
import type { Server } from '../listener.js';
import { serve } from '../server.js';
import { type Announcement, announcementOf, announceServer } from './announce-server.js';
import { collectSoon } from './heap.js';
import { openLog } from './log.js';
import { jsonOption, printLine } from './output.js';
import { type OpenRegistry, openRegistry, reachLookupDatabase } from './registry.js';
import { stopped } from './stopped.js';

/** A server that listens. */
export interface Listening {
  readonly deps: Deps;
  readonly registry: OpenRegistry;
  readonly url: string;
}

/** A server that listens. */
export interface StartedServer extends Server {
  readonly deps: Deps;
}

/** Serves an open registry, which stays open when the server closes. `disturb` is that of `serve`. */
export async function startServing(
  config: Config,
  registry: OpenRegistry,
  log: Logger,
  disturb?: Disturb,
): Promise<StartedServer> {
  const lookupDatabaseUrl = await reachLookupDatabase(config);
  const deps = await openDeps(config, { databaseUrl: registry.url, lookupDatabaseUrl, log });
  try {
    const server = await serve(deps, disturb);
    void warmUp(deps.lookups, log);
    return { ...server, deps, close: () => server.close().finally(() => deps.close()) };
  } catch (error) {
    await deps.close();
    throw error;
  }
}

/** `sppp serve`. */
export function serveCommand(): Command {
  return new Command('serve')
    .option('--lookups-only', 'answer look-ups and feeds alone, from LOOKUP_DATABASE_URL, such as a standby')
    .addOption(jsonOption())
    .description('serve')
    .action(async ({ lookupsOnly = false, ...options }: { lookupsOnly?: boolean; json?: boolean }) => {
      const config = readConfig(process.env);
      if (config.workers > 1) {
        const { serveByWorkers, serveLookupsByWorkers } = await import('./by-workers.js');
        return lookupsOnly ? serveLookupsByWorkers(config, options) : serveByWorkers(config, options);
      }
      if (lookupsOnly) {
        const { serveLookupsUntilStopped } = await import('./serve-lookups.js');
        return serveLookupsUntilStopped(config, options);
      }
      return serveUntilStopped(config, options, async ({ registry }) => announcementOf(registry));
    });
}

/**
 * Serves until SIGINT or SIGTERM, then waits for the requests under way. `prepare` returns the output; it runs once the
 * server listens, so that a start that fails changes nothing.
 */
export async function serveUntilStopped(
  config: Config,
  { json = false }: { json?: boolean },
  prepare: (listening: Listening) => Promise<Announcement>,
  disturb?: Disturb,
): Promise<void> {
  collectSoon();
  const stop = stopped();
  const log = openLog(config);
  const registry = await openRegistry(config, { mayMake: true });
  try {
    if (registry.isNew && !json) printLine(`new     a new, empty registry: there was none in ${registry.location}`);
    const { deps, url, consoleUrl, metricsUrl, close } = await startServing(config, registry, log, disturb);
    try {
      const announcement = await prepare({ deps, registry, url });
      announceServer(announcement, { isNew: registry.isNew, consoleUrl, metricsUrl, ready: `${url}/sppp` }, json);
      await stop;
    } finally {
      await close();
    }
  } finally {
    await registry.close();
  }
}
