/** The entry point for other programs: `import { startServer } from 'sppp-server'`. Its types name no other package. */

import { openLog } from './cli/log.js';
import { openRegistry } from './cli/registry.js';
import { startServing } from './cli/serve.js';
import { readConfig } from './config.js';
import { OperatorError } from './operator-error.js';

/** A registry that answers requests, with its database. */
export interface RunningServer {
  /** Where it listens, as an absolute URL without path; the SPPP resource is `/sppp` below it. */
  readonly url: string;
  /** The same of the console, if SPPP_CONSOLE_PORT is set. */
  readonly consoleUrl: string | undefined;
  /** Where the metrics are, if SPPP_METRICS_PORT is set. */
  readonly metricsUrl: string | undefined;
  /** Where the database is. Holds its password. */
  readonly databaseUrl: string;
  /** Lets requests under way end, refuses new ones, and stops; the embedded PostgreSQL stops with it. */
  close(): Promise<void>;
}

/**
 * Starts what `sppp serve` starts: opens the database of DATABASE_URL, or the embedded one, and serves. The log
 * goes to standard error.
 *
 * @param settings variables and their values, as in the table of README.md
 * @throws Error if a setting is wrong, the database cannot be used, or the port is taken
 */
export async function startServer(
  settings: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RunningServer> {
  const config = readConfig(settings);
  if (config.workers > 1) throw new OperatorError(`SPPP_WORKERS=${config.workers}: only sppp serve starts processes`);
  const registry = await openRegistry(config, { mayMake: true });
  try {
    const { url, consoleUrl, metricsUrl, close } = await startServing(config, registry, openLog(config));
    const closeAll = () => close().finally(() => registry.close());
    return { url, consoleUrl, metricsUrl, databaseUrl: registry.url, close: closeAll };
  } catch (error) {
    await registry.close();
    throw error;
  }
}
