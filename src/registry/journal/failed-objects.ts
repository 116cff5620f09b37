import type { ClientBase, Pool } from 'pg';
import type { Noun } from '../../model/noun.js';

/** An object or key of a request that failed, as stored beside the journal row. */
export interface FailedObject {
  /** Its number in the request, from 1. */
  readonly index: number;
  readonly verb: 'add' | 'delete' | 'accept' | 'reject' | 'get';
  readonly registrant: string;
  readonly noun: Noun;
  /** As the journal names it; null if what names it is no valid value. */
  readonly identifier: string | null;
  readonly code: number;
  /** The element at fault and its value as it was sent. */
  readonly attrName: string;
  readonly attrVal: string;
  /** Whether the value was longer. */
  readonly isCut: boolean;
  readonly reason: string | null;
}

/** Failed objects as the arrays that `failedArrays` names. */
export function failedColumns(failed: readonly FailedObject[]): unknown[] {
  return [
    failed.map(({ index }) => index),
    failed.map(({ verb }) => verb),
    failed.map(({ registrant }) => registrant),
    failed.map(({ noun }) => noun),
    failed.map(({ identifier }) => identifier),
    failed.map(({ code }) => code),
    failed.map(({ attrName }) => attrName),
    failed.map(({ attrVal }) => attrVal),
    failed.map(({ isCut }) => isCut),
    failed.map(({ reason }) => reason),
  ];
}

/** The columns that they go into, behind that of the journal row. */
export const failedInto =
  'sppp.transaction_failure (transaction_id, index, verb, registrant, noun, key, code, attr_name, attr_val, is_cut, reason)';

/** The parameters for those arrays, the first of them with this number. */
export function failedArrays(first: number): string {
  const types = ['int', 'text', 'text', 'sppp.noun', 'text', 'smallint', 'text', 'text', 'boolean', 'text'];
  return types.map((type, index) => `$${first + index}::${type}[]`).join(', ');
}

/** A part of what failed of a request, in its order. */
export interface FailedPart {
  readonly failed: readonly FailedObject[];
  /** The number of the last one, if there are more. */
  readonly last: number | undefined;
}

/** The stored failures of a request after a number in it, up to a maximum. */
export async function findFailed(
  db: Pick<ClientBase | Pool, 'query'>,
  transactionId: number,
  after: number,
  max: number,
): Promise<FailedPart> {
  const { rows } = await db.query<FailedObject>(
    `SELECT index, verb, registrant, noun::text AS noun, key AS identifier, code, attr_name AS "attrName",
            attr_val AS "attrVal", is_cut AS "isCut", reason
       FROM sppp.transaction_failure WHERE transaction_id = $1 AND index > $2 ORDER BY index LIMIT $3`,
    [transactionId, after, max + 1],
  );
  const failed = rows.slice(0, max);
  return { failed, last: rows.length > max ? failed.at(-1)?.index : undefined };
}

/** How many failures of a request are stored. */
export async function countFailed(db: Pick<ClientBase | Pool, 'query'>, transactionId: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM sppp.transaction_failure WHERE transaction_id = $1',
    [transactionId],
  );
  return rows[0]?.count ?? 0;
}

/** Which of these numbers of objects of a request are among its stored failures. */
export async function findFailedOf(
  db: Pick<ClientBase | Pool, 'query'>,
  transactionId: number,
  indexes: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await db.query<{ index: number }>(
    'SELECT index FROM sppp.transaction_failure WHERE transaction_id = $1 AND index = ANY ($2::int[])',
    [transactionId, indexes],
  );
  return new Set(rows.map(({ index }) => index));
}
