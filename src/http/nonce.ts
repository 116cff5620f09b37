import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const TIME_BYTES = 6;
const ISSUER_BYTES = 6;
const SERIAL_BYTES = 4;
const STAMP_BYTES = TIME_BYTES + ISSUER_BYTES + SERIAL_BYTES;
/** Where a nonce names its issuer: groups of three bytes are four characters. */
const ISSUER_AT = [(TIME_BYTES / 3) * 4, ((TIME_BYTES + ISSUER_BYTES) / 3) * 4] as const;
/** 48 bytes are 64 base64url characters without padding, so each nonce has one spelling. */
const NONCE = /^[A-Za-z0-9_-]{64}$/;
const LIFE_MS = 8 * 60 * 60 * 1000;
/** The largest difference between the clocks of two nodes. */
const MAX_CLOCK_SKEW_MS = 5 * 60 * 1000;
/** How long a nonce is valid elsewhere, if its issuer or the other node only answers look-ups. */
const LIFE_ELSEWHERE_MS = 5 * 60 * 1000;
/** The bit of an issuer that only answers look-ups. */
const ONLY_LOOKUPS = 0x80;
/** Nonces in the memory of those whose seal was checked. */
const MAX_CHECKED = 1000;

/**
 * Makes and checks Digest nonces without storing them (RFC 7616 §5.4): a nonce is its time of issue, who issued it and a
 * serial number, sealed with HMAC-SHA-256. Nodes that share the key accept each other's nonces.
 */
export class Nonces {
  /** Who issues these: this process, and no other one, now or later. */
  readonly issuer: string;
  /** Nonces whose seal was right, with their time of issue: clients use a nonce for many requests. */
  private readonly checked = new LRUCache<string, number>({ max: MAX_CHECKED });
  private readonly issuerBytes = randomBytes(ISSUER_BYTES);
  private serial = randomInt(2 ** (8 * SERIAL_BYTES));

  /** @param onlyLookups this node cannot tell the others which nonces were used */
  constructor(
    private readonly key: Buffer,
    private readonly clock: () => number,
    private readonly lifeMs: number = LIFE_MS,
    private readonly onlyLookups = false,
  ) {
    const [first = 0] = this.issuerBytes;
    this.issuerBytes[0] = onlyLookups ? first | ONLY_LOOKUPS : first & ~ONLY_LOOKUPS;
    this.issuer = this.issuerBytes.toString('base64url');
  }

  /** A fresh nonce. */
  make(): string {
    const stamp = Buffer.alloc(STAMP_BYTES);
    stamp.writeUIntBE(this.clock(), 0, TIME_BYTES);
    this.issuerBytes.copy(stamp, TIME_BYTES);
    this.serial = (this.serial + 1) >>> 0;
    stamp.writeUInt32BE(this.serial, TIME_BYTES + ISSUER_BYTES);
    return Buffer.concat([stamp, this.seal(stamp)]).toString('base64url');
  }

  /** Returns 'good', 'stale' for a nonce that is too old or too new, 'forged' for one not made with this key. */
  check(nonce: string): 'good' | 'stale' | 'forged' {
    const issued = this.checked.get(nonce) ?? this.open(nonce);
    if (issued === undefined) return 'forged';
    const age = this.clock() - issued;
    return -MAX_CLOCK_SKEW_MS <= age && age <= this.lifeOf(nonce) ? 'good' : 'stale';
  }

  private lifeOf(nonce: string): number {
    const issuer = issuerOf(nonce);
    const isShort = issuer !== this.issuer && (this.onlyLookups || answersOnlyLookups(issuer));
    return isShort ? Math.min(this.lifeMs, LIFE_ELSEWHERE_MS) : this.lifeMs;
  }

  /** The time of issue of a nonce; undefined for one not made with this key. */
  private open(nonce: string): number | undefined {
    if (!NONCE.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, 'base64url');
    if (!timingSafeEqual(bytes.subarray(STAMP_BYTES), this.seal(bytes.subarray(0, STAMP_BYTES)))) return undefined;
    const issued = issuedAt(nonce);
    this.checked.set(nonce, issued);
    return issued;
  }

  private seal(stamp: Buffer): Buffer {
    return createHmac('sha256', this.key).update(stamp).digest();
  }
}

/** The time of issue of a nonce that was checked, in milliseconds since 1970. */
export function issuedAt(nonce: string): number {
  return Buffer.from(nonce, 'base64url').readUIntBE(0, TIME_BYTES);
}

/** Who issued a nonce that was checked. */
export function issuerOf(nonce: string): string {
  return nonce.slice(...ISSUER_AT);
}

/** Whether an issuer is a node that only answers look-ups. */
export function answersOnlyLookups(issuer: string): boolean {
  return ((Buffer.from(issuer, 'base64url')[0] ?? 0) & ONLY_LOOKUPS) !== 0;
}

/** The id of a nonce that was checked, in hex; those of later ones are higher. */
export function idOf(nonce: string): string {
  return Buffer.from(nonce, 'base64url').toString('hex', 0, STAMP_BYTES);
}

/** The lowest id of nonces issued at a time or later. */
export function lowestId(milliseconds: number): string {
  return Math.max(milliseconds, 0)
    .toString(16)
    .padStart(2 * TIME_BYTES, '0')
    .padEnd(2 * STAMP_BYTES, '0');
}
