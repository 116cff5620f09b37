import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../operator-error.js';
import type { PushSettings } from './push-settings.js';
import type { FileIdentity } from './read-file.js';

/** How a push was begun. It goes on in the same way. */
export interface PushHead {
  readonly version: 1;
  /** The beginning of the clientTransId of each request. */
  readonly run: string;
  readonly begun: string;
  readonly file: FileIdentity;
  /** What the lines mean and where they go. */
  readonly settings: PushSettings;
  /** The verdicts that it started from, with `--only-failed`. */
  readonly before?: string;
}

/** A part of the file that goes in one request, noted before it is sent. */
export interface PlannedPart {
  readonly part: number;
  /** Data lines, faulty ones included. */
  readonly lines: number;
  /** Bytes of the file that were read by then, and their hash. */
  readonly read: number;
  readonly hash: string;
}

/** A part whose verdicts are written. */
export interface DonePart {
  readonly done: number;
  /** Bytes of the results up to its end. */
  readonly results: number;
  readonly counts: PushCounts;
}

/** The most objects that the server takes in one request. */
interface Limit {
  readonly limit: number;
}

/** Lines by what became of them. */
export interface PushCounts {
  /** Carried out; in a dry run, would be. */
  readonly good: number;
  /** Refused by the registry. */
  readonly failed: number;
  /** Not sent, because of a fault in the line. */
  readonly faulty: number;
}

/** How far an unfinished push has come. */
export interface PushProgress {
  readonly head: PushHead;
  /** Parts that may have been sent and whose verdicts are not written. */
  readonly parts: readonly PlannedPart[];
  /** The last part that was noted. */
  readonly last: PlannedPart | undefined;
  /** The last part whose verdicts are written, and the counts up to its end. */
  readonly done: DonePart | undefined;
  readonly limit: number | undefined;
}

export const noCounts: PushCounts = { good: 0, failed: 0, faulty: 0 };

/** A log of a push, beside its file: what is written survives a crash. */
export class PushState {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Begins a log. There is none or a whole one, whenever a crash comes. */
  static async create(path: string, head: PushHead): Promise<PushState> {
    const draft = `${path}.new`;
    const state = new PushState(await open(draft, 'w', 0o600));
    await state.#append(head);
    await rename(draft, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
    return state;
  }

  /** Goes on with a log. */
  static async reopen(path: string): Promise<PushState> {
    const state = new PushState(await open(path, 'a'));
    await state.#file.write('\n'); // ends a line that a crash has cut
    return state;
  }

  planned(part: PlannedPart): Promise<void> {
    return this.#append(part);
  }

  done(part: DonePart): Promise<void> {
    return this.#append(part);
  }

  limited(limit: Limit): Promise<void> {
    return this.#append(limit);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(entry: PushHead | PlannedPart | DonePart | Limit): Promise<void> {
    await this.#file.write(`${JSON.stringify(entry)}\n`);
    await this.#file.datasync();
  }
}

/**
 * How far an unfinished push has come, from its log; undefined if there is none.
 *
 * @throws OperatorError for a file that is no such log
 */
export async function readProgress(path: string): Promise<PushProgress | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const entries = text.split('\n').flatMap(readEntry);
  const [head] = entries;
  if (head === undefined || !('run' in head) || head.version !== 1)
    throw new OperatorError(`${path} is no state of a push; remove it`);
  const parts = entries.filter((entry) => 'part' in entry);
  const done = entries.findLast((entry) => 'done' in entry);
  const limit = entries.findLast((entry) => 'limit' in entry);
  return {
    head,
    parts: parts.filter(({ part }) => part > (done?.done ?? -1)),
    last: parts.at(-1),
    done,
    limit: limit?.limit,
  };
}

/** An entry; a line that a crash has cut was not acted on. */
function readEntry(line: string): (PushHead | PlannedPart | DonePart | Limit)[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as PushHead | PlannedPart | DonePart | Limit];
  } catch {
    return [];
  }
}
