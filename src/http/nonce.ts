import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const TIME_BYTES = 6;
const RANDOM_BYTES = 10;
const STAMP_BYTES = TIME_BYTES + RANDOM_BYTES;
/** 48 bytes make 64 base64url characters without padding: one spelling per nonce. */
const NONCE = /^[A-Za-z0-9_-]{64}$/;
const EIGHT_HOURS = 8 * 60 * 60 * 1000;
/** How far the clocks of two nodes may be apart. */
const CLOCK_SKEW = 5 * 60 * 1000;
/** Nonces whose seal is known to be right, remembered at once. */
const MAX_SEALED = 1000;

/**
 * Makes and recognises Digest nonces without remembering them (RFC 7616 §5.4): the time of issue and some random bytes,
 * sealed with HMAC-SHA-256. Nodes that share the key take each other's nonces, before and after a restart.
 */
export class Nonces {
  /** Clients use a nonce for many requests: seals that were found right, by nonce, with the time of issue. */
  private readonly sealed = new LRUCache<string, number>({ max: MAX_SEALED });

  constructor(
    private readonly key: Buffer,
    private readonly clock: () => number,
    private readonly lifeMs: number = EIGHT_HOURS,
  ) {}

  make(): string {
    const stamp = Buffer.alloc(STAMP_BYTES);
    stamp.writeUIntBE(this.clock(), 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(stamp, TIME_BYTES);
    return Buffer.concat([stamp, this.seal(stamp)]).toString('base64url');
  }

  /** 'good', 'stale' (ours, but out of its time), or 'forged' (never made with this key). */
  check(nonce: string): 'good' | 'stale' | 'forged' {
    const issued = this.sealed.get(nonce) ?? this.open(nonce);
    if (issued === undefined) return 'forged';
    const age = this.clock() - issued;
    return -CLOCK_SKEW <= age && age <= this.lifeMs ? 'good' : 'stale';
  }

  /** When a nonce was issued; undefined for one that was never made with this key. */
  private open(nonce: string): number | undefined {
    if (!NONCE.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, 'base64url');
    if (!timingSafeEqual(bytes.subarray(STAMP_BYTES), this.seal(bytes.subarray(0, STAMP_BYTES)))) return undefined;
    const issued = issuedAt(nonce);
    this.sealed.set(nonce, issued);
    return issued;
  }

  private seal(stamp: Buffer): Buffer {
    return createHmac('sha256', this.key).update(stamp).digest();
  }
}

/** When a nonce was made, in milliseconds since 1970. Means something only for a nonce that was checked. */
export function issuedAt(nonce: string): number {
  return Buffer.from(nonce, 'base64url').readUIntBE(0, TIME_BYTES);
}
