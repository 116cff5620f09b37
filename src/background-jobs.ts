import type { FastifyBaseLogger } from 'fastify';
import type { Pool } from 'pg';
import type { Config } from './config.js';
import { purgeConsoleSessions } from './registry/access/console-sessions.js';
import { startBeating } from './registry/connection/beat.js';
import { settlePending } from './registry/cor/pending.js';
import { giveExpiryNotices, type NodeCertificate } from './registry/events/expiry-notices.js';
import { startPublishing } from './registry/events/publish.js';
import { purgeEvents } from './registry/events/purge-events.js';
import { purgeFeedChanges } from './registry/feed/purge.js';
import { purgeActivity } from './registry/journal/activity.js';
import { expireBesideJournal } from './registry/journal/expiry.js';
import { purgeJournal, purgeOperatorRequests, purgeRefusals, purgeRouteChanges } from './registry/journal/purge.js';
import { purgeUnderWay } from './registry/journal/requests-under-way.js';
import { daysToLast } from './registry/journal/retention.js';
import { purgeDeliveries } from './registry/webhooks/deliveries.js';
import { runEvery } from './scheduling/run-every.js';

const SETTLE_CLAIMS_MS = 10_000;
const EXPIRY_NOTICES_MS = 3_600_000;
const PURGE_REQUESTS_MS = 600_000;
const PURGE_JOURNAL_MS = 86_400_000;
const ROUTE_CHANGE_DAYS = 1;

/**
 * Starts what a node does by itself: makes and drops partitions, deletes what is too old, settles claims that
 * wait, publishes events, tells of what ends soon, and commits something for standbys. Several nodes may do it at once.
 *
 * @param certificate that of this node; undefined: it has none
 * @returns functions that end it, and wait for what is under way
 */
export function startBackgroundJobs(
  { archive, console, cor, keepJournalDays, feedDays, eventDays, webhooks }: Config,
  pool: Pool,
  now: () => Date,
  log: Pick<FastifyBaseLogger, 'warn'>,
  certificate: () => NodeCertificate | undefined,
): (() => Promise<void>)[] {
  const warn = (message: string) => (error: unknown) => log.warn({ err: error }, message);
  const days = {
    transaction_body: archive.days,
    transaction_failure: archive.days,
    transaction_code: keepJournalDays,
    deletion: keepJournalDays,
  };
  const ended = new AbortController();
  let expired: Promise<unknown> = Promise.resolve();
  const expiring = runEvery(
    () => {
      expired = expireBesideJournal(pool, now(), days, ended.signal);
      return expired;
    },
    (error) => {
      if (!ended.signal.aborted) warn('archived requests and failed objects not purged')(error);
    },
    PURGE_REQUESTS_MS,
  );
  return [
    startBeating(pool),
    startPublishing(pool, warn('events not published')),
    runEvery(() => settlePending(pool, now(), cor.holdDays), warn('waiting claims not settled'), SETTLE_CLAIMS_MS),
    async () => {
      ended.abort();
      await expiring();
    },
    runEvery(() => purgeEvents(pool, now(), eventDays), warn('events not purged'), PURGE_REQUESTS_MS),
    runEvery(
      () => giveExpiryNotices(pool, now(), certificate()),
      warn('nobody told of what ends soon'),
      EXPIRY_NOTICES_MS,
    ),
    ...(console === undefined
      ? []
      : [
          runEvery(
            () => purgeConsoleSessions(pool, now(), console.idle),
            warn('sessions of the console not purged'),
            PURGE_REQUESTS_MS,
          ),
        ]),
    runEvery(
      () => purgeDeliveries(pool, now(), webhooks.days),
      warn('deliveries to webhooks not purged'),
      PURGE_REQUESTS_MS,
    ),
    runEvery(() => purgeActivity(pool, now()), warn('counts for charts not purged'), PURGE_REQUESTS_MS),
    runEvery(() => purgeUnderWay(pool), warn('requests of nodes that are gone not purged'), PURGE_REQUESTS_MS),
    runEvery(() => purgeFeedChanges(pool, now(), feedDays), warn('changes for feeds not purged'), PURGE_REQUESTS_MS),
    runEvery(
      async () => {
        // What partitions take along is not deleted row by row.
        await expired.catch(() => undefined);
        await purgeJournal(pool, now(), daysToLast(keepJournalDays));
        await purgeRefusals(pool, now(), keepJournalDays);
        await purgeOperatorRequests(pool, now(), keepJournalDays);
        await purgeRouteChanges(pool, now(), ROUTE_CHANGE_DAYS);
      },
      warn('journal not purged'),
      PURGE_JOURNAL_MS,
    ),
  ];
}
