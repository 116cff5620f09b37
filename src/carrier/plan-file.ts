import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { faultText } from '../forms/fault.js';
import { keyText } from '../forms/key-text.js';
import { readJsonLine } from '../forms/read-ndjson.js';
import { textLines } from '../forms/text-lines.js';
import { keyOf } from '../model/key-of.js';
import type { Obj } from '../model/obj.js';
import { orderTextOf } from '../model/object-order.js';
import { OperatorError } from '../operator-error.js';
import { visible } from '../values/visible.js';
import { namingFile } from './file-error.js';
import type { Change, PlanCounts, PlanHead } from './plan.js';

/**
 * A plan as text: one document of JSON, with a line for each change, so that a plan of millions of changes is written and read
 * in little memory.
 */
export function planHeadText(head: PlanHead): string {
  return `${JSON.stringify(head).slice(0, -1)},"changes":[`;
}

/** The next change; `isFirst`: of the plan. */
export function changeText(change: Change, isFirst: boolean): string {
  return `${isFirst ? '' : ','}\n${JSON.stringify(change)}`;
}

/** What ends a plan, and says that it is whole. */
export function planEndText(counts: PlanCounts): string {
  return `\n],"counts":${JSON.stringify(counts)}}\n`;
}

/** A part of a plan, in the order of the file. `place`: of the change among all, from 0. */
export type PlanPart =
  | { readonly head: PlanHead }
  | { readonly change: Change; readonly place: number }
  | { readonly counts: PlanCounts };

/** Characters of a change: an SED group before and after it, with all that it may have. */
const MAX_LINE_LENGTH = 33_554_432;

/** Bytes that are read at once. */
const BLOCK_BYTES = 65_536;

const EXPECTED = 'a plan is the file that sppp plan --out writes';

/** A file with a plan, which stays the same for all who read it, even if another one takes its place. */
export class PlanFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #changedAt: number;

  private constructor(file: string, handle: FileHandle, size: number, changedAt: number) {
    this.#file = visible(file);
    this.#handle = handle;
    this.#size = size;
    this.#changedAt = changedAt;
  }

  /** @throws OperatorError if it is no file that can be read several times, errors of the system with its name */
  static async open(file: string): Promise<PlanFile> {
    // So that a named pipe is refused at once, not when a program writes into it.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    const handle = await open(file, flags).catch(namingFile(file, EXPECTED));
    try {
      const found = await handle.stat();
      if (found.isDirectory()) throw new OperatorError(`${file}: this is a folder, not a file; ${EXPECTED}`);
      if (!found.isFile()) throw new OperatorError(`${file}: this can be read only once; ${EXPECTED}`);
      return new PlanFile(file, handle, found.size, found.mtimeMs);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Reads the plan from its beginning: its head, its changes, its counts.
   *
   * @param isWanted picks the changes that are read, by their places
   * @param onRead called with the part of the file that has been read, from 0 to 1
   * @throws OperatorError for a file that is no plan, or not a whole one, or that was changed since it was opened
   */
  async *parts(
    isWanted: (place: number) => boolean = () => true,
    onRead: (share: number) => void = () => undefined,
  ): AsyncGenerator<PlanPart, void> {
    const file = this.#file;
    await this.#checkUnchanged();
    let isWhole = false;
    for await (const lines of textLines(this.#bytes(onRead), { max: MAX_LINE_LENGTH, ends: 'newline' })) {
      for (const line of lines) {
        if (isWhole) throw notAPlan(file, line.number);
        const text = 'text' in line ? line.text : '';
        const place = placeOf(line.number);
        if (place >= 0 && !text.startsWith(']') && !isWanted(place)) continue;
        const part = partOf(text, line.number, file);
        isWhole = 'counts' in part;
        yield part;
      }
    }
    if (!isWhole) throw new OperatorError(`${file}: a plan without its end; sppp plan writes it anew`);
    await this.#checkUnchanged();
  }

  /** Not a stream of the handle: one that is not read to its end would close it. */
  async *#bytes(onRead: (share: number) => void): AsyncGenerator<Buffer, void> {
    let position = 0;
    for (;;) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      onRead(position / this.#size);
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #checkUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.#handle.stat();
    if (size === this.#size && mtimeMs === this.#changedAt) return;
    throw new OperatorError(`${this.#file}: somebody has changed it while it was read`);
  }
}

/** The line of a change, from 1, and its place among all changes. The first line is the head. */
export const lineOf = (place: number): number => place + 2;
const placeOf = (line: number): number => line - 2;

function partOf(text: string, line: number, file: string): PlanPart {
  try {
    if (line === 1) {
      const { changes: _none, ...head } = JSON.parse(`${text}]}`) as PlanHead & { changes: [] };
      if (head.plan !== 1) throw notAPlan(file, line);
      return { head };
    }
    if (text.startsWith(']')) {
      const { counts } = JSON.parse(`{"changes":[${text}`) as { counts?: PlanCounts };
      if (typeof counts !== 'object' || counts === null) throw notAPlan(file, line);
      return { counts };
    }
    return { change: checked(JSON.parse(text.replace(/,$/, '')) as Change, line, file), place: placeOf(line) };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw notAPlan(file, line);
  }
}

/** The change with objects that were read like those of any file: somebody may have edited it. */
function checked(change: Change, line: number, file: string): Change {
  const read = (obj: Obj): Obj => {
    const read = readJsonLine({ number: line, text: JSON.stringify(obj) ?? '' }, file, {});
    if (read === undefined) throw notAPlan(file, line);
    if ('faults' in read) throw new OperatorError(read.faults.map(faultText).join('\n'));
    return read.item.subject as Obj;
  };
  switch (change.do) {
    case 'add':
      return { do: 'add', to: read(change.to) };
    case 'delete':
      return { do: 'delete', from: read(change.from) };
    case 'change':
      return sameKey({ ...change, from: read(change.from), to: read(change.to) }, line, file);
    default:
      throw notAPlan(file, line);
  }
}

/** A change of an object into another one would leave the first as it is. */
function sameKey<Both extends { from: Obj; to: Obj }>(change: Both, line: number, file: string): Both {
  const { from, to } = change;
  if (orderTextOf(from) === orderTextOf(to)) return change;
  const [before, after] = [keyText(keyOf(from)), keyText(keyOf(to))];
  throw new OperatorError(
    `${file}: line ${line}: from is ${before}, and to is ${after}: a change keeps the key; add one and delete the other`,
  );
}

function notAPlan(file: string, line: number): OperatorError {
  return new OperatorError(`${file}: line ${line}: not a plan as sppp plan --out writes it, a line for each change`);
}
