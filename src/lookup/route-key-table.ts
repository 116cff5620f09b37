/** Memory of a route key besides its text. */
const ROUTE_KEY_BYTES = 100;

/** The index of a route key that cannot be cached. */
export const UNKNOWN = 0;

/** Route keys by small indexes, each stored once for as long as something uses it. */
export class RouteKeyTable {
  readonly #maxIndex: number;
  readonly #indexes = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [undefined];
  readonly #uses: number[] = [0];
  readonly #free: number[] = [];
  #bytes = 0;

  /** @param maxIndex the highest index */
  constructor(maxIndex: number) {
    this.#maxIndex = maxIndex;
  }

  /** Memory of all route keys. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The route key with an index that is in use; undefined for UNKNOWN. */
  at(index: number): string | undefined {
    return this.#texts[index];
  }

  /** Adds a use of a route key. Returns its index, or UNKNOWN if all indexes are taken. */
  use(text: string): number {
    const index = this.#indexes.get(text) ?? this.#add(text);
    if (index !== UNKNOWN) this.#uses[index] = (this.#uses[index] ?? 0) + 1;
    return index;
  }

  /** Removes a use. */
  release(index: number): void {
    const text = this.#texts[index];
    if (text === undefined) return;
    const left = (this.#uses[index] ?? 0) - 1;
    this.#uses[index] = left;
    if (left > 0) return;
    this.#indexes.delete(text);
    this.#texts[index] = undefined;
    this.#free.push(index);
    this.#bytes -= ROUTE_KEY_BYTES + text.length;
  }

  #add(text: string): number {
    const index = this.#free.pop() ?? this.#texts.length;
    if (index > this.#maxIndex) return UNKNOWN;
    this.#indexes.set(text, index);
    this.#texts[index] = text;
    this.#uses[index] = 0;
    this.#bytes += ROUTE_KEY_BYTES + text.length;
    return index;
  }
}
