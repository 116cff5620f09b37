import type { ClientBase } from 'pg';
import type { SedGrp, SourceIdent } from '../../model/sed-grp.js';
import { type Sender, write } from '../connection/statement.js';
import { type BasicRow, basicObj, present } from './basic-row.js';
import { markReferring } from './lost-references.js';
import { listEntries, namedList } from './named-lists.js';
import type { NamedRow } from './named-rows.js';
import { gather, type RefColumns, type RefRow, sedRecRefOf } from './ref-row.js';
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
const deleteRows = write('delete SED groups', 'DELETE FROM sppp.sed_group WHERE id = ANY ($1)');

/** Deletes SED groups with their offers. Egress routes lose the reference (RFC 7877 §7.2). */
export function deleteSedGrps(db: Sender, stamp: Stamp, ids: readonly number[]): void {
  markEgrRtes(db, stamp, ids);
  deleteRows(db, [ids]);
}

interface ReadRow extends BasicRow {
  readonly name: string;
  readonly isInSvc: boolean;
  readonly priority: number;
  readonly ownExt: string | null;
}

/** Reads SED groups by row id. */
export async function readSedGrps(db: ClientBase, ids: readonly number[]): Promise<Map<number, SedGrp>> {
  const { rows } = await db.query<ReadRow>(
    `SELECT o.id, rant.org_id AS rant, rar.org_id AS rar, o.c_date AS "cDate", o.m_date AS "mDate", o.ext, o.name,
            o.is_in_svc AS "isInSvc", o.priority, o.own_ext AS "ownExt"
       FROM sppp.sed_group o
       JOIN sppp.organization rant ON rant.id = o.rant_id
       JOIN sppp.organization rar ON rar.id = o.rar_id
      WHERE o.id = ANY ($1)`,
    [ids],
  );
  const { rows: refs } = await db.query<RefColumns>(
    `SELECT r.sed_group_id AS owner, rant.org_id AS rant, s.name, r.priority, r.ext
       FROM sppp.sed_group_sed_record r
       JOIN sppp.sed_record s ON s.id = r.sed_record_id
       JOIN sppp.organization rant ON rant.id = s.rant_id
      WHERE r.sed_group_id = ANY ($1)
      ORDER BY r.sed_group_id, r.position`,
    [ids],
  );
  const { rows: served } = await db.query<{ owner: number; name: string }>(
    `SELECT d.sed_group_id AS owner, g.name
       FROM sppp.sed_group_dest_grp d
       JOIN sppp.destination_group g ON g.id = d.destination_group_id
      WHERE d.sed_group_id = ANY ($1)
      ORDER BY d.sed_group_id, d.position`,
    [ids],
  );
  const { rows: sources } = await db.query<{
    owner: number;
    scheme: SourceIdent['sourceIdentScheme'];
    regex: string;
    ext: string | null;
  }>(
    `SELECT sed_group_id AS owner, scheme, regex, ext FROM sppp.sed_group_source_ident
      WHERE sed_group_id = ANY ($1) ORDER BY sed_group_id, position`,
    [ids],
  );
  const { rows: peers } = await db.query<{ owner: number; orgId: string }>(
    `SELECT f.sed_group_id AS owner, peer.org_id AS "orgId"
       FROM sppp.sed_group_offer f
       JOIN sppp.organization peer ON peer.id = f.offered_to_id
      WHERE f.sed_group_id = ANY ($1) AND f.status = 'accepted'
      ORDER BY f.sed_group_id, f.accept_date_time, f.id`,
    [ids],
  );
  const peeringOrgs = gather(peers, ({ orgId }) => orgId);
  const sedRecRefs = gather(refs, sedRecRefOf);
  const dgNames = gather(served, ({ name }) => name);
  const sourceIdents = gather(
    sources,
    ({ scheme, regex, ext }): SourceIdent => ({
      sourceIdentRegex: regex,
      sourceIdentScheme: scheme,
      ...present({ ext }),
    }),
  );
  return new Map(
    rows.map((row): [number, SedGrp] => [
      row.id,
      {
        kind: 'SedGrpType',
        ...basicObj(row),
        sedGrpName: row.name,
        sedRecRef: sedRecRefs.get(row.id) ?? [],
        dgName: dgNames.get(row.id) ?? [],
        peeringOrg: peeringOrgs.get(row.id) ?? [],
        sourceIdent: sourceIdents.get(row.id) ?? [],
        isInSvc: row.isInSvc,
        priority: row.priority,
        ...present({ ownExt: row.ownExt }),
      },
    ]),
  );
}
