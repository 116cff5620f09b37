import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carryOutApart } from './bulk-apart.js';
import type { ChangeItem } from './change-item.js';
import type { Carried } from './change-request.js';
import type { Verdict } from './outcome.js';
import { WholeRequestError } from './sppp-error.js';

const tn = (number: number): ChangeItem => ({
  verb: 'add',
  subject: { kind: 'TNType', rant: 'a:1', rar: 'a:1', dgName: ['DG'], tn: String(number), sedRecRef: [] },
});
const numbers = (count: number) => Array.from({ length: count }, (_, index) => tn(index));

/** What a server says about a request that it undoes: the first bad object, all of them, or nothing of any. */
type Names = 'first' | 'all' | 'none';

/** A server of the RFC: a bad object undoes its request. It notes the ids of requests and the items that it has done. */
class AtomicServer {
  readonly ids: string[] = [];
  readonly done: ChangeItem[] = [];
  sent = 0;

  constructor(
    private readonly bad: ReadonlySet<ChangeItem>,
    private readonly names: Names,
  ) {}

  readonly carryOut = async (items: readonly ChangeItem[], options: { clientTransId: string }): Promise<Carried> => {
    this.ids.push(options.clientTransId);
    this.sent += items.length;
    const verdicts = items.flatMap((item, index): Verdict[] =>
      this.bad.has(item) ? [{ index, verb: 'add', code: 2101, message: 'bad', object: item.subject }] : [],
    );
    if (verdicts.length === 0) this.done.push(...items);
    else if (this.names === 'none') throw new WholeRequestError('2103 not yours', 2103);
    const told = this.names === 'first' ? verdicts.slice(0, 1) : verdicts;
    const [code, applied] = verdicts.length === 0 ? [1000, items.length] : [2100, 0];
    return { outcome: { code, message: '', applied, verdicts: told, isIndexed: true }, settled: false };
  };
}

async function apart(count: number, bad: readonly number[], names: Names) {
  const items = numbers(count);
  const server = new AtomicServer(new Set(bad.map((index) => items[index] as ChangeItem)), names);
  const outcome = await carryOutApart(items, { clientTransId: 'id' }, server.carryOut);
  const places = new Map(items.map((item, index) => [item, index]));
  return { outcome, server, done: server.done.map((item) => places.get(item)) };
}

describe('items at a server that undoes a request for one bad object', () => {
  it.each(['first', 'all', 'none'] as const)(
    'are each done once or refused, in their order: it names %s',
    async (names) => {
      const bad = fc.uniqueArray(fc.nat(39), { maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(bad, async (indexes) => {
          const expected = [...indexes].sort((a, b) => a - b);
          const { outcome, done, server } = await apart(40, indexes, names);
          expect(outcome.verdicts.map(({ index, object }) => [index, object])).toEqual(
            expected.map((index) => [index, tn(index).subject]),
          );
          expect(done).toEqual([...Array(40).keys()].filter((index) => !indexes.includes(index)));
          expect(outcome).toMatchObject({ applied: 40 - indexes.length, code: indexes.length > 0 ? 2100 : 1000 });
          expect(new Set(server.ids).size).toBe(server.ids.length);
          const again = await apart(40, indexes, names);
          expect(again.server.ids).toEqual(server.ids);
        }),
        { numRuns: 100 },
      );
    },
  );

  it.each([
    // Bad ones of 5000, what the server names, requests, items sent.
    [0, 'first', 1, 5000],
    [1, 'first', 2, 10_000],
    [50, 'first', 105, 60_000],
    [50, 'all', 2, 10_000],
    [1, 'none', 40, 25_000],
    [10, 'none', 250, 60_000],
  ] as const)('with %i bad ones need few requests: it names %s', async (count, names, requests, sent) => {
    const { server } = await apart(
      5000,
      Array.from({ length: count }, (_, index) => (index * 3571 + 17) % 5000),
      names,
    );
    expect(server.ids.length).toBeLessThanOrEqual(requests);
    expect(server.sent).toBeLessThanOrEqual(sent);
  });

  it('that are all bad need little more than a request each', async () => {
    const { server } = await apart(500, [...Array(500).keys()], 'first');
    expect(server.ids.length).toBeLessThanOrEqual(520);
    expect(server.sent).toBeLessThanOrEqual(2500);
  });

  it('keep the places of claims of which nobody knows whether they hold', async () => {
    const items = numbers(3);
    const carried = (applied: number, verdicts: Verdict[], unknownClaims: number[]): Carried => ({
      outcome: { code: 1000, message: '', applied, verdicts, isIndexed: true, unknownClaims },
      settled: true,
    });
    const verdict: Verdict = { index: 0, verb: 'add', code: 2101, message: 'bad', object: items[0]?.subject as never };
    const answers = [carried(0, [verdict], []), carried(2, [], [0, 1])];
    const outcome = await carryOutApart(items, { clientTransId: 'id' }, async () => answers.shift() as Carried);
    expect(outcome).toMatchObject({ applied: 2, unknownClaims: [1, 2], verdicts: [{ index: 0 }] });
  });

  it('are not sent again for another refusal', async () => {
    const refused = () => Promise.reject(new WholeRequestError('2301 failed', 2301));
    await expect(carryOutApart(numbers(3), { clientTransId: 'id' }, refused)).rejects.toThrow('2301 failed');
  });
});
