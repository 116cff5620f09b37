import type { Pool } from 'pg';
import type { Noun } from '../../model/noun.js';

/** An organization that may get an object: as the registrar of its registrant, or because it accepted an offer. */
export interface Reader {
  readonly orgId: string;
  readonly by: 'grant' | 'offer';
}

/** An object by its registrant's organization id and its case-folded name; of offers and public identifiers that does not matter. */
export interface ReadObject {
  readonly noun: Noun;
  readonly rant: string;
  readonly nameKey: string;
}

/** Offers that one object is looked for in: a record may be in many groups. */
const MAX_OFFERS = 10_000;

/** The offers f that share an object o. */
const sharing: Partial<Readonly<Record<Noun, string>>> = {
  SedGrp: 'sppp.sed_group o JOIN sppp.sed_group_offer f ON f.sed_group_id = o.id',
  SedRec: `sppp.sed_record o JOIN sppp.sed_group_sed_record s ON s.sed_record_id = o.id
           JOIN sppp.sed_group_offer f ON f.sed_group_id = s.sed_group_id`,
};

/** Who may get an object (authority/table), in the order of their ids, up to a maximum of each way. */
export async function findReaders(pool: Pool, { noun, rant, nameKey }: ReadObject, max: number): Promise<Reader[]> {
  const byGrant = `SELECT DISTINCT rar.org_id AS "orgId", 'grant' AS by FROM sppp.organization owner
    JOIN sppp.registrar_grant g ON g.registrant_id = owner.id
    JOIN sppp.organization rar ON rar.id = g.registrar_id
   WHERE owner.org_id = $1 AND ($2 = ANY (string_to_array(g.nouns, ',')) OR g.nouns IS NULL)
     AND ('get' = ANY (string_to_array(g.verbs, ',')) OR g.verbs IS NULL)
   ORDER BY 1 LIMIT $3`;
  const shared = sharing[noun];
  const byOffer = `SELECT DISTINCT peer.org_id AS "orgId", 'offer' AS by
    FROM (SELECT f.offered_to_id FROM ${shared} JOIN sppp.organization owner ON owner.id = o.rant_id
           WHERE owner.org_id = $1 AND o.name_key = $4 AND f.status = 'accepted' LIMIT ${MAX_OFFERS}) f
    JOIN sppp.organization peer ON peer.id = f.offered_to_id ORDER BY 1 LIMIT $3`;
  const { rows } = await pool.query<Reader>(shared === undefined ? byGrant : `(${byGrant}) UNION ALL (${byOffer})`, [
    rant,
    noun,
    max,
    ...(shared === undefined ? [] : [nameKey]),
  ]);
  return rows;
}
