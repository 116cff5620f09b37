import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger, type Runner, run, type WorkerEvents } from 'graphile-worker';
import type { BaseLogger } from 'pino';
import { OperatorError } from '../operator-error.js';
import { type Database, type DatabaseOptions, poolOfJobs } from '../registry/connection/database.js';
import { readDatabaseIdentity } from '../registry/schema/database-identity.js';
import { hasJobQueue, JOB_SCHEMA } from '../registry/schema/job-queue.js';
import { seeToForgotten } from '../registry/webhooks/deliveries.js';
import { holdJobs } from '../registry/webhooks/job-owner.js';
import { runEvery } from '../scheduling/run-every.js';
import type { WebhookSettings } from '../settings/webhooks.js';
import { deliverDue } from './deliver-due.js';
import { givingBack } from './giving-back.js';
import { reachableAddresses } from './reachable-addresses.js';
import { checkedLookup } from './resolve-names.js';
import { Sender } from './sender.js';

/** Milliseconds between questions for jobs that have become due. New ones are told. */
const POLL_MS = 1000;

/** Milliseconds between looks for webhooks that nobody sees to. */
const FORGOTTEN_MS = 5000;

/** Milliseconds until jobs are looked for again after that has failed. */
const AGAIN_MS = 5000;

/** Connections for jobs: one listens. */
const CONNECTIONS = 4;

export interface WebhookJobsOptions extends Pick<DatabaseOptions, 'patience' | 'onConnectionLost'> {
  readonly clock: () => Date;
  readonly log: Pick<BaseLogger, 'warn'>;
}

/**
 * Has this node send what is due to webhooks, as one of any number of nodes. Returns a function that ends it, and waits for
 * requests under way.
 *
 * @throws OperatorError for a file of authorities that cannot be read
 */
export async function startWebhookJobs(
  settings: WebhookSettings,
  database: Pick<Database, 'pool' | 'health'>,
  { clock, log, ...connecting }: WebhookJobsOptions,
): Promise<() => Promise<void>> {
  const mayReach = reachableAddresses(settings.networks);
  const lookup = checkedLookup(settings.nameServers, mayReach);
  const sender = new Sender({ lookup, mayReach, ca: authoritiesIn(settings.ca) });
  const registry = await readDatabaseIdentity(database.pool);
  const pool = poolOfJobs(database, CONNECTIONS, connecting);
  const warn = (message: string, error?: unknown) => log.warn({ err: error }, message);
  const stopping = new AbortController();
  const delivering = { pool, sender, registry, clock, isStopping: () => stopping.signal.aborted };
  const untilAskedAgain = async (error: unknown) => {
    warn('job of a webhook not given back', error);
    await delay(POLL_MS, undefined, { ref: false });
    if (stopping.signal.aborted) await new Promise(() => undefined);
  };
  let runner: Runner | undefined;
  let isLacking = false;
  const work = async () => {
    while (!stopping.signal.aborted) {
      try {
        if (!(await hasJobQueue(pool))) {
          if (!isLacking) warn(`webhooks wait for sppp migrate, which makes the schema ${JOB_SCHEMA}`);
          isLacking = true;
          await pauseUnless(stopping.signal);
          continue;
        }
        const events = livingWhile();
        runner = await run({
          ...{ pgPool: givingBack(pool, events, untilAskedAgain), schema: JOB_SCHEMA, noHandleSignals: true },
          ...{ logger: errorsAlone(warn), events, pollInterval: POLL_MS, parsedCronItems: [] },
          concurrency: settings.atOnce,
          taskList: { webhook: (payload) => deliverDue(delivering, (payload as { webhook: number }).webhook) },
          preset: { worker: { localQueue: { size: settings.atOnce } } },
        });
        if (stopping.signal.aborted) await runner.stop();
        await runner.promise;
      } catch (error) {
        warn('jobs of webhooks interrupted', error);
      }
      await pauseUnless(stopping.signal);
    }
  };
  const working = work();
  const seeing = runEvery(
    async () => runner && seeToForgotten(pool),
    (error) => warn('webhooks not seen to', error),
    FORGOTTEN_MS,
  );
  return async () => {
    stopping.abort();
    await seeing();
    await runner?.stop().catch(() => undefined); // it may have stopped by itself
    await working;
    sender.close();
    await pool.end();
  };
}

/** Waits until jobs are looked for again, or until it stops. */
async function pauseUnless(stopping: AbortSignal): Promise<void> {
  await delay(AGAIN_MS, undefined, { signal: stopping, ref: false }).catch(() => undefined);
}

/** The connection that hears of jobs says that their owner lives, each time it is made. */
function livingWhile(): WorkerEvents {
  const events = new EventEmitter() as WorkerEvents;
  events.on('pool:listen:success', ({ workerPool, client }) => {
    holdJobs(client, workerPool.id).catch(() => undefined); // the connection breaks, and is made anew
  });
  return events;
}

/** What graphile-worker tells besides is of no use to operators. */
function errorsAlone(warn: (message: string) => void): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error') warn(message);
  });
}

function authoritiesIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`SPPP_WEBHOOK_CA=${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
