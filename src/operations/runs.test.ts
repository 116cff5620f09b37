import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Key, ObjKey } from '../model/key.js';
import { nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import type { Item } from '../sppp/message.js';
import { runsOf } from './runs.js';

// Few names and numbers, in several spellings, so that objects come again all the time.
const rant = fc.constantFrom('iana-en:111', 'iana-en:222');
const name = fc.constantFrom('Straße', 'STRASSE', 'other');
const digits = fc.constantFrom('1202', '+1202', '44');

const object: fc.Arbitrary<Obj> = fc.oneof(
  fc.record({ kind: fc.constant('DestGrpType' as const), rant, rar: rant, dgName: name }),
  fc.record({
    kind: fc.constant('TNType' as const),
    rant,
    rar: rant,
    tn: digits,
    dgName: fc.constant([]),
    sedRecRef: fc.constant([]),
  }),
  fc.record({ kind: fc.constant('RNType' as const), rant, rar: rant, rn: digits, dgName: fc.constant([]) }),
  fc.record({ kind: fc.constant('URIPubIdType' as const), rant, rar: rant, uri: name, dgName: fc.constant([]) }),
  fc.record({
    kind: fc.constant('URIType' as const),
    rant,
    rar: rant,
    sedName: name,
    isInSvc: fc.boolean(),
    ere: fc.constant('.'),
    uri: name,
  }),
);
const objKey = (type: fc.Arbitrary<ObjKey['type']>): fc.Arbitrary<ObjKey> =>
  fc.record({ kind: fc.constant('ObjKeyType' as const), rant, name, type });
const key: fc.Arbitrary<Key> = fc.oneof(
  objKey(fc.constantFrom('DestGrp', 'SedRec', 'SedGrp', 'EgrRte')),
  fc.record({
    kind: fc.constant('PubIdKeyType' as const),
    rant,
    number: fc.record({ value: digits, type: fc.constantFrom('TN' as const, 'RN' as const) }),
  }),
  fc.record({
    kind: fc.constant('SedGrpOfferKeyType' as const),
    sedGrpKey: objKey(fc.constant('SedGrp')),
    offeredTo: rant,
  }),
);
type Act = Pick<Item, 'verb' | 'subject'>;
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ verb: fc.constant('add' as const), subject: object }),
  fc.record({ verb: fc.constant('delete' as const), subject: key }),
);
// Repeated several times over, so that there are long runs as well.
const items: fc.Arbitrary<Item[]> = fc
  .array(
    fc
      .array(act, { maxLength: 4 })
      .chain((acts) => fc.integer({ min: 1, max: 3 }).map((n) => Array(n).fill(acts).flat())),
  )
  .map((acts: Act[][]) => acts.flat().map((each, index) => ({ index, ...each }) as Item));

async function cut(all: readonly Item[], chunk: number, most?: number): Promise<(readonly Item[])[]> {
  async function* chunks() {
    for (let at = 0; at < all.length; at += chunk) yield all.slice(at, at + chunk);
  }
  const runs: (readonly Item[])[] = [];
  for await (const run of runsOf(chunks(), most, most)) runs.push(run);
  return runs;
}

/** What all items of a run have in common. */
function kind({ subject }: Item): string {
  const noun = nounOf(subject);
  return [noun, noun === 'PubId' && 'rant' in subject ? subject.rant : ''].join(' ');
}

describe('runsOf', () => {
  const sizes = [fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 })] as const;

  it('keeps every item, in order', async () => {
    await fc.assert(
      fc.asyncProperty(items, ...sizes, async (all, chunk, most) => {
        const runs = await cut(all, chunk, most);
        expect(runs.flat().map(({ index }) => index)).toEqual(all.map(({ index }) => index));
      }),
    );
  });

  it('never mixes nouns, or the registrants of public identifiers', async () => {
    await fc.assert(
      fc.asyncProperty(items, ...sizes, async (all, chunk, most) => {
        for (const run of await cut(all, chunk, most)) {
          expect(run.length).toBeGreaterThan(0);
          expect(run.length).toBeLessThanOrEqual(most);
          expect(new Set(run.map(kind)).size).toBe(1);
        }
      }),
    );
  });

  it('cuts only where necessary, wherever the pieces of the body ended', async () => {
    await fc.assert(
      fc.asyncProperty(items, ...sizes, async (all, chunk, most) => {
        const runs = await cut(all, chunk, most);
        runs.slice(1).forEach((run, index) => {
          const before = runs[index] ?? [];
          const [first] = run as readonly [Item];
          expect(before.length === most || before.some((item) => kind(item) !== kind(first))).toBe(true);
        });
        expect(await cut(all, all.length + 1, most)).toEqual(runs);
      }),
    );
  });

  it('gives the items one by one if a run may have only one', async () => {
    const all = await fc.sample(items, 20);
    for (const each of all) expect((await cut(each, 3, 1)).length).toBe(each.length);
  });

  it('returns thousands of neighbours as one run, first of few items, then of up to 4096', async () => {
    const numbers = Array.from({ length: 12_000 }, (_, index): Item => {
      const tn = {
        kind: 'TNType',
        rant: 'iana-en:222',
        rar: 'iana-en:223',
        tn: `${index}`,
        dgName: [],
        sedRecRef: [],
      } as const;
      return { index, verb: 'add', subject: tn };
    });
    expect((await cut(numbers, 100)).map(({ length }) => length)).toEqual([1024, 2048, 4096, 4096, 736]);
  });

  it('makes shorter runs of heavy items, so that a run takes no more memory than one of plain items', async () => {
    const groups = Array.from({ length: 100 }, (_, index): Item => {
      const group = { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: `DG_${index}` } as const;
      return { index, verb: 'add', subject: group, weight: 101 };
    });
    expect((await cut(groups, 7)).map(({ length }) => length)).toEqual([11, 21, 41, 27]);
  });

  it('gives no run for a request without items, and throws the error of the reader', async () => {
    expect(await cut([], 1)).toEqual([]);
    async function* broken(): AsyncGenerator<Item[]> {
      yield [];
      throw new Error('the body broke off');
    }
    await expect(runsOf(broken()).next()).rejects.toThrow('the body broke off');
  });
});
