import type { ParameterFault } from '../values/parameter-fault.js';

/**
 * Why a request has no outcome. The class says what happened; `isRetrySafe` says what a program may do. No message holds a
 * password.
 */
export abstract class SpppError extends Error {
  /** Nothing of the request was carried out, or it changes nothing; the same request may succeed later. */
  abstract readonly isRetrySafe: boolean;
}

/**
 * The server did not get the whole request, or is none that carries it out: there is no such address, it refuses connections, it
 * and the client agree on no TLS or trust no certificate of each other, it went away, or it does not speak HTTP.
 */
export class NotConnectedError extends SpppError {
  override readonly name = 'NotConnectedError';
  readonly isRetrySafe = true;
}

/** The server does not accept the credential (HTTP 401), or the organization is suspended (HTTP 403). */
export class LoginRefusedError extends SpppError {
  override readonly name = 'LoginRefusedError';
  /** The same credential is refused again, and after too many wrong passwords right ones are refused, too (HTTP 429). */
  readonly isRetrySafe = false;

  constructor(
    message: string,
    readonly status: 401 | 403,
  ) {
    super(message);
  }
}

/** The server has no time now: 2300, HTTP 429 or 503, still after all waiting. It carried out nothing. */
export class ThrottledError extends SpppError {
  override readonly name = 'ThrottledError';
  readonly isRetrySafe = true;

  constructor(
    message: string,
    /** Seconds after which the server wants to be asked again, if it said so. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
  }
}

/** The answer was lost, and it could not be learned whether the request was carried out. */
export class LostAnswerError extends SpppError {
  override readonly name = 'LostAnswerError';

  constructor(
    message: string,
    /** True for queries, which change nothing. */
    readonly isRetrySafe: boolean,
    /** The id by which a change can be asked for: GET /transaction?clientTransId=… */
    readonly clientTransId?: string,
  ) {
    super(message);
  }
}

/** The server refused the request with an HTTP status other than those of the login and of throttling. */
export class HttpStatusError extends SpppError {
  override readonly name = 'HttpStatusError';
  readonly isRetrySafe = false;

  constructor(
    message: string,
    readonly status: number,
    /** With 400: the parameter that breaks a rule, if the server names it. */
    readonly fault?: ParameterFault,
  ) {
    super(message);
  }
}

/** Events were deleted because of their age before they were read (HTTP 410). Reading goes on from `after`. */
export class EventsGoneError extends SpppError {
  override readonly name = 'EventsGoneError';
  /** A consumer goes on behind them by itself. */
  readonly isRetrySafe = true;

  constructor(
    message: string,
    /** Position of the oldest event that is there, or comes next. */
    readonly oldest: string,
    /** Position to go on from. */
    readonly after: string,
  ) {
    super(message);
  }
}

/** The server answered with a SOAP fault: it could not read the request, or it is no SPPP server. */
export class FaultAnswerError extends SpppError {
  override readonly name = 'FaultAnswerError';
  readonly isRetrySafe = false;

  constructor(
    message: string,
    readonly faultCode: string,
  ) {
    super(message);
  }
}

/** An overall code that concerns the whole request: 2000, 2001, 2002, 2100 without objects, 2301. Nothing was carried out. */
export class WholeRequestError extends SpppError {
  override readonly name = 'WholeRequestError';
  readonly isRetrySafe = false;

  constructor(
    message: string,
    readonly code: number,
    /** With 2001: the most objects of one request. */
    readonly maxSupported?: number,
  ) {
    super(message);
  }
}

/** The server sent something that is no answer of SPPP. */
export class UnreadableAnswerError extends SpppError {
  override readonly name = 'UnreadableAnswerError';
  readonly isRetrySafe = false;
}

/** The server does not say that it has the mode that is asked for; nothing was sent to it. */
export class ModeNotOfferedError extends SpppError {
  override readonly name = 'ModeNotOfferedError';
  readonly isRetrySafe = false;
}

/**
 * A request of a bulk has no outcome. All parts that have one came before this error; the items from `first` on may be sent
 * again if `isRetrySafe`. The error of the request is the `cause`.
 */
export class BulkStoppedError extends SpppError {
  override readonly name = 'BulkStoppedError';
  readonly isRetrySafe: boolean;

  constructor(
    override readonly cause: SpppError,
    /** The place of the first item of the request, how many it had, and its id. */
    readonly first: number,
    readonly count: number,
    readonly clientTransId: string,
  ) {
    super(`items ${first} to ${first + count - 1} (from 0): ${cause.message}`);
    this.isRetrySafe = cause.isRetrySafe;
  }
}

/** What is wrong with a call. */
export interface WrongUse {
  readonly method: string;
  /** The argument, and the field in it: `keys[2].rant`. */
  readonly field: string;
  /** The place in the list. */
  readonly index?: number | undefined;
  /** The value as text, cut where it is long; never a secret. */
  readonly value?: string | undefined;
  readonly rule: string;
}

/** A call whose arguments break a rule of this library. A program has to be changed then, so this is no SpppError. */
export class WrongUseError extends TypeError {
  override readonly name = 'WrongUseError';
  readonly method: string;
  readonly field: string;
  declare readonly index?: number;
  declare readonly value?: string;
  readonly rule: string;

  constructor({ method, field, index, value, rule }: WrongUse) {
    const isSentence = /^(?:is|does) /.test(rule);
    super(`${method}: ${field}: ${value === undefined ? '' : `${value}${isSentence ? ' ' : ': '}`}${rule}`);
    this.method = method;
    this.field = field;
    if (index !== undefined) this.index = index;
    if (value !== undefined) this.value = value;
    this.rule = rule;
  }
}
