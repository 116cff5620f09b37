import type { ClientBase } from 'pg';
import { found } from '../../values/found.js';
import { statement } from '../connection/statement.js';
import { inKeyOrder, nameColumns, type PubIdRowName } from './pub-id-row.js';

/**
 * Returns those that could not be deleted, by their index in the arrays, from 1. One that was there when the statement
 * began was deleted by another request while this one waited for it.
 */
const deleting = (columns: string, arrays: string, returned: string, record: string) =>
  `WITH wanted AS (SELECT * FROM unnest(${arrays}) WITH ORDINALITY AS n(${columns}, nth)),
   deleted AS (
     DELETE FROM sppp.public_identifier p
      USING wanted n
      WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id
     RETURNING ${returned})${record}
   SELECT n.nth, EXISTS (SELECT FROM sppp.public_identifier p
                          WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id) AS "wasThere"
     FROM wanted n WHERE n.nth NOT IN (SELECT nth FROM deleted)`;

type Deleting = (db: ClientBase, values: readonly unknown[]) => Promise<{ nth: number; wasThere: boolean }[]>;

const NAME = 'value, kind, rant_id';
const NAMES = '$1::text[], $2::sppp.public_identifier_kind[], $3::int[]';

const deleteRows: Deleting = statement('delete public identifiers', deleting(NAME, NAMES, 'n.nth', ''));

const deleteRowsOnRecord: Deleting = statement(
  'delete public identifiers on record',
  deleting(
    `${NAME}, transaction_id`,
    `${NAMES}, $4::bigint[]`,
    'n.nth, n.transaction_id, p.rant_id, p.kind, p.value',
    `,
   recorded AS (
     INSERT INTO sppp.deletion (transaction_id, rant_id, noun, key)
     SELECT transaction_id, rant_id, 'PubId', kind || ' ' || value FROM deleted)`,
  ),
);

/**
 * Deletes those public identifiers that are there, none of which comes twice; memberships and references go with them
 * (RFC 7877 §7.2). recordPubIdDeletions is to follow.
 *
 * @returns for each name, whether it was there
 */
export function deletePubIds(db: ClientBase, names: readonly PubIdRowName[]): Promise<boolean[]> {
  return deleteEach(names, (sorted) => deleteRows(db, nameColumns(sorted)));
}

/** The same for many, each with the journal row of the request that deletes it: one statement deletes and records. */
export function deletePubIdsOnRecord(
  db: ClientBase,
  names: readonly (PubIdRowName & { readonly transactionId: number })[],
): Promise<boolean[]> {
  return deleteEach(names, (sorted) =>
    deleteRowsOnRecord(db, [...nameColumns(sorted), sorted.map(({ transactionId }) => transactionId)]),
  );
}

async function deleteEach<Name extends PubIdRowName>(
  names: readonly Name[],
  remove: (sorted: readonly Name[]) => ReturnType<Deleting>,
): Promise<boolean[]> {
  let order = inKeyOrder(names);
  const wasThere = names.map(() => true);
  while (order.length > 0) {
    const left = await remove(order.map((index) => names[index] as Name));
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
