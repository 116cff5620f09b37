/** A table is full at this share; a fuller one is slow to search. */
const FULL = 0.8;

/** Tables by the hash: each grows alone, so that the others need not be there twice meanwhile. */
const TABLES = 64;

const FIRST_SLOTS = 64;

/** How many times as large the next table is: with less, less is empty, and the cells are copied more often. */
const GROWTH = 1.25;

/** Slots of all tables at their largest, of 12 bytes each. */
const MAX_SLOTS = 1 << 23;

/**
 * On which line each object was first, for millions of objects in little memory: a hash of 64 bits and the line. Behind
 * 6 million objects it forgets the oldest half step by step, so it never needs more than 200 MB.
 */
export class SeenKeys {
  readonly #tables = Array.from({ length: TABLES }, () => new Table(FIRST_SLOTS));
  /** What was in a table before it was begun anew. */
  readonly #older: (Table | undefined)[] = [];
  readonly #maxSlots: number;

  constructor(maxSlots = MAX_SLOTS) {
    this.#maxSlots = maxSlots / TABLES;
  }

  /** The line on which an object was before; undefined if this is the first one, which is remembered. */
  firstLine(identity: string, line: number): number | undefined {
    const low = hashOf(identity, 0x9e3779b1, 0x27d4eb2f);
    const high = hashOf(identity, 0x85ebca77, 0x165667b1);
    const index = high % TABLES;
    const known = this.#tables[index]?.find(low, high) || this.#older[index]?.find(low, high) || undefined;
    if (known === undefined) this.#placeIn(index).put(low, high, line);
    return known;
  }

  #placeIn(index: number): Table {
    const table = this.#tables[index] as Table;
    if (!table.isFull) return table;
    if (table.slots >= this.#maxSlots) this.#older[index] = table;
    const next = table.slots < this.#maxSlots ? table.grown(this.#maxSlots) : new Table(FIRST_SLOTS);
    this.#tables[index] = next;
    return next;
  }
}

/** Three numbers a slot: two hashes, and the line, which is 0 in an empty slot. */
class Table {
  readonly #cells: Uint32Array;
  #count = 0;

  constructor(readonly slots: number) {
    this.#cells = new Uint32Array(slots * 3);
  }

  get isFull(): boolean {
    return this.#count > this.slots * FULL;
  }

  /** The line that is there; 0 if there is none. */
  find(low: number, high: number): number {
    return this.#cells[this.#slotOf(low, high) + 2] ?? 0;
  }

  put(low: number, high: number, line: number): void {
    const at = this.#slotOf(low, high);
    const cells = this.#cells;
    cells[at] = low;
    cells[at + 1] = high;
    cells[at + 2] = line;
    this.#count += 1;
  }

  grown(maxSlots: number): Table {
    const larger = new Table(Math.min(maxSlots, Math.ceil(this.slots * GROWTH)));
    const cells = this.#cells;
    for (let at = 0; at < cells.length; at += 3) {
      const line = cells[at + 2] ?? 0;
      if (line !== 0) larger.put(cells[at] ?? 0, cells[at + 1] ?? 0, line);
    }
    return larger;
  }

  /** The first cell of the slot with these hashes, or of the empty one where they belong. */
  #slotOf(low: number, high: number): number {
    const cells = this.#cells;
    for (let slot = Math.floor((low / 2 ** 32) * this.slots); ; slot = slot + 1 === this.slots ? 0 : slot + 1) {
      const at = slot * 3;
      if (cells[at + 2] === 0 || (cells[at] === low && cells[at + 1] === high)) return at;
    }
  }
}

/** A hash of 32 bits: multiply and mix, for each UTF-16 unit. Two of them differ by seed and factor. */
function hashOf(text: string, seed: number, factor: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), factor);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
  return (hash ^ (hash >>> 16)) >>> 0;
}
