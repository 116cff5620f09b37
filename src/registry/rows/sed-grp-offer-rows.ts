import type { ClientBase } from 'pg';
import type { SedGrpOffer } from '../../model/sed-grp-offer.js';
import { type Sender, statement, write } from '../connection/statement.js';
import type { Stamp } from './stamp.js';

type Status = SedGrpOffer['status'];

/** The key of an offer: the owner and case-folded name of the group, and the organization that it is offered to. */
export interface OfferName {
  readonly rant: string;
  readonly nameKey: string;
  readonly offeredTo: string;
}

/** How much of it is there. */
interface FoundOffer {
  readonly sedGrpId: number | null;
  readonly offerId: number | null;
  readonly offeredToId: number | null;
  readonly status: Status | null;
}

/** The rows that an offer is between. */
export interface OfferId {
  readonly sedGrpId: number;
  readonly offeredToId: number;
}

export interface OfferRow extends OfferId {
  readonly rarId: number;
  /** The same request has made the offer before: a new row counts as modified already. */
  readonly isModified: boolean;
  readonly ext: string | undefined;
  readonly ownExt: string | undefined;
  /** The standing agreement that accepts it; undefined: none. */
  readonly agreementId: number | undefined;
}

/** The offer of a group to a recipient, as a condition that no index but that of both serves: all of a recipient may be many. */
export const isOffer = (sedGrpId: string, offeredToId: string) =>
  `(sed_group_id, offered_to_id) BETWEEN (${sedGrpId}, ${offeredToId}) AND (${sedGrpId}, ${offeredToId})`;

/** The rows of a key, looked up for each, whatever PostgreSQL expects in the tables (`pub-id-row`). */
const GROUP = 'LATERAL (SELECT id FROM sppp.sed_group WHERE rant_id = rant.id AND name_key = n.name_key LIMIT 1) g';
const OFFER = `LATERAL (SELECT id, offered_to_id, status FROM sppp.sed_group_offer
                         WHERE ${isOffer('g.id', 'peer.id')} LIMIT 1) f`;

const foundRows = statement<FoundOffer>(
  'find offers',
  `SELECT g.id AS "sedGrpId", f.id AS "offerId", f.offered_to_id AS "offeredToId", f.status
     FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS n(rant, name_key, offered_to, ordinal)
     LEFT JOIN sppp.organization rant ON rant.org_id = n.rant
     LEFT JOIN sppp.organization peer ON peer.org_id = n.offered_to
     LEFT JOIN ${GROUP} ON true
     LEFT JOIN ${OFFER} ON true
    ORDER BY n.ordinal`,
);

/** The group and the offer of each key, as far as they exist. */
function findOffers(db: ClientBase, names: readonly OfferName[]): Promise<FoundOffer[]> {
  return foundRows(db, keysOf(names));
}

const holdRows = statement<{ id: number }>(
  'hold offers',
  `SELECT id
     FROM sppp.sed_group_offer
    WHERE id = ANY (ARRAY(
          SELECT f.id
            FROM unnest($1::text[], $2::text[], $3::text[]) AS n(rant, name_key, offered_to)
            JOIN sppp.organization rant ON rant.org_id = n.rant
            JOIN sppp.organization peer ON peer.org_id = n.offered_to
           CROSS JOIN ${GROUP}
           CROSS JOIN ${OFFER}))
    ORDER BY id FOR UPDATE`,
);

function keysOf(names: readonly OfferName[]): string[][] {
  return [names.map(({ rant }) => rant), names.map(({ nameKey }) => nameKey), names.map(({ offeredTo }) => offeredTo)];
}

/** A locked offer: no other request can change it until the transaction ends. */
export interface HeldOffer {
  /** Whether the group exists, if the offer does not. */
  readonly hasGroup: boolean;
  readonly offer: (OfferId & { readonly id: number; readonly status: Status }) | undefined;
}

/** Locks offers until the transaction ends, so that requests change an offer one after the other. */
export async function holdOffers(db: ClientBase, names: readonly OfferName[]): Promise<HeldOffer[]> {
  if (names.length === 0) return [];
  for (;;) {
    // What is found was committed before, or while the locks were waited for.
    const [held, found] = await Promise.all([holdRows(db, keysOf(names)), findOffers(db, names)]);
    const ids = new Set(held.map(({ id }) => id));
    // A request that deleted an offer while this one waited for it may have made it again.
    if (found.some(({ offerId }) => offerId !== null && !ids.has(offerId))) continue;
    return found.map(({ sedGrpId, offerId: id, offeredToId, status }) => ({
      hasGroup: sedGrpId !== null,
      offer:
        sedGrpId === null || id === null || offeredToId === null || status === null
          ? undefined
          : { id, sedGrpId, offeredToId, status },
    }));
  }
}

const putRows = write(
  'put offers',
  `INSERT INTO sppp.sed_group_offer AS o
       (transaction_id, c_date, offer_date_time, m_date, sed_group_id, offered_to_id, rar_id, ext, own_ext, agreement_id,
        status, accept_date_time)
     SELECT $1, $2::timestamptz, $2, n.*,
            CASE WHEN agreement_id IS NULL THEN 'offered'::sppp.offer_status ELSE 'accepted' END,
            CASE WHEN agreement_id IS NOT NULL THEN $2 END
       FROM unnest($3::timestamptz[], $4::bigint[], $5::int[], $6::int[], $7::text[], $8::text[], $9::int[])
         AS n(m_date, sed_group_id, offered_to_id, rar_id, ext, own_ext, agreement_id)
      ORDER BY sed_group_id, offered_to_id
     ON CONFLICT (sed_group_id, offered_to_id) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date), ext = excluded.ext, own_ext = excluded.own_ext,
       status = CASE WHEN o.status = 'accepted' THEN o.status ELSE excluded.status END,
       accept_date_time = CASE WHEN o.status = 'accepted' THEN o.accept_date_time
                               WHEN excluded.status = 'accepted'
                               THEN greatest(excluded.accept_date_time, o.offer_date_time) END,
       agreement_id = CASE WHEN o.status = 'accepted' THEN o.agreement_id ELSE excluded.agreement_id END`,
);

/**
 * Makes offers, each once, accepted if a standing agreement covers them. An existing offer keeps its status and times (RFC
 * 7877 §6.5), unless it waits and is covered now.
 */
export function putOffers(db: Sender, stamp: Stamp, rows: readonly OfferRow[]): void {
  if (rows.length === 0) return;
  putRows(db, [
    stamp.transactionId,
    stamp.at,
    rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
    rows.map(({ sedGrpId }) => sedGrpId),
    rows.map(({ offeredToId }) => offeredToId),
    rows.map(({ rarId }) => rarId),
    rows.map(({ ext }) => ext),
    rows.map(({ ownExt }) => ownExt),
    rows.map(({ agreementId }) => agreementId),
  ]);
}

const acceptRows = write(
  'accept offers',
  `UPDATE sppp.sed_group_offer o
      SET transaction_id = $1, m_date = greatest($2, o.c_date, o.m_date), status = 'accepted',
          accept_date_time = greatest($2, o.offer_date_time)
     FROM unnest($3::bigint[], $4::int[]) AS n(sed_grp_id, recipient_id)
    WHERE ${isOffer('n.sed_grp_id', 'n.recipient_id')}`,
);

/** Marks offers as accepted: from then on the recipients are peers (RFC 7877 §7.4). */
export function acceptOffers(db: Sender, stamp: Stamp, offers: readonly OfferId[]): void {
  if (offers.length === 0) return;
  const ids = [offers.map(({ sedGrpId }) => sedGrpId), offers.map(({ offeredToId }) => offeredToId)];
  acceptRows(db, [stamp.transactionId, stamp.at, ...ids]);
}

const tellRows = write('tell of offers that end', 'SELECT sppp.tell_offers($1, $2, $3)');
const deleteRows = write('delete offers', 'DELETE FROM sppp.sed_group_offer WHERE id = ANY ($1)');

/** How an offer ends: its recipient rejects it, or the registrant of the group takes it back. */
export type OfferEnd = 'rejected' | 'withdrawn';

/** Deletes offers, and tells of it. Recipients that had accepted are no longer peers (RFC 7877 §7.5). */
export function deleteOffers(db: Sender, { transactionId }: Stamp, ids: readonly number[], end: OfferEnd): void {
  if (ids.length === 0) return;
  tellRows(db, [end, ids, transactionId]);
  deleteRows(db, [ids]);
}
