import type { ClientBase } from 'pg';
import type { SedGrp, SourceIdent } from '../../model/sed-grp.js';
import { present } from '../../values/present.js';
import { statement } from '../connection/statement.js';
import { basicColumns, basicObj } from './basic-row.js';
import { type RefColumns, refsOf, sedRecRefOf } from './ref-row.js';
import {
  byName,
  type FoundRow,
  fromSharedNames,
  nameArrays,
  type ObjectName,
  type SharedName,
  type Stored,
} from './stored-objects.js';

interface ReadRow extends FoundRow {
  readonly name: string;
  readonly isInSvc: boolean;
  readonly priority: number;
  readonly ownExt: string | null;
  readonly sedRecRefs: readonly RefColumns[] | null;
  readonly dgName: readonly string[];
  readonly sourceIdent: readonly SourceIdent[] | null;
  readonly peeringOrg: readonly string[];
}

const rowsByName = statement<ReadRow>(
  'get SED groups',
  `SELECT sought.nth, ${basicColumns}, o.name, o.is_in_svc AS "isInSvc", o.priority, o.own_ext AS "ownExt",
          ${refsOf('sppp.sed_group_sed_record', 'sed_group_id')} AS "sedRecRefs",
          ARRAY(SELECT (SELECT name FROM sppp.destination_group g WHERE g.id = d.destination_group_id)
                  FROM sppp.sed_group_dest_grp d WHERE d.sed_group_id = o.id ORDER BY d.position) AS "dgName",
          (SELECT json_agg(json_strip_nulls(json_build_object('sourceIdentRegex', s.regex, 'sourceIdentScheme', s.scheme,
                                                              'ext', s.ext)) ORDER BY s.position)
             FROM sppp.sed_group_source_ident s WHERE s.sed_group_id = o.id) AS "sourceIdent",
          ARRAY(SELECT peer.org_id
                  FROM sppp.sed_group_offer f JOIN sppp.organization peer ON peer.id = f.offered_to_id
                 WHERE f.sed_group_id = o.id AND f.status = 'accepted'
                 ORDER BY f.accept_date_time, f.id) AS "peeringOrg"
     FROM ${fromSharedNames('sed_group', 'FROM sppp.sed_group_offer f WHERE f.sed_group_id = o.id')}`,
);

/**
 * SED groups by their names. One of another registrant is there if a registrant of the caller's has accepted an offer of it.
 *
 * @param peerIds the row ids of those registrants
 */
export async function readSedGrps(
  db: ClientBase,
  names: readonly SharedName[],
  peerIds: readonly number[],
): Promise<(Stored<SedGrp> | undefined)[]> {
  const rows = await rowsByName(db, [...nameArrays(names), names.map(({ isOwn }) => isOwn), peerIds]);
  return byName(names, rows, sedGrpOf);
}

function sedGrpOf(row: ReadRow, { rant }: ObjectName): SedGrp {
  return {
    kind: 'SedGrpType',
    ...basicObj(rant, row),
    sedGrpName: row.name,
    sedRecRef: (row.sedRecRefs ?? []).map(sedRecRefOf),
    dgName: row.dgName,
    peeringOrg: row.peeringOrg,
    sourceIdent: row.sourceIdent ?? [],
    isInSvc: row.isInSvc,
    priority: row.priority,
    ...present({ ownExt: row.ownExt }),
  };
}
