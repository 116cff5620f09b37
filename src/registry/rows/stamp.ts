import type { Key } from '../../model/key.js';
import type { Obj } from '../../model/obj.js';

/** What every row written by a request gets: the request's journal row and its time. */
export interface Stamp {
  readonly transactionId: number;
  readonly at: Date;
  /** The journal rows of single objects and keys, if they are of several requests. */
  readonly transactionIds?: ReadonlyMap<Obj | Key, number>;
}

/** The journal row of the request that an object or a key belongs to. */
export function transactionIdOf(subject: Obj | Key, { transactionIds, transactionId }: Stamp): number {
  return transactionIds?.get(subject) ?? transactionId;
}
