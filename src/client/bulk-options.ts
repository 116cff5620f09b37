import type { Outcome } from './outcome.js';

/** What a program stops work by: an AbortSignal. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface BulkOptions {
  /** Items in one request; 10,000. A server that takes fewer (2001 MaxSupported) lowers it. */
  readonly perRequest?: number;
  /** Requests under way at once; 4. */
  readonly atOnce?: number;
  /** The place of the first item among all, from 0. */
  readonly from?: number;
  /** The clientTransId of the request that begins with this item: unique, 3 to 120 characters. */
  transId?(first: number): string;
  /** Stops: requests under way end, no more are sent. */
  readonly signal?: StopSignal;
  /** Called with the milliseconds of each wait that the server asked for. */
  onThrottled?(wait: number): void;
}

/** One request of a bulk. Parts come in the order of their items and leave none out. */
export interface BulkPart {
  /** The place of its first item among all. */
  readonly first: number;
  readonly count: number;
  readonly outcome: Outcome;
  /** The answer was lost; the outcome was learned by GET /transaction. */
  readonly settled: boolean;
}
