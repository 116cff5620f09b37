import type { Pool } from 'pg';

/** What is counted. */
export type Counted = 'request' | 'object' | 'lookup' | 'refusal';

/** How often something came to the same end within a minute. */
export interface ActivityCount {
  readonly at: Date;
  /** 0: nobody who could be told. */
  readonly registrarId: number;
  readonly what: Counted;
  readonly outcome: string;
  /** Of requests: the power of two that they took at most; 0: not measured. */
  readonly milliseconds: number;
  readonly number: number;
}

/** Stands for all registrars, and for nobody. */
const EVERYBODY = 0;

/** Lengths of slots in seconds, each with how many of the latest ones are kept. */
const kept = { 60: 120, 3600: 48, 86400: 40 } as const;
export type SlotSeconds = keyof typeof kept;

/** Adds to the counts that this process and others have written before: in a slot of each length, for everybody too, and in all. */
export async function addActivity(pool: Pool, counts: readonly ActivityCount[]): Promise<void> {
  if (counts.length === 0) return;
  await pool.query({
    name: 'add activity',
    text: `INSERT INTO sppp.activity AS a (seconds, registrar_id, begin, what, outcome, milliseconds, number)
      SELECT seconds, id, begin, what, coalesce(outcome, ''), coalesce(milliseconds, 0), sum(number)
        FROM (SELECT s.seconds, r.id, date_bin(make_interval(secs => s.seconds), n.at, 'epoch') AS begin, n.what, n.outcome,
                     n.milliseconds, n.number
                FROM unnest($1::timestamptz[], $2::int[], $3::text[], $4::text[], $5::int[], $6::bigint[])
                       AS n(at, registrar_id, what, outcome, milliseconds, number),
                     unnest($7::int[]) AS s(seconds), LATERAL (SELECT n.registrar_id AS id UNION SELECT 0) r) c
       GROUP BY GROUPING SETS ((seconds, id, begin, what, outcome, milliseconds), (seconds, id, begin, what))
       ORDER BY 1, 2, 3, 4, 5, 6
      ON CONFLICT (seconds, registrar_id, begin, what, outcome, milliseconds) DO UPDATE
        SET number = a.number + excluded.number`,
    values: [
      counts.map(({ at }) => at),
      counts.map(({ registrarId }) => registrarId),
      counts.map(({ what }) => what),
      counts.map(({ outcome }) => outcome),
      counts.map(({ milliseconds }) => milliseconds),
      counts.map(({ number }) => number),
      Object.keys(kept),
    ],
  });
}

/** Which counts a chart is made of. */
export interface ActivitySpan {
  readonly seconds: SlotSeconds;
  /** When the first slot begins. */
  readonly since: Date;
}

/** What was counted in a slot. */
export interface ActivityRow extends Omit<ActivityCount, 'at' | 'registrarId'> {
  readonly begin: Date;
}

/**
 * What was counted, by slot and outcome.
 *
 * @param registrarId undefined: of everybody
 */
export async function readActivity(
  pool: Pool,
  { seconds, since }: ActivitySpan,
  registrarId: number | undefined,
): Promise<ActivityRow[]> {
  const { rows } = await pool.query<ActivityRow>(
    `SELECT begin, what, outcome, milliseconds, number FROM sppp.activity
      WHERE seconds = $1 AND registrar_id = $2 AND begin >= $3 AND outcome <> ''`,
    [seconds, registrarId ?? EVERYBODY, since],
  );
  return rows;
}

/** What was counted of a registrar. */
export interface RegistrarActivity extends Readonly<Record<`${Counted}s`, number>> {
  readonly registrar: string;
}

/** What was counted of each registrar, those with the most requests first. */
export async function readRegistrarActivity(
  pool: Pool,
  { seconds, since }: ActivitySpan,
  max: number,
): Promise<RegistrarActivity[]> {
  const { rows } = await pool.query<RegistrarActivity>(
    `SELECT o.org_id AS registrar, a.requests, a.objects, a.lookups, a.refusals
       FROM (SELECT registrar_id,
                    coalesce(sum(number) FILTER (WHERE what = 'request'), 0)::float8 AS requests,
                    coalesce(sum(number) FILTER (WHERE what = 'object'), 0)::float8 AS objects,
                    coalesce(sum(number) FILTER (WHERE what = 'lookup'), 0)::float8 AS lookups,
                    coalesce(sum(number) FILTER (WHERE what = 'refusal'), 0)::float8 AS refusals
               FROM sppp.activity WHERE seconds = $1 AND begin >= $2 AND outcome = '' GROUP BY 1) a
       JOIN sppp.organization o ON o.id = a.registrar_id
      ORDER BY a.requests DESC, a.lookups DESC, o.org_id LIMIT $3`,
    [seconds, since, max],
  );
  return rows;
}

/** Deletes counts that no chart is made of any more. */
export async function purgeActivity(pool: Pool, now: Date): Promise<void> {
  await pool.query(
    `DELETE FROM sppp.activity a USING unnest($1::int[], $2::int[]) AS k(seconds, slots)
      WHERE a.seconds = k.seconds AND a.begin < $3::timestamptz - make_interval(secs => k.seconds * k.slots)`,
    [Object.keys(kept), Object.values(kept), now],
  );
}
