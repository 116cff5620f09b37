import type { IncomingMessage } from 'node:http';
import type { Caller } from '../authority/caller.js';
import type { Credentials } from '../registry/credentials.js';
import { type DigestDoor, digestRefusal, verifyDigest } from './digest.js';

/**
 * Who sends this request, by HTTP Digest (RFC 7878 §5), decided before its body is read. Throws HttpRefusal for whom it
 * lets in not.
 */
export async function authenticate(
  request: IncomingMessage,
  address: string,
  door: DigestDoor,
  credentials: Credentials,
  clock: () => Date,
): Promise<Caller> {
  const { method = '', url: target = '' } = request;
  const asked = { method, target, address, authorization: request.headers.authorization };
  const verdict = await verifyDigest(asked, door, (username) => credentials.find(username, clock()));
  if ('refused' in verdict) throw digestRefusal(verdict, door);
  const { id, registrarId, registrar, grants } = verdict.credential;
  return { credentialId: id, registrarId, registrar, grants };
}
