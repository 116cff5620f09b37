import { hash } from 'node:crypto';

/** HTTP Digest (RFC 7616): what client and server compute alike. */

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/**
 * The stored half of Digest, H(username:realm:password) in lower-case hex (RFC 7616 §3.4.2). Name and password are
 * taken in Unicode's composed form, as charset=UTF-8 asks of clients (RFC 7616 §4).
 */
export function ha1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  const secret = `${username.normalize('NFC')}:${realm}:${password.normalize('NFC')}`;
  return hash(hashName(algorithm), secret);
}

/** The values that a client signs besides its password and the method, one character a byte. */
export interface Signed {
  readonly uri: string;
  readonly nonce: string;
  readonly nc: string;
  readonly cnonce: string;
  readonly qop: string;
}

/** The response that a client with this HA1 gives for qop=auth, in lower-case hex (RFC 7616 §3.4.1). */
export function digestResponse(algorithm: DigestAlgorithm, secret: string, method: string, signed: Signed): string {
  const { uri, nonce, nc, cnonce, qop } = signed;
  const name = hashName(algorithm);
  const resource = hashOfBytes(name, `${method}:${uri}`);
  return hashOfBytes(name, `${secret}:${nonce}:${nc}:${cnonce}:${qop}:${resource}`);
}

/** The hash of a text of one character a byte. ASCII, as nearly all are, needs no copy: Node hashes texts as UTF-8. */
function hashOfBytes(name: string, text: string): string {
  return hash(name, /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1') : text);
}

function hashName(algorithm: DigestAlgorithm): string {
  return algorithm === 'MD5' ? 'md5' : 'sha256';
}
