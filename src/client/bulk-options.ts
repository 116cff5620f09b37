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
  readonly perRequest?: number | undefined;
  /** Requests under way at once; 4. */
  readonly atOnce?: number | undefined;
  /** The place of the first item among all, from 0. */
  readonly from?: number | undefined;
  /** The clientTransId of the request that begins with this item: unique, 3 to 120 characters. */
  readonly transId?: ((first: number) => string) | undefined;
  /** Milliseconds that one request waits in all where the server asks to come later, or is away; 600,000. */
  readonly patience?: number | undefined;
  /** Stops: requests under way end and come as parts, no more are sent, and the signal's reason is thrown. */
  readonly signal?: StopSignal | undefined;
  /** Called with the milliseconds of each wait that the server asked for. */
  readonly onThrottled?: ((wait: number) => void) | undefined;
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

export interface BulkRequestOptions extends Pick<BulkOptions, 'signal' | 'onThrottled' | 'patience'> {
  readonly clientTransId: string;
  /** Ask first whether a request with this id was carried out: it may have been sent before, by a program that ended. */
  readonly mayHaveBeenSent?: boolean | undefined;
  /**
   * When that program had surely ended, by performance.now(); else the call. The time for which the end of a request is waited
   * for that the server does not know counts from then, so that many such requests wait once.
   */
  readonly sentBefore?: number | undefined;
  /** The place of the first item among all, for the verdicts. */
  readonly from?: number | undefined;
}
