import type { Config } from '../config.js';
import { warmUp } from '../deps.js';
import { openLookupDeps } from '../lookup-deps.js';
import { serveLookups } from '../lookup-server.js';
import { OperatorError } from '../operator-error.js';
import { type Announcement, announceServer } from './announce-server.js';
import { openLog } from './log.js';
import { reachLookupDatabase } from './registry.js';
import { stopped } from './stopped.js';

const DATA = 'the database of LOOKUP_DATABASE_URL';

/** The output of a server of look-ups alone: commands are for the registry, and not for a standby. */
export const lookupAnnouncement: Announcement = { lines: [`data    ${DATA}`], value: { data: DATA, sql: null } };

/** The URL of that database, as `reachLookupDatabase` has settled it. Throws an OperatorError if there is none. */
export async function lookupDatabaseOf(config: Config): Promise<string> {
  const databaseUrl = await reachLookupDatabase(config);
  if (databaseUrl !== undefined) return databaseUrl;
  throw new OperatorError('LOOKUP_DATABASE_URL: it names the database of sppp serve --lookups-only, and is not set');
}

/** `sppp serve --lookups-only`: answers look-ups from LOOKUP_DATABASE_URL until SIGINT or SIGTERM. */
export async function serveLookupsUntilStopped(
  config: Config,
  { json = false }: { readonly json?: boolean },
): Promise<void> {
  const stop = stopped();
  const log = openLog(config);
  const databaseUrl = await lookupDatabaseOf(config);
  const deps = await openLookupDeps(config, { databaseUrl, log });
  try {
    const server = await serveLookups(deps);
    try {
      void warmUp(deps.lookups, log);
      const { url, metricsUrl } = server;
      announceServer(lookupAnnouncement, { isNew: false, metricsUrl, ready: `${url}/lookup` }, json);
      await stop;
    } finally {
      await server.close();
    }
  } finally {
    await deps.close();
  }
}
