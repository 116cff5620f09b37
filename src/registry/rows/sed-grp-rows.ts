import type { SourceIdent } from '../../model/sed-grp.js';
import { type Sender, write } from '../connection/statement.js';
import { markReferring } from './lost-references.js';
import { listEntries, namedList } from './named-lists.js';
import type { NamedRow } from './named-rows.js';
import type { RefRow } from './ref-row.js';
import type { Stamp } from './stamp.js';

export interface SedGrpRow extends NamedRow {
  readonly name: string;
  readonly isInSvc: boolean;
  readonly priority: number;
  readonly ext: string | undefined;
  readonly ownExt: string | undefined;
  readonly sedRecRefs: readonly RefRow[];
  readonly destGrpIds: readonly number[];
  readonly sourceIdents: readonly SourceIdent[];
}

const putRows = write(
  'put SED groups',
  `INSERT INTO sppp.sed_group AS o
       (transaction_id, c_date, m_date, rant_id, rar_id, name, name_key, is_in_svc, priority, ext, own_ext)
     SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::int[], $5::int[], $6::text[], $7::text[], $8::boolean[], $9::int[],
                                  $10::text[], $11::text[])
         AS n(m_date, rant_id, rar_id, name, name_key, is_in_svc, priority, ext, own_ext)
      ORDER BY rant_id, name_key
     ON CONFLICT (rant_id, name_key) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date),
       name = excluded.name, is_in_svc = excluded.is_in_svc, priority = excluded.priority, ext = excluded.ext,
       own_ext = excluded.own_ext`,
);
const putSedRecRefs = namedList('sed_group', 'sed_group_sed_record', {
  position: 'int',
  sed_record_id: 'bigint',
  priority: 'int',
  ext: 'text',
});
const putDestGrps = namedList('sed_group', 'sed_group_dest_grp', { position: 'int', destination_group_id: 'bigint' });
const putSourceIdents = namedList('sed_group', 'sed_group_source_ident', {
  position: 'int',
  scheme: 'text',
  regex: 'text',
  ext: 'text',
});

/** Creates SED groups with their references, or replaces existing ones (RFC 7877 §7.1). Each name comes once. */
export function putSedGrps(db: Sender, stamp: Stamp, rows: readonly SedGrpRow[]): void {
  if (rows.length === 0) return;
  putRows(db, [
    stamp.transactionId,
    stamp.at,
    rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
    rows.map(({ rantId }) => rantId),
    rows.map(({ rarId }) => rarId),
    rows.map(({ name }) => name),
    rows.map(({ nameKey }) => nameKey),
    rows.map(({ isInSvc }) => isInSvc),
    rows.map(({ priority }) => priority),
    rows.map(({ ext }) => ext),
    rows.map(({ ownExt }) => ownExt),
  ]);
  putSedRecRefs(
    db,
    rows,
    listEntries(
      rows,
      ({ sedRecRefs }) => sedRecRefs,
      ({ sedRecId, priority, ext }) => [sedRecId, priority, ext],
    ),
  );
  putDestGrps(
    db,
    rows,
    listEntries(
      rows,
      ({ destGrpIds }) => destGrpIds,
      (destGrpId) => [destGrpId],
    ),
  );
  putSourceIdents(
    db,
    rows,
    listEntries(
      rows,
      ({ sourceIdents }) => sourceIdents,
      ({ sourceIdentScheme, sourceIdentRegex, ext }) => [sourceIdentScheme, sourceIdentRegex, ext],
    ),
  );
}

const markEgrRtes = markReferring('egress_route', 'egress_route_sed_group', 'sed_group_id');
const tellOffers = write('tell of offers that go with SED groups', 'SELECT sppp.tell_offers_of_groups($1, $2)');
const deleteRows = write('delete SED groups', 'DELETE FROM sppp.sed_group WHERE id = ANY ($1)');

/** Deletes SED groups with their offers, and tells the recipients. Egress routes lose the reference (RFC 7877 §7.2). */
export function deleteSedGrps(db: Sender, stamp: Stamp, ids: readonly number[]): void {
  markEgrRtes(db, stamp, ids);
  tellOffers(db, [ids, stamp.transactionId]);
  deleteRows(db, [ids]);
}
