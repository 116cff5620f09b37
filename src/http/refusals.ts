import type { RefusalCount } from '../registry/journal/refusal-counts.js';
import { site } from './failed-logins.js';
import type { RefusalOrigin } from './http-refused.js';

const HOUR_MS = 3_600_000;

/** Kinds of refusals within an hour that are counted with user name and address; further ones are counted without. */
const MAX_KINDS = 1000;

/** Characters of a user name; longer ones are not looked for among the credentials. */
const MAX_NAME_LENGTH = 256;

type Counted = { -readonly [Name in keyof RefusalCount]: RefusalCount[Name] };

/**
 * Counts of refusals that have no journal row, until they are written. They take bounded memory and no time of requests, and
 * a client without a credential cannot fill the database.
 */
export class Refusals {
  readonly #clock: () => number;
  readonly #write: (counts: readonly RefusalCount[]) => Promise<void>;
  readonly #max: number;
  #counts = new Map<string, Counted>();
  /** Kinds of the current hour, including those that were written. */
  #kinds = new Set<string>();
  #hour = 0;

  constructor(clock: () => number, write: (counts: readonly RefusalCount[]) => Promise<void>, max: number = MAX_KINDS) {
    this.#clock = clock;
    this.#write = write;
    this.#max = max;
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
    const named = { ...kind, username: countedUsername(username), address: networkOf(address) };
    const key = keyOf(named);
    const isKnown = this.#kinds.has(key);
    if (!isKnown && this.#kinds.size < this.#max) this.#kinds.add(key);
    const counted = isKnown || this.#kinds.has(key) ? named : { ...kind, username: undefined, address: undefined };
    this.#add({ ...counted, refusals: 1, lastAt: new Date(now) });
  }

  /** Writes the counts. If that fails, they stay for the next time, and the failure is thrown. */
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
      // They grow so far only while the database is away for hours.
      if (this.#counts.size < 2 * this.#max) this.#counts.set(key, { ...count });
      return;
    }
    known.refusals += count.refusals;
    if (count.lastAt > known.lastAt) known.lastAt = count.lastAt;
  }
}

function keyOf({ hour, status, reason, registrarId, username, address }: Omit<RefusalCount, 'refusals' | 'lastAt'>) {
  return [hour.getTime(), status, reason, registrarId, address, username].join(' ');
}

function countedUsername(username: string | undefined): string | undefined {
  return username === undefined || username.length > MAX_NAME_LENGTH || username.includes('\0') ? undefined : username;
}

/** An IPv4 address as it is, an IPv6 address by its first 64 bits. */
function networkOf(address: string): string {
  const counted = site(address);
  return counted.includes('.') ? counted : `${counted}::/64`;
}
