import { LRUCache } from 'lru-cache';
import type { Rates } from '../config.js';
import type { Rate } from '../environment.js';
import type { Cost, RequestThrottle, Slowed } from '../intake/accounts.js';
import { site } from './failed-logins.js';

/** Buckets in memory; the least recently used goes first, and is full when it is made again. */
const MAX_BUCKETS = 20_000;

/** Refusals in a row that a registrar gets as SPPP answers, journalled; further ones are refused before their body is read. */
const MAX_SPPP_REFUSALS = 10;

/** Tokens that were taken, by key. */
export type Taken = readonly (readonly [key: string, count: number])[];

/** What clients of a worker have taken from its buckets, in the order of `Throttle`. */
export type Spending = readonly Taken[];

/**
 * Token buckets of one rate by key. A cost may be known only after the request, so a bucket can run into debt, but by no more
 * than it holds when full: nobody waits longer than twice the period of the rate.
 */
export class Buckets {
  readonly #rate: Rate | undefined;
  readonly #clock: () => number;
  readonly #byKey: LRUCache<string, { level: number; at: number }>;
  /** What was taken since the other workers were told; undefined: there are none. */
  #noted: Map<string, number> | undefined;
  #untold = 1;
  #isDue = false;

  constructor(rate: Rate | undefined, clock: () => number, max: number = MAX_BUCKETS) {
    this.#rate = rate;
    this.#clock = clock;
    this.#byKey = new LRUCache({ max });
  }

  /** Seconds until the bucket has a token; 0 if it has one now. */
  wait(key: string): number {
    if (this.#rate === undefined) return 0;
    const level = this.#level(key, this.#rate);
    return level >= 1 ? 0 : Math.ceil(((1 - level) * this.#rate.seconds) / this.#rate.count);
  }

  /** Takes tokens, more than there are if need be. */
  take(key: string, count: number): void {
    if (this.#rate === undefined || count === 0) return;
    const level = this.#lower(key, count, this.#rate);
    if (this.#noted === undefined) return;
    const noted = (this.#noted.get(key) ?? 0) + count;
    this.#noted.set(key, noted);
    if (level < this.#rate.count / 2 || noted > this.#untold * this.#rate.count) this.#isDue = true;
  }

  /** Begins to note what is taken. `untold` is the part of a bucket that may be taken before the others are to be told soon. */
  note(untold: number): void {
    this.#noted = new Map();
    this.#untold = untold;
  }

  /**
   * Whether the other workers are to be told soon: a bucket is less than half full, or too much of it was taken that they do
   * not know of.
   */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** What was taken since the last call. */
  noted(): Taken {
    const noted = [...(this.#noted ?? [])];
    this.#noted?.clear();
    this.#isDue = false;
    return noted;
  }

  /** Takes what was taken elsewhere. */
  hear(taken: Taken): void {
    for (const [key, count] of taken) if (this.#rate !== undefined) this.#lower(key, count, this.#rate);
  }

  /** Returns the level that is left. */
  #lower(key: string, count: number, rate: Rate): number {
    const level = Math.max(this.#level(key, rate) - count, -rate.count);
    const at = this.#clock();
    const bucket = this.#byKey.get(key);
    if (bucket === undefined) this.#byKey.set(key, { level, at });
    else [bucket.level, bucket.at] = [level, at];
    return level;
  }

  #level(key: string, { count, seconds }: Rate): number {
    const bucket = this.#byKey.peek(key);
    if (bucket === undefined) return count;
    const passed = Math.max(this.#clock() - bucket.at, 0);
    return Math.min(bucket.level + (passed * count) / (seconds * 1000), count);
  }
}

/**
 * Rate limits of this node (RFC 7877 §9.3): of addresses before their clients are known, of registrars by requests, by objects
 * and by objects rolled back (§9.3.2), of operators by requests. In bounded memory; every node counts for itself, its
 * workers together.
 */
export class Throttle implements RequestThrottle {
  readonly #requests: Buckets;
  readonly #objects: Buckets;
  readonly #undone: Buckets;
  readonly #addressRequests: Buckets;
  readonly #addressObjects: Buckets;
  readonly #health: Buckets;
  readonly #refusals = new Map<number, number>();
  readonly #all: readonly Buckets[];

  constructor(rates: Rates, clock: () => number) {
    this.#requests = new Buckets(rates.requests, clock);
    this.#objects = new Buckets(rates.objects, clock);
    this.#undone = new Buckets(rates.undone, clock);
    this.#addressRequests = new Buckets(rates.addressRequests, clock);
    this.#addressObjects = new Buckets(rates.addressObjects, clock);
    this.#health = new Buckets(rates.health, clock);
    const ofRegistrars = [this.#requests, this.#objects, this.#undone];
    this.#all = [...ofRegistrars, this.#addressRequests, this.#addressObjects, this.#health];
  }

  /**
   * Begins to note what is spent, for the other workers of the node. Of a bucket all of them together take at most a quarter
   * before they tell.
   */
  note(workers: number): void {
    for (const buckets of this.#all) buckets.note(1 / (4 * workers));
  }

  /** Whether the others are to be told soon: a rate is nearly used up, or a large part of it is not told yet. */
  get isDue(): boolean {
    return this.#all.some(({ isDue }) => isDue);
  }

  /** What was spent since the last call; undefined: nothing. */
  noted(): Spending | undefined {
    const spending = this.#all.map((buckets) => buckets.noted());
    return spending.some(({ length }) => length > 0) ? spending : undefined;
  }

  /** Counts what was spent at another worker. */
  hear(spending: Spending): void {
    for (const [index, taken] of spending.entries()) this.#all[index]?.hear(taken);
  }

  /** Counts a request from an address. Returns the seconds that it has to wait, undefined if it may pass. */
  enterFrom(address: string): number | undefined {
    const key = site(address);
    const wait = Math.max(this.#addressRequests.wait(key), this.#addressObjects.wait(key));
    if (wait > 0) return wait;
    this.#addressRequests.take(key, 1);
    return undefined;
  }

  /** The same for GET /health, which has a rate of its own. */
  enterHealthFrom(address: string): number | undefined {
    const key = site(address);
    const wait = this.#health.wait(key);
    if (wait > 0) return wait;
    this.#health.take(key, 1);
    return undefined;
  }

  /** Counts a request of a registrar, or returns the reason for which it has to wait. */
  enter(registrarId: number): Slowed | undefined {
    const key = String(registrarId);
    const [requests, objects, undone] = [this.#requests.wait(key), this.#objects.wait(key), this.#undone.wait(key)];
    const retryAfter = Math.max(requests, objects, undone);
    if (retryAfter === 0) {
      this.#refusals.delete(registrarId);
      this.#requests.take(key, 1);
      return undefined;
    }
    const refusals = (this.#refusals.get(registrarId) ?? 0) + 1;
    this.#refusals.set(registrarId, refusals);
    const what = retryAfter === requests ? 'requests' : retryAfter === objects ? 'objects' : 'undone';
    const words = what === 'undone' ? 'objects rolled back' : what;
    const reason = `throttled: too many ${words}, come back in ${retryAfter} s`;
    return { what, reason, retryAfter, refusals, unread: refusals > MAX_SPPP_REFUSALS };
  }

  /** Counts a request of an operator, at the rate of registrars. Returns the seconds to wait, undefined if it may pass. */
  enterOperator(credentialId: number): number | undefined {
    const key = `operator ${credentialId}`;
    const wait = this.#requests.wait(key);
    if (wait > 0) return wait;
    this.#requests.take(key, 1);
    return undefined;
  }

  /** Counts the objects of a request that was read. */
  spent(registrarId: number, address: string, { objects, undone }: Cost): void {
    const key = String(registrarId);
    this.#objects.take(key, objects);
    this.#undone.take(key, undone);
    this.#addressObjects.take(site(address), objects);
  }
}
