import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { SUSPENDED } from '../../http/authenticate.js';
import { clientAddress } from '../../http/client-address.js';
import type { FailedLogins } from '../../http/failed-logins.js';
import { nobody, realm, type StoredHa1 } from '../../http/ha1.js';
import type { RefusalOrigin } from '../../http/http-refused.js';
import type { Credential } from '../../registry/access/credential.js';
import type { Credentials } from '../../registry/access/credentials.js';
import { ha1 } from '../../values/http-digest.js';

export interface LoginParts {
  readonly credentials: Pick<Credentials, 'find'>;
  /** The counts of wrong passwords, which every login of the node shares. */
  readonly failedLogins: FailedLogins;
  readonly clock: () => Date;
  /** Counts a refusal, as those of every resource are. */
  readonly countRefusal: (request: FastifyRequest, status: number, origin: RefusalOrigin) => void;
}

/** A login that was accepted. */
export interface AcceptedLogin {
  readonly credential: Credential;
  /** The stored hash of the password to which the session is bound: it ends when that is no longer valid. */
  readonly ha1Sha256: string;
}

/** A login that was not accepted. */
export interface RefusedLogin {
  readonly status: 400 | 401 | 403 | 429 | 503;
  /** A sentence for people. */
  readonly fault: string;
  /** A word for counts. */
  readonly reason: string;
}

export type LoginOutcome = AcceptedLogin | RefusedLogin;

/** Checks a user name and a password, and counts wrong ones together with those of HTTP Digest. */
export async function logIn(
  request: FastifyRequest,
  username: string,
  password: string,
  { credentials, failedLogins, clock }: LoginParts,
): Promise<LoginOutcome> {
  const address = clientAddress(request);
  const name = username.normalize('NFC');
  if (failedLogins.retryAfter(name, address) !== undefined) return tooMany(name, address, failedLogins);
  const credential = await credentials.find(name, clock());
  // Again, because many guesses may have waited for their look-up at the same time.
  if (failedLogins.retryAfter(name, address) !== undefined) return tooMany(name, address, failedLogins);
  const given = ha1('SHA-256', name, realm, password.normalize('NFC'));
  const ha1Sha256 = sameOf(given, credential ?? nobody);
  if (credential === undefined || ha1Sha256 === undefined) {
    failedLogins.failed(name, address);
    return { status: 401, fault: 'The user name or password is wrong.', reason: 'wrong' };
  }
  failedLogins.succeeded(name, address);
  if (credential.kind === 'registrar' && credential.isSuspended) {
    return { status: 403, fault: SUSPENDED, reason: 'suspended' };
  }
  return { credential, ha1Sha256 };
}

function tooMany(username: string, address: string, failedLogins: FailedLogins): LoginOutcome {
  const seconds = failedLogins.retryAfter(username, address);
  return { status: 429, fault: `Too many wrong passwords; try again in ${seconds ?? 1} seconds.`, reason: 'throttled' };
}

/** The stored hash, of the present password or the one before it, that a password has; compared in constant time. */
function sameOf(given: string, { ha1Sha256, former }: StoredHa1): string | undefined {
  const isCurrent = timingSafeEqual(Buffer.from(given), Buffer.from(ha1Sha256));
  const isFormer = former !== undefined && timingSafeEqual(Buffer.from(given), Buffer.from(former.ha1Sha256));
  return isCurrent ? ha1Sha256 : isFormer ? former.ha1Sha256 : undefined;
}
