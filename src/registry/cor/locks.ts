import type { ClientBase } from 'pg';
import type { PubIdRowName } from '../rows/pub-id-row.js';

/** One request at a time settles numbers whose digits 4 to 6 are the same: a thousand locks. */
const LOCKS = 1000;
const FIRST_DIGITS = 6;

/**
 * Waits until no other request settles claims to the same numbers; none can until the transaction ends. All requests
 * take their locks in the same order. So two requests with one set of claims each cannot wait for each other in a
 * circle.
 */
export async function lockClaims(
  db: ClientBase,
  claims: readonly Pick<PubIdRowName, 'type' | 'value'>[],
): Promise<void> {
  const locks = new Set<number>();
  for (const { type, value } of claims) {
    const [start = '', end = start] = value.split('-');
    const from = Number(start.slice(0, FIRST_DIGITS).padEnd(FIRST_DIGITS, '0'));
    const isOne = type === 'TN' || type === 'RN';
    const to = isOne ? from : Number(end.slice(0, FIRST_DIGITS).padEnd(FIRST_DIGITS, '9'));
    for (let group = from; group <= Math.min(to, from + LOCKS - 1); group++) locks.add(group % LOCKS);
  }
  await take(db, [...locks]);
}

/** Waits until no other request settles any claim. */
export function lockAllClaims(db: ClientBase): Promise<void> {
  return take(
    db,
    Array.from({ length: LOCKS }, (_, lock) => lock),
  );
}

async function take(db: ClientBase, locks: readonly number[]): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('sppp carrier of record'), lock) FROM unnest($1::int[]) lock`, [
    [...locks].sort((a, b) => a - b),
  ]);
}
