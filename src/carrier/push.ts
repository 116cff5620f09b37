import { randomUUID } from 'node:crypto';
import { access, copyFile, open, realpath, rm, stat } from 'node:fs/promises';
import type { Connection } from '../client/connect.js';
import { FormError } from '../forms/fault.js';
import { formBatches } from '../forms/read-form.js';
import { OperatorError } from '../operator-error.js';
import { shellWord } from '../values/shell-word.js';
import { visible } from '../values/visible.js';
import { onFile } from './file-error.js';
import { PartsInOrder } from './parts-in-order.js';
import { type PushFiles, pushFiles } from './push-files.js';
import type { PushHooks } from './push-hooks.js';
import { lockPush } from './push-lock.js';
import { cutIntoParts, type Part, type PushLine, pushLines, withoutDone } from './push-parts.js';
import { formOptions, type PushSettings, settingsOfResumed } from './push-settings.js';
import {
  linesIn,
  noCounts,
  type PushCounts,
  type PushHead,
  type PushProgress,
  PushState,
  readProgress,
} from './push-state.js';
import { linesOf, type PushReport, PushStoppedError } from './push-stopped.js';
import { HashedFile, hashOfBeginning, identityOfFile } from './read-file.js';
import { ResultsWriter, readResults } from './results-file.js';
import { PartFailedError } from './send-part.js';

export interface PushOptions {
  readonly file: string;
  readonly settings: PushSettings;
  /** What is done where an earlier push of the file was not finished: it is refused, goes on, or is forgotten. */
  readonly ifUnfinished: 'refuse' | 'resume' | 'restart';
  /** Only lines that are not done by the verdicts in this file are sent. */
  readonly onlyFailed?: string;
  /** A dry run: the connection's mode is `validate`, and nothing is noted but the verdicts. */
  readonly isCheck: boolean;
  readonly itemsPerPart: number;
  readonly partsAtOnce: number;
}

/** What a push works with from its first part on. */
interface Begun {
  readonly state: PushState | undefined;
  readonly results: ResultsWriter;
  readonly head: PushHead;
  readonly progress: PushProgress | undefined;
}

/**
 * Sends a file of objects to a registry and writes the verdict on each line beside it.
 *
 * Why no line is missed or sent twice. A part is noted, durable, before it is sent, under an id that follows from the run and
 * its number; its verdicts are written and durable before it is noted as done, in the order of the file. After a crash the
 * results are cut behind the last part that is noted as done. The parts that were noted and are not done are asked for by
 * their ids before anything is sent again, so each has the outcome of one request.
 *
 * @throws OperatorError or FileError if it cannot begin, SpppError if the registry refuses its beginning; then nothing is done,
 * and everything is as before. PushStoppedError if it ends too early
 */
export async function push(connection: Connection, options: PushOptions, hooks: PushHooks): Promise<PushReport> {
  const { file } = options;
  if (!(await onFile(file, 'read', () => stat(file))).isFile())
    throw new OperatorError(
      `${visible(file)}: no regular file; a push may have to read it again, so save it as one first`,
    );
  const lock = await lockPush(file);
  try {
    return await new Push(connection, options, hooks).run();
  } finally {
    await lock.release();
  }
}

class Push {
  readonly #files: PushFiles;
  readonly #source: HashedFile;

  constructor(
    private readonly connection: Connection,
    private readonly options: PushOptions,
    private readonly hooks: PushHooks,
  ) {
    this.#files = pushFiles(options.file, options.isCheck);
    this.#source = new HashedFile(options.file);
  }

  async run(): Promise<PushReport> {
    const progress = this.options.isCheck ? undefined : await this.#earlier();
    const before = progress === undefined ? this.options.onlyFailed : progress.head.before;
    const settings =
      progress === undefined ? this.options.settings : settingsOfResumed(progress.head.settings, this.options.settings);
    if (progress !== undefined) await this.#checkUnchanged(progress);
    else if (before !== undefined) await this.#checkResults(before, settings);
    const identity = progress?.head.file ?? (await identityOfFile(this.options.file));
    const limits = { perPart: this.options.itemsPerPart };
    const parts = this.#parts(this.#lines(this.#source, settings, before), progress, limits);
    const first = await parts.next().catch((error: unknown) => {
      if (progress?.done === undefined) throw error; // a file that cannot be read leaves nothing behind
      const report = { counts: progress.done.counts, results: this.#files.results };
      throw new PushStoppedError(error, report, !this.#isOfFile(error));
    });
    const head = progress?.head ?? (await this.#newHead(identity, settings, before));
    const begun = await this.#begin(head, progress);
    const counts = progress?.done?.counts ?? noCounts;
    const all = async function* () {
      if (!first.done) yield first.value;
      yield* parts;
    };
    const sent = new PartsInOrder({
      ...{ connection: this.connection, hooks: this.hooks, source: this.#source, counts },
      ...{ state: begun.state, results: begun.results, run: head.run, size: identity.size },
      ...{ begunAt: progress?.last?.read ?? 0, limit: progress?.limit, atOnce: this.options.partsAtOnce },
      onLimit: (limit) => {
        limits.perPart = Math.min(limits.perPart, limit);
      },
    });
    try {
      await sent.send(all(), () => this.#checkSame(head, begun.results.bytes > 0));
      if (begun.results.bytes === 0) await begun.results.write([]); // of a file without lines, only the header
    } catch (error) {
      await this.#close(begun);
      const cause = error instanceof PartFailedError ? error.cause : error;
      if (progress !== undefined || !sent.isUntouched) {
        const canGoOn = begun.state !== undefined && !this.#isOfFile(cause);
        const at = error instanceof PartFailedError ? linesOf(error) : undefined;
        throw new PushStoppedError(cause, this.#report(sent.counts, begun.results), canGoOn, at);
      }
      await this.#undo(head);
      throw cause;
    }
    await this.#close(begun);
    if (begun.state !== undefined)
      await onFile(this.#files.state, 'removed', () => rm(this.#files.state, { force: true }));
    return this.#report(sent.counts, begun.results);
  }

  /** Whether the file has to be mended, so that it is not the one any more with which the push was begun. */
  #isOfFile(error: unknown): boolean {
    return error instanceof OperatorError && error !== this.hooks.signal.reason;
  }

  #report(counts: PushCounts, results: ResultsWriter): PushReport {
    return { counts, results: results.bytes === 0 ? undefined : this.#files.results };
  }

  /** The unfinished push that goes on; undefined if one begins. */
  async #earlier(): Promise<PushProgress | undefined> {
    const { file, ifUnfinished } = this.options;
    if (ifUnfinished === 'restart') return undefined; // the state of the new one takes the place of the old one
    const progress = await readProgress(this.#files.state);
    if (ifUnfinished === 'resume') {
      if (progress !== undefined) return progress;
      const begin = `sppp push ${shellWord(file)}`;
      throw new OperatorError(`${visible(file)}: there is no unfinished push of it to resume; ${begin} begins one`);
    }
    if (progress === undefined) return undefined;
    const lines = linesIn(progress.done?.counts ?? noCounts);
    throw new OperatorError(
      `${visible(file)}: its push of ${progress.head.begun} is not finished, ${lines} lines have their verdict; --resume goes on, --restart begins anew`,
    );
  }

  async #checkUnchanged({ head, last, done }: PushProgress): Promise<void> {
    const now = await identityOfFile(this.options.file);
    const isSame =
      now.size === head.file.size &&
      now.mtimeMs === head.file.mtimeMs &&
      (last === undefined || (await hashOfBeginning(this.options.file, last.read)) === last.hash);
    if (!isSame) throw this.#changed(head, done !== undefined);
  }

  /** Throws if the file is another one than at the beginning: its parts would not be those that were noted. */
  async #checkSame(head: PushHead, hasVerdicts: boolean): Promise<void> {
    const { size, mtimeMs } = head.file;
    const now = await identityOfFile(this.options.file);
    if (now.size !== size || now.mtimeMs !== mtimeMs) throw this.#changed(head, hasVerdicts);
  }

  /** Until this push has verdicts, the file of results has those of an earlier one, by which nothing of this one is done. */
  #changed({ before }: PushHead, hasVerdicts: boolean): OperatorError {
    const { file, isCheck } = this.options;
    const name = visible(file);
    if (isCheck) return new OperatorError(`${name} has changed since its dry run began; nothing is stored, begin anew`);
    const results = hasVerdicts ? this.#files.results : before;
    const onlyFailed = results === undefined ? '' : ` --only-failed ${shellWord(results)}`;
    return new OperatorError(
      `${name} has changed since its push began; sppp push ${shellWord(file)} --restart${onlyFailed} sends what is not done by now`,
    );
  }

  /** Reads file and results once before anything is sent, so that a wrong file of results stops it then. */
  async #checkResults(results: string, settings: PushSettings): Promise<void> {
    const ofCheck = await pathOf(pushFiles(this.options.file, true).results);
    if (ofCheck !== undefined && ofCheck === (await pathOf(results)))
      throw new OperatorError(`${results} has the verdicts of a dry run: nothing in it is done; push without it`);
    try {
      for await (const _lines of this.#lines(new HashedFile(this.options.file), settings, results));
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      for await (const _row of readResults(results)); // the file to push is judged when it is sent
    }
  }

  #lines(source: HashedFile, settings: PushSettings, before: string | undefined): AsyncGenerator<PushLine[]> {
    const lines = pushLines(formBatches(source.bytes(), this.options.file, formOptions(settings)));
    return before === undefined ? lines : withoutDone(lines, before);
  }

  #parts(
    lines: AsyncIterable<PushLine[]>,
    progress: PushProgress | undefined,
    limits: { perPart: number },
  ): AsyncGenerator<Part> {
    const skipped = linesIn(progress?.done?.counts ?? noCounts);
    if (progress?.limit !== undefined) limits.perPart = Math.min(limits.perPart, progress.limit);
    return cutIntoParts(lines, skipped, (progress?.done?.done ?? -1) + 1, progress?.parts ?? [], () => limits.perPart);
  }

  async #newHead(file: PushHead['file'], settings: PushSettings, before: string | undefined): Promise<PushHead> {
    const { isCheck } = this.options;
    const head = { version: 1, run: `push-${randomUUID()}`, begun: new Date().toISOString(), file, settings } as const;
    if (before === undefined || isCheck) return head;
    const isOverwritten = (await pathOf(before)) === (await pathOf(this.#files.results));
    return { ...head, before: isOverwritten ? this.#files.before : before };
  }

  async #begin(head: PushHead, progress: PushProgress | undefined): Promise<Begun> {
    const { results, state, before } = this.#files;
    if (progress?.done !== undefined) {
      const writer = await ResultsWriter.reopen(results, progress.done.results, progress.done.sum);
      return { head, progress, results: writer, state: await PushState.reopen(state) };
    }
    if (progress !== undefined) {
      return { head, progress, results: new ResultsWriter(results), state: await PushState.reopen(state) };
    }
    if (this.options.isCheck) {
      return { head, progress, results: new ResultsWriter(results), state: undefined };
    }
    // In this order a crash leaves either the old results or a push that can go on.
    try {
      if (this.#isOverwritten(head)) {
        await rm(state, { force: true }); // an unfinished push that is given up may have begun with what is there
        await copyDurably(results, before);
      }
      const log = await PushState.create(state, head);
      return { head, progress, results: new ResultsWriter(results), state: log };
    } catch (error) {
      if (this.#isOverwritten(head)) await rm(before, { force: true });
      throw error;
    }
  }

  /** Whether the verdicts that it starts from were in the place where the new ones go. */
  #isOverwritten(head: PushHead): boolean {
    return head.before !== undefined && head.before !== this.options.onlyFailed;
  }

  async #close({ state, results }: Begun): Promise<void> {
    await results.close();
    await state?.close();
  }

  /** Leaves everything as it was before a push of which nothing was carried out; its results are not begun. */
  async #undo(head: PushHead): Promise<void> {
    if (this.options.isCheck) return;
    if (this.#isOverwritten(head)) await rm(this.#files.before, { force: true });
    await rm(this.#files.state, { force: true });
  }
}

/** The path of a file without links; undefined if there is none. */
async function pathOf(file: string): Promise<string | undefined> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  return exists ? realpath(file) : undefined;
}

async function copyDurably(from: string, to: string): Promise<void> {
  await onFile(to, 'written', async () => {
    await copyFile(from, to);
    const file = await open(to, 'r+');
    await file.sync().finally(() => file.close());
  });
}
