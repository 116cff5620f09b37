import type { ClientBase } from 'pg';
import { found } from '../../values/found.js';
import { statement } from '../connection/statement.js';
import { inKeyOrder, type PubIdRowName } from './pub-id-row.js';

/**
 * Returns those that could not be deleted, by their index in the arrays, from 1. One that was there when the statement
 * began was deleted by another request while this one waited for it.
 */
const deleteRows = statement<{ nth: number; wasThere: boolean }>(
  'delete public identifiers',
  `WITH wanted AS (
     SELECT *
       FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[]) WITH ORDINALITY AS n(value, kind, rant_id, nth)),
   deleted AS (
     DELETE FROM sppp.public_identifier p
      USING wanted n
      WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id
     RETURNING n.nth)
   SELECT n.nth, EXISTS (SELECT FROM sppp.public_identifier p
                          WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id) AS "wasThere"
     FROM wanted n WHERE n.nth NOT IN (SELECT nth FROM deleted)`,
);

/**
 * Deletes those public identifiers that are there, none of which comes twice; memberships and references go with them
 * (RFC 7877 §7.2). recordPubIdDeletions is to follow.
 *
 * @returns for each name, whether it was there
 */
export async function deletePubIds(db: ClientBase, names: readonly PubIdRowName[]): Promise<boolean[]> {
  let order = inKeyOrder(names);
  const wasThere = names.map(() => true);
  while (order.length > 0) {
    const sorted = order.map((index) => names[index] as (typeof names)[number]);
    const left = await deleteRows(db, [
      sorted.map(({ value }) => value),
      sorted.map(({ type }) => type),
      sorted.map(({ rantId }) => rantId),
    ]);
    // The transaction that deleted one while this waited for it may have made it again.
    const again: number[] = [];
    for (const each of left) {
      const index = found(order[each.nth - 1], 'a public identifier that was to be deleted');
      wasThere[index] = each.wasThere;
      if (each.wasThere) again.push(index);
    }
    order = again;
  }
  return wasThere;
}
