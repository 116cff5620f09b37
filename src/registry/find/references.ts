import type { Pool } from 'pg';
import type { Key, ObjKeyTypeEnum } from '../../model/key.js';
import { pubIdKeyOf } from '../../model/key-of.js';
import type { PubIdKindName } from '../../model/object-order.js';
import { tables } from './names.js';

interface Row {
  readonly type: ObjKeyTypeEnum | PubIdKindName | 'Offer';
  readonly rant: string;
  readonly name: string;
  readonly offeredTo: string | null;
}

/** What refers to an object o, as rows of type, rant_id, name and offered_to; `$3` is how many at most. */
const referring: Readonly<Record<ObjKeyTypeEnum, readonly string[]>> = {
  DestGrp: [
    `SELECT 'SedGrp' AS type, x.rant_id, x.name, NULL::int AS offered_to FROM sppp.sed_group_dest_grp r
       JOIN sppp.sed_group x ON x.id = r.sed_group_id WHERE r.destination_group_id = o.id LIMIT $3`,
    `SELECT x.kind::text, x.rant_id, x.value, NULL FROM sppp.destination_group_member r
       JOIN sppp.public_identifier x ON x.id = r.public_identifier_id WHERE r.destination_group_id = o.id LIMIT $3`,
  ],
  SedRec: [
    `SELECT 'SedGrp' AS type, x.rant_id, x.name, NULL::int AS offered_to FROM sppp.sed_group_sed_record r
       JOIN sppp.sed_group x ON x.id = r.sed_group_id WHERE r.sed_record_id = o.id LIMIT $3`,
    `SELECT x.kind::text, x.rant_id, x.value, NULL FROM sppp.public_identifier_sed_record r
       JOIN sppp.public_identifier x ON x.id = r.public_identifier_id WHERE r.sed_record_id = o.id LIMIT $3`,
  ],
  SedGrp: [
    `SELECT 'Offer' AS type, o.rant_id, o.name, x.offered_to_id AS offered_to FROM sppp.sed_group_offer x
      WHERE x.sed_group_id = o.id LIMIT $3`,
    `SELECT 'EgrRte', x.rant_id, x.name, NULL FROM sppp.egress_route_sed_group r
       JOIN sppp.egress_route x ON x.id = r.egress_route_id WHERE r.sed_group_id = o.id LIMIT $3`,
  ],
  EgrRte: [],
};

/**
 * Objects that refer to a named object, and offers of a group.
 *
 * @param max objects of each kind at most
 */
export async function findReferring(
  pool: Pool,
  { type, rant, nameKey }: { readonly type: ObjKeyTypeEnum; readonly rant: string; readonly nameKey: string },
  max: number,
): Promise<Key[]> {
  const parts = referring[type];
  if (parts.length === 0) return [];
  const { rows } = await pool.query<Row>({
    name: `find what refers to ${type}`,
    text: `SELECT x.type, rant.org_id AS rant, x.name, peer.org_id AS "offeredTo"
             FROM sppp.organization owner
             JOIN sppp.${tables[type]} o ON o.rant_id = owner.id AND o.name_key = $2
            CROSS JOIN LATERAL (${parts.map((part) => `(${part})`).join(' UNION ALL ')}) x
             JOIN sppp.organization rant ON rant.id = x.rant_id
             LEFT JOIN sppp.organization peer ON peer.id = x.offered_to
            WHERE owner.org_id = $1 ORDER BY x.type, x.name, peer.org_id`,
    values: [rant, nameKey, max],
  });
  return rows.map(keyOf);
}

function keyOf({ type, rant, name, offeredTo }: Row): Key {
  if (type === 'Offer') {
    return {
      kind: 'SedGrpOfferKeyType',
      sedGrpKey: { kind: 'ObjKeyType', rant, name, type: 'SedGrp' },
      offeredTo: offeredTo ?? '',
    };
  }
  if (type === 'DestGrp' || type === 'SedGrp' || type === 'SedRec' || type === 'EgrRte') {
    return { kind: 'ObjKeyType', rant, name, type };
  }
  return pubIdKeyOf(rant, type, name);
}
