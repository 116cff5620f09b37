import { LRUCache } from 'lru-cache';
import type { Rates } from '../config.js';
import type { Rate } from '../environment.js';
import type { Cost, RequestThrottle, Slowed } from '../intake/accounts.js';
import { site } from './failed-logins.js';

/** Buckets in memory; the least recently used goes first, and is full when it is made again. */
const MAX_BUCKETS = 20_000;

/** Refusals in a row that a registrar gets as SPPP answers, journalled; further ones are refused before their body is read. */
const MAX_SPPP_REFUSALS = 10;

/**
 * Token buckets of one rate by key. A cost may be known only after the request, so a bucket can run into debt, but by no more
 * than it holds when full: nobody waits longer than twice the period of the rate.
 */
export class Buckets {
  readonly #rate: Rate | undefined;
  readonly #clock: () => number;
  readonly #byKey: LRUCache<string, { level: number; at: number }>;

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
    const level = Math.max(this.#level(key, this.#rate) - count, -this.#rate.count);
    const at = this.#clock();
    const bucket = this.#byKey.get(key);
    if (bucket === undefined) this.#byKey.set(key, { level, at });
    else [bucket.level, bucket.at] = [level, at];
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
 * and by objects rolled back (§9.3.2), of operators by requests. In bounded memory; every node counts for itself.
 */
export class Throttle implements RequestThrottle {
  readonly #requests: Buckets;
  readonly #objects: Buckets;
  readonly #undone: Buckets;
  readonly #addressRequests: Buckets;
  readonly #addressObjects: Buckets;
  readonly #health: Buckets;
  readonly #refusals = new Map<number, number>();

  constructor(rates: Rates, clock: () => number) {
    this.#requests = new Buckets(rates.requests, clock);
    this.#objects = new Buckets(rates.objects, clock);
    this.#undone = new Buckets(rates.undone, clock);
    this.#addressRequests = new Buckets(rates.addressRequests, clock);
    this.#addressObjects = new Buckets(rates.addressObjects, clock);
    this.#health = new Buckets(rates.health, clock);
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
