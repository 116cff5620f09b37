import { describe, expect, it } from 'vitest';
import type { ObjKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { AddItem, Item } from '../sppp/message.js';
import { MAX_RUN, runsOf, weigh } from './runs.js';
import { scheduleRuns } from './schedule-runs.js';

const rant = 'iana-en:222';
const rar = 'iana-en:223';
const sedKey = (name: string): ObjKey => ({ kind: 'ObjKeyType', rant, name, type: 'SedRec' });
const sedGrpKey = (name: string): ObjKey => ({ kind: 'ObjKeyType', rant, name, type: 'SedGrp' });
const offerKey = (name: string, offeredTo = 'iana-en:111') => ({
  kind: 'SedGrpOfferKeyType' as const,
  sedGrpKey: sedGrpKey(name),
  offeredTo,
});

/** Steps as they are written down below: a verb, or the kind of what is added, then names. */
const meaning: Record<string, (name: string, ...more: string[]) => Pick<Item, 'verb' | 'subject'>> = {
  dg: (name) => add({ kind: 'DestGrpType', rant, rar, dgName: name }),
  rec: (name) => add({ kind: 'URIType', rant, rar, sedName: name, isInSvc: true, ere: '.', uri: 'sip:a@b' }),
  tn: (tn, ...dgName) => add({ kind: 'TNType', rant, rar, tn, dgName, sedRecRef: [] }),
  claim: (tn) => add({ kind: 'TNType', rant, rar, tn, dgName: [], sedRecRef: [], corInfo: { corClaim: true } }),
  group: (name, record, ...dgName) =>
    add({
      kind: 'SedGrpType',
      rant,
      rar,
      sedGrpName: name,
      dgName,
      sedRecRef: [{ sedKey: sedKey(record ?? ''), priority: 1 }],
      peeringOrg: [],
      sourceIdent: [],
      isInSvc: true,
      priority: 1,
    }),
  offer: (name, to) =>
    add({
      kind: 'SedGrpOfferType',
      rant,
      rar,
      sedGrpOfferKey: offerKey(name, to),
      status: 'offered',
      offerDateTime: '2026-11-21T00:00:00Z',
    }),
  accept: (name, to) => ({ verb: 'accept', subject: offerKey(name, to) }),
  reject: (name, to) => ({ verb: 'reject', subject: offerKey(name, to) }),
  route: (name, group) =>
    add({
      kind: 'EgrRteType',
      rant,
      rar,
      egrRteName: name,
      pref: 1,
      regxRewriteRule: { ere: '.', repl: 'x' },
      ingrSedGrp: [sedGrpKey(group ?? '')],
    }),
  'no-tn': (value) => ({ verb: 'delete', subject: { kind: 'PubIdKeyType', rant, number: { value, type: 'TN' } } }),
  'no-rec': (name) => ({ verb: 'delete', subject: { kind: 'ObjKeyType', rant, name, type: 'SedRec' } }),
  'no-dg': (name) => ({ verb: 'delete', subject: { kind: 'ObjKeyType', rant, name, type: 'DestGrp' } }),
};

function add(subject: Obj): Pick<Item, 'verb' | 'subject'> {
  return { verb: 'add', subject };
}

/** Runs, one a line, their items in the words they were given in; `--` between parts. */
async function scheduled(...words: string[]): Promise<string[]> {
  const items = words.map((text, index) => {
    const [what = '', ...names] = text.split(' ');
    return { index, ...meaning[what]?.(...(names as [string])) } as Item;
  });
  async function* all() {
    yield items;
  }
  const lines: string[] = [];
  for await (const part of scheduleRuns(runsOf(all()))) {
    if (lines.length > 0) lines.push('--');
    for (const run of part) lines.push(run.map(({ index }) => words[index]).join(', '));
  }
  return lines;
}

describe('the items of a request that changes kind every few items', () => {
  it('are grouped by kind, each after the objects that it refers to', async () => {
    const unit = (n: number) => [
      `dg D${n}`,
      `rec R${n}`,
      `group G${n} R${n} D${n}`,
      `offer G${n}`,
      `accept G${n}`,
      `route E${n} G${n}`,
      `tn 120${n} D${n}`,
    ];
    expect(await scheduled(...unit(1), ...unit(2), ...unit(3))).toEqual([
      'dg D1, dg D2, dg D3',
      'rec R1, rec R2, rec R3',
      'group G1 R1 D1, group G2 R2 D2, group G3 R3 D3',
      'tn 1201 D1, tn 1202 D2, tn 1203 D3',
      'offer G1, accept G1, offer G2, accept G2, offer G3, accept G3',
      'route E1 G1, route E2 G2, route E3 G3',
    ]);
  });

  it('keep their order if they concern the same object, in any spelling', async () => {
    expect(await scheduled('tn 1202', 'dg D', 'no-tn 1202', 'rec R', 'tn +1202', 'rec r')).toEqual([
      'tn 1202, no-tn 1202, tn +1202',
      'dg D',
      'rec R, rec r',
    ]);
  });

  it('are few runs, however often all of them are repeated', async () => {
    const unit = ['dg D', 'rec R', 'group G R D', 'offer G', 'accept G', 'tn 1201 D', 'no-tn 1201', 'route E G'];
    const lines = await scheduled(...Array.from({ length: 50 }, () => unit).flat());
    expect(lines.length).toBeLessThan(110);
    const simple = ['dg D', 'rec R', 'group G R D', 'tn 1201 D', 'no-tn 1201', 'offer G'];
    expect((await scheduled(...Array.from({ length: 50 }, () => simple).flat())).length).toBe(5);
  });

  it('pass an item that refers to a re-added object only if both additions are certain to end alike', async () => {
    expect(await scheduled('group G R', 'offer G', 'group G Q', 'offer G')).toEqual([
      'group G R',
      'offer G',
      'group G Q',
      'offer G',
    ]);
    expect(await scheduled('group G R', 'offer G', 'rec R', 'group G R', 'offer G')).toEqual([
      'group G R',
      'offer G',
      'rec R',
      'group G R',
      'offer G',
    ]);
  });

  it('come after earlier items about the objects that they refer to, and before later ones', async () => {
    expect(await scheduled('tn 1202 Ä', 'rec R', 'dg ä', 'rec Q', 'tn 1203 Ä')).toEqual([
      'tn 1202 Ä',
      'rec R, rec Q',
      'dg ä',
      'tn 1203 Ä',
    ]);
  });

  it('keep the order of items about the offers of a group, and of their peers', async () => {
    expect(await scheduled('offer G 1:a', 'rec R', 'accept G 1:a', 'offer G 1:b', 'reject G 1:a', 'route E G')).toEqual(
      ['offer G 1:a, accept G 1:a, offer G 1:b, reject G 1:a', 'rec R', 'route E G'],
    );
  });

  it('keep the order within their kind, so that older ones stay older', async () => {
    expect(await scheduled('dg D', 'rec R', 'group G1 R D', 'dg E', 'group G2 Q F')).toEqual([
      'dg D, dg E',
      'rec R',
      'group G1 R D, group G2 Q F',
    ]);
  });
});

describe('an item with an effect beyond the objects that it names', () => {
  it.each(['no-rec D', 'claim 1299'])('keeps its position, and no item passes it: %s', async (far) => {
    expect(await scheduled('rec 1', 'tn 2', 'rec R', 'dg X', far, 'dg Y', 'rec Q', 'dg Z')).toEqual([
      'rec 1, rec R',
      'tn 2',
      'dg X',
      '--',
      far,
      '--',
      'dg Y, dg Z',
      'rec Q',
    ]);
  });
});

describe('long runs', () => {
  it('are not rearranged, so that the database can start at once', async () => {
    const many = Array.from({ length: 600 }, (_, index) => `tn ${index}`);
    const lines = await scheduled('dg D', ...many, 'dg E', 'rec R', 'dg F');
    expect(lines).toEqual(['dg D', '--', many.join(', '), '--', 'dg E, dg F', 'rec R']);
  });
});

describe('heavy items', () => {
  const heavy = (index: number, verb: 'rec' | 'tn'): Item => ({
    ...{ index, weight: 17 },
    ...(meaning[verb]?.(String(index)) as Pick<AddItem, 'verb' | 'subject'>),
  });

  async function partsOf(items: readonly Item[]): Promise<(readonly (readonly Item[])[])[]> {
    async function* all() {
      yield items;
    }
    const parts: (readonly (readonly Item[])[])[] = [];
    for await (const part of scheduleRuns(runsOf(all()))) parts.push(part);
    return parts;
  }

  it.each(['of one kind', 'of kinds in turn'])('are together within the limit of memory: %s', async (kinds) => {
    const items = Array.from({ length: 2000 }, (_, n) =>
      heavy(n, kinds === 'of one kind' || n % 2 === 0 ? 'tn' : 'rec'),
    );
    const parts = await partsOf(items);
    for (const part of parts) expect(weigh(part.flat())).toBeLessThan(MAX_RUN + 17);
    expect(parts.length).toBeLessThan(20);
    const places = parts.map((part) =>
      part
        .flat()
        .map(({ index }) => index)
        .sort((a, b) => a - b),
    );
    expect(places.flat()).toEqual(items.map(({ index }) => index)); // Parts are in the order of the request.
  });
});
