import type { CorRules } from '../model/cor-rules.js';
import type { RowIds } from '../registry/rows/row-ids.js';
import type { Stamp } from '../registry/rows/stamp.js';
import type { Detail } from '../sppp/message.js';
import type { Asking } from './known-rows.js';
import type { References } from './references.js';

/** What a run is carried out with: the request's database transaction, its caller, and what its rows are marked with. */
export interface RunContext extends RunMeans {
  readonly stamp: Stamp;
}

/** The same when a run begins. The stamp comes with the answer to the first statements, so those do not need it. */
export interface RunStart extends RunMeans {
  readonly stamp: Promise<Stamp>;
}

interface RunMeans extends Asking {
  /** The objects referred to that earlier runs of the request have found. */
  readonly known: References;
  /** The source of row ids for new numbers. */
  readonly rowIds: RowIds;
  /** How claims to be carrier of record are settled. */
  readonly corRules: CorRules;
}

/** The details of a run: of the items that failed, and of those whose stored object the answer has. */
export type RunDetails = readonly Detail[];
