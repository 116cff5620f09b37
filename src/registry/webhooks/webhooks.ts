import type { Pool, PoolClient } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { runTransaction } from '../connection/transaction.js';

/** Where events of an organization, or of the operators, are sent. */
export interface Webhook {
  readonly id: number;
  /** Null: the operators. */
  readonly organization: string | null;
  readonly url: string;
  /** Types of events that it gets, and prefixes of some such as `sppp.offer.*`; null: all. */
  readonly types: readonly string[] | null;
  readonly createdAt: Date;
  /** Until when the former secret signs, too; null: there is none. */
  readonly formerSecretUntil: Date | null;
  /** Since when every attempt has failed; null: the last one did not. */
  readonly failingSince: Date | null;
  readonly disabledAt: Date | null;
  readonly disabledBecause: string | null;
}

/** Whose webhooks: those of an organization (its row id), of the operators (null), or all. */
export type WebhookOwner = number | null | 'anybody';

type Database = Pick<PoolClient, 'query'>;

const columns = `w.id, (SELECT org_id FROM sppp.organization WHERE id = w.organization_id) AS organization, w.url,
  nullif(w.types, '{}') AS types,
  w.created_at AS "createdAt", CASE WHEN w.former_until > now() THEN w.former_until END AS "formerSecretUntil",
  w.failing_since AS "failingSince", w.disabled_at AS "disabledAt", w.disabled_because AS "disabledBecause"`;

/** SQL: whether a webhook `w` is of an owner, as `$1` and `$2` (`ownerValues`) say. */
export const isOf = '($1 OR w.organization_id IS NOT DISTINCT FROM $2::integer)';

/** The values of `isOf`. */
export const ownerValues = (owner: WebhookOwner) => (owner === 'anybody' ? [true, null] : [false, owner]);

/** Has a node see to a webhook, behind one that does so now. */
export async function seeTo(pool: Pool, webhook: number): Promise<void> {
  await pool.query('SELECT sppp.see_to_webhooks(ARRAY[$1::integer])', [webhook]);
}

/** What a new webhook is made of. */
export interface NewWebhook {
  readonly url: string;
  readonly types: readonly string[] | null;
  readonly secret: Buffer;
}

/**
 * Makes a webhook. It gets the events that are published from now on.
 *
 * @returns undefined if its owner has `most` already
 */
export async function addWebhook(
  pool: Pool,
  owner: number | null,
  { url, types, secret }: NewWebhook,
  most: number,
): Promise<Webhook | undefined> {
  return runTransaction(pool, async (db) => {
    // One at a time, so that no more are made than there may be.
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('sppp webhooks'), $1)`, [owner ?? 0]);
    const { rows } = await db.query<Webhook>(
      `INSERT INTO sppp.webhook AS w (organization_id, url, types, secret)
       SELECT $2::integer, $3, $4, $5
        WHERE (SELECT count(*) FROM sppp.webhook w WHERE ${isOf}) < $6
       RETURNING ${columns}`,
      [...ownerValues(owner), url, types ?? [], secret, most],
    );
    return rows[0];
  });
}

/** The webhooks of an owner, in the order in which they were made. */
export async function listWebhooks(db: Database, owner: WebhookOwner): Promise<Webhook[]> {
  const { rows } = await db.query<Webhook>(
    `SELECT ${columns} FROM sppp.webhook w WHERE ${isOf} ORDER BY w.id`,
    ownerValues(owner),
  );
  return rows;
}

/** A webhook of an owner; undefined: it has none with this id. */
export async function findWebhook(db: Database, owner: WebhookOwner, id: number): Promise<Webhook | undefined> {
  const { rows } = await db.query<Webhook>(`SELECT ${columns} FROM sppp.webhook w WHERE ${isOf} AND w.id = $3`, [
    ...ownerValues(owner),
    id,
  ]);
  return rows[0];
}

/** Removes a webhook with its deliveries. Returns whether its owner had it. */
export async function removeWebhook(pool: Pool, owner: WebhookOwner, id: number): Promise<boolean> {
  const { rowCount } = await pool.query(`DELETE FROM sppp.webhook w WHERE ${isOf} AND w.id = $3`, [
    ...ownerValues(owner),
    id,
  ]);
  return rowCount === 1;
}

/** A third secret would end the first one before its time. */
export class TwoSecretsError extends OperatorError {
  constructor(id: number, until: Date) {
    super(`webhook ${id} has two secrets until ${until.toISOString()}; wait, or end both with an overlap of 0 hours`);
  }
}

/**
 * Gives a webhook a new secret. The one before it signs, too, for some hours. With none, all former ones end now.
 *
 * @returns undefined if its owner has no such webhook
 * @throws TwoSecretsError while a former one still signs, unless all shall end
 */
export async function rotateSecret(
  pool: Pool,
  owner: WebhookOwner,
  id: number,
  secret: Buffer,
  overlap: number,
): Promise<Webhook | undefined> {
  return runTransaction(pool, async (db) => {
    const one = `${isOf} AND w.id = $3`;
    const values = [...ownerValues(owner), id];
    const held = await db.query<Webhook>(
      `SELECT ${columns} FROM sppp.webhook w WHERE ${one} FOR NO KEY UPDATE`,
      values,
    );
    const until = held.rows[0]?.formerSecretUntil ?? null;
    if (until !== null && overlap > 0) throw new TwoSecretsError(id, until);
    const { rows } = await db.query<Webhook>(
      `UPDATE sppp.webhook w SET secret = $4, former_secret = w.secret, former_until = now() + make_interval(hours => $5)
        WHERE ${one} RETURNING ${columns}`,
      [...values, secret, overlap],
    );
    return rows[0];
  });
}

/**
 * Sends again to a webhook that was disabled, what waited for it first. Events of the time between are not sent by themselves.
 *
 * @returns undefined if its owner has no such webhook
 */
export async function enableWebhook(pool: Pool, owner: WebhookOwner, id: number): Promise<Webhook | undefined> {
  const { rows } = await pool.query<Webhook>(
    `WITH enabled AS (
       UPDATE sppp.webhook w
          SET disabled_at = NULL, disabled_because = NULL, failing_since = NULL, unanswered = 0, resting_until = '-infinity'
        WHERE ${isOf} AND w.id = $3 RETURNING w.*)
     SELECT ${columns} FROM enabled w`,
    [...ownerValues(owner), id],
  );
  if (rows.length > 0) await seeTo(pool, id);
  return rows[0];
}

/**
 * Publishes an event that this webhook alone gets. Returns its position; undefined if its owner has no such webhook, or it is
 * disabled.
 */
export async function publishTest(pool: Pool, owner: WebhookOwner, id: number): Promise<number | undefined> {
  const { rows } = await pool.query<{ position: number }>(
    `SELECT sppp.publish_webhook_event('sppp.webhook.test.v1', w.organization_id, w.id,
                                       jsonb_build_object('webhook', w.id, 'url', w.url)) AS position
       FROM sppp.webhook w WHERE ${isOf} AND w.id = $3 AND w.disabled_at IS NULL`,
    [...ownerValues(owner), id],
  );
  return rows[0]?.position;
}
