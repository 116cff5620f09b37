import type { Pool } from 'pg';

/** Refusals of one kind within an hour, none of which left a journal row. */
export interface RefusalCount {
  readonly hour: Date;
  /** Of HTTP. */
  readonly status: number;
  readonly reason: string;
  readonly registrarId: number | undefined;
  /** As it was tried; stored only if it is a credential's. */
  readonly username: string | undefined;
  /** An address, or the network that stands for it. */
  readonly address: string | undefined;
  readonly refusals: number;
  readonly lastAt: Date;
}

/** Adds to the counts that this node and others have written before. */
export async function addRefusals(pool: Pool, counts: readonly RefusalCount[]): Promise<void> {
  if (counts.length === 0) return;
  await pool.query(
    `INSERT INTO sppp.refusal AS r (hour, status, reason, registrar_id, credential_id, address, refusals, last_at)
     SELECT n.hour, n.status, n.reason, n.registrar_id, c.id, n.address, sum(n.refusals), max(n.last_at)
       FROM unnest($1::timestamptz[], $2::smallint[], $3::text[], $4::int[], $5::text[], $6::inet[], $7::bigint[],
                   $8::timestamptz[])
         AS n(hour, status, reason, registrar_id, username, address, refusals, last_at)
       LEFT JOIN sppp.credential c ON c.username = n.username
      GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
     ON CONFLICT (hour, status, reason, registrar_id, credential_id, address) DO UPDATE
       SET refusals = r.refusals + excluded.refusals, last_at = greatest(r.last_at, excluded.last_at)`,
    [
      counts.map(({ hour }) => hour),
      counts.map(({ status }) => status),
      counts.map(({ reason }) => reason),
      counts.map(({ registrarId }) => registrarId),
      counts.map(({ username }) => username),
      counts.map(({ address }) => address),
      counts.map(({ refusals }) => refusals),
      counts.map(({ lastAt }) => lastAt),
    ],
  );
}
