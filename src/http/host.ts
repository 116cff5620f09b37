import type { IncomingMessage } from 'node:http';
import { HttpRefusedError } from './http-refused.js';

/** A host, which may be empty, with or without a port (RFC 9110 §7.2, RFC 3986 §3.2.2). */
const HOST = /^(?:\[[0-9A-Za-z:.~_-]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** Headers that may occur once only: of two, a proxy may have used the one that we ignore. */
const singleHeaders = ['host', 'authorization'] as const;

/** Throws HttpRefusedError 400 for a Host header that cannot be read or that occurs twice (RFC 9112 §3.2). */
export function checkHost({ rawHeaders, headers: { host } }: IncomingMessage): void {
  for (const name of singleHeaders) {
    if (!occursTwice(rawHeaders, name)) continue;
    throw new HttpRefusedError(400, `The header ${name} occurs twice.`, { connection: 'close' });
  }
  if (host !== undefined && !HOST.test(host)) {
    throw new HttpRefusedError(400, 'The header Host is not a host, with a port or without.', { connection: 'close' });
  }
}

/** Whether a name occurs twice among names and values in turn. */
function occursTwice(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const each = rawHeaders[at] ?? '';
    if (each.length === name.length && each.toLowerCase() === name) count++;
  }
  return count > 1;
}
