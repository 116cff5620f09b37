import type { Connection } from '../client/connect.js';
import { FormError } from '../forms/fault.js';
import type { PushHooks } from './push-hooks.js';
import { type Cut, goBeside, type Part } from './push-parts.js';
import type { PushCounts, PushState } from './push-state.js';
import type { HashedFile } from './read-file.js';
import type { ResultRow, ResultsWriter } from './results-file.js';
import { type PartFailedError, type Sending, sendPart } from './send-part.js';

/** What parts are sent with. */
export interface PartsContext {
  readonly connection: Connection;
  readonly hooks: PushHooks;
  readonly source: HashedFile;
  /** Bytes of the file. */
  readonly size: number;
  readonly results: ResultsWriter;
  /** The log of the push; a dry run has none. */
  readonly state: PushState | undefined;
  readonly run: string;
  /** The lines that are done already. */
  readonly counts: PushCounts;
  /** Bytes of the file that an earlier run has read. */
  readonly begunAt: number;
  readonly limit: number | undefined;
  /** Requests under way at once. */
  readonly atOnce: number;
  /** Called with the most items that the server takes in a request. */
  readonly onLimit: (limit: number) => void;
}

interface UnderWay {
  readonly part: Part;
  /** Bytes of the file that were read when it was sent. */
  readonly read: number;
  /** The verdicts, or why there are none. */
  readonly ended: Promise<{ readonly rows: readonly ResultRow[] } | { readonly error: PartFailedError }>;
}

/** Sends parts, a few at once, and writes their verdicts in the order of the file. */
export class PartsInOrder {
  readonly #context: PartsContext;
  readonly #sending: Sending;
  readonly #underWay: UnderWay[] = [];
  #counts: PushCounts;
  #isUntouched = true;

  constructor(context: PartsContext) {
    this.#context = context;
    this.#counts = context.counts;
    const { connection, run, limit, hooks } = context;
    this.#sending = {
      ...{ connection, run, limit, signal: hooks.signal },
      onThrottled: (wait) => hooks.onThrottled(wait),
      begunAt: performance.now(), // the lock says that no other run is left
      cut: (cut) => this.#cut(cut),
    };
  }

  /** Lines by what became of them, up to the last part whose verdicts are written. */
  get counts(): PushCounts {
    return this.#counts;
  }

  /** Whether it is certain that the registry has carried out nothing. */
  get isUntouched(): boolean {
    return this.#isUntouched;
  }

  /**
   * Sends all parts.
   *
   * @param check called before each part is sent; it throws if that must not be
   * @throws what stops it, a PartFailedError where a part has no verdicts; requests under way have ended then, and the verdicts
   *   of all parts before the first that failed are written
   */
  async send(parts: AsyncIterable<Part>, check: () => Promise<void>): Promise<void> {
    this.#tell(this.#context.begunAt);
    try {
      for await (const part of parts) {
        while (!this.#hasPlaceFor(part)) await this.#finishFirst();
        if (this.#context.hooks.signal.aborted) throw this.#context.hooks.signal.reason;
        await check();
        await this.#begin(part);
      }
    } catch (error) {
      const failed = await this.#finishAll().catch((thrown: unknown) => thrown);
      // The file ends by the same error when the push goes on.
      throw error instanceof FormError && failed !== undefined ? failed : error;
    }
    await this.#finishAll();
  }

  #hasPlaceFor(part: Part): boolean {
    const { length } = this.#underWay;
    return length < this.#context.atOnce && this.#underWay.every((other) => goBeside(part, other.part));
  }

  async #begin(part: Part): Promise<void> {
    const { source, state } = this.#context;
    if (!part.mayHaveBeenSent) {
      await state?.planned({ part: part.part, lines: part.lines.length, read: source.read, hash: source.hash });
    }
    const ended = sendPart(part, this.#sending).then(
      (rows) => ({ rows }),
      (error: PartFailedError) => ({ error }),
    );
    this.#underWay.push({ part, ended, read: source.read });
  }

  async #cut(cut: Cut): Promise<void> {
    const { state, onLimit } = this.#context;
    await state?.cut(cut);
    if (cut.limit === undefined) return;
    this.#sending.limit = Math.min(cut.limit, this.#sending.limit ?? cut.limit);
    onLimit(this.#sending.limit);
  }

  /**
   * Writes the verdicts of the first part under way. Where that fails, those of the parts behind it are not written either: they
   * are in the order of the file, and a push that goes on begins behind the last ones.
   *
   * @throws PartFailedError if it has none, FileError if they cannot be written
   */
  async #finishFirst(): Promise<void> {
    const first = this.#underWay.shift();
    if (first === undefined) return;
    await this.#finish(first).catch(async (error: unknown) => {
      await this.#drop();
      throw error;
    });
  }

  async #finish({ part, ended, read }: UnderWay): Promise<void> {
    const end = await ended;
    if ('error' in end) {
      if (!end.error.isUndone) this.#isUntouched = false;
      throw end.error;
    }
    const { results, state } = this.#context;
    if (part.lines.some((line) => 'item' in line)) this.#isUntouched = false;
    await results.write(end.rows);
    this.#counts = added(this.#counts, part, end.rows);
    await state?.done({ done: part.part, results: results.bytes, sum: results.sum, counts: this.#counts });
    this.#tell(read);
  }

  #tell(read: number): void {
    const { hooks, size } = this.#context;
    hooks.onProgress({ counts: this.#counts, read, size });
  }

  /** Waits for all requests; their verdicts are written up to the first without. */
  async #finishAll(): Promise<void> {
    while (this.#underWay.length > 0) await this.#finishFirst();
  }

  /** Waits for all requests and forgets them; their verdicts are asked for when the push goes on. */
  async #drop(): Promise<void> {
    for (const end of await Promise.all(this.#underWay.map(({ ended }) => ended))) {
      if ('rows' in end || !end.error.isUndone) this.#isUntouched = false;
    }
    this.#underWay.length = 0;
  }
}

function added(counts: PushCounts, { lines }: Part, rows: readonly ResultRow[]): PushCounts {
  let { good, failed, faulty, unknownClaims } = counts;
  for (const [index, { code, isUnknownClaim }] of rows.entries()) {
    const line = lines[index];
    if (isUnknownClaim) unknownClaims += 1;
    if (line !== undefined && 'row' in line && line.isFaulty) faulty += 1;
    else if (code === 1000) good += 1;
    else failed += 1;
  }
  return { good, failed, faulty, unknownClaims };
}
