import type { Noun } from '../model/noun.js';
import type { ObjectOutcome } from '../operations/outcome.js';
import type { Verb } from '../sppp/grammar.js';

/** Why a registrar has to wait, and for how many seconds. */
export interface Slowed {
  /** The rate that it exceeded. */
  readonly what: 'requests' | 'objects' | 'undone';
  readonly reason: string;
  readonly retryAfter: number;
  /** Refusals in a row, this one included. */
  readonly refusals: number;
  /** It has had enough answers that say so: its request is not read. */
  readonly unread: boolean;
}

/** The cost of a request, counted against rates. */
export interface Cost {
  readonly objects: number;
  /** Objects among these that were undone by the request's own fault (RFC 7877 §9.3.2). */
  readonly undone: number;
}

/** Limits what a registrar asks for (RFC 7877 §9.3). */
export interface RequestThrottle {
  /** Counts a request of a registrar, or returns the rate that it exceeds and the time to wait. */
  enter(registrarId: number): Slowed | undefined;
  /** Counts what a request turned out to be. */
  spent(registrarId: number, address: string, cost: Cost): void;
}

/** Objects or keys of one verb and noun, and what became of them. */
export interface CountedObjects {
  readonly verb: Verb;
  readonly noun: Noun;
  readonly outcome: ObjectOutcome;
  readonly objects: number;
}

/** One request of a registrar, when it has been answered. */
export interface AccountedRequest {
  readonly registrarId: number;
  /** Undefined if it was no message that could be read. */
  readonly operation: string | undefined;
  readonly mode: string;
  /** Of the answer: an SPPP code, or the status of an answer without SPPP; undefined if there was none. */
  readonly code: number | undefined;
  readonly seconds: number;
  readonly objects: readonly CountedObjects[];
  /** How many of them failed with which code. */
  readonly codes: ReadonlyMap<number, number>;
  /** The rate that its registrar exceeded, if it was refused for that. */
  readonly throttled: Slowed['what'] | undefined;
  /** Bytes of it that were archived. */
  readonly keptBytes: number;
}

/** Counts requests and what came of them. */
export interface RequestActivity {
  answered(answered: AccountedRequest): void;
}

/** Counts requests for metrics. */
export interface RequestMetrics extends RequestActivity {
  /** Counts a request that was refused, or answered 2300. */
  refused(status: number, reason: string, registrar: string): void;
}

/** A registrar has exceeded a rate too often: its request is refused before it is read, and not journalled. */
export class TooManyRequestsError extends Error {
  override readonly name = 'TooManyRequestsError';

  constructor(readonly slowed: Slowed) {
    super(`The request was ${slowed.reason}.`);
  }
}
