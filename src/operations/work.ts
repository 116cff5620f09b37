import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../objects/cor-rules.js';
import type { Stamp } from '../registry/stamp.js';
import type { Detail, Item } from '../sppp/message.js';

/** What a run is carried out with: the request's database transaction, who asks, and what its rows are marked with. */
export interface Work {
  readonly db: ClientBase;
  readonly caller: Caller;
  readonly stamp: Stamp;
  /** How claims to be carrier of record are settled. */
  readonly corRules: CorRules;
  /** Nothing of a run is applied if an item of it fails: the request is going to be rolled back. */
  readonly allOrNothing: boolean;
  /** The journal rows of the items, where a run spans requests; else all have the stamp's. */
  readonly transactionIds?: ReadonlyMap<Item['subject'], number>;
}

/** What is said of a run's items: only of those about which there is something to say. */
export type Verdicts = readonly (Detail & { readonly index: number })[];
