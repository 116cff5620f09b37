import type { Pool } from 'pg';
import { daysBefore } from '../../values/days.js';
import { deleteInSteps } from '../connection/delete-in-steps.js';

/** Archived requests, counts of refusals and requests of operators looked at by one statement. */
const STEP_ROWS = 500;

/** Failed objects looked at by one statement. */
const FAILURES_STEP_ROWS = 5000;

/** Changes deleted by one statement: it looks for the last of them each time. */
const CHANGES_STEP_ROWS = 5000;

/** Journal rows deleted by one statement: each looks through all numbers once. */
const JOURNAL_STEP_ROWS = 10_000;

/**
 * Deletes archived requests that are older than a number of days, the oldest first, a few at a time. Their journal rows
 * stay.
 *
 * @returns how many
 */
export async function purgeArchivedRequests(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    `DELETE FROM sppp.transaction_body
      WHERE transaction_id IN (SELECT transaction_id FROM sppp.transaction_body
                                ORDER BY transaction_id LIMIT $1 FOR UPDATE SKIP LOCKED)
        AND kept_at < $2`,
    STEP_ROWS,
    daysBefore(now, days),
  );
}

/**
 * Deletes the stored failures of requests that are older than a number of days, the oldest first. Their journal rows
 * stay.
 *
 * @returns how many
 */
export async function purgeFailedObjects(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    `DELETE FROM sppp.transaction_failure
      WHERE transaction_id IN (SELECT t.id FROM sppp.transaction t
                                WHERE t.received_at < $2
                                  AND t.id IN (SELECT transaction_id FROM sppp.transaction_failure
                                                ORDER BY transaction_id LIMIT $1))`,
    FAILURES_STEP_ROWS,
    daysBefore(now, days),
  );
}

/**
 * Deletes journal rows that are older than a number of days, with their codes, deletions, failures and archived
 * requests. A row stays for as long as an object names it as its last writer.
 *
 * @returns how many
 */
export async function purgeJournal(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    `DELETE FROM sppp.transaction
      WHERE id IN (
        SELECT t.id FROM sppp.transaction t
         WHERE t.received_at < $2
           AND NOT EXISTS (SELECT FROM sppp.public_identifier o WHERE o.transaction_id = t.id)
           AND NOT EXISTS (SELECT FROM sppp.destination_group o WHERE o.transaction_id = t.id)
           AND NOT EXISTS (SELECT FROM sppp.sed_record o WHERE o.transaction_id = t.id)
           AND NOT EXISTS (SELECT FROM sppp.sed_group o WHERE o.transaction_id = t.id)
           AND NOT EXISTS (SELECT FROM sppp.sed_group_offer o WHERE o.transaction_id = t.id)
           AND NOT EXISTS (SELECT FROM sppp.egress_route o WHERE o.transaction_id = t.id)
         LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    JOURNAL_STEP_ROWS,
    daysBefore(now, days),
  );
}

/** Deletes counts of refusals that are older than a number of days. Returns how many. */
export async function purgeRefusals(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    'DELETE FROM sppp.refusal WHERE id IN (SELECT id FROM sppp.refusal WHERE hour < $2 LIMIT $1 FOR UPDATE SKIP LOCKED)',
    STEP_ROWS,
    daysBefore(now, days),
  );
}

/** Deletes records of operators' requests that are older than a number of days. Returns how many. */
export async function purgeOperatorRequests(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    `DELETE FROM sppp.operator_request
      WHERE id IN (SELECT id FROM sppp.operator_request WHERE received_at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    STEP_ROWS,
    daysBefore(now, days),
  );
}

/**
 * Deletes route changes that are older than a number of days. The last one deleted is replaced by one that stands for
 * all of them: a node that asks with an older snapshot learns that anything may have changed.
 *
 * @returns how many
 */
export async function purgeRouteChanges(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    `WITH latest AS (SELECT max(xid) AS xid FROM sppp.route_change WHERE changed_at < $2),
          anything AS (SELECT xid, first, last FROM latest, (VALUES ('', ''), ('', ':')) AS v(first, last)
                        WHERE xid IS NOT NULL),
          logged AS (INSERT INTO sppp.route_change (xid, first, last) SELECT * FROM anything ON CONFLICT DO NOTHING)
     DELETE FROM sppp.route_change
      WHERE (xid, first, last) IN (
        SELECT xid, first, last FROM sppp.route_change
         WHERE changed_at < $2 AND (xid, first, last) NOT IN (SELECT xid, first, last FROM anything)
         ORDER BY xid LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    CHANGES_STEP_ROWS,
    daysBefore(now, days),
  );
}
