import type { Pool } from 'pg';
import type { Key } from '../../model/key.js';
import { pubIdKeyOf } from '../../model/key-of.js';
import type { PubIdKindName } from '../../model/object-order.js';

/**
 * Public identifiers that are a text, or ranges and prefixes that contain it as a number, the narrowest kinds first.
 *
 * @param value digits without `+`, `start-end` of a range, or a URI
 * @param rants row ids of the registrants whose identifiers may be shown; undefined: all
 */
export async function findIdentifiers(
  pool: Pool,
  value: string,
  rants: readonly number[] | undefined,
  max: number,
): Promise<Key[]> {
  const { rows } = await pool.query<{ rant: string; kind: PubIdKindName; value: string }>({
    name: 'find identifiers',
    text: `SELECT rant.org_id AS rant, o.kind, o.value
             FROM (SELECT p.* FROM sppp.public_identifier p WHERE p.value = $1
                   UNION
                   SELECT p.* FROM sppp.public_identifier p WHERE p.span @> $1::text AND $1 ~ '^[0-9]+$') o
             JOIN sppp.organization rant ON rant.id = o.rant_id
            WHERE $2::int[] IS NULL OR o.rant_id = ANY ($2)
            ORDER BY o.kind, o.value DESC, rant.org_id LIMIT $3`,
    values: [value, rants, max],
  });
  return rows.map(({ rant, kind, value: name }) => pubIdKeyOf(rant, kind, name));
}
