import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

export interface FailedLoginsLimits {
  /** Failures of one user name from one address within a window, after which the pair is locked out. */
  readonly failures: number;
  readonly windowMs: number;
  /** Pairs of user name and address in memory; the one that failed longest ago goes first. */
  readonly pairs: number;
}

/** A wrong password, or a right one that ends the count. */
export interface LoginNews {
  readonly pair: string;
  readonly isWrong: boolean;
}

/**
 * Wrong passwords per pair of user name and address, in bounded memory. Lockout is per pair, so guessing cannot lock out a
 * client at another address, nor another client behind the same proxy. Unknown user names count as known ones do.
 */
export class FailedLogins {
  private readonly byPair: LRUCache<string, { readonly failures: number; readonly since: number }>;
  /** Gets what the other workers of the node have to know. */
  tell: (news: LoginNews) => void = () => undefined;

  constructor(
    private readonly clock: () => number,
    private readonly limits: FailedLoginsLimits = { failures: 10, windowMs: 60_000, pairs: 20_000 },
  ) {
    this.byPair = new LRUCache({ max: limits.pairs });
  }

  /** Seconds until this pair may log in again; undefined: now. */
  retryAfter(username: string, address: string): number | undefined {
    if (this.byPair.size === 0) return undefined;
    const entry = this.byPair.peek(pairKey(username, address));
    if (entry === undefined || entry.failures < this.limits.failures) return undefined;
    const left = entry.since + this.limits.windowMs - this.clock();
    return left > 0 ? Math.ceil(left / 1000) : undefined;
  }

  /** Counts a wrong password. */
  failed(username: string, address: string): void {
    const pair = pairKey(username, address);
    this.hear({ pair, isWrong: true });
    this.tell({ pair, isWrong: true });
  }

  /** Forgets the failures of a pair. */
  succeeded(username: string, address: string): void {
    if (this.byPair.size === 0) return;
    const pair = pairKey(username, address);
    if (this.byPair.delete(pair)) this.tell({ pair, isWrong: false });
  }

  /** Counts what another worker tells. */
  hear({ pair, isWrong }: LoginNews): void {
    if (!isWrong) {
      this.byPair.delete(pair);
      return;
    }
    const entry = this.byPair.peek(pair);
    const now = this.clock();
    const isInWindow = entry !== undefined && now < entry.since + this.limits.windowMs;
    this.byPair.set(
      pair,
      isInWindow ? { failures: entry.failures + 1, since: entry.since } : { failures: 1, since: now },
    );
  }
}

/** A hash of the pair: long names take no more memory than short ones. */
function pairKey(username: string, address: string): string {
  return hash('sha256', `${site(address)} ${username}`, 'base64');
}

/** An IPv6 address by its first 64 bits, below which one customer has all addresses; an IPv4 address as it is. */
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
