import type { Pool, PoolClient } from 'pg';
import type { PublishedEvent } from '../../events/cloud-event.js';
import { daysBefore } from '../../values/days.js';
import { deleteInSteps } from '../connection/delete-in-steps.js';
import { isHeard } from '../connection/listening-connection.js';
import { isOf, ownerValues, type WebhookOwner } from './webhooks.js';

/** A job that a living node has had for longer is not there: it ends well before (`webhooks/deliver-due`). */
const LONGEST_JOB_SECONDS = 30;

/** Deliveries deleted by one statement. */
const STEP_ROWS = 5000;

/** What is to be sent to a webhook now. */
export interface DueDeliveries {
  readonly url: string;
  /** The newest first; two while a former one is valid. */
  readonly secrets: readonly Buffer[];
  /** Attempts in a row that nobody answered. */
  readonly unanswered: number;
  readonly deliveries: readonly Due[];
}

/** A delivery that is due. */
export interface Due {
  readonly event: PublishedEvent;
  /** Attempts before this one. */
  readonly attempts: number;
}

interface DueRow extends Omit<PublishedEvent, 'position'> {
  readonly position: number;
  readonly attempts: number;
  readonly url: string;
  readonly secret: Buffer;
  readonly formerSecret: Buffer | null;
  readonly unanswered: number;
}

/** Reads what is due for a webhook, the oldest first; undefined: nothing, or it is disabled. */
export async function readDue(pool: Pool, webhook: number, limit: number): Promise<DueDeliveries | undefined> {
  const { rows } = await pool.query<DueRow>({
    name: 'webhook due',
    text: `SELECT w.url, w.secret, CASE WHEN w.former_until > now() THEN w.former_secret END AS "formerSecret",
                  w.unanswered, d.*
             FROM sppp.webhook w
             CROSS JOIN LATERAL (
               SELECT d.attempts, e.position, e.type, o.org_id AS organization, e.subject, e.happened_at AS "happenedAt",
                      t.server_trans_id AS "serverTransId", e.data
                 FROM sppp.webhook_delivery d
                 JOIN sppp.event e ON e.position = d.position
                 LEFT JOIN sppp.organization o ON o.id = e.organization_id
                 LEFT JOIN sppp.transaction t ON t.id = e.transaction_id
                WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.due_at <= clock_timestamp()
                ORDER BY d.due_at, d.position
                LIMIT CASE WHEN w.unanswered > 0 THEN 1 ELSE $2::integer END) d
            WHERE w.id = $1 AND w.disabled_at IS NULL AND w.resting_until <= clock_timestamp()`,
    values: [webhook, limit],
  });
  const [first] = rows;
  if (first === undefined) return undefined;
  const { url, secret, formerSecret, unanswered } = first;
  const secrets = formerSecret === null ? [secret] : [secret, formerSecret];
  const deliveries = rows.map(({ attempts, position, ...row }) => {
    const { type, organization, subject, happenedAt, serverTransId, data } = row;
    const event = { position: BigInt(position), type, organization, subject, happenedAt, serverTransId, data };
    return { event, attempts };
  });
  return { url, secrets, unanswered, deliveries };
}

/** How an attempt to deliver has ended. */
export interface EndedAttempt {
  readonly position: number;
  /** `waiting`: it is tried again. */
  readonly state: 'delivered' | 'waiting' | 'failed';
  /** Seconds after which it is tried again. */
  readonly dueIn: number;
  readonly httpStatus: number | null;
  /** The beginning of the answer, as a text without controls. */
  readonly answer: string | null;
  /** Why it did not succeed; null: it did. */
  readonly failure: string | null;
  readonly milliseconds: number;
}

/** How attempts have ended, for one webhook. */
export interface EndedAttempts {
  readonly attempts: readonly EndedAttempt[];
  /** Seconds for which nothing is sent to it, as nobody has answered; null: somebody has. */
  readonly rest: number | null;
  /** Why it is disabled; null: it is not. */
  readonly disabledBecause: string | null;
  /** Hours of nothing but failures after which it is disabled. */
  readonly patienceHours: number;
}

/** Writes how attempts have ended, and plans the next. */
export async function endAttempts(
  pool: Pool,
  webhook: number,
  { attempts, rest, disabledBecause, patienceHours }: EndedAttempts,
): Promise<void> {
  const rows = attempts.map(({ position, state, dueIn, httpStatus, answer, failure, milliseconds }) => ({
    ...{ position, state, answer, failure, milliseconds },
    ...{ due_in: dueIn, http_status: httpStatus },
  }));
  await pool.query({
    name: 'webhook attempts',
    text: 'SELECT sppp.end_webhook_attempts($1, $2, $3, $4, make_interval(hours => $5))',
    values: [webhook, JSON.stringify(rows), rest, disabledBecause, patienceHours],
  });
}

/** A delivery as its owner sees it. */
export interface Delivery {
  /** Position of the event. */
  readonly event: number;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly madeAt: Date;
  readonly attemptedAt: Date | null;
  /** When it is tried next; null: it is not. */
  readonly dueAt: Date | null;
  readonly httpStatus: number | null;
  readonly answer: string | null;
  readonly failure: string | null;
  readonly milliseconds: number | null;
}

const columns = `d.position AS event, d.type, d.state, d.attempts, d.made_at AS "madeAt", d.attempted_at AS "attemptedAt",
  CASE WHEN d.state = 'waiting' THEN d.due_at END AS "dueAt", d.http_status AS "httpStatus", d.answer, d.failure,
  d.milliseconds`;

/** Deliveries of a webhook before an event, the newest first. */
export async function listDeliveries(
  db: Pick<PoolClient, 'query'>,
  webhook: number,
  before: number,
  limit: number,
): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>(
    `SELECT ${columns} FROM sppp.webhook_delivery d
      WHERE d.webhook_id = $1 AND d.position < $2 ORDER BY d.position DESC LIMIT $3`,
    [webhook, before, limit],
  );
  return rows;
}

/** The delivery of an event to a webhook; undefined: there is none. */
export async function findDelivery(
  db: Pick<PoolClient, 'query'>,
  webhook: number,
  event: number,
): Promise<Delivery | undefined> {
  const [delivery] = await listDeliveries(db, webhook, event + 1, 1);
  return delivery?.event === event ? delivery : undefined;
}

/**
 * Delivers an event once more, or for the first time to a webhook that was disabled or not there when it was published.
 *
 * @returns whether there is such an event that its owner may be told
 */
export async function redeliver(pool: Pool, owner: WebhookOwner, webhook: number, event: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `WITH again AS (
       INSERT INTO sppp.webhook_delivery AS d (webhook_id, position, type)
       SELECT w.id, e.position, e.type FROM sppp.webhook w JOIN sppp.event e ON e.position = $4
        WHERE ${isOf} AND w.id = $3
          AND sppp.is_told(w.organization_id, e.organization_id, e.noun)
          AND (e.type <> 'sppp.webhook.test.v1' OR e.subject = 'webhook:' || w.id)
       ON CONFLICT (webhook_id, position) DO UPDATE SET state = 'waiting', due_at = now(), attempts = 0
       RETURNING webhook_id)
     SELECT sppp.see_to_webhooks(ARRAY[webhook_id]) FROM again`,
    [...ownerValues(owner), webhook, event],
  );
  return rowCount === 1;
}

/**
 * Gives the webhooks that a killed node was at work for to others, and has nodes see to those for which something has been due for
 * seconds without anybody at work.
 */
export async function seeToForgotten(pool: Pool): Promise<void> {
  await pool.query(
    `SELECT sppp_jobs.force_unlock_workers(ARRAY(
       SELECT DISTINCT j.locked_by FROM sppp_jobs.jobs j
        WHERE j.locked_at < now() - make_interval(secs => ${LONGEST_JOB_SECONDS}) AND NOT ${isHeard('j.locked_by')}))`,
  );
  // Jobs that were followed by another one while a killed node had them.
  await pool.query(
    `SELECT sppp_jobs.complete_jobs(ARRAY(
       SELECT id FROM sppp_jobs.jobs WHERE task_identifier = 'webhook' AND attempts >= max_attempts AND locked_at IS NULL))`,
  );
  await pool.query(
    `SELECT sppp.see_to_webhooks(ARRAY(
       SELECT w.id FROM sppp.webhook w
        WHERE w.disabled_at IS NULL AND w.resting_until < now()
          AND EXISTS (SELECT FROM sppp.webhook_delivery d JOIN sppp.event e ON e.position = d.position
                       WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.due_at < now() - interval '5 seconds')
          AND NOT EXISTS (SELECT FROM sppp_jobs.jobs j
                           WHERE j.queue_name = 'webhook ' || w.id AND (j.locked_at IS NOT NULL OR j.run_at <= now()))))`,
  );
}

/**
 * Deletes deliveries that are older than a number of days, a few at a time. Those that wait stay, unless their event is gone.
 *
 * @returns how many
 */
export async function purgeDeliveries(pool: Pool, now: Date, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    `DELETE FROM sppp.webhook_delivery
      WHERE (webhook_id, position) IN (
        SELECT d.webhook_id, d.position FROM sppp.webhook_delivery d
         WHERE d.made_at < $2
           AND (d.state <> 'waiting' OR NOT EXISTS (SELECT FROM sppp.event e WHERE e.position = d.position))
         LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    STEP_ROWS,
    daysBefore(now, days),
  );
}
