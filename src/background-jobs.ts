import type { FastifyBaseLogger } from 'fastify';
import type { Pool } from 'pg';
import type { Config } from './config.js';
import { startBeating } from './registry/connection/beat.js';
import { settlePending } from './registry/cor/pending.js';
import { purgeFeedChanges } from './registry/feed/purge.js';
import {
  purgeArchivedRequests,
  purgeFailedObjects,
  purgeJournal,
  purgeOperatorRequests,
  purgeRefusals,
  purgeRouteChanges,
} from './registry/journal/purge.js';
import { runEvery } from './scheduling/run-every.js';

const SETTLE_CLAIMS_MS = 10_000;
const PURGE_REQUESTS_MS = 600_000;
const PURGE_JOURNAL_MS = 86_400_000;
const ROUTE_CHANGE_DAYS = 1;

/**
 * Starts what a node does by itself: deletes what is too old, settles claims that wait, and commits something for standbys.
 * Several nodes may do it at once.
 *
 * @returns functions that end it, and wait for what is under way
 */
export function startBackgroundJobs(
  { archive, cor, keepJournalDays, feedDays }: Config,
  pool: Pool,
  now: () => Date,
  log: Pick<FastifyBaseLogger, 'warn'>,
): (() => Promise<void>)[] {
  const warn = (message: string) => (error: unknown) => log.warn({ err: error }, message);
  return [
    startBeating(pool),
    runEvery(() => settlePending(pool, now(), cor.holdDays), warn('waiting claims not settled'), SETTLE_CLAIMS_MS),
    runEvery(
      () => purgeArchivedRequests(pool, now(), archive.days),
      warn('archived requests not purged'),
      PURGE_REQUESTS_MS,
    ),
    runEvery(() => purgeFailedObjects(pool, now(), archive.days), warn('failed objects not purged'), PURGE_REQUESTS_MS),
    runEvery(() => purgeFeedChanges(pool, now(), feedDays), warn('changes for feeds not purged'), PURGE_REQUESTS_MS),
    runEvery(
      async () => {
        await purgeJournal(pool, now(), keepJournalDays);
        await purgeRefusals(pool, now(), keepJournalDays);
        await purgeOperatorRequests(pool, now(), keepJournalDays);
        await purgeRouteChanges(pool, now(), ROUTE_CHANGE_DAYS);
      },
      warn('journal not purged'),
      PURGE_JOURNAL_MS,
    ),
  ];
}
