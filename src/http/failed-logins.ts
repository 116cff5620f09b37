import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

export interface FailedLoginsLimits {
  /** Failures of one user name from one address that are borne within a window. */
  readonly failures: number;
  readonly windowMs: number;
  /** Pairs of name and address remembered at once; the one that failed longest ago goes first. */
  readonly pairs: number;
}

/**
 * Wrong passwords, counted per pair of user name and address, in bounded memory. The pair is counted, and neither half
 * alone: whoever guesses a carrier's password must not lock the carrier out, nor a neighbour behind the same proxy.
 * Names that do not exist are counted like those that do.
 */
export class FailedLogins {
  private readonly byPair: LRUCache<string, { readonly failures: number; readonly since: number }>;

  constructor(
    private readonly clock: () => number,
    private readonly limits: FailedLoginsLimits = { failures: 10, windowMs: 60_000, pairs: 20_000 },
  ) {
    this.byPair = new LRUCache({ max: limits.pairs });
  }

  /** Seconds until this pair may try again; undefined when it may try now. */
  retryAfter(username: string, address: string): number | undefined {
    if (this.byPair.size === 0) return undefined;
    const entry = this.byPair.peek(pairKey(username, address));
    if (entry === undefined || entry.failures < this.limits.failures) return undefined;
    const left = entry.since + this.limits.windowMs - this.clock();
    return left > 0 ? Math.ceil(left / 1000) : undefined;
  }

  failed(username: string, address: string): void {
    const key = pairKey(username, address);
    const entry = this.byPair.peek(key);
    const now = this.clock();
    const runs = entry !== undefined && now < entry.since + this.limits.windowMs;
    this.byPair.set(key, runs ? { failures: entry.failures + 1, since: entry.since } : { failures: 1, since: now });
  }

  succeeded(username: string, address: string): void {
    if (this.byPair.size > 0) this.byPair.delete(pairKey(username, address));
  }
}

/** A hash, so that long names take no more memory than short ones. */
function pairKey(username: string, address: string): string {
  return hash('sha256', `${site(address)} ${username}`, 'base64');
}

/** IPv6 by its first 64 bits: one customer has as many addresses as it likes below them. */
export function site(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [left = '', right] = address.split('::');
  const head = left.split(':');
  const tail = right === undefined ? [] : right.split(':');
  const dotted = tail.at(-1)?.includes('.') ? 1 : 0;
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length - dotted;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4);
  return groups.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':');
}
