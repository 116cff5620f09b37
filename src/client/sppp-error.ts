/**
 * Why a request has no outcome. Its classes say what happened; `isRetrySafe` says what a program may do. No message holds a
 * password.
 */
export abstract class SpppError extends Error {
  /** Nothing of the request was carried out, and the same request may succeed later. */
  abstract readonly isRetrySafe: boolean;
}

/** The server cannot be reached, so that it got nothing of the request: no address, refused, no TLS. */
export class NotConnectedError extends SpppError {
  override readonly name = 'NotConnectedError';
  readonly isRetrySafe = true;
}

/** The server does not accept the credential (HTTP 401), or the organization is suspended (HTTP 403). */
export class LoginRefusedError extends SpppError {
  override readonly name = 'LoginRefusedError';
  /** The same credential is refused again, and too many wrong passwords close the door for all (HTTP 429). */
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
  readonly isRetrySafe = false;
  constructor(
    message: string,
    /** The request can be asked for by this id: GET /transaction?clientTransId=… */
    readonly clientTransId: string | undefined,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The server refused the request with an HTTP status other than those of the login and of throttling. */
export class HttpStatusError extends SpppError {
  override readonly name = 'HttpStatusError';
  readonly isRetrySafe = false;
  constructor(
    message: string,
    readonly status: number,
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
