import { setFlagsFromString } from 'node:v8';
import pino from 'pino';
import type { Config } from '../config.js';
import { type Deps, openDeps } from '../deps.js';
import { serve } from '../server.js';
import { type OpenRegistry, openRegistry } from './registry.js';
import { say } from './say.js';

/**
 * Serves until SIGINT or SIGTERM, then lets requests under way end. `prepare` runs once the database is there, and may
 * return lines to be printed when requests are answered.
 */
export async function serveUntilStopped(
  config: Config,
  prepare: (deps: Deps, registry: OpenRegistry) => Promise<(url: string) => string[]> = async () => () => [],
): Promise<void> {
  // What a large request leaves behind is collected soon: memory stays at what is in use, whatever the request's size.
  setFlagsFromString('--heap-growing-percent=50');
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const registry = await openRegistry(config);
  try {
    const deps = await openDeps(config, { databaseUrl: registry.url, log });
    try {
      const lines = await prepare(deps, registry);
      const server = await serve(deps);
      for (const line of lines(server.url)) say(line);
      if (server.metricsUrl !== undefined) say(`metrics ${server.metricsUrl}`);
      say(`ready ${server.url}/sppp`);
      await stopped;
      await server.close();
    } finally {
      await deps.close();
    }
  } finally {
    await registry.close();
  }
}
