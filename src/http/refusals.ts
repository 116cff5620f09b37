import type { RefusalCount } from '../registry/journal/refusal-counts.js';
import { site } from './failed-logins.js';
import type { RefusalOrigin } from './http-refusal.js';

const HOUR_MS = 3_600_000;

/** Kinds of refusals told apart within an hour; of what comes beyond, neither names nor addresses are. */
const MAX_KINDS = 1000;

/** Characters of a user name: a longer one is nobody's. */
const LONGEST_NAME = 256;

type Counted = { -readonly [Name in keyof RefusalCount]: RefusalCount[Name] };

/**
 * Counts of who was turned away without leaving a journal row, until they are written: in bounded memory, off the way of
 * requests, and so that nobody without a credential can fill the database.
 */
export class Refusals {
  readonly #clock: () => number;
  readonly #write: (counts: readonly RefusalCount[]) => Promise<void>;
  readonly #most: number;
  #counts = new Map<string, Counted>();
  /** Kinds seen within the hour, those that were written included. */
  #kinds = new Set<string>();
  #hour = 0;

  constructor(
    clock: () => number,
    write: (counts: readonly RefusalCount[]) => Promise<void>,
    most: number = MAX_KINDS,
  ) {
    this.#clock = clock;
    this.#write = write;
    this.#most = most;
  }

  /** Counts one refusal. */
  count(status: number, { reason, registrar, username }: RefusalOrigin, address: string): void {
    const now = this.#clock();
    const hour = now - (now % HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#kinds = new Set();
    }
    const kind = { hour: new Date(hour), status, reason, registrarId: registrar?.id };
    const named = { ...kind, username: nameOf(username), address: networkOf(address) };
    const key = keyOf(named);
    const isKnown = this.#kinds.has(key);
    if (!isKnown && this.#kinds.size < this.#most) this.#kinds.add(key);
    const told = isKnown || this.#kinds.has(key) ? named : { ...kind, username: undefined, address: undefined };
    this.#add({ ...told, refusals: 1, lastAt: new Date(now) });
  }

  /** Writes what was counted; what cannot be written is kept for the next time, and the failure thrown. */
  async flush(): Promise<void> {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    try {
      await this.#write(counts);
    } catch (error) {
      for (const count of counts) this.#add(count);
      throw error;
    }
  }

  #add(count: RefusalCount): void {
    const key = keyOf(count);
    const known = this.#counts.get(key);
    if (known === undefined) {
      // Only a database that is away for hours lets them grow so far.
      if (this.#counts.size < 2 * this.#most) this.#counts.set(key, { ...count });
      return;
    }
    known.refusals += count.refusals;
    if (count.lastAt > known.lastAt) known.lastAt = count.lastAt;
  }
}

function keyOf({ hour, status, reason, registrarId, username, address }: Omit<RefusalCount, 'refusals' | 'lastAt'>) {
  return [hour.getTime(), status, reason, registrarId, address, username].join(' ');
}

function nameOf(username: string | undefined): string | undefined {
  return username === undefined || username.length > LONGEST_NAME || username.includes('\0') ? undefined : username;
}

/** IPv4 as it is, IPv6 by its first 64 bits. */
function networkOf(address: string): string {
  const counted = site(address);
  return counted.includes('.') ? counted : `${counted}::/64`;
}
