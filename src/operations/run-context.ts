import type { CorRules } from '../model/cor-rules.js';
import type { RowIds } from '../registry/rows/row-ids.js';
import type { Stamp } from '../registry/rows/stamp.js';
import type { Detail, Item } from '../sppp/message.js';
import type { Asking } from './known-rows.js';
import type { References } from './references.js';

/** What a run is carried out with: the request's database transaction, its caller, and what its rows are marked with. */
export interface RunContext extends Asking {
  /** The objects referred to that earlier runs of the request have found. */
  readonly known: References;
  /** The source of row ids for new numbers. */
  readonly rowIds: RowIds;
  readonly stamp: Stamp;
  /** How claims to be carrier of record are settled. */
  readonly corRules: CorRules;
  /** The journal rows of the items, if the run spans requests; else all items have that of the stamp. */
  readonly transactionIds?: ReadonlyMap<Item['subject'], number>;
}

/** The details of a run: of the items that failed, and of those whose stored object the answer has. */
export type RunDetails = readonly Detail[];
