import { createHash } from 'node:crypto';
import type { Received } from './digest-client.js';

/** Digest answers part by part, for tests that get one of them wrong (RFC 7616 §3.4). */

export interface Answering {
  readonly username?: string;
  readonly password?: string;
  readonly realm?: string;
  readonly nonce: string;
  readonly nc?: string;
  readonly cnonce?: string;
  readonly qop?: string;
  readonly method?: string;
  readonly uri?: string;
  readonly algorithm?: 'MD5' | 'SHA-256';
}

/** An Authorization header, one character a byte as Node's client wants it. */
export function authorization(answering: Answering): string {
  const { username = 'ssp2r', password = 'ssp2r', realm = 'sppp', nonce, nc = '00000001', qop = 'auth' } = answering;
  const { cnonce = '0a4f113b', method = 'POST', uri = '/sppp', algorithm = 'SHA-256' } = answering;
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const bodyHash = qop === 'auth-int' ? `:${hash('')}` : '';
  const response = hash(
    `${hash(`${username}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:${qop}:${hash(`${method}:${uri}${bodyHash}`)}`,
  );
  const header =
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, ` +
    `qop=${qop}, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
  return Buffer.from(header).toString('latin1');
}

/** The nonce of a 401. */
export function nonceOf({ headers }: Received): string {
  return /nonce="([^"]*)"/.exec(String(headers['www-authenticate']))?.[1] ?? '';
}
