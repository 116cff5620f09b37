import type { ClientBase } from 'pg';

/** An object named by its owner's organization id and its case-folded name. */
export interface ForeignName {
  readonly rant: string;
  readonly nameKey: string;
}

/** The id of each SED group of which one of these organizations has accepted an offer. */
export async function findSharedSedGrps(
  db: ClientBase,
  names: readonly ForeignName[],
  peerIds: readonly number[],
): Promise<(number | undefined)[]> {
  const { rows } = await db.query<{ id: number | null }>(
    `SELECT g.id
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(rant, name_key, ordinal)
       LEFT JOIN sppp.organization rant ON rant.org_id = n.rant
       LEFT JOIN sppp.sed_group g ON g.rant_id = rant.id AND g.name_key = n.name_key
             AND EXISTS (SELECT FROM sppp.sed_group_offer f
                          WHERE f.sed_group_id = g.id AND f.offered_to_id = ANY ($3::int[]) AND f.status = 'accepted')
      ORDER BY n.ordinal`,
    [names.map(({ rant }) => rant), names.map(({ nameKey }) => nameKey), peerIds],
  );
  return rows.map(({ id }) => id ?? undefined);
}

/** The id of each SED record in an SED group of which one of these organizations has accepted an offer. */
export async function findSharedSedRecs(
  db: ClientBase,
  names: readonly ForeignName[],
  peerIds: readonly number[],
): Promise<(number | undefined)[]> {
  const { rows } = await db.query<{ id: number | null }>(
    `SELECT s.id
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(rant, name_key, ordinal)
       LEFT JOIN sppp.organization rant ON rant.org_id = n.rant
       LEFT JOIN sppp.sed_record s ON s.rant_id = rant.id AND s.name_key = n.name_key
             AND EXISTS (SELECT FROM sppp.sed_group_sed_record r
                           JOIN sppp.sed_group_offer f ON f.sed_group_id = r.sed_group_id
                          WHERE r.sed_record_id = s.id AND f.offered_to_id = ANY ($3::int[]) AND f.status = 'accepted')
      ORDER BY n.ordinal`,
    [names.map(({ rant }) => rant), names.map(({ nameKey }) => nameKey), peerIds],
  );
  return rows.map(({ id }) => id ?? undefined);
}
