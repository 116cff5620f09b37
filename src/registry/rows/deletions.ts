import type { Noun } from '../../model/noun.js';
import { type Sender, write } from '../connection/statement.js';
import type { PubIdRowName } from './pub-id-row.js';
import type { Stamp } from './stamp.js';

/** Objects that are deleted by row id. */
type NamedNoun = 'DestGrp' | 'SedRec' | 'SedGrp' | 'EgrRte';

const recording: Record<NamedNoun, ReturnType<typeof write>> = {
  DestGrp: recordingOf(
    'DestGrp',
    `SELECT $1, o.rant_id, o.rar_id, 'DestGrp', o.name_key, 0,
         (SELECT count(*) FROM sppp.destination_group_member m WHERE m.destination_group_id = o.id)
       + (SELECT count(*) FROM sppp.sed_group_dest_grp d WHERE d.destination_group_id = o.id)
    FROM sppp.destination_group o WHERE o.id = ANY ($2)`,
  ),
  SedRec: recordingOf(
    'SedRec',
    `SELECT $1, o.rant_id, o.rar_id, 'SedRec', o.name_key, 0,
         (SELECT count(*) FROM sppp.public_identifier_sed_record r WHERE r.sed_record_id = o.id)
       + (SELECT count(*) FROM sppp.sed_group_sed_record r WHERE r.sed_record_id = o.id)
    FROM sppp.sed_record o WHERE o.id = ANY ($2)`,
  ),
  SedGrp: recordingOf(
    'SedGrp',
    `SELECT $1, o.rant_id, o.rar_id, 'SedGrp', o.name_key,
         (SELECT count(*) FROM sppp.sed_group_offer f WHERE f.sed_group_id = o.id),
         (SELECT count(*) FROM sppp.egress_route_sed_group i WHERE i.sed_group_id = o.id)
    FROM sppp.sed_group o WHERE o.id = ANY ($2)`,
  ),
  EgrRte: recordingOf(
    'EgrRte',
    `SELECT $1, o.rant_id, o.rar_id, 'EgrRte', o.name_key, 0, 0 FROM sppp.egress_route o WHERE o.id = ANY ($2)`,
  ),
};

/** Records the deletion of objects, and of what goes with them, before it happens (RFC 7877 §7.2). */
export function recordDeletions(db: Sender, { transactionId }: Stamp, noun: NamedNoun, ids: readonly number[]): void {
  recording[noun](db, [transactionId, ids]);
}

const recordPubIds = recordingOf(
  'PubId',
  `SELECT transaction_id, rant_id, rar_id, 'PubId', key, 0, 0
     FROM unnest($1::bigint[], $2::int[], $3::int[], $4::text[]) AS n(transaction_id, rant_id, rar_id, key)`,
);

/** A public identifier that was deleted. */
export interface DeletedPubId extends PubIdRowName {
  /** The journal row of the request that deleted it. */
  readonly transactionId: number;
  /** Who had written it last. */
  readonly rarId: number | null;
}

/** Records the deletion of public identifiers. */
export function recordPubIdDeletions(db: Sender, names: readonly DeletedPubId[]): void {
  if (names.length === 0) return;
  recordPubIds(db, [
    names.map(({ transactionId }) => transactionId),
    names.map(({ rantId }) => rantId),
    names.map(({ rarId }) => rarId),
    names.map(pubIdDeletionKey),
  ]);
}

/** How the record of its deletion names a public identifier. */
export function pubIdDeletionKey({ type, value }: Pick<PubIdRowName, 'type' | 'value'>): string {
  return `${type} ${value}`;
}

const recordOffers = recordingOf(
  'SedGrpOffer',
  `SELECT $1, g.rant_id, f.rar_id, 'SedGrpOffer', g.name_key || ' to ' || sppp.org_id_of(f.offered_to_id), 0, 0
     FROM sppp.sed_group_offer f
    CROSS JOIN LATERAL (SELECT rant_id, name_key FROM sppp.sed_group WHERE id = f.sed_group_id LIMIT 1) g
    WHERE f.id = ANY ($2)`,
);

/** Records the deletion of offers that are taken back or rejected, before it happens. */
export function recordOfferDeletions(db: Sender, { transactionId }: Stamp, ids: readonly number[]): void {
  recordOffers(db, [transactionId, ids]);
}

const recordFurther = recordingOf(
  'objects of the same request',
  'SELECT $1, rant_id, NULL, $2::sppp.noun, key, 0, 0 FROM unnest($3::int[], $4::text[]) AS n(rant_id, key)',
);

/** Records deletions of objects that the same request had made: by their keys, and with nothing that went along. */
export function recordFurtherDeletions(
  db: Sender,
  { transactionId }: Stamp,
  noun: Noun,
  names: readonly { readonly rantId: number; readonly key: string }[],
): void {
  if (names.length === 0) return;
  recordFurther(db, [transactionId, noun, names.map(({ rantId }) => rantId), names.map(({ key }) => key)]);
}

function recordingOf(what: string, deletions: string): ReturnType<typeof write> {
  const columns = '(transaction_id, rant_id, rar_id, noun, key, offers_gone, references_gone)';
  return write(`record deletions: ${what}`, `INSERT INTO sppp.deletion ${columns} ${deletions}`);
}
