import type { ClientBase } from 'pg';

/** A claim to be carrier of record for a span of numbers, or for one routing number. */
export interface CorClaim {
  readonly rantId: number;
  readonly space: 'TN' | 'RN';
  readonly from: string;
  readonly below: string;
}

/**
 * Which of the claims meet another registrant that is carrier of record for some of the same numbers already. Claims
 * are settled one request at a time: from here to the end of the transaction nobody else's can be.
 *
 * @returns for each claim, whether there is such a rival
 */
export async function findCorRivals(db: ClientBase, claims: readonly CorClaim[]): Promise<boolean[]> {
  if (claims.length === 0) return [];
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('sppp carrier of record'))`);
  const { rows } = await db.query<{ rivalled: boolean }>(
    `SELECT CASE c.space
              WHEN 'RN' THEN EXISTS (SELECT FROM sppp.public_identifier p
                                      WHERE p.cor AND p.kind = 'RN' AND p.value = c.first AND p.rant_id <> c.rant_id)
              ELSE EXISTS (SELECT FROM sppp.public_identifier p
                            WHERE p.cor AND p.kind = 'TN' AND p.value >= c.first AND p.value < c.below
                              AND p.rant_id <> c.rant_id)
                OR EXISTS (SELECT FROM sppp.public_identifier p
                            WHERE p.cor AND p.span && sppp.digit_range(c.first, c.below) AND p.rant_id <> c.rant_id)
            END AS rivalled
       FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
         AS c(rant_id, space, first, below, ordinal)
      ORDER BY ordinal`,
    [
      claims.map(({ rantId }) => rantId),
      claims.map(({ space }) => space),
      claims.map(({ from }) => from),
      claims.map(({ below }) => below),
    ],
  );
  return rows.map(({ rivalled }) => rivalled);
}
