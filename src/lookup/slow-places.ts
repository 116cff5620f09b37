import { LRUCache } from 'lru-cache';

/** Places that are remembered, and for how long: then it is tried again whether they have become faster. */
const MOST = 1000;
const REMEMBERED_MS = 60_000;

/** Where answers take too long to share a statement with others, for each asker: what was found there once is told again. */
export class SlowPlaces {
  readonly #places = new LRUCache<string, true>({ max: MOST, ttl: REMEMBERED_MS });

  has(place: string, asker: string): boolean {
    return this.#places.get(keyOf(place, asker)) === true;
  }

  add(place: string, asker: string): void {
    this.#places.set(keyOf(place, asker), true);
  }
}

/** No organization id has a line feed in it. */
function keyOf(place: string, asker: string): string {
  return `${asker}\n${place}`;
}
