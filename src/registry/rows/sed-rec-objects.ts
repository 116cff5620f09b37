import type { ClientBase } from 'pg';
import type { IpAddr, SedRec } from '../../model/sed-rec.js';
import { readSedRec, type SedRecKindName, type SedRecValues, sedRecColumnList } from '../../model/sed-rec-kinds.js';
import { present } from '../../values/present.js';
import { statement } from '../connection/statement.js';
import { basicColumns, basicObj } from './basic-row.js';
import {
  byName,
  type FoundRow,
  fromSharedNames,
  nameArrays,
  type ObjectName,
  type SharedName,
  type Stored,
} from './stored-objects.js';

interface ReadRow extends FoundRow, SedRecValues {
  readonly kind: SedRecKindName;
  readonly name: string;
  readonly sedFunction: 'routing' | 'lookup' | null;
  readonly isInSvc: boolean;
  readonly ttl: number | null;
  readonly ownExt: string | null;
  readonly ipAddr: readonly IpAddr[] | null;
}

const rowsByName = statement<ReadRow>(
  'get SED records',
  `SELECT sought.nth, ${basicColumns}, o.name, o.kind, o.sed_function AS "sedFunction", o.is_in_svc AS "isInSvc", o.ttl,
          o.own_ext AS "ownExt", ${sedRecColumnList.map(([name, { column }]) => `o.${column} AS "${name}"`)},
          (SELECT json_agg(json_strip_nulls(json_build_object('type', a.version, 'addr', a.addr, 'ext', a.ext))
                           ORDER BY a.position)
             FROM sppp.sed_record_ip_addr a WHERE a.sed_record_id = o.id) AS "ipAddr"
     FROM ${fromSharedNames(
       'sed_record',
       `FROM sppp.sed_group_sed_record shared JOIN sppp.sed_group_offer f ON f.sed_group_id = shared.sed_group_id
         WHERE shared.sed_record_id = o.id`,
     )}`,
);

/**
 * SED records by their names. One of another registrant is there if it is in an SED group that a registrant of the caller's
 * has accepted an offer of.
 *
 * @param peerIds the row ids of those registrants
 */
export async function readSedRecs(
  db: ClientBase,
  names: readonly SharedName[],
  peerIds: readonly number[],
): Promise<(Stored<SedRec> | undefined)[]> {
  const rows = await rowsByName(db, [...nameArrays(names), names.map(({ isOwn }) => isOwn), peerIds]);
  return byName(names, rows, sedRecOf);
}

function sedRecOf(row: ReadRow, { rant }: ObjectName): SedRec {
  const { sedFunction, ttl, ownExt } = row;
  const own = present({ sedFunction, ttl, ownExt });
  const basic = { ...basicObj(rant, row), sedName: row.name, isInSvc: row.isInSvc, ...own };
  return readSedRec(basic, row.kind, row, row.ipAddr ?? []);
}
