import type { Rates } from '../config.js';
import type { Rate } from '../environment.js';
import type { Cost, RequestThrottle, Slowed } from '../intake/accounts.js';
import { site } from './failed-logins.js';

/** Buckets remembered at once; the one longest unused goes first, and is full again. */
const MAX_BUCKETS = 20_000;

/** Refusals in a row that a registrar gets as SPPP, journalled; further ones are answered before their body is read. */
const REFUSALS_ANSWERED = 10;

/**
 * Token buckets of one rate by key. What is taken may be known only afterwards, so a bucket can run into debt; by no more
 * than it holds when full, so that nobody waits longer than twice the rate's time.
 */
export class Buckets {
  readonly #rate: Rate | undefined;
  readonly #clock: () => number;
  readonly #most: number;
  readonly #byKey = new Map<string, { level: number; at: number }>();

  constructor(rate: Rate | undefined, clock: () => number, most: number = MAX_BUCKETS) {
    this.#rate = rate;
    this.#clock = clock;
    this.#most = most;
  }

  /** Seconds until there is something to take; 0 if there is now. */
  wait(key: string): number {
    if (this.#rate === undefined) return 0;
    const level = this.#level(key, this.#rate);
    return level >= 1 ? 0 : Math.ceil(((1 - level) * this.#rate.seconds) / this.#rate.count);
  }

  take(key: string, count: number): void {
    if (this.#rate === undefined || count === 0) return;
    const level = Math.max(this.#level(key, this.#rate) - count, -this.#rate.count);
    this.#byKey.delete(key);
    this.#byKey.set(key, { level, at: this.#clock() });
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= this.#most) return;
      this.#byKey.delete(oldest);
    }
  }

  #level(key: string, { count, seconds }: Rate): number {
    const bucket = this.#byKey.get(key);
    if (bucket === undefined) return count;
    const passed = Math.max(this.#clock() - bucket.at, 0);
    return Math.min(bucket.level + (passed * count) / (seconds * 1000), count);
  }
}

/**
 * Limits what addresses and registrars ask of this node (RFC 7877 §9.3): addresses by their requests and objects, registrars
 * also by what was rolled back for them (§9.3.2). Its memory is bounded; every node counts for itself.
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

  /** Counts a request from an address: seconds that it has to wait, undefined if it may pass. */
  enterFrom(address: string): number | undefined {
    const key = site(address);
    const wait = Math.max(this.#addressRequests.wait(key), this.#addressObjects.wait(key));
    if (wait > 0) return wait;
    this.#addressRequests.take(key, 1);
    return undefined;
  }

  /** The same of a question about health, which counts by itself. */
  enterHealthFrom(address: string): number | undefined {
    const key = site(address);
    const wait = this.#health.wait(key);
    if (wait > 0) return wait;
    this.#health.take(key, 1);
    return undefined;
  }

  /** Counts a request of a registrar, or says why it has to wait. */
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
    return { what, reason, retryAfter, refusals, unread: refusals > REFUSALS_ANSWERED };
  }

  /** Counts what a request turned out to be. */
  spent(registrarId: number, address: string, { objects, undone }: Cost): void {
    const key = String(registrarId);
    this.#objects.take(key, objects);
    this.#undone.take(key, undone);
    this.#addressObjects.take(site(address), objects);
  }
}
