import type { IncomingMessage } from 'node:http';
import type { Caller } from '../authority/caller.js';
import type { Operator } from '../authority/operator.js';
import type { Credential, RegistrarCredential, TraceLevel } from '../registry/access/credential.js';
import type { Credentials } from '../registry/access/credentials.js';
import { type DigestContext, type DigestOutcome, digestRefusal, verifyDigest } from './digest.js';
import { HttpRefusedError } from './http-refused.js';
import { certificateOf } from './tls.js';

/** Why no login of a suspended organization is let in. */
export const SUSPENDED = 'The operator of the registry has suspended this organization.';

/** A registrar whose login was accepted. */
export interface Admitted {
  readonly caller: Caller;
  readonly username: string;
  /** How much the SPPP-Trace header of its answers says. */
  readonly trace: TraceLevel;
}

/** The credential of a request, and the fingerprint of the client certificate if that was the login. */
interface Login {
  readonly credential: Credential;
  readonly certificate?: string | undefined;
}

/**
 * Authenticates a registrar before the body of its request is read: at once if its credential is cached, as all that is
 * between the headers and the answer of a look-up counts.
 *
 * @throws HttpRefusedError 401, 400 or 429 for a login that fails, 403 for a registrar that is suspended and for operators
 */
export function authenticate(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Admitted | Promise<Admitted> {
  const found = login(request, address, digestContext, credentials, clock);
  return found instanceof Promise ? found.then(admit) : admit(found);
}

function admit({ credential, certificate }: Login): Admitted {
  const { id, username } = credential;
  if (credential.kind === 'operator') {
    const refusalOrigin = { reason: 'notRegistrar', username };
    throw new HttpRefusedError(403, "This login is an operator's; this resource is for registrars.", {}, refusalOrigin);
  }
  const { registrarId, registrar, grants, trace, isSuspended } = credential;
  if (isSuspended) {
    const refusalOrigin = { reason: 'suspended', ...originOf(credential) };
    throw new HttpRefusedError(403, SUSPENDED, {}, refusalOrigin);
  }
  return { caller: { credentialId: id, registrarId, registrar, grants, certificate }, username, trace };
}

/**
 * Authenticates an operator of the registry.
 *
 * @throws HttpRefusedError 401, 400 or 429 for a login that fails, 403 for registrars
 */
export async function authenticateOperator(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Operator> {
  return admitOperator(await login(request, address, digestContext, credentials, clock));
}

function admitOperator({ credential }: Login): Operator {
  if (credential.kind === 'registrar') {
    const refusalOrigin = { reason: 'notOperator', ...originOf(credential) };
    throw new HttpRefusedError(403, "This login is a registrar's; this resource is for operators.", {}, refusalOrigin);
  }
  return { credentialId: credential.id, username: credential.username, role: credential.role };
}

/** What a request that waits was let in by. */
export interface FormerLogin {
  readonly request: IncomingMessage;
  readonly username: string;
}

/**
 * The registrar of a request that was authenticated before it waited, as it is now: its login may be revoked by then, its
 * grants changed.
 *
 * @throws HttpRefusedError as `authenticate`
 */
export async function authenticateAgain(
  former: FormerLogin,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Admitted> {
  return admit(await loginAgain(former, digestContext, credentials, clock));
}

/** The same for an operator. */
export async function authenticateOperatorAgain(
  former: FormerLogin,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Operator> {
  return admitOperator(await loginAgain(former, digestContext, credentials, clock));
}

async function loginAgain(
  { request, username }: FormerLogin,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Login> {
  const certificate = certificateOf(request.socket);
  const mapped = certificate && (await credentials.findByCertificate(certificate, clock()));
  const named = request.headers.authorization === undefined ? undefined : await credentials.find(username, clock());
  const credential = mapped ?? named;
  if (credential?.username !== username) throw digestRefusal({ refused: 'wrong', username }, digestContext);
  return { credential, certificate: mapped && certificate?.fingerprint };
}

/**
 * The login of a request: the client certificate of its own connection if that stands for a credential, else HTTP Digest
 * (RFC 7878 §5). A certificate in a header proves nothing and is ignored.
 */
function login(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Login | Promise<Login> {
  const certificate = certificateOf(request.socket);
  if (certificate === undefined) return digestLogin(request, address, digestContext, credentials, clock);
  return credentials
    .findByCertificate(certificate, clock())
    .then((credential) =>
      credential === undefined
        ? digestLogin(request, address, digestContext, credentials, clock)
        : { credential, certificate: certificate.fingerprint },
    );
}

function digestLogin(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Login | Promise<Login> {
  const { method = '', url: target = '' } = request;
  const asked = { method, target, address, authorization: request.headers.authorization };
  const loggedIn = (outcome: DigestOutcome<Credential>): Login => {
    if ('refused' in outcome) throw digestRefusal(outcome, digestContext);
    return outcome;
  };
  const verified = verifyDigest(asked, digestContext, (username) => credentials.find(username, clock()));
  return verified instanceof Promise ? verified.then(loggedIn) : loggedIn(verified);
}

function originOf({ username, registrarId, registrar }: RegistrarCredential) {
  return { username, registrar: { id: registrarId, orgId: registrar } };
}
