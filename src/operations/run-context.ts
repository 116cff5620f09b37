import type { CorRules } from '../model/cor-rules.js';
import type { RowIds } from '../registry/rows/row-ids.js';
import type { Stamp } from '../registry/rows/stamp.js';
import type { Detail, Item } from '../sppp/message.js';
import type { Asking } from './known-rows.js';
import type { References } from './references.js';

/** What a run is carried out with: the request's database transaction, who asks, and what its rows are marked with. */
export interface RunContext extends Asking {
  /** What earlier runs of the request have found that objects refer to. */
  readonly known: References;
  /** Where new numbers get their row ids from. */
  readonly rowIds: RowIds;
  readonly stamp: Stamp;
  /** How claims to be carrier of record are settled. */
  readonly corRules: CorRules;
  /** The journal rows of the items, where a run spans requests; else all have the stamp's. */
  readonly transactionIds?: ReadonlyMap<Item['subject'], number>;
}

/** What is said of a run's items: only of those about which there is something to say. */
export type RunDetails = readonly Detail[];
