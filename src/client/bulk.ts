import { randomUUID } from 'node:crypto';
import { present } from '../values/present.js';
import { type Chunk, Chunks } from './bulk-chunks.js';
import type { BulkOptions, BulkPart, BulkRequestOptions } from './bulk-options.js';
import { Reach } from './bulk-reach.js';
import { smallerSize } from './bulk-size.js';
import type { ChangeItem } from './change-item.js';
import type { Carried } from './change-request.js';
import { checkBulk, checkTransId } from './check-arguments.js';
import { BulkStoppedError, SpppError } from './sppp-error.js';

const ITEMS_PER_REQUEST = 10_000;
const MAX_PARALLEL_REQUESTS = 4;

type CarryOut = (items: readonly ChangeItem[], options: BulkRequestOptions) => Promise<Carried>;

/** A chunk under way. Its end is never a rejection. */
interface Task {
  readonly reach: Reach;
  readonly parts: BulkPart[];
  readonly ended: Promise<void>;
  isDone: boolean;
}

/**
 * Sends any number of items as requests, a few at once. Items are read no faster than requests end, and the order of items is
 * kept where it matters: a request waits for those before it that it could depend on (`bulk-reach`).
 *
 * @throws WrongUseError at once if an argument is wrong; then BulkStoppedError for a request without an outcome, what reading
 * the items throws, the signal's reason, each after the parts of all requests that were sent
 */
export function bulk(
  items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>,
  options: BulkOptions,
  carryOut: CarryOut,
): AsyncGenerator<BulkPart> {
  checkBulk('bulk', items, options);
  return partsOf(items, options, carryOut);
}

async function* partsOf(
  items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>,
  options: BulkOptions,
  carryOut: CarryOut,
): AsyncGenerator<BulkPart> {
  const chunks = new Chunks(items, options.from ?? 0, () => run.perRequest);
  const run = new BulkRun(options, carryOut);
  const { atOnce = MAX_PARALLEL_REQUESTS } = options;
  let isReading = false;
  let isOver = false;
  const read = async () => {
    isReading = true;
    const chunk = await chunks.next().catch(run.failed);
    isReading = false;
    if (chunk === undefined) isOver = true;
    else if (!run.hasStopped) run.start(chunk);
    run.wake();
  };
  try {
    for (;;) {
      isOver ||= run.hasStopped;
      const [oldest] = run.tasks;
      if (oldest?.isDone) {
        run.tasks.shift();
        yield* oldest.parts;
      } else if (isOver && oldest === undefined) {
        break;
      } else {
        if (!isOver && !isReading && run.tasks.length < atOnce) void read();
        await run.event();
      }
    }
    run.throwError();
  } finally {
    run.stop();
    await Promise.all(run.tasks.map(({ ended }) => ended));
    // A source that is just being read may take any time to return.
    const closed = chunks.close();
    if (isReading) closed.catch(() => undefined);
    else await closed;
  }
}

/** The requests of one bulk. */
class BulkRun {
  readonly tasks: Task[] = [];
  readonly #options: BulkOptions;
  readonly #carryOut: CarryOut;
  readonly #transId: (first: number) => string;
  #perRequest: number;
  #error: { readonly error: unknown } | undefined;
  #hasStopped = false;
  #wake: (() => void) | undefined;

  constructor(options: BulkOptions, carryOut: CarryOut) {
    const bulkId = randomUUID();
    this.#options = options;
    this.#carryOut = carryOut;
    this.#perRequest = options.perRequest ?? ITEMS_PER_REQUEST;
    this.#transId = options.transId ?? ((first) => `${bulkId}-${first}`);
    options.signal?.addEventListener('abort', this.stop);
  }

  /** Items in the next request. */
  get perRequest(): number {
    return this.#perRequest;
  }

  /** Whether nothing more is sent. */
  get hasStopped(): boolean {
    return this.#hasStopped || this.#options.signal?.aborted === true;
  }

  readonly stop = (): void => {
    this.#hasStopped = true;
    this.#options.signal?.removeEventListener('abort', this.stop);
    this.wake();
  };

  /** Remembers the first error, of a request or of reading the items, and stops. */
  readonly failed = (error: unknown): undefined => {
    this.#error ??= { error };
    this.stop();
  };

  /** Resolves at the next thing that happens: a request ended, a chunk was read, all is stopped. */
  event(): Promise<void> {
    // A promise for each event: a race with a lasting one would hold on to all that it was ever raced with.
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
  }

  throwError(): void {
    if (this.#error !== undefined) throw this.#error.error;
    if (this.#options.signal?.aborted) throw this.#options.signal.reason;
  }

  /** Begins to carry out a chunk, behind those under way that it could depend on. */
  start({ first, items }: Chunk): void {
    const reach = new Reach(items);
    const before = this.tasks.filter((task) => reach.meets(task.reach)).map(({ ended }) => ended);
    const parts: BulkPart[] = [];
    const work = async () => {
      await Promise.all(before);
      if (!this.hasStopped) await this.#carryOutAll(first, items, parts);
    };
    const done = () => {
      task.isDone = true;
      this.wake();
    };
    const task: Task = { reach, parts, isDone: false, ended: work().catch(this.failed).then(done) };
    this.tasks.push(task);
  }

  /** Carries out items, in smaller requests if the server takes no such large ones. */
  async #carryOutAll(first: number, items: readonly ChangeItem[], parts: BulkPart[]): Promise<void> {
    const size = await this.#carryOutOnce(first, items, parts);
    if (size === undefined) return;
    this.#perRequest = Math.min(this.#perRequest, size);
    for (let at = 0; at < items.length; at += size) {
      if (this.hasStopped) return;
      await this.#carryOutAll(first + at, items.slice(at, at + size), parts);
    }
  }

  /** Returns how many items a request may have, if these are too many. */
  async #carryOutOnce(first: number, items: readonly ChangeItem[], parts: BulkPart[]): Promise<number | undefined> {
    const { signal, onThrottled, patience } = this.#options;
    const clientTransId = this.#transId(first);
    checkTransId('bulk', clientTransId);
    const count = items.length;
    try {
      const options = { clientTransId, from: first, ...present({ signal, onThrottled, patience }) };
      parts.push({ first, count, ...(await this.#carryOut(items, options)) });
      return undefined;
    } catch (error) {
      const size = smallerSize(error, count);
      if (size !== undefined) return size;
      throw error instanceof SpppError ? new BulkStoppedError(error, first, count, clientTransId) : error;
    }
  }
}
