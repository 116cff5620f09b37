import type { Pool } from 'pg';
import type { Config } from '../config.js';
import { spareConnection } from '../registry/connection/database.js';
import { reportLostConnections } from '../registry/connection/lost-connections.js';
import type { DigestContext } from './digest.js';
import { FailedLogins } from './failed-logins.js';
import { realm } from './ha1.js';
import type { Nonces } from './nonce.js';
import { NonceSharing } from './nonce-sharing.js';
import { pathOf } from './target.js';

/** The name of the key that nonces are sealed with. */
export const NONCE_KEY = 'digest nonces';

/** Milliseconds for the connection about nonces, and for each of its statements. */
const SPARE_MS = 5000;

/** The settings and the memory of HTTP Digest. */
export function digestContextOf(
  { digestMd5, publicUrl }: Config,
  nonces: Nonces,
  counts: DigestContext['counts'],
  milliseconds: () => number,
): DigestContext {
  const basePath = pathOf(publicUrl);
  return { realm, md5: digestMd5, basePath, nonces, counts, failedLogins: new FailedLogins(milliseconds) };
}

/** Prepares what counts the uses of nonces with the other nodes. It connects when another node needs them. */
export function openNonceSharing(
  pool: Pool,
  { issuer }: Nonces,
  milliseconds: () => number,
  onConnectionLost: (error: Error) => void,
): NonceSharing {
  const spare = spareConnection(pool, 'sppp nonces', SPARE_MS, SPARE_MS);
  reportLostConnections(spare, onConnectionLost);
  return new NonceSharing({ pool, spare }, issuer, milliseconds);
}
