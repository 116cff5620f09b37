/** The keys of a table are full at this share; a fuller one is slow to search. */
const FULL = 0.7;

const FIRST_SLOTS = 1 << 12;

/** Slots of the largest table, of 12 bytes each. */
const MAX_SLOTS = 1 << 23;

/**
 * On which line each object was first, for millions of objects in little memory: a hash of 64 bits and the line. Behind
 * 5.8 million objects it forgets the oldest half step by step, so it never needs more than 200 MB.
 */
export class SeenKeys {
  #table = new Table(FIRST_SLOTS);
  #older: Table | undefined;

  /** The line on which an object was before; undefined if this is the first one, which is remembered. */
  firstLine(identity: string, line: number): number | undefined {
    const low = hashOf(identity, 0x9e3779b1, 0x27d4eb2f);
    const high = hashOf(identity, 0x85ebca77, 0x165667b1);
    const older = this.#older?.find(low, high);
    if (older !== undefined && older !== 0) return older;
    if (this.#table.isFull) {
      if (this.#table.slots < MAX_SLOTS) this.#table = this.#table.grown();
      else [this.#older, this.#table] = [this.#table, new Table(FIRST_SLOTS)];
    }
    return this.#table.put(low, high, line);
  }
}

/** Three numbers a slot: two hashes, and the line, which is 0 in an empty slot. */
class Table {
  readonly #cells: Uint32Array;
  readonly #mask: number;
  #count = 0;

  constructor(readonly slots: number) {
    this.#cells = new Uint32Array(slots * 3);
    this.#mask = slots - 1;
  }

  get isFull(): boolean {
    return this.#count > this.slots * FULL;
  }

  find(low: number, high: number): number | undefined {
    return this.#cells[this.#slotOf(low, high) + 2];
  }

  /** The line that is there; undefined if it is put there now. */
  put(low: number, high: number, line: number): number | undefined {
    const at = this.#slotOf(low, high);
    const cells = this.#cells;
    const held = cells[at + 2];
    if (held !== 0) return held;
    cells[at] = low;
    cells[at + 1] = high;
    cells[at + 2] = line;
    this.#count += 1;
    return undefined;
  }

  grown(): Table {
    const larger = new Table(this.slots * 2);
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
    for (let slot = low & this.#mask; ; slot = (slot + 1) & this.#mask) {
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
