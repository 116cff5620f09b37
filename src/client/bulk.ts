import { randomUUID } from 'node:crypto';
import { type Chunk, Chunks } from './bulk-chunks.js';
import type { BulkOptions, BulkPart, BulkRequestOptions } from './bulk-options.js';
import { Reach } from './bulk-reach.js';
import type { ChangeItem } from './change-item.js';
import type { Carried } from './change-request.js';
import { BulkStoppedError, HttpStatusError, SpppError, WholeRequestError } from './sppp-error.js';

const PER_REQUEST = 10_000;
const AT_ONCE = 4;

type CarryOut = (items: readonly ChangeItem[], options: BulkRequestOptions) => Promise<Carried>;

/** A chunk under way. Its end is never a rejection. */
interface Task {
  readonly reach: Reach;
  readonly parts: BulkPart[];
  readonly ended: Promise<'ended'>;
}

/**
 * Sends any number of items as requests, a few at once. Items are read no faster than requests end, and the order of items is
 * kept where it matters: a request waits for those before it that it could depend on (`bulk-reach`).
 *
 * @throws BulkStoppedError for a request without an outcome, what reading the items throws, the signal's reason; each after
 * the parts of all requests that were sent
 */
export async function* bulk(
  items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>,
  options: BulkOptions,
  carryOut: CarryOut,
): AsyncGenerator<BulkPart> {
  const run = new BulkRun(options, carryOut);
  const chunks = new Chunks(items, options.from ?? 0, () => run.perRequest);
  const { atOnce = AT_ONCE } = options;
  let reading: Promise<{ readonly chunk: Chunk | undefined }> | undefined;
  try {
    for (let isOver = false; !isOver || run.tasks.length > 0; ) {
      isOver ||= run.hasStopped;
      if (!isOver && run.tasks.length < atOnce) reading ??= chunks.next().then((chunk) => ({ chunk }), run.failed);
      const [oldest] = run.tasks;
      const mayCome = isOver ? [] : [reading, run.stopped];
      const next = await Promise.race([...mayCome, oldest?.ended].filter((each) => each !== undefined));
      if (next === 'ended') {
        run.tasks.shift();
        yield* oldest?.parts ?? [];
      } else if (typeof next === 'object') {
        reading = undefined;
        if (next.chunk === undefined) isOver = true;
        else run.start(next.chunk);
      }
    }
    run.throwError();
  } finally {
    run.stop();
    await Promise.all(run.tasks.map(({ ended }) => ended));
    // A source that is just being read may take any time to return.
    const closed = chunks.close();
    if (reading === undefined) await closed;
    else closed.catch(() => undefined);
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
  /** Ends when nothing more is sent. */
  readonly stopped: Promise<'stopped'>;
  #resolveStopped: (() => void) | undefined;

  constructor(options: BulkOptions, carryOut: CarryOut) {
    const { perRequest = PER_REQUEST, atOnce = AT_ONCE, from = 0 } = options;
    for (const [name, value, least] of [
      ['perRequest', perRequest, 1],
      ['atOnce', atOnce, 1],
      ['from', from, 0],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < least)
        throw new TypeError(`${name}: ${value} is no whole number from ${least}`);
    }
    const bulkId = randomUUID();
    this.#options = options;
    this.#carryOut = carryOut;
    this.#perRequest = perRequest;
    this.#transId = options.transId ?? ((first) => `${bulkId}-${first}`);
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = () => resolve('stopped');
    });
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
    this.#resolveStopped?.();
    this.#options.signal?.removeEventListener('abort', this.stop);
  };

  /** Remembers the first error, of a request or of reading the items, and stops. */
  readonly failed = (error: unknown): { readonly chunk: undefined } => {
    this.#error ??= { error };
    this.stop();
    return { chunk: undefined };
  };

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
    const ended = work()
      .catch(this.failed)
      .then(() => 'ended' as const);
    this.tasks.push({ reach, parts, ended });
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
    const count = items.length;
    try {
      const options = { clientTransId, from: first, ...defined({ signal, onThrottled, patience }) };
      parts.push({ first, count, ...(await this.#carryOut(items, options)) });
      return undefined;
    } catch (error) {
      const size = smallerSize(error, count);
      if (size !== undefined) return size;
      throw error instanceof SpppError ? new BulkStoppedError(error, first, count, clientTransId) : error;
    }
  }
}

/** 2001 names the most objects, but long lists can be too much in fewer ones; 413 names bytes. */
function smallerSize(error: unknown, count: number): number | undefined {
  const isTooLarge = error instanceof WholeRequestError && error.code === 2001;
  if (!isTooLarge && !(error instanceof HttpStatusError && error.status === 413)) return undefined;
  const half = Math.ceil(count / 2);
  const most = isTooLarge ? (error.maxSupported ?? half) : half;
  const size = most >= 1 && most < count ? most : half;
  return size < count ? size : undefined;
}

/** Options that were given. */
function defined<T extends object>(options: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: NonNullable<T[Name]>;
  };
}
