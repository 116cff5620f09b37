import { type Config, readConfig } from '../config.js';
import { openDeps, warmUp } from '../deps.js';
import { readEnumSettings } from '../enum/settings.js';
import { openLookupDeps } from '../lookup-deps.js';
import { serveLookups } from '../lookup-server.js';
import { serve } from '../server.js';
import type { Assignment } from '../workers/messages.js';
import { PrimaryLink } from '../workers/primary-link.js';
import { configOfWorker, enumSettingsOfWorker } from '../workers/shares.js';
import { answerEnum } from './answer-enum.js';
import { failureText } from './failure.js';
import { collectSoon } from './heap.js';
import { openLog } from './log.js';
import { watchOutput } from './output.js';

/** The program of a worker: does what the primary of its node assigns, with a part of the node's limits. */

type Run = (config: Config, link: PrimaryLink) => Promise<void>;

const runs: Readonly<Record<Assignment['command'], Run>> = {
  serve: async (config, link) => {
    collectSoon();
    const { databaseUrl, lookupDatabaseUrl } = link.assignment;
    const log = openLog(config, link.assignment.number);
    const deps = await openDeps(config, { databaseUrl, lookupDatabaseUrl, log, worker: link });
    await answerUntilStopped(link, deps, () => serve(deps));
  },
  lookups: async (config, link) => {
    const log = openLog(config, link.assignment.number);
    const deps = await openLookupDeps(config, { databaseUrl: link.assignment.databaseUrl, log, worker: link });
    await answerUntilStopped(link, deps, () => serveLookups(deps));
  },
  enum: async (config, link) => {
    const settings = enumSettingsOfWorker(readEnumSettings(process.env), config.workers);
    const log = openLog(config, link.assignment.number);
    await answerEnum(config, settings, link.assignment, {
      ...{ log, ports: link, ready: () => link.ready() },
      stop: link.stopped.then(() => link.leaving()),
    });
  },
};

type Opened =
  Parameters<typeof warmUp> extends [infer Lookups, infer Log]
    ? { readonly lookups: Lookups; readonly log: Log; close(): Promise<void> }
    : never;

async function answerUntilStopped(
  link: PrimaryLink,
  deps: Opened,
  listen: () => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  try {
    const server = await listen();
    void warmUp(deps.lookups, deps.log);
    link.ready();
    await link.stopped;
    await link.leaving();
    await server.close();
  } finally {
    await deps.close();
  }
}

watchOutput();
process.on('SIGHUP', () => undefined); // for certificates, which a worker that is about to start reads anyway
const link = await PrimaryLink.open();
try {
  await runs[link.assignment.command](configOfWorker(readConfig(process.env)), link);
  link.end();
} catch (error) {
  link.failed(failureText(error));
}
