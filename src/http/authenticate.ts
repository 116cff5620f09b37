import type { IncomingMessage } from 'node:http';
import type { Caller } from '../authority/caller.js';
import type { Credential, Credentials, TraceLevel } from '../registry/access/credentials.js';
import { type DigestContext, digestRefusal, verifyDigest } from './digest.js';
import { HttpRefusal } from './http-refusal.js';
import { certificateOf } from './tls.js';

/** Whom a request was let in for, and what its answer is to tell of its way. */
export interface Admitted {
  readonly caller: Caller;
  readonly trace: TraceLevel;
}

/**
 * Who sends this request, decided before its body is read: by the certificate that the connection itself was opened
 * with, where that stands for a credential, else by HTTP Digest (RFC 7878 §5). A certificate in a header is anybody's
 * word and not looked at. Throws HttpRefusal for whom it lets in not.
 */
export async function authenticate(
  request: IncomingMessage,
  address: string,
  digestContext: DigestContext,
  credentials: Credentials,
  clock: () => Date,
): Promise<Admitted> {
  const certificate = certificateOf(request.socket);
  const shown = certificate && (await credentials.findByCertificate(certificate, clock()));
  if (shown !== undefined) return admitted(shown, certificate?.fingerprint);
  const { method = '', url: target = '' } = request;
  const asked = { method, target, address, authorization: request.headers.authorization };
  const verdict = await verifyDigest(asked, digestContext, (username) => credentials.find(username, clock()));
  if ('refused' in verdict) throw digestRefusal(verdict, digestContext);
  return admitted(verdict.credential);
}

function admitted(credential: Credential, certificate?: string): Admitted {
  const { id, username, registrarId, registrar, grants, trace, isSuspended } = credential;
  if (isSuspended) {
    const whose = { reason: 'suspended', username, registrar: { id: registrarId, orgId: registrar } };
    throw new HttpRefusal(403, 'The operator of the registry has suspended this organization.', {}, whose);
  }
  return { caller: { credentialId: id, registrarId, registrar, grants, certificate }, trace };
}
