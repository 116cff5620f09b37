import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textLines } from '../forms/text-lines.js';
import type { Obj } from '../model/obj.js';
import { orderTextOf } from '../model/object-order.js';
import { compareCodePoints } from '../values/code-point-order.js';
import { namingFile } from './file-error.js';

/** An object of a file, and where it is. */
export interface Sorted {
  readonly order: string;
  readonly object: Obj;
  /** File and line. */
  readonly file: number;
  readonly line: number;
}

/** Objects that are sorted in memory; more of them are sorted by way of files. */
const MAX_IN_MEMORY = 50_000;

/** Characters of an object: more than a line of any form may have. */
const MAX_LINE_LENGTH = 16_777_216;

/** Sorts any number of objects by their keys, in little memory. */
export class ObjectSorter {
  readonly #inMemory: number;
  readonly #runs: string[] = [];
  #folder: string | undefined;
  #run: Sorted[] = [];
  #count = 0;

  constructor(inMemory = MAX_IN_MEMORY) {
    this.#inMemory = inMemory;
  }

  /** How many objects were added. */
  get count(): number {
    return this.#count;
  }

  /** Adds an object; wait for what it returns, if it returns something. */
  add(object: Obj, file: number, line: number): Promise<void> | undefined {
    this.#run.push({ order: orderTextOf(object), object, file, line });
    this.#count += 1;
    return this.#run.length < this.#inMemory ? undefined : this.#spill();
  }

  /** All of them, in order. */
  async *sorted(): AsyncGenerator<Sorted, void> {
    if (this.#runs.length === 0) yield* inOrder(this.#run);
    else {
      await this.#spill();
      yield* merged(this.#runs.map(readRun));
    }
  }

  /** Removes its files. */
  async close(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #spill(): Promise<void> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'sppp-plan-'));
    const path = join(this.#folder, String(this.#runs.length));
    const run = inOrder(this.#run);
    await writeFile(path, lines(run), { mode: 0o600 }).catch(namingFile(path, 'TMPDIR names another folder for it'));
    this.#run = [];
    this.#runs.push(path);
  }
}

function inOrder(run: readonly Sorted[]): readonly Sorted[] {
  return [...run].sort((a, b) => compareCodePoints(a.order, b.order) || a.file - b.file || a.line - b.line);
}

function* lines(run: readonly Sorted[]): Generator<string, void> {
  for (let from = 0; from < run.length; from += 500) {
    yield run
      .slice(from, from + 500)
      .map(({ object, file, line }) => `${JSON.stringify([file, line, object])}\n`)
      .join('');
  }
}

async function* readRun(path: string): AsyncGenerator<Sorted, void> {
  for await (const lines of textLines(createReadStream(path), { max: MAX_LINE_LENGTH, ends: 'newline' })) {
    for (const each of lines) {
      const [file, line, object] = JSON.parse('text' in each ? each.text : '') as [number, number, Obj];
      yield { order: orderTextOf(object), object, file, line };
    }
  }
}

interface Head {
  readonly value: Sorted;
  readonly rest: AsyncGenerator<Sorted, void>;
}

/** The heads of all runs are kept in order: the next one of a run seldom leaves the first place if its file was sorted. */
async function* merged(runs: readonly AsyncGenerator<Sorted, void>[]): AsyncGenerator<Sorted, void> {
  const heads: Head[] = [];
  const put = async (rest: AsyncGenerator<Sorted, void>) => {
    const { value } = await rest.next();
    if (value !== undefined) heads.splice(placeOf(value, heads), 0, { value, rest });
  };
  for (const run of runs) await put(run);
  for (let first = heads.shift(); first !== undefined; first = heads.shift()) {
    yield first.value;
    await put(first.rest);
  }
}

function placeOf({ order }: Sorted, heads: readonly Head[]): number {
  let [low, high] = [0, heads.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCodePoints(heads[middle]?.value.order ?? '', order) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
