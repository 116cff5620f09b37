import { LRUCache } from 'lru-cache';

/** Places that are remembered, and for how long: then it is tried again whether they have become faster. */
const MOST = 1000;
const REMEMBERED_MS = 60_000;

/** Where answers take too long to share a statement with others, for each asker: what was found there once is told again. */
export class SlowRoutes {
  readonly #routeKeys = new LRUCache<string, true>({ max: MOST, ttl: REMEMBERED_MS });

  has(routeKey: string, asker: string): boolean {
    return this.#routeKeys.get(keyOf(routeKey, asker)) === true;
  }

  add(routeKey: string, asker: string): void {
    this.#routeKeys.set(keyOf(routeKey, asker), true);
  }
}

/** No organization id has a line feed in it. */
function keyOf(routeKey: string, asker: string): string {
  return `${asker}\n${routeKey}`;
}
