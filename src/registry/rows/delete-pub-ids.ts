import type { ClientBase } from 'pg';
import { found } from '../../values/found.js';
import { statement } from '../connection/statement.js';
import { HAS_NAME, inKeyOrder, nameColumns, type PubIdRowName } from './pub-id-row.js';

/** The rows that are there are deleted; `deleted` has what is returned of them, with their index in the arrays, from 1. */
const deleting = (columns: string, arrays: string, returned: string) =>
  `WITH wanted AS (SELECT * FROM unnest(${arrays}) WITH ORDINALITY AS n(${columns}, nth)),
   deleted AS (
     DELETE FROM sppp.public_identifier p
      USING wanted n
      WHERE ${HAS_NAME}
     RETURNING n.nth, ${returned})`;

/** Whether a name's row is there, although the statement did not delete it. */
const isThere = `(SELECT true FROM sppp.public_identifier p
   WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id LIMIT 1) IS NOT NULL`;

/**
 * A name whose row was not deleted, if all are not listed. One that was there when the statement began was deleted by another
 * request while this one waited for it.
 */
interface Looked {
  readonly nth: number;
  readonly wasThere: boolean;
}

/** A name and its row. */
interface Deleted extends Looked {
  readonly isDeleted: boolean;
  /** Who had written it last. */
  readonly rarId: number | null;
}

const NAME = 'value, kind, rant_id';
const NAMES = '$1::text[], $2::sppp.public_identifier_kind[], $3::int[]';

const deleteRows = statement<Deleted>(
  'delete public identifiers',
  `${deleting(NAME, NAMES, 'coalesce(p.rar_id, sppp.registrar_of(p.transaction_id)) AS rar_id')}
   SELECT nth, d.nth IS NOT NULL AS "isDeleted", d.rar_id AS "rarId", ${isThere} AS "wasThere"
     FROM wanted n FULL JOIN deleted d USING (nth)`,
);

/** The journal row of who wrote an identifier may be younger than the statement: then only the function sees it. */
const deleteRowsOnRecord = statement<Looked>(
  'delete public identifiers on record',
  `${deleting(
    `${NAME}, transaction_id`,
    `${NAMES}, $4::bigint[]`,
    'n.transaction_id, p.rant_id, p.kind, p.value, p.rar_id, p.transaction_id AS written_by',
  )},
   recorded AS (
     INSERT INTO sppp.deletion (transaction_id, rant_id, rar_id, noun, key)
     SELECT transaction_id, rant_id,
            coalesce(rar_id, (SELECT registrar_id FROM sppp.transaction t WHERE t.id = written_by),
                     sppp.registrar_of(written_by)),
            'PubId', kind || ' ' || value
       FROM deleted)
   SELECT nth, ${isThere} AS "wasThere" FROM wanted n WHERE nth NOT IN (SELECT nth FROM deleted)`,
);

/**
 * Deletes those public identifiers that are there, none of which comes twice; memberships and references go with them
 * (RFC 7877 §7.2). recordPubIdDeletions is to follow.
 *
 * @returns those that were there, each with the registrar that had written it last
 */
export async function deletePubIds<Name extends PubIdRowName>(
  db: ClientBase,
  names: readonly Name[],
): Promise<ReadonlyMap<Name, number | null>> {
  const writers = new Map<Name, number | null>();
  await deleteEach(names, async (sorted) => {
    const looked = await deleteRows(db, nameColumns(sorted));
    for (const { nth, isDeleted, rarId } of looked) {
      if (isDeleted) writers.set(found(sorted[nth - 1], 'a deleted public identifier'), rarId);
    }
    return looked.filter(({ isDeleted }) => !isDeleted);
  });
  return writers;
}

/**
 * The same for many, each with the journal row of the request that deletes it: one statement deletes and records.
 *
 * @returns for each name, whether it was there
 */
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
  remove: (sorted: readonly Name[]) => Promise<readonly Looked[]>,
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
