import type { ClientBase } from 'pg';
import type { SedGrpOffer } from '../../model/sed-grp-offer.js';
import { writeDateTime } from '../../values/date-time.js';
import { found } from '../../values/found.js';
import { type BasicRow, basicObj, present } from './basic-row.js';
import type { Stamp } from './stamp.js';

type Status = SedGrpOffer['status'];

/** The key of an offer: the owner and case-folded name of the group, and the organization that it is offered to. */
export interface OfferName {
  readonly rant: string;
  readonly nameKey: string;
  readonly offeredTo: string;
}

/** Which parts of it exist. */
export interface FoundOffer {
  readonly sedGrpId: number | null;
  readonly offerId: number | null;
}

export interface OfferRow {
  readonly sedGrpId: number;
  readonly offeredToId: number;
  readonly rarId: number;
  /** The same request has made the offer before: a new row counts as modified already. */
  readonly isModified: boolean;
  readonly ext: string | undefined;
  readonly ownExt: string | undefined;
}

/** The group and the offer of each key, as far as they exist. */
export async function findOffers(db: ClientBase, names: readonly OfferName[]): Promise<FoundOffer[]> {
  const { rows } = await db.query<FoundOffer>(
    `SELECT g.id AS "sedGrpId", f.id AS "offerId"
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS n(rant, name_key, offered_to, ordinal)
       LEFT JOIN sppp.organization rant ON rant.org_id = n.rant
       LEFT JOIN sppp.sed_group g ON g.rant_id = rant.id AND g.name_key = n.name_key
       LEFT JOIN sppp.organization peer ON peer.org_id = n.offered_to
       LEFT JOIN sppp.sed_group_offer f ON f.sed_group_id = g.id AND f.offered_to_id = peer.id
      ORDER BY n.ordinal`,
    [names.map(({ rant }) => rant), names.map(({ nameKey }) => nameKey), names.map(({ offeredTo }) => offeredTo)],
  );
  return rows;
}

/** A locked offer: no other request can change it until the transaction ends. */
export interface HeldOffer {
  /** Whether the group exists, if the offer does not. */
  readonly hasGroup: boolean;
  readonly offer: { readonly id: number; readonly status: Status } | undefined;
}

/** Locks offers until the transaction ends, so that requests change an offer one after the other. */
export async function holdOffers(db: ClientBase, names: readonly OfferName[]): Promise<HeldOffer[]> {
  if (names.length === 0) return [];
  for (;;) {
    const found = await findOffers(db, names);
    const ids = found.flatMap(({ offerId }) => offerId ?? []);
    const { rows } = await db.query<{ id: number; status: Status }>(
      'SELECT id, status FROM sppp.sed_group_offer WHERE id = ANY ($1) ORDER BY id FOR UPDATE',
      [ids],
    );
    // A request that deleted an offer while this statement waited for it may have made it again.
    if (rows.length < ids.length) continue;
    const offers = new Map(rows.map((row) => [row.id, row]));
    return found.map(({ sedGrpId, offerId }) => ({
      hasGroup: sedGrpId !== null,
      offer: offerId === null ? undefined : offers.get(offerId),
    }));
  }
}

/**
 * Makes offers, each once. An existing offer keeps its status and times (RFC 7877 §6.5). Returns the row ids in the
 * order of the rows.
 */
export async function putOffers(db: ClientBase, stamp: Stamp, rows: readonly OfferRow[]): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const { rows: written } = await db.query<{ id: number; sedGrpId: number; offeredToId: number }>(
    `INSERT INTO sppp.sed_group_offer AS o
       (transaction_id, c_date, status, offer_date_time, m_date, sed_group_id, offered_to_id, rar_id, ext, own_ext)
     SELECT $1, $2, 'offered', $2, *
       FROM unnest($3::timestamptz[], $4::bigint[], $5::int[], $6::int[], $7::text[], $8::text[])
         AS n(m_date, sed_group_id, offered_to_id, rar_id, ext, own_ext)
      ORDER BY sed_group_id, offered_to_id
     ON CONFLICT (sed_group_id, offered_to_id) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date), ext = excluded.ext, own_ext = excluded.own_ext
     RETURNING id, sed_group_id AS "sedGrpId", offered_to_id AS "offeredToId"`,
    [
      stamp.transactionId,
      stamp.at,
      rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
      rows.map(({ sedGrpId }) => sedGrpId),
      rows.map(({ offeredToId }) => offeredToId),
      rows.map(({ rarId }) => rarId),
      rows.map(({ ext }) => ext),
      rows.map(({ ownExt }) => ownExt),
    ],
  );
  const ids = new Map(written.map(({ id, sedGrpId, offeredToId }) => [`${sedGrpId} ${offeredToId}`, id]));
  return rows.map(({ sedGrpId, offeredToId }) =>
    found(ids.get(`${sedGrpId} ${offeredToId}`), 'the row id of an offer'),
  );
}

/** Marks offers as accepted: from then on the recipients are peers (RFC 7877 §7.4). */
export async function acceptOffers(db: ClientBase, stamp: Stamp, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await db.query(
    `UPDATE sppp.sed_group_offer
        SET transaction_id = $1, m_date = greatest($2, c_date, m_date), status = 'accepted',
            accept_date_time = greatest($2, offer_date_time)
      WHERE id = ANY ($3)`,
    [stamp.transactionId, stamp.at, ids],
  );
}

/** Deletes offers. Recipients that had accepted are no longer peers (RFC 7877 §7.5). */
export async function deleteOffers(db: ClientBase, ids: readonly number[]): Promise<void> {
  await db.query('DELETE FROM sppp.sed_group_offer WHERE id = ANY ($1)', [ids]);
}

/**
 * The criteria of a query of offers: an offer meets all kinds of criteria, and one value of each kind (RFC 7878
 * §7.2.7.1).
 */
export interface OfferCriteria {
  /** Row ids of the organizations whose offers, made or received, the caller may see. */
  readonly visibleTo: readonly number[];
  readonly offeredBy: readonly string[];
  readonly offeredTo: readonly string[];
  readonly status: Status | undefined;
  readonly keys: readonly OfferName[];
}

/** Ids of the offers that meet the criteria, oldest first. */
export async function searchOffers(db: ClientBase, criteria: OfferCriteria): Promise<number[]> {
  const { visibleTo, offeredBy, offeredTo, status, keys } = criteria;
  const { rows } = await db.query<{ id: number }>(
    `SELECT f.id
       FROM sppp.sed_group_offer f
       JOIN sppp.sed_group g ON g.id = f.sed_group_id
       JOIN sppp.organization rant ON rant.id = g.rant_id
       JOIN sppp.organization peer ON peer.id = f.offered_to_id
      WHERE (g.rant_id = ANY ($1::int[]) OR f.offered_to_id = ANY ($1::int[]))
        AND (cardinality($2::text[]) = 0 OR rant.org_id = ANY ($2))
        AND (cardinality($3::text[]) = 0 OR peer.org_id = ANY ($3))
        AND ($4::sppp.offer_status IS NULL OR f.status = $4)
        AND (cardinality($5::text[]) = 0
             OR (rant.org_id, g.name_key, peer.org_id) IN (SELECT * FROM unnest($5, $6::text[], $7::text[])))
      ORDER BY f.id`,
    [
      visibleTo,
      offeredBy,
      offeredTo,
      status,
      keys.map(({ rant }) => rant),
      keys.map(({ nameKey }) => nameKey),
      keys.map((key) => key.offeredTo),
    ],
  );
  return rows.map(({ id }) => id);
}

interface ReadRow extends BasicRow {
  readonly sedGrpName: string;
  readonly offeredTo: string;
  readonly status: Status;
  readonly offerDateTime: Date;
  readonly acceptDateTime: Date | null;
  readonly ownExt: string | null;
}

/** Reads offers by row id. */
export async function readOffers(db: ClientBase, ids: readonly number[]): Promise<Map<number, SedGrpOffer>> {
  const { rows } = await db.query<ReadRow>(
    `SELECT o.id, rant.org_id AS rant, rar.org_id AS rar, o.c_date AS "cDate", o.m_date AS "mDate", o.ext,
            g.name AS "sedGrpName", peer.org_id AS "offeredTo", o.status, o.offer_date_time AS "offerDateTime",
            o.accept_date_time AS "acceptDateTime", o.own_ext AS "ownExt"
       FROM sppp.sed_group_offer o
       JOIN sppp.sed_group g ON g.id = o.sed_group_id
       JOIN sppp.organization rant ON rant.id = g.rant_id
       JOIN sppp.organization rar ON rar.id = o.rar_id
       JOIN sppp.organization peer ON peer.id = o.offered_to_id
      WHERE o.id = ANY ($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, offerOf(row)]));
}

function offerOf(row: ReadRow): SedGrpOffer {
  const { sedGrpName, offeredTo, status, offerDateTime, acceptDateTime, ownExt } = row;
  const sedGrpKey = { kind: 'ObjKeyType', rant: row.rant, name: sedGrpName, type: 'SedGrp' } as const;
  return {
    kind: 'SedGrpOfferType',
    ...basicObj(row),
    sedGrpOfferKey: { kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo },
    status,
    offerDateTime: writeDateTime(offerDateTime),
    ...present({ acceptDateTime: acceptDateTime === null ? null : writeDateTime(acceptDateTime), ownExt }),
  };
}
