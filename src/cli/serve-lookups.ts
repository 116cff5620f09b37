import type { Config } from '../config.js';
import { warmUp } from '../deps.js';
import { openLookupDeps } from '../lookup-deps.js';
import { serveLookups } from '../lookup-server.js';
import { OperatorError } from '../operator-error.js';
import { openLog } from './log.js';
import { printLine } from './output.js';
import { reachLookupDatabase } from './registry.js';
import { stopped } from './stopped.js';

/** `sppp serve --lookups-only`: answers look-ups from LOOKUP_DATABASE_URL until SIGINT or SIGTERM. */
export async function serveLookupsUntilStopped(
  config: Config,
  { json = false }: { readonly json?: boolean },
): Promise<void> {
  const stop = stopped();
  const log = openLog(config);
  const databaseUrl = await reachLookupDatabase(config);
  if (databaseUrl === undefined) {
    throw new OperatorError('LOOKUP_DATABASE_URL: it names the database of sppp serve --lookups-only, and is not set');
  }
  const deps = await openLookupDeps(config, { databaseUrl, log });
  try {
    const server = await serveLookups(deps);
    try {
      void warmUp(deps.lookups, log);
      const data = 'the database of LOOKUP_DATABASE_URL';
      const ready = `${server.url}/lookup`;
      const { metricsUrl = null } = server;
      if (json) printLine(JSON.stringify({ isNew: false, data, sql: null, metrics: metricsUrl, ready }));
      else {
        printLine(`data    ${data}`);
        if (metricsUrl !== null) printLine(`metrics ${metricsUrl}`);
        printLine(`ready ${ready}`);
      }
      await stop;
    } finally {
      await server.close();
    }
  } finally {
    await deps.close();
  }
}
