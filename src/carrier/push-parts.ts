import type { ChangeItem } from '../client/change-item.js';
import { heldItems } from '../client/held-items.js';
import { faultInLine, faultTexts } from '../forms/fault.js';
import type { FormLine } from '../forms/form-line.js';
import { keyLabel } from '../forms/key-label.js';
import { nounOf } from '../model/noun.js';
import { OperatorError } from '../operator-error.js';
import { type ResultRow, readResults } from './results-file.js';

/** A data line of a pushed file: what is to be sent, or the verdict that it has already. */
export type PushLine =
  | { readonly line: number; readonly key: string; readonly item: ChangeItem }
  | { readonly row: ResultRow; readonly isFaulty: boolean };

/** Neighbouring lines of a file, whose items go in one request. */
export interface Part {
  readonly part: number;
  readonly lines: readonly PushLine[];
  /** A program that ended may have sent it. */
  readonly mayHaveBeenSent: boolean;
  /** Requests of it that were too large. */
  readonly cuts: readonly Cut[];
  /** The verb and the noun of all its items; undefined where they differ, NO_ITEMS without items. */
  readonly kind: string | undefined;
}

/** A request that was too large for the server: its items go in requests of fewer. */
export interface Cut {
  /** The part. */
  readonly cut: number;
  /** The place of its first item in the part, and how many it has. */
  readonly from: number;
  readonly count: number;
  /** How many items its requests have instead. */
  readonly size: number;
  /** The most items that the server takes in any request, where it has named that. */
  readonly limit?: number;
}

/** A part that was noted by an earlier run. */
export interface KnownPart {
  /** Data lines, faulty ones included. */
  readonly lines: number;
  readonly cuts: readonly Cut[];
}

/** The verdict on objects with a fault that was found before anything was sent. */
const FAULTY = 2101;

/** The lines as they are sent. A line with faults has its verdict already: all of them. */
export async function* pushLines(batches: AsyncIterable<FormLine[]>): AsyncGenerator<PushLine[]> {
  for await (const batch of batches) yield batch.map(pushLine);
}

function pushLine(read: FormLine): PushLine {
  if ('item' in read) return { line: read.line, key: keyLabel(read.item.subject), item: read.item };
  const reason = `not sent: ${faultTexts(read.faults, faultInLine, '; ')}`;
  return { row: { line: read.line, key: read.key, code: FAULTY, reason }, isFaulty: true };
}

/**
 * The same lines, where those that have been carried out by the verdicts in a file of results are not sent again.
 *
 * @throws OperatorError if such a line is about another object now
 */
export async function* withoutDone(batches: AsyncIterable<PushLine[]>, results: string): AsyncGenerator<PushLine[]> {
  const rows = readResults(results);
  try {
    let row = (await rows.next()).value;
    for await (const batch of batches) {
      const lines: PushLine[] = [];
      for (const each of batch) {
        const line = 'row' in each ? each.row.line : each.line;
        while (row !== undefined && row.line < line) row = (await rows.next()).value;
        lines.push(row?.line === line && row.code === 1000 ? doneLine(each, row, results) : each);
      }
      yield lines;
    }
    while (row !== undefined) row = (await rows.next()).value; // to see that it is a file of results to its end
  } finally {
    await rows.return(undefined);
  }
}

function doneLine(now: PushLine, row: ResultRow, results: string): PushLine {
  const key = 'row' in now ? now.row.key : now.key;
  if (sameKey(key) === sameKey(row.key)) return { row, isFaulty: false };
  const rule = 'only lines that failed may change, or the whole file is pushed again';
  throw new OperatorError(`line ${row.line} is '${key}' and was '${row.key}' when it was done, by ${results}: ${rule}`);
}

/** A number may be written otherwise than when it was done: --normalize gives it a plus sign. */
function sameKey(key: string): string {
  return /^\+?[0-9]+(?:-\+?[0-9]+)?$/.test(key) ? key.replaceAll('+', '') : key;
}

/** Lines of one part, if most of them are faulty: they wait in memory for the others. */
const LINES_PER_ITEM = 2;

/** The kind of a part without items. */
const NO_ITEMS = 'nothing';

/** Items that are held together. */
const HELD_TOGETHER = 128;

/** The lines of the next part. Their items wait for its end, and then for the answer, so they are held as text. */
class PartLines {
  readonly #lines: PushLine[] = [];
  /** How many lines have their items held. */
  #held = 0;
  #items = 0;
  #kind: Part['kind'] = NO_ITEMS;

  get length(): number {
    return this.#lines.length;
  }

  get items(): number {
    return this.#items;
  }

  add(line: PushLine): void {
    this.#lines.push(line);
    if (!('item' in line)) return;
    const kind = `${line.item.verb} ${nounOf(line.item.subject)}`;
    this.#kind = this.#kind === NO_ITEMS || this.#kind === kind ? kind : undefined;
    this.#items += 1;
    if (this.#lines.length - this.#held >= HELD_TOGETHER) this.#hold();
  }

  part(rest: Pick<Part, 'part' | 'mayHaveBeenSent' | 'cuts'>): Part {
    this.#hold();
    return { ...rest, lines: this.#lines, kind: this.#kind };
  }

  #hold(): void {
    const lines = this.#lines.splice(this.#held);
    const items = heldItems(lines.flatMap((line) => ('item' in line ? [line.item] : [])));
    let next = 0;
    for (const each of lines) {
      const item = 'item' in each ? items[next++] : undefined;
      this.#lines.push('row' in each || item === undefined ? each : { line: each.line, key: each.key, item });
    }
    this.#held = this.#lines.length;
  }
}

/**
 * Cuts lines into parts: first those that are known, then parts of a number of items. Where the lines end by an error, those
 * before it are a part all the same.
 *
 * @param skipped lines before the first part
 * @param known the first parts
 */
export async function* cutIntoParts(
  batches: AsyncIterable<PushLine[]>,
  skipped: number,
  first: number,
  known: readonly KnownPart[],
  itemsPerPart: () => number,
): AsyncGenerator<Part> {
  let part = first;
  let toSkip = skipped;
  let lines = new PartLines();
  const isFull = (): boolean => {
    const size = known[part - first]?.lines;
    if (size !== undefined) return lines.length >= size;
    return lines.items >= itemsPerPart() || lines.length >= itemsPerPart() * LINES_PER_ITEM;
  };
  const whole = (): Part => {
    const noted = known[part - first];
    return lines.part({ part, mayHaveBeenSent: noted !== undefined, cuts: noted?.cuts ?? [] });
  };
  try {
    for await (const batch of batches) {
      for (const each of batch) {
        if (toSkip > 0) {
          toSkip -= 1;
          continue;
        }
        lines.add(each);
        if (!isFull()) continue;
        yield whole();
        [part, lines] = [part + 1, new PartLines()];
      }
    }
  } catch (error) {
    if (lines.length > 0) yield whole();
    throw error;
  }
  if (lines.length > 0) yield whole();
}

/** The items of a part, in their order. */
export function itemsOf({ lines }: Part): ChangeItem[] {
  return lines.flatMap((line) => ('item' in line ? [line.item] : []));
}

/**
 * Whether the requests of two parts may be under way at once: their items are of one kind, which does not refer to itself.
 * Any others are carried out in the order of the file.
 */
export function goBeside({ kind }: Part, other: Part): boolean {
  return kind === NO_ITEMS || (kind !== undefined && (other.kind === kind || other.kind === NO_ITEMS));
}
