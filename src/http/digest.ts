import { timingSafeEqual } from 'node:crypto';
import { type DigestAlgorithm, digestResponse } from '../values/http-digest.js';
import {
  challenges,
  type DigestCredentials,
  type DigestHeaderFault,
  type Md5Offer,
  offered,
  parseAuthorization,
} from './digest-header.js';
import type { FailedLogins } from './failed-logins.js';
import { nobody, type StoredHa1 } from './ha1.js';
import { HttpRefusedError } from './http-refused.js';
import type { Nonces } from './nonce.js';
import type { CountUse } from './nonce-counts.js';
import { isSameResource } from './target.js';

/** The parts of a request that Digest checks; header and target as Node gives them, one character a byte. */
export interface DigestRequest {
  readonly method: string;
  /** The request target: path and query, or the absolute form. */
  readonly target: string;
  readonly authorization: string | undefined;
  /** The client's address. */
  readonly address: string;
}

/** The Digest settings of a node, and its memory of nonces and failed logins. */
export interface DigestContext {
  readonly realm: string;
  readonly md5: Md5Offer;
  /** The path of the public URL, empty if it has none: clients sign it, and proxies remove it. */
  readonly basePath: string;
  readonly nonces: Nonces;
  readonly counts: { use(nonce: string, nc: number): CountUse | Promise<CountUse> };
  readonly failedLogins: FailedLogins;
}

export type DigestFault =
  | DigestHeaderFault
  /** The header uses an algorithm, qop, realm or hashed user name that our challenge did not offer. */
  | { readonly refused: 'notOffered'; readonly because: string }
  /** The header was signed for another resource. */
  | { readonly refused: 'misdirected' }
  | { readonly refused: 'forged' | 'stale' | 'replayed' }
  | { readonly refused: 'wrong'; readonly username: string }
  | { readonly refused: 'throttled'; readonly username: string; readonly retryAfter: number };

export type DigestOutcome<Credential> = { readonly credential: Credential } | DigestFault;

/** Hex digits of the hashes. */
const MD5_DIGITS = 32;
const SHA256_DIGITS = 64;

/**
 * Checks the Authorization header of a request (RFC 7616 §3.4) and finds the credential by its user name.
 *
 * @returns the credential, or the fault of the request, at once if the credential is found and the nonce counted at once;
 *   only these two can make it throw
 */
export function verifyDigest<Credential extends StoredHa1>(
  request: DigestRequest,
  digestContext: DigestContext,
  findCredential: (username: string) => Credential | undefined | Promise<Credential | undefined>,
): DigestOutcome<Credential> | Promise<DigestOutcome<Credential>> {
  const header = parseAuthorization(request.authorization);
  if ('refused' in header) return header;
  const algorithm = offeredAlgorithm(header, digestContext);
  if (typeof algorithm !== 'string') return algorithm;
  if (!isSameResource(header.uri, request.target, digestContext.basePath)) return { refused: 'misdirected' };
  const nonce = digestContext.nonces.check(header.nonce);
  if (nonce !== 'good') return { refused: nonce };

  const early = throttled(header.username, request.address, digestContext.failedLogins);
  if (early !== undefined) return early;
  const found = findCredential(header.username);
  if (!(found instanceof Promise)) return verifyResponse(request, header, algorithm, digestContext, found);
  return found.then((credential) => verifyResponse(request, header, algorithm, digestContext, credential));
}

/** Checks the response of a header whose nonce is good, and then uses up its count. Nothing waits before that. */
function verifyResponse<Credential extends StoredHa1>(
  request: DigestRequest,
  header: DigestCredentials,
  algorithm: DigestAlgorithm,
  digestContext: DigestContext,
  credential: Credential | undefined,
): DigestOutcome<Credential> | Promise<DigestOutcome<Credential>> {
  // Again, because many guesses may have waited for their look-up at the same time.
  const late = throttled(header.username, request.address, digestContext.failedLogins);
  if (late !== undefined) return late;

  const isRightResponse = isRight(header, algorithm, request.method, credential ?? nobody);
  if (!isRightResponse || credential === undefined) {
    digestContext.failedLogins.failed(header.username, request.address);
    return isOffered(header.algorithm, digestContext)
      ? { refused: 'wrong', username: header.username }
      : notOffered('the algorithm');
  }
  digestContext.failedLogins.succeeded(header.username, request.address);
  const counted = digestContext.counts.use(header.nonce, Number.parseInt(header.nc, 16));
  return counted instanceof Promise
    ? counted.then((count) => outcomeOf(count, credential))
    : outcomeOf(counted, credential);
}

function outcomeOf<Credential>(count: CountUse, credential: Credential): DigestOutcome<Credential> {
  if (count !== 'new') return { refused: count === 'seen' ? 'replayed' : 'stale' };
  return { credential };
}

/**
 * The refusal for a fault: 401 with fresh challenges, 400 where a new challenge would not help (RFC 7616 §3.4), 429 while
 * throttled. A fault that a new nonce cures is refused with stale=true, so that clients repeat the request by themselves.
 */
export function digestRefusal(fault: DigestFault, digestContext: DigestContext): HttpRefusedError {
  const refusalOrigin = {
    reason: fault.refused,
    ...('username' in fault ? { username: fault.username } : {}),
  };
  const challenge = (reason: string, stale: boolean) => {
    const { realm, md5, nonces } = digestContext;
    const asked = { 'www-authenticate': challenges({ realm, md5, stale, nonce: nonces.make() }) };
    return new HttpRefusedError(401, reason, asked, refusalOrigin);
  };
  switch (fault.refused) {
    case 'malformed':
      return new HttpRefusedError(400, `The Authorization header cannot be read: ${fault.because}.`, {}, refusalOrigin);
    case 'misdirected':
      return new HttpRefusedError(
        400,
        'The uri of the Authorization header is not the resource requested.',
        {},
        refusalOrigin,
      );
    case 'throttled': {
      const wait = { 'retry-after': String(fault.retryAfter) };
      return new HttpRefusedError(429, 'Too many wrong passwords; try again later.', wait, refusalOrigin);
    }
    case 'notOffered':
      return challenge(`The Authorization header uses a value that the server did not offer: ${fault.because}.`, false);
    case 'missing':
      return challenge('Authentication with HTTP Digest is required.', false);
    case 'wrong':
      return challenge('The user name or password is wrong.', false);
    case 'forged':
    case 'stale':
    case 'replayed':
      return challenge('The nonce or its count can no longer be used.', true);
  }
}

/**
 * The algorithm that a response was computed with. Some clients copy the algorithm of the last challenge and compute MD5
 * all the same, so while MD5 is offered, the length of the response decides.
 */
function offeredAlgorithm(header: DigestCredentials, digestContext: DigestContext): DigestAlgorithm | DigestFault {
  if (header.realm !== digestContext.realm) return notOffered('the realm');
  if (header.userhash) return notOffered('userhash');
  if (header.qop.toLowerCase() !== 'auth') return notOffered('the qop');
  if (digestContext.md5 !== 'off' && header.response.length === MD5_DIGITS) return 'MD5';
  if (!isOffered(header.algorithm, digestContext)) return notOffered('the algorithm');
  return header.algorithm === 'md5' ? 'MD5' : 'SHA-256';
}

function isOffered(algorithm: string, { md5 }: DigestContext): boolean {
  return offered(md5).some((name) => name.toLowerCase() === algorithm);
}

function notOffered(because: string): DigestFault {
  return { refused: 'notOffered', because };
}

function throttled(username: string, address: string, failedLogins: FailedLogins): DigestFault | undefined {
  const retryAfter = failedLogins.retryAfter(username, address);
  return retryAfter === undefined ? undefined : { refused: 'throttled', username, retryAfter };
}

/** Whether the response is right for the password or the one before it, compared in constant time. */
function isRight(header: DigestCredentials, algorithm: DigestAlgorithm, method: string, stored: StoredHa1): boolean {
  if (stored.former !== undefined && isRight(header, algorithm, method, stored.former)) return true;
  const secret = algorithm === 'MD5' ? stored.ha1Md5 : stored.ha1Sha256;
  return isSame(header.response, digestResponse(algorithm, secret, method, header));
}

/** Where responses are compared; none is longer that may be right. */
const given = Buffer.alloc(SHA256_DIGITS);
const expected = Buffer.alloc(SHA256_DIGITS);

/** Compares a response of hex digits with the right one in constant time. */
function isSame(response: string, right: string): boolean {
  if (response.length !== right.length) return false;
  given.write(response.padEnd(SHA256_DIGITS), 'latin1');
  expected.write(right.padEnd(SHA256_DIGITS), 'latin1');
  return timingSafeEqual(given, expected);
}
