import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.js';
import { bulk } from './bulk.js';
import type { BulkOptions, BulkPart, BulkRequestOptions } from './bulk-options.js';
import type { ChangeItem } from './change-item.js';
import type { Carried } from './change-request.js';
import { BulkStoppedError, HttpStatusError, LostAnswerError, WholeRequestError } from './sppp-error.js';

const own = { rant: 'a:1', rar: 'a:1' };
const tn = (number: number): ChangeItem => ({
  verb: 'add',
  subject: { kind: 'TNType', ...own, dgName: ['DG'], tn: String(number), sedRecRef: [] },
});
const group = (name: string): ChangeItem => ({ verb: 'add', subject: { kind: 'DestGrpType', ...own, dgName: name } });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => tn(index));

const done = (items: readonly ChangeItem[]): Carried => ({
  outcome: { code: 1000, message: '', applied: items.length, verdicts: [], isIndexed: true },
  settled: false,
});

/** A server whose requests end when they are told to. */
class Requests {
  readonly begun: { readonly items: readonly ChangeItem[]; readonly options: BulkRequestOptions }[] = [];
  readonly #ends: ((error?: Error) => void)[] = [];

  readonly carryOut = (items: readonly ChangeItem[], options: BulkRequestOptions): Promise<Carried> => {
    this.begun.push({ items, options });
    return new Promise((resolve, reject) => {
      this.#ends.push((error) => (error === undefined ? resolve(done(items)) : reject(error)));
    });
  };

  async end(index: number, error?: Error): Promise<void> {
    this.#ends[index]?.(error);
    await turn();
  }

  get firsts(): (number | undefined)[] {
    return this.begun.map(({ options }) => options.from);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Reads parts as they come; `error` is what ends them. */
function collect(items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>, options: BulkOptions, requests: Requests) {
  const read = { parts: [] as BulkPart[], error: undefined as unknown, isOver: false };
  const work = async () => {
    for await (const part of bulk(items, options, requests.carryOut)) read.parts.push(part);
  };
  const over = work().catch((error) => {
    read.error = error;
  });
  return Object.assign(read, { over: over.then(() => (read.isOver = true)) });
}

const firstsOf = (parts: readonly BulkPart[]) => parts.map(({ first, count }) => [first, count]);

describe('a bulk', () => {
  it('has so many requests under way, and reads no further than they need', async () => {
    let read = 0;
    function* source() {
      for (const item of numbers(100)) {
        read += 1;
        yield item;
      }
    }
    const requests = new Requests();
    const bulk = collect(source(), { perRequest: 10, atOnce: 3 }, requests);
    await turn();
    expect([requests.firsts, read]).toEqual([[0, 10, 20], 30]);
    await requests.end(1);
    expect([bulk.parts, requests.begun.length]).toEqual([[], 3]);
    await requests.end(0);
    expect(firstsOf(bulk.parts)).toEqual([
      [0, 10],
      [10, 10],
    ]);
    expect([requests.firsts, read]).toEqual([[0, 10, 20, 30, 40], 50]);
    for (let index = 2; index < 10; index++) await requests.end(index);
    await bulk.over;
    expect(firstsOf(bulk.parts).map(([first]) => first)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  });

  it('gives each request an id of its own, or that of the caller, and counts from where it begins', async () => {
    const requests = new Requests();
    const bulk = collect(numbers(3), { perRequest: 2, from: 1000, transId: (first) => `mine-${first}` }, requests);
    await turn();
    expect(requests.begun.map(({ options }) => options)).toEqual([
      { clientTransId: 'mine-1000', from: 1000 },
      { clientTransId: 'mine-1002', from: 1002 },
    ]);
    await requests.end(0);
    await requests.end(1);
    await bulk.over;
    expect(firstsOf(bulk.parts)).toEqual([
      [1000, 2],
      [1002, 1],
    ]);
  });

  it('keeps the order where it matters', async () => {
    const requests = new Requests();
    const items = [tn(1), tn(2), group('DG'), tn(3), tn(4), tn(4)];
    collect(items, { perRequest: 1, atOnce: 6 }, requests);
    await turn();
    expect(requests.firsts).toEqual([0, 1]);
    await requests.end(0);
    expect(requests.firsts).toEqual([0, 1]);
    await requests.end(1);
    expect(requests.firsts).toEqual([0, 1, 2]);
    await requests.end(2);
    expect(requests.firsts).toEqual([0, 1, 2, 3, 4]);
    await requests.end(4);
    expect(requests.firsts).toEqual([0, 1, 2, 3, 4, 5]);
    await requests.end(3);
    await requests.end(5);
  });

  it('of nothing has no request', async () => {
    const requests = new Requests();
    const bulk = collect([], {}, requests);
    await bulk.over;
    expect([bulk.parts, bulk.error, requests.begun]).toEqual([[], undefined, []]);
  });

  it.each([{ perRequest: 0 }, { atOnce: 1.5 }, { from: -1 }, { perRequest: Number.NaN }])(
    'refuses %j',
    async (options) => {
      const bulk = collect([], options, new Requests());
      await bulk.over;
      expect(bulk.error).toBeInstanceOf(TypeError);
    },
  );
});

describe('requests that are too large', () => {
  it('are sent again in parts, and the next ones are smaller', async () => {
    const requests = new Requests();
    const bulk = collect(numbers(10), { perRequest: 5, atOnce: 1 }, requests);
    await turn();
    await requests.end(0, new WholeRequestError('2001', 2001, 2));
    for (let index = 1; index < 8; index++) await requests.end(index);
    await bulk.over;
    expect(bulk.error).toBeUndefined();
    expect(firstsOf(bulk.parts)).toEqual([
      [0, 2],
      [2, 2],
      [4, 1],
      [5, 2],
      [7, 2],
      [9, 1],
    ]);
    expect(new Set(requests.begun.slice(1).map(({ options }) => options.clientTransId)).size).toBe(6);
  });

  it.each([
    ['2001 of long lists', new WholeRequestError('2001', 2001, 100_000)],
    ['413', new HttpStatusError('HTTP 413', 413)],
  ])('for another reason are halved: %s', async (_, error) => {
    const requests = new Requests();
    const bulk = collect(numbers(3), { perRequest: 3 }, requests);
    await turn();
    await requests.end(0, error);
    await requests.end(1);
    await requests.end(2);
    await bulk.over;
    expect(firstsOf(bulk.parts)).toEqual([
      [0, 2],
      [2, 1],
    ]);
  });

  it('end the bulk if one item is too large by itself', async () => {
    const requests = new Requests();
    const bulk = collect(numbers(1), {}, requests);
    await turn();
    await requests.end(0, new HttpStatusError('HTTP 413', 413));
    await bulk.over;
    expect(bulk.error).toBeInstanceOf(BulkStoppedError);
  });
});

describe('the end of a bulk', () => {
  it('by a request without outcome comes after the parts of all that were sent', async () => {
    const requests = new Requests();
    const bulk = collect(numbers(50), { perRequest: 10, atOnce: 3, transId: (first) => `id-${first}` }, requests);
    await turn();
    await requests.end(1, new LostAnswerError('lost', false));
    await requests.end(2);
    expect(bulk.isOver).toBe(false);
    await requests.end(0);
    await bulk.over;
    expect(firstsOf(bulk.parts)).toEqual([
      [0, 10],
      [20, 10],
    ]);
    expect(bulk.error).toMatchObject({
      name: 'BulkStoppedError',
      first: 10,
      count: 10,
      clientTransId: 'id-10',
      isRetrySafe: false,
    });
    expect(requests.begun.length).toBe(3);
  });

  it('by its source comes after the parts of all that were sent', async () => {
    async function* source() {
      yield* numbers(2);
      throw new Error('the file ends in the middle');
    }
    const requests = new Requests();
    const bulk = collect(source(), { perRequest: 1 }, requests);
    await turn();
    await requests.end(0);
    await requests.end(1);
    await bulk.over;
    expect(firstsOf(bulk.parts)).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(bulk.error).toEqual(new Error('the file ends in the middle'));
  });

  it('by a signal comes after the parts of all that were sent, even if the source hangs', async () => {
    async function* source() {
      yield* numbers(2);
      await new Promise(() => undefined);
    }
    const stop = new AbortController();
    const requests = new Requests();
    const bulk = collect(source(), { perRequest: 1, signal: stop.signal }, requests);
    await turn();
    stop.abort(new Error('enough'));
    await turn();
    expect(bulk.isOver).toBe(false);
    await requests.end(0);
    await requests.end(1);
    await bulk.over;
    expect([firstsOf(bulk.parts), bulk.error]).toEqual([
      [
        [0, 1],
        [1, 1],
      ],
      new Error('enough'),
    ]);
  });

  it('by a reader who leaves waits for what was sent, and closes the source', async () => {
    let isClosed = false;
    function* source() {
      try {
        yield* numbers(10);
      } finally {
        isClosed = true;
      }
    }
    const requests = new Requests();
    const reader = bulk(source(), { perRequest: 1, atOnce: 2 }, requests.carryOut);
    const first = reader.next();
    await turn();
    await requests.end(0);
    expect((await first).value).toMatchObject({ first: 0 });
    const left = reader.return(undefined);
    await turn();
    expect(isClosed).toBe(false);
    for (let index = 1; index < requests.begun.length; index++) await requests.end(index);
    await left;
    expect(isClosed).toBe(true);
  });
});

describe('whatever happens', () => {
  const error = fc.constantFrom(
    undefined,
    undefined,
    undefined,
    new WholeRequestError('2001', 2001, 2),
    new LostAnswerError('', false),
  );
  it('each item is in one part, in order, or in none if the bulk stopped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(error, { maxLength: 10 }),
        fc.array(fc.nat(3), { maxLength: 30 }),
        async (count, perRequest, atOnce, errors, delays) => {
          const sent: number[] = [];
          let calls = 0;
          const carryOut = async (items: readonly ChangeItem[], { from = 0 }: BulkRequestOptions) => {
            const call = calls++;
            for (let turns = delays[call] ?? 0; turns > 0; turns--) await turn();
            const failure = errors[call];
            if (failure !== undefined) throw failure;
            sent.push(...items.map((_, index) => from + index));
            return done(items);
          };
          const told: number[] = [];
          let stopped: unknown;
          try {
            for await (const { first, count: size } of bulk(numbers(count), { perRequest, atOnce }, carryOut)) {
              told.push(...Array.from({ length: size }, (_, index) => first + index));
            }
          } catch (thrown) {
            stopped = thrown;
          }
          expect(told).toEqual(sent.sort((a, b) => a - b));
          expect(new Set(told).size).toBe(told.length);
          if (stopped === undefined) expect(told.length).toBe(count);
          else expect(stopped).toBeInstanceOf(BulkStoppedError);
        },
      ),
      runs(300),
    );
  });
});
