import type { ClientBase } from 'pg';
import type { EgrRte } from '../../model/egr-rte.js';
import { present } from '../../values/present.js';
import { statement } from '../connection/statement.js';
import { basicColumns, basicObj } from './basic-row.js';
import { byName, type FoundRow, fromNames, nameArrays, type ObjectName, type Stored } from './stored-objects.js';

interface ReadRow extends FoundRow {
  readonly name: string;
  readonly pref: number;
  readonly ere: string;
  readonly repl: string;
  readonly svcs: string | null;
  readonly ownExt: string | null;
  readonly ingress: readonly { readonly rant: string; readonly name: string }[] | null;
}

const rowsByName = statement<ReadRow>(
  'get egress routes',
  `SELECT sought.nth, ${basicColumns}, o.name, o.pref, o.ere, o.repl, o.svcs, o.own_ext AS "ownExt",
          (SELECT json_agg(json_build_object('rant', owner.org_id, 'name', g.name) ORDER BY i.position)
             FROM sppp.egress_route_sed_group i
             JOIN sppp.sed_group g ON g.id = i.sed_group_id
             JOIN sppp.organization owner ON owner.id = g.rant_id
            WHERE i.egress_route_id = o.id) AS ingress
     FROM ${fromNames('egress_route')}`,
);

/** Egress routes by their names. */
export async function readEgrRtes(
  db: ClientBase,
  names: readonly ObjectName[],
): Promise<(Stored<EgrRte> | undefined)[]> {
  return byName(names, await rowsByName(db, nameArrays(names)), egrRteOf);
}

function egrRteOf(row: ReadRow, { rant }: ObjectName): EgrRte {
  return {
    kind: 'EgrRteType',
    ...basicObj(rant, row),
    egrRteName: row.name,
    pref: row.pref,
    regxRewriteRule: { ere: row.ere, repl: row.repl },
    ingrSedGrp: (row.ingress ?? []).map((group) => ({ kind: 'ObjKeyType', ...group, type: 'SedGrp' })),
    ...present({ svcs: row.svcs, ownExt: row.ownExt }),
  };
}
