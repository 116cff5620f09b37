import type { Pool } from 'pg';
import type { Key, ObjKeyTypeEnum } from '../../model/key.js';

/** The tables of named objects. */
export const tables: Readonly<Record<ObjKeyTypeEnum, string>> = {
  DestGrp: 'destination_group',
  SedGrp: 'sed_group',
  SedRec: 'sed_record',
  EgrRte: 'egress_route',
};

/** Objects that are shared by offers that are accepted, of the offer f. */
const shared: Partial<Readonly<Record<ObjKeyTypeEnum, string>>> = {
  SedGrp: 'JOIN sppp.sed_group o ON o.id = f.sed_group_id',
  SedRec: `JOIN sppp.sed_group_sed_record r ON r.sed_group_id = f.sed_group_id
           JOIN sppp.sed_record o ON o.id = r.sed_record_id`,
};

/** Which objects of a noun may be shown. */
export interface Shown {
  /** Row ids of registrants; undefined: all. */
  readonly rants: readonly number[] | undefined;
  /** Row ids of organizations that objects of others are shared with. */
  readonly peers: readonly number[];
}

/** Behind every name that begins with another one. */
const LAST = '\u{10ffff}';

/** Objects of a noun whose names, case-folded, begin with a text, in the order of their names. */
export async function findNames(
  pool: Pool,
  type: ObjKeyTypeEnum,
  nameKey: string,
  { rants, peers }: Shown,
  max: number,
): Promise<Key[]> {
  const isNamed = `o.name_key >= $1 COLLATE "C" AND o.name_key < ($1 || '${LAST}') COLLATE "C"`;
  const own = `SELECT o.rant_id, o.name, o.name_key FROM sppp.organization rant
    CROSS JOIN LATERAL (SELECT * FROM sppp.${tables[type]} o
                         WHERE o.rant_id = rant.id AND ${isNamed} ORDER BY o.name_key LIMIT $3) o
   WHERE $2::int[] IS NULL OR rant.id = ANY ($2)`;
  const join = shared[type];
  const others =
    join === undefined
      ? ''
      : `UNION SELECT o.rant_id, o.name, o.name_key FROM sppp.sed_group_offer f ${join}
          WHERE f.offered_to_id = ANY ($4::int[]) AND f.status = 'accepted' AND ${isNamed}`;
  const { rows } = await pool.query<{ rant: string; name: string }>({
    name: `find ${type}`,
    text: `SELECT rant.org_id AS rant, found.name FROM (${own} ${others}) found
             JOIN sppp.organization rant ON rant.id = found.rant_id
            ORDER BY found.name_key, rant.org_id LIMIT $3`,
    values: [nameKey, rants, max, ...(join === undefined ? [] : [peers])],
  });
  return rows.map(({ rant, name }) => ({ kind: 'ObjKeyType', rant, name, type }));
}
