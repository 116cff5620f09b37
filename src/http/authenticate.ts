import type { IncomingMessage } from 'node:http';
import type { Caller } from '../authority/caller.js';
import type { Operator } from '../authority/operator.js';
import type { Credential, Credentials, RegistrarCredential, TraceLevel } from '../registry/access/credentials.js';
import { type DigestContext, digestRefusal, verifyDigest } from './digest.js';
import { HttpRefusedError } from './http-refused.js';
import { certificateOf } from './tls.js';

/** A registrar whose login was accepted. */
export interface Admitted {
  readonly caller: Caller;
  /** How much the SPPP-Trace header of its answers says. */
  readonly trace: TraceLevel;
}

/** The credential of a request, and the fingerprint of the client certificate if that was the login. */
interface Login {
  readonly credential: Credential;
  readonly certificate?: string | undefined;
}

/**
 * Authenticates a registrar before the body of its request is read.
 *
 * @throws HttpRefusedError 401, 400 or 429 for a login that fails, 403 for a registrar that is suspended and for operators
 */
export async function authenticate(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Admitted> {
  const { credential, certificate } = await login(request, address, digestContext, credentials, clock);
  const { id, username } = credential;
  if (credential.kind === 'operator') {
    const refusalOrigin = { reason: 'notRegistrar', username };
    throw new HttpRefusedError(403, "This login is an operator's; this resource is for registrars.", {}, refusalOrigin);
  }
  const { registrarId, registrar, grants, trace, isSuspended } = credential;
  if (isSuspended) {
    const refusalOrigin = { reason: 'suspended', ...originOf(credential) };
    throw new HttpRefusedError(403, 'The operator of the registry has suspended this organization.', {}, refusalOrigin);
  }
  return { caller: { credentialId: id, registrarId, registrar, grants, certificate }, trace };
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
  const { credential } = await login(request, address, digestContext, credentials, clock);
  if (credential.kind === 'registrar') {
    const refusalOrigin = { reason: 'notOperator', ...originOf(credential) };
    throw new HttpRefusedError(403, "This login is a registrar's; this resource is for operators.", {}, refusalOrigin);
  }
  return { credentialId: credential.id, username: credential.username, role: credential.role };
}

/**
 * The login of a request: the client certificate of its own connection if that stands for a credential, else HTTP Digest
 * (RFC 7878 §5). A certificate in a header proves nothing and is ignored.
 */
async function login(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Login> {
  const certificate = certificateOf(request.socket);
  const mapped = certificate && (await credentials.findByCertificate(certificate, clock()));
  if (mapped !== undefined) return { credential: mapped, certificate: certificate?.fingerprint };
  const { method = '', url: target = '' } = request;
  const asked = { method, target, address, authorization: request.headers.authorization };
  const outcome = await verifyDigest(asked, digestContext, (username) => credentials.find(username, clock()));
  if ('refused' in outcome) throw digestRefusal(outcome, digestContext);
  return { credential: outcome.credential };
}

function originOf({ username, registrarId, registrar }: RegistrarCredential) {
  return { username, registrar: { id: registrarId, orgId: registrar } };
}
