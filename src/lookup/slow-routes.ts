import { LRUCache } from 'lru-cache';

/** Route keys that are remembered, and for how long; then they are tried with a short timeout again. */
const MAX_ROUTES = 1000;
const REMEMBERED_MS = 60_000;

/** Route keys and askers whose answers take too long to share a statement with other look-ups. */
export class SlowRoutes {
  readonly #routeKeys = new LRUCache<string, true>({ max: MAX_ROUTES, ttl: REMEMBERED_MS });

  has(routeKey: string, asker: string): boolean {
    return this.#routeKeys.get(keyOf(routeKey, asker)) === true;
  }

  add(routeKey: string, asker: string): void {
    this.#routeKeys.set(keyOf(routeKey, asker), true);
  }
}

/** A line feed separates, as no organization id has one. */
function keyOf(routeKey: string, asker: string): string {
  return `${asker}\n${routeKey}`;
}
