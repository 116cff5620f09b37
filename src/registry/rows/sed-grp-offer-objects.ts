import type { ClientBase, Pool } from 'pg';
import type { SedGrpOffer } from '../../model/sed-grp-offer.js';
import { present } from '../../values/present.js';
import { statement } from '../connection/statement.js';
import { type BasicRow, basicColumns, basicObj, dateTimeOf } from './basic-row.js';
import { isOffer, type OfferName } from './sed-grp-offer-rows.js';
import { byName, type FoundRow, nameArrays, type Stored, sought } from './stored-objects.js';

type Status = SedGrpOffer['status'];

interface ReadRow extends BasicRow {
  readonly sedGrpName: string;
  readonly offeredTo: string;
  readonly status: Status;
  readonly offerDateTime: string;
  readonly acceptDateTime: string | null;
  readonly ownExt: string | null;
}

const columns = `${basicColumns}, g.name AS "sedGrpName", peer.org_id AS "offeredTo", o.status,
  o.offer_date_time::text AS "offerDateTime", o.accept_date_time::text AS "acceptDateTime", o.own_ext AS "ownExt"`;

const rowsByName = statement<FoundRow & ReadRow>(
  'get offers',
  `SELECT sought.nth, ${columns}
     FROM ${sought([
       ['rant', 'text'],
       ['name_key', 'text'],
       ['offered_to', 'text'],
     ])}
     JOIN sppp.organization rant ON rant.org_id = sought.rant
     JOIN sppp.organization peer ON peer.org_id = sought.offered_to
    CROSS JOIN LATERAL (SELECT id, name FROM sppp.sed_group
                         WHERE rant_id = rant.id AND name_key = sought.name_key LIMIT 1) g
    CROSS JOIN LATERAL (SELECT * FROM sppp.sed_group_offer
                         WHERE ${isOffer('g.id', 'peer.id')} LIMIT 1) o
     JOIN sppp.organization rar ON rar.id = o.rar_id`,
);

/** Offers by their names. */
export async function readOffers(
  db: ClientBase,
  names: readonly OfferName[],
): Promise<(Stored<SedGrpOffer> | undefined)[]> {
  const rows = await rowsByName(db, [...nameArrays(names), names.map(({ offeredTo }) => offeredTo)]);
  return byName(names, rows, offerOf);
}

/** What offers are asked for: all kinds of criteria must hold, one value of each is enough (RFC 7878 §7.2.7.1). */
export interface OfferCriteria {
  /** Organizations whose offers, made or received, may be seen at all; row ids. Undefined: all. */
  readonly visibleTo: readonly number[] | undefined;
  readonly offeredBy: readonly string[];
  readonly offeredTo: readonly string[];
  readonly status: Status | undefined;
  readonly keys: readonly OfferName[];
}

/** It has no name: the best plan depends on which criteria there are. */
const SEARCH = `SELECT rant.org_id AS rant, ${columns}
   FROM sppp.sed_group_offer o
   JOIN sppp.sed_group g ON g.id = o.sed_group_id
   JOIN sppp.organization rant ON rant.id = g.rant_id
   JOIN sppp.organization rar ON rar.id = o.rar_id
   JOIN sppp.organization peer ON peer.id = o.offered_to_id
  WHERE ($1::int[] IS NULL OR g.rant_id = ANY ($1) OR o.offered_to_id = ANY ($1))
    AND (cardinality($2::text[]) = 0 OR rant.org_id = ANY ($2))
    AND (cardinality($3::text[]) = 0 OR peer.org_id = ANY ($3))
    AND ($4::sppp.offer_status IS NULL OR o.status = $4)
    AND (cardinality($5::text[]) = 0
         OR (rant.org_id, g.name_key, peer.org_id) IN (SELECT * FROM unnest($5, $6::text[], $7::text[])))
    AND o.id > $8
  ORDER BY o.id
  LIMIT $9`;

/** Offers that meet the criteria, oldest first: so many at most, behind the one with that row id. */
export async function searchOffers(
  db: Pick<ClientBase | Pool, 'query'>,
  criteria: OfferCriteria,
  after: number,
  max: number,
): Promise<Stored<SedGrpOffer>[]> {
  const { visibleTo, offeredBy, offeredTo, status, keys } = criteria;
  const names = [...nameArrays(keys), keys.map((key) => key.offeredTo)];
  const values = [visibleTo, offeredBy, offeredTo, status, ...names, after, max];
  const { rows } = await db.query<ReadRow & { rant: string }>(SEARCH, values);
  return rows.map((row) => ({ id: row.id, object: offerOf(row, row) }));
}

function offerOf(row: ReadRow, { rant }: { readonly rant: string }): SedGrpOffer {
  const { sedGrpName, offeredTo, status, offerDateTime, acceptDateTime, ownExt } = row;
  const sedGrpKey = { kind: 'ObjKeyType', rant, name: sedGrpName, type: 'SedGrp' } as const;
  return {
    kind: 'SedGrpOfferType',
    ...basicObj(rant, row),
    sedGrpOfferKey: { kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo },
    status,
    offerDateTime: dateTimeOf(offerDateTime),
    ...present({ acceptDateTime: acceptDateTime === null ? null : dateTimeOf(acceptDateTime), ownExt }),
  };
}
