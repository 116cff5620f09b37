import type { FastifyBaseLogger } from 'fastify';
import type { Pool } from 'pg';
import { Activity } from './http/activity.js';
import { Refusals } from './http/refusals.js';
import { RequestsUnderWay } from './intake/requests-under-way.js';
import { addActivity } from './registry/journal/activity.js';
import { addRefusals } from './registry/journal/refusal-counts.js';
import { tellUnderWay } from './registry/journal/requests-under-way.js';
import { runEvery } from './scheduling/run-every.js';

/** What a process counts beside its requests, and writes into the database every few seconds. */
export interface Counts {
  readonly refusals: Refusals;
  readonly activity: Activity;
  readonly underWay: RequestsUnderWay;
  /** Writes what has not been written yet. */
  close(): Promise<void>;
}

const WRITE_MS = 10_000;
const TELL_UNDER_WAY_MS = 1000;

/** Begins to count. */
export function openCounts(pool: Pool, milliseconds: () => number, log: Pick<FastifyBaseLogger, 'warn'>): Counts {
  const refusals = new Refusals(milliseconds, (counts) => addRefusals(pool, counts));
  const activity = new Activity(milliseconds, (counts) => addActivity(pool, counts));
  const underWay = new RequestsUnderWay((running, ended) => tellUnderWay(pool, running, ended));
  const jobs = [
    { write: () => refusals.flush(), failure: 'refusals not written', every: WRITE_MS },
    { write: () => activity.flush(), failure: 'counts for charts not written', every: WRITE_MS },
    { write: () => underWay.tell(), failure: 'requests under way not told', every: TELL_UNDER_WAY_MS },
  ].map(({ write, failure, every }) => {
    const warn = (error: unknown) => log.warn({ err: error }, failure);
    const stop = runEvery(write, warn, every);
    return async () => {
      await stop();
      await write().catch(warn);
    };
  });
  const close = async () => {
    for (const end of jobs) await end();
  };
  return { refusals, activity, underWay, close };
}
