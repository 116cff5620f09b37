/** What one takes besides its text: the string's head, its entry in the map and its count. */
const ROUTE_KEY_BYTES = 100;

/** Of what has no place that can be kept. */
export const UNKNOWN = 0;

/** Texts of places by a small number, each once, for as long as something uses it. */
export class RouteKeyTable {
  readonly #most: number;
  readonly #indexes = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [undefined];
  readonly #uses: number[] = [0];
  readonly #free: number[] = [];
  #bytes = 0;

  /** @param most highest number that may be given */
  constructor(most: number) {
    this.#most = most;
  }

  /** What they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The text of a place in use, undefined for UNKNOWN. */
  at(index: number): string | undefined {
    return this.#texts[index];
  }

  /** Uses a place once more. Gives its number, or UNKNOWN if there are no more. */
  use(text: string): number {
    const index = this.#indexes.get(text) ?? this.#add(text);
    if (index !== UNKNOWN) this.#uses[index] = (this.#uses[index] ?? 0) + 1;
    return index;
  }

  /** Takes back one use. */
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
    if (index > this.#most) return UNKNOWN;
    this.#indexes.set(text, index);
    this.#texts[index] = text;
    this.#uses[index] = 0;
    this.#bytes += ROUTE_KEY_BYTES + text.length;
    return index;
  }
}
