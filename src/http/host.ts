import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-refusal.js';

/** A host, which may be empty, and a port or none (RFC 9110 §7.2, RFC 3986 §3.2.2). */
const HOST = /^(?:\[[0-9A-Za-z:.~_-]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** Headers that mean something once: of two, others on the way may have believed the one that we do not. */
const once: ReadonlySet<string> = new Set(['host', 'authorization']);

/** Throws HttpRefusal 400 for a request that does not say, once and readably, which host it is for (RFC 9112 §3.2). */
export function checkHost({ rawHeaders, headers: { host } }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!once.has(name)) continue;
    if (seen.has(name)) throw new HttpRefusal(400, `The header ${name} is there twice.`, { connection: 'close' });
    seen.add(name);
  }
  if (host !== undefined && !HOST.test(host)) {
    throw new HttpRefusal(400, 'The header Host is not a host, with a port or without.', { connection: 'close' });
  }
}
