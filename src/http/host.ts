import type { IncomingMessage } from 'node:http';
import { HttpRefusedError } from './http-refused.js';

/** A host, which may be empty, with or without a port (RFC 9110 §7.2, RFC 3986 §3.2.2). */
const HOST = /^(?:\[[0-9A-Za-z:.~_-]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** Headers that may occur once only: of two, a proxy may have used the one that we ignore. */
const singleHeaders: ReadonlySet<string> = new Set(['host', 'authorization']);

/** Throws HttpRefusedError 400 for a Host header that cannot be read or that occurs twice (RFC 9112 §3.2). */
export function checkHost({ rawHeaders, headers: { host } }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!singleHeaders.has(name)) continue;
    if (seen.has(name)) throw new HttpRefusedError(400, `The header ${name} occurs twice.`, { connection: 'close' });
    seen.add(name);
  }
  if (host !== undefined && !HOST.test(host)) {
    throw new HttpRefusedError(400, 'The header Host is not a host, with a port or without.', { connection: 'close' });
  }
}
