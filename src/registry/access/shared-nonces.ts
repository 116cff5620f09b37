import type { Pool } from 'pg';
import { isHeard } from '../connection/listening-connection.js';
import { statement } from '../connection/statement.js';

/** Counts from `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** A nonce by its id: 32 hex digits. */
export interface NonceUses {
  readonly id: string;
  /** Undefined: which ones is no longer known, so all of them count as used. */
  readonly used: readonly Span[] | undefined;
}

/** Who counts a nonce. */
export type Claim =
  /** The one that asks, from now on: these were used before. */
  | { readonly state: 'held'; readonly used: readonly Span[] }
  /** The database, for all. */
  | { readonly state: 'shared' }
  /**
   * Another one, in its memory. `hasEnded`: it has just ended, or somebody else has just taken the nonce. `wasAsked`: it
   * has got the notice.
   */
  | { readonly state: 'elsewhere'; readonly holder: string; readonly hasEnded: boolean; readonly wasAsked: boolean };

/** Ranges of counts in one row. */
const MAX_RANGES = 128;

/** Rows in one statement when a holder ends. */
const ROWS = 5000;

/** Rows that stay whatever clients do, unless they are young. */
const MAX_ROWS = 250_000;

/** The channel of the notices for a holder. */
export function channelOf(holder: string): string {
  return `sppp_nonces_${holder}`;
}

/**
 * Takes a nonce from a holder that has ended, or finds who has it, and sends that one a notice. A nonce without a row has
 * the holder that issued it.
 *
 * @param isFree its issuer cannot be asked, and what was counted there does not matter
 */
export async function claimNonce(
  pool: Pool,
  claim: { id: string; issuer: string; holder: string; isFree: boolean; notice: string },
): Promise<Claim> {
  const [row] = await claimOne(pool, [claim.id, claim.issuer, claim.holder, claim.isFree, channelOf(''), claim.notice]);
  if (row === undefined) throw new Error('nothing is known of a nonce');
  if (row.used !== null) return { state: 'held', used: spansOf(row.used) };
  if (row.holder === null) return { state: 'shared' };
  return { state: 'elsewhere', holder: row.holder, hasEnded: row.hasEnded, wasAsked: row.wasAsked };
}

const claimOne = statement<{ holder: string | null; hasEnded: boolean; used: string | null; wasAsked: boolean }>(
  'claimNonce',
  `WITH known AS (SELECT holder FROM sppp.digest_nonce WHERE id = $1),
        at AS (SELECT holder FROM known UNION ALL SELECT $2::text WHERE NOT EXISTS (SELECT FROM known)),
        ended AS (SELECT e.id, e.unused_from FROM sppp.ended_nonce_holder e JOIN at ON e.id = at.holder),
        added AS (INSERT INTO sppp.digest_nonce (id, holder, used)
                  SELECT $1, $3, '{}' WHERE NOT EXISTS (SELECT FROM known)
                     AND ($4 OR EXISTS (SELECT FROM ended WHERE unused_from <= $1))
                  ON CONFLICT DO NOTHING RETURNING used),
        taken AS (UPDATE sppp.digest_nonce n SET holder = $3 FROM ended
                   WHERE n.id = $1 AND n.holder = ended.id RETURNING n.used),
        claimed AS (SELECT used FROM added UNION ALL SELECT used FROM taken),
        state AS (SELECT holder, used::text,
                         $4 AND NOT EXISTS (SELECT FROM known) OR EXISTS (SELECT FROM ended) AS "hasEnded"
                    FROM at LEFT JOIN claimed ON true)
   SELECT state.*, "wasAsked", CASE WHEN "wasAsked" THEN pg_notify($5 || holder, $6) END
     FROM state, LATERAL (SELECT CASE WHEN used IS NULL AND NOT "hasEnded" AND holder <> $3
                                      THEN ${isHeard('$5 || holder')} ELSE false END AS "wasAsked") AS asked`,
);

/** Nonces that their holder gives into the database, each with the message for who has asked for it. */
export interface NonceGift extends NonceUses {
  readonly channel: string;
  readonly message: string;
}

/** Has the database count nonces that this holder has counted; where it does so already, nothing changes. */
export async function giveNonces(pool: Pool, holder: string, gifts: readonly NonceGift[]): Promise<void> {
  const last = [...new Map(gifts.map((gift) => [gift.id, gift])).values()];
  await give(pool, [
    ...[holder, last.map(({ id }) => id), last.map(multirangeOf)],
    ...[gifts.map(({ channel }) => channel), gifts.map(({ message }) => message)],
  ]);
}

const give = statement(
  'giveNonces',
  `WITH given AS (INSERT INTO sppp.digest_nonce AS n (id, used)
                  SELECT * FROM unnest($2::uuid[], $3::int8multirange[]) AS g(id, used) ORDER BY id
                  ON CONFLICT (id) DO UPDATE SET used = excluded.used, holder = NULL WHERE n.holder = $1)
   SELECT pg_notify(channel, message) FROM unnest($4::text[], $5::text[]) AS m(channel, message)`,
);

/** 'lost': the database does not know the nonce any more. */
export type UseInDatabase = 'new' | 'seen' | 'lost';

/** One use of a nonce. */
export interface OneUse {
  readonly id: string;
  readonly nc: number;
}

/**
 * Counts uses of nonces that the database counts. Those of one nonce become ranges; if there are too many of them, what was
 * left out between the lowest ones counts as used.
 *
 * @returns for each use whether it is the first one
 */
export async function countUses(pool: Pool, uses: readonly OneUse[]): Promise<UseInDatabase[]> {
  const counts = new Map<string, Set<number>>();
  const isFirst = uses.map(({ id, nc }) => {
    const others = counts.get(id) ?? new Set();
    if (others.has(nc)) return false;
    counts.set(id, others.add(nc));
    return true;
  });
  const ids = [...counts.keys()];
  const asked = [...counts.values()].map((ncs) => `{${[...ncs].map((nc) => `[${nc},${nc}]`).join()}}`);
  const rows = await count(pool, [ids, asked]);
  const seen = new Map(rows.map((row) => [row.id, spansOf(row.seen)]));
  return uses.map(({ id, nc }, index) => {
    const before = seen.get(id);
    if (before === undefined) return 'lost';
    return isFirst[index] && !before.some(({ first, last }) => first <= nc && nc <= last) ? 'new' : 'seen';
  });
}

const count = statement<{ id: string; seen: string }>(
  'countNonceUses',
  `WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::int8multirange[]) AS a(id, counts)),
        before AS (SELECT id, used FROM sppp.digest_nonce
                    WHERE id = ANY ($1::uuid[]) AND holder IS NULL ORDER BY id FOR UPDATE),
        sums AS (SELECT id, s.used, (SELECT count(*) FROM unnest(s.used)) - ${MAX_RANGES} AS excess
                   FROM before JOIN asked USING (id), LATERAL (SELECT before.used + counts AS used) s),
        counted AS (UPDATE sppp.digest_nonce n
                       SET used = CASE WHEN s.excess <= 0 THEN s.used ELSE s.used + int8multirange(int8range(
                             lower(s.used), (SELECT upper(r) FROM unnest(s.used) AS r ORDER BY r OFFSET s.excess LIMIT 1))) END
                      FROM sums s WHERE n.id = s.id)
   SELECT replace(id::text, '-', '') AS id, (used * counts)::text AS seen FROM before JOIN asked USING (id)`,
);

/**
 * Ends a holder: it counts no more nonces.
 *
 * @param held the nonces that it knows
 * @param unusedFrom nonces that it issued, whose ids are not lower, and that are not among these, were never used
 */
export async function endHolder(
  pool: Pool,
  holder: string,
  { held, unusedFrom, at }: { held: readonly NonceUses[]; unusedFrom: string; at: Date },
): Promise<void> {
  // What it has taken and forgotten.
  await pool.query(
    `UPDATE sppp.digest_nonce SET holder = NULL, used = '{(,)}' WHERE holder = $1 AND id <> ALL ($2::uuid[])`,
    [holder, held.map(({ id }) => id)],
  );
  for (let from = 0; from < held.length; from += ROWS) {
    const some = held.slice(from, from + ROWS);
    await pool.query(
      `INSERT INTO sppp.digest_nonce AS n (id, holder, used)
       SELECT id, $1, used FROM unnest($2::uuid[], $3::int8multirange[]) AS h(id, used) ORDER BY id
       ON CONFLICT (id) DO UPDATE SET used = excluded.used WHERE n.holder = $1`,
      [holder, some.map(({ id }) => id), some.map(multirangeOf)],
    );
  }
  await pool.query('INSERT INTO sppp.ended_nonce_holder (id, ended_at, unused_from) VALUES ($1, $2, $3)', [
    ...[holder, at, unusedFrom],
  ]);
}

/**
 * Deletes the nonces issued before a time, and the oldest of too many. Of holders that have ended it is not known then
 * whether their nonces without a row were used.
 *
 * @param before ids of older nonces are lower
 * @param young ids of nonces that stay are not lower
 * @param at time before which holders have ended that nobody asks about any more
 */
export async function purgeNonces(
  pool: Pool,
  { before, young, at }: { before: string; young: string; at: Date },
  most: number = MAX_ROWS,
): Promise<void> {
  await pool.query(
    `WITH excess AS (SELECT id FROM sppp.digest_nonce ORDER BY id DESC OFFSET $3 LIMIT 1),
          first AS (SELECT greatest($1::uuid, (SELECT least(id, $2::uuid) FROM excess)) AS id),
          gone AS (DELETE FROM sppp.ended_nonce_holder WHERE ended_at < $4),
          unknown AS (UPDATE sppp.ended_nonce_holder e SET unused_from = first.id
                        FROM first WHERE e.unused_from < first.id AND e.ended_at >= $4)
     DELETE FROM sppp.digest_nonce WHERE id < (SELECT id FROM first)`,
    [before, young, most - 1, at],
  );
}

function multirangeOf({ used }: NonceUses): string {
  if (used === undefined) return '{(,)}';
  return `{${used.map(({ first, last }) => `[${first},${last}]`).join()}}`;
}

/** PostgreSQL writes them as `{[1,3),[7,8)}`. */
function spansOf(multirange: string): Span[] {
  if (multirange === '{(,)}') return [{ first: 0, last: Number.MAX_SAFE_INTEGER }];
  return [...multirange.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]) => ({
    first: Number(first),
    last: Number(end) - 1,
  }));
}
