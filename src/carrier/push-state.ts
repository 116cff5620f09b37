import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../operator-error.js';
import { shellWord } from '../values/shell-word.js';
import { onFile } from './file-error.js';
import type { Cut, KnownPart } from './push-parts.js';
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
  /** Bytes of the results up to its end, and their checksum. */
  readonly results: number;
  readonly sum: number;
  readonly counts: PushCounts;
}

type Entry = PushHead | PlannedPart | DonePart | Cut;

/** Lines by what became of them. */
export interface PushCounts {
  /** Carried out; in a dry run, would be. */
  readonly good: number;
  /** Refused by the registry. */
  readonly failed: number;
  /** Not sent, because of a fault in the line. */
  readonly faulty: number;
  /** Those of the good ones with a carrier-of-record claim of which it is not known whether it holds. */
  readonly unknownClaims: number;
}

/** How far an unfinished push has come. */
export interface PushProgress {
  readonly head: PushHead;
  /** Parts that may have been sent and whose verdicts are not written. */
  readonly parts: readonly KnownPart[];
  /** The last part that was noted. */
  readonly last: PlannedPart | undefined;
  /** The last part whose verdicts are written, and the counts up to its end. */
  readonly done: DonePart | undefined;
  /** The most objects that the server takes in one request, where it has named that. */
  readonly limit: number | undefined;
}

/** Lines that have a verdict. */
export function linesIn({ good, failed, faulty }: PushCounts): number {
  return good + failed + faulty;
}

export const noCounts: PushCounts = { good: 0, failed: 0, faulty: 0, unknownClaims: 0 };

/** A log of a push, beside its file: what is written survives a crash. */
export class PushState {
  readonly #path: string;
  readonly #file: FileHandle;
  /** The last entry may be cut: by a crash, or because there was no room for all of it. */
  #mayBeCut = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Begins a log, in the place of an older one. There is the older one or a whole new one, whenever a crash comes. */
  static async create(path: string, head: PushHead): Promise<PushState> {
    const draft = `${path}.new`;
    let state: PushState | undefined;
    try {
      return await onFile(path, 'written', async () => {
        state = new PushState(path, await open(draft, 'w', 0o600));
        await state.#append(head);
        await rename(draft, path);
        const folder = await open(dirname(path), 'r');
        await folder.sync().finally(() => folder.close());
        return state;
      });
    } catch (error) {
      await state?.close();
      await rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Goes on with a log. */
  static async reopen(path: string): Promise<PushState> {
    const state = new PushState(path, await onFile(path, 'written', () => open(path, 'a')));
    state.#mayBeCut = true;
    return state;
  }

  planned(part: PlannedPart): Promise<void> {
    return this.#append(part);
  }

  done(part: DonePart): Promise<void> {
    return this.#append(part);
  }

  cut(cut: Cut): Promise<void> {
    return this.#append(cut);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(entry: Entry): Promise<void> {
    const text = `${this.#mayBeCut ? '\n' : ''}${JSON.stringify(entry)}\n`;
    this.#mayBeCut = true;
    await onFile(this.#path, 'written', async () => {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    });
    this.#mayBeCut = false;
  }
}

/**
 * How far an unfinished push has come, from its log; undefined if there is none.
 *
 * @throws OperatorError for a file that is no such log
 */
export async function readProgress(path: string): Promise<PushProgress | undefined> {
  const text = await onFile(path, 'read', () => readFile(path, 'utf8')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const entries = text.split('\n').flatMap(readEntry);
  const [head] = entries;
  if (head === undefined || !('run' in head) || head.version !== 1)
    throw new OperatorError(
      `${path}: the first line is not that of an unfinished push; remove the file (rm ${shellWord(path)}) and push again`,
    );
  const parts = entries.filter((entry) => 'part' in entry);
  const last = entries.findLast((entry) => 'done' in entry);
  // A push that an earlier version began has noted fewer counts.
  const done = last === undefined ? undefined : { ...last, counts: { ...noCounts, ...last.counts } };
  const cuts = entries.filter((entry) => 'cut' in entry);
  return {
    head,
    parts: parts
      .filter(({ part }) => part > (done?.done ?? -1))
      .map(({ part, lines }) => ({ lines, cuts: cuts.filter(({ cut }) => cut === part) })),
    last: parts.at(-1),
    done,
    limit: cuts.findLast(({ limit }) => limit !== undefined)?.limit,
  };
}

/** An entry; a line that a crash has cut was not acted on. */
function readEntry(line: string): Entry[] {
  try {
    const read: unknown = line === '' ? undefined : JSON.parse(line);
    return typeof read === 'object' && read !== null ? [read as Entry] : [];
  } catch {
    return [];
  }
}
