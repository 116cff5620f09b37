import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Cookie } from './cookie.js';
import { ownPath } from './own-path.js';

/** A request that a provider says who somebody is (OpenID Connect Core 1.0 §3.1.2.1), until it is answered. */
export interface AuthenticationRequest {
  /** Whoever comes back has it, if the same browser made the request. */
  readonly state: string;
  /** The ID token has it, if it was issued for this request. */
  readonly nonce: string;
  /** Who has it may use the code of the answer (RFC 7636). */
  readonly codeVerifier: string;
  /** Where to go afterwards: a path of the console. */
  readonly next: string;
}

/** Seconds in which a request has to be answered: people may have to find their second factor. */
const MAX_AGE = 600;

const SECRET_BYTES = 32;

/** Characters of a path that a cookie has room for. */
const MAX_PATH = 2000;

/** The cookie by which a browser remembers its request. */
export const REQUEST: Cookie = {
  ...{ https: '__Host-sppp-request', http: 'sppp-console-request' },
  maxAge: MAX_AGE,
};

/**
 * Requests that are under way. The browser alone remembers them, signed by a key that all nodes share: each node can take the answer,
 * and nothing is stored for somebody who has not signed in. The code of an answer is good once, at the provider.
 */
export class AuthenticationRequests {
  readonly #key: Buffer;
  readonly #clock: () => Date;

  constructor(key: Buffer, clock: () => Date) {
    this.#key = key;
    this.#clock = clock;
  }

  /** Begins a request, and says what the browser has to remember. */
  begin(next: string): { readonly request: AuthenticationRequest; readonly remembered: string } {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const endsAt = this.#seconds() + MAX_AGE;
    const path = next.length > MAX_PATH ? '/console' : next;
    const text = `${secret}.${endsAt}.${Buffer.from(path).toString('base64url')}`;
    return { request: requestOf(secret, path), remembered: `${text}.${this.#signatureOf(text)}` };
  }

  /** The request that a browser remembers; undefined if it is none of ours, or too old. */
  read(remembered: string | undefined): AuthenticationRequest | undefined {
    const [, text = '', secret = '', endsAt = '', path = '', signature = ''] =
      /^(([\w-]{43})\.(\d{1,12})\.([\w-]*))\.([\w-]{43})$/.exec(remembered ?? '') ?? [];
    if (text === '' || !isSame(signature, this.#signatureOf(text))) return undefined;
    if (Number(endsAt) <= this.#seconds()) return undefined;
    return requestOf(secret, ownPath(Buffer.from(path, 'base64url').toString()));
  }

  #signatureOf(text: string): string {
    return hmac(this.#key, text);
  }

  #seconds(): number {
    return Math.floor(this.#clock().getTime() / 1000);
  }
}

/** State and nonce pass through other hands, and tell nothing of the secret or the verifier. */
function requestOf(secret: string, next: string): AuthenticationRequest {
  const [state, nonce, codeVerifier] = [hmac(secret, 'state'), hmac(secret, 'nonce'), hmac(secret, 'code verifier')];
  return { state, nonce, codeVerifier, next };
}

function hmac(key: Buffer | string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
