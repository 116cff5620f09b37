import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Key } from '../../src/model/key.js';
import type { Obj } from '../../src/model/obj.js';
import { encodeKey, encodeObj } from '../../src/sppp/encode.js';
import { objTypes, requests } from '../../src/sppp/grammar.js';
import type { Head, Item } from '../../src/sppp/message.js';
import {
  anyRequest,
  type Draft,
  keyOf,
  keyTypes,
  meaningOf,
  objOf,
  requestOf,
  tape,
  writeRequest,
} from '../support/arbitrary.js';
import { decode, read } from '../support/decoding.js';
import { validateMessage } from '../support/schema.js';
import '../support/long-timeouts.js';
import { runs } from '../support/runs.js';

const namespaces =
  'xmlns:sppfs="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:sppfb="urn:ietf:params:xml:ns:sppf:base:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function message(wrapper: string, content: string): string {
  return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><sppfs:${wrapper} ${namespaces}>${content}</sppfs:${wrapper}></e:Body></e:Envelope>`;
}

/** Exactly these subjects, in this order, each without a flaw. */
function expectSubjects(xml: string, verb: string, subjects: readonly (Obj | Key)[]): void {
  const { items, fault, refused } = decode(xml);
  expect({ fault, refused }).toEqual({});
  expect(items.map(bare)).toStrictEqual(subjects.map((subject, index) => ({ index, verb, subject })));
}

/** An item without its weight, which no client sends. */
function bare({ weight: _, ...item }: Item): Item {
  return item;
}

describe('the server reads back the objects that it writes', () => {
  it.each(objTypes.map((type) => [type.name, type] as const))('%s, in Add and in a batch', (_, type) => {
    fc.assert(
      fc.property(fc.array(objOf(type), { minLength: 1, maxLength: 3 }), (objs) => {
        const each = (name: string) => objs.map((obj) => encodeObj(name, obj)).join('');
        expectSubjects(message('spppAddRequest', each('obj')), 'add', objs);
        expectSubjects(message('spppBatchRequest', each('addObj')), 'add', objs);
      }),
      runs(60),
    );
  });

  it.each(keyTypes.map((type) => [type.name, type] as const))('%s, in Delete, Get and a batch', (_, type) => {
    fc.assert(
      fc.property(fc.array(keyOf(type), { minLength: 1, maxLength: 3 }), (keys) => {
        const each = (name: string) => keys.map((key) => encodeKey(name, key)).join('');
        expectSubjects(message('spppDelRequest', each('objKey')), 'delete', keys);
        expectSubjects(message('spppGetRequest', each('objKey')), 'get', keys);
        expectSubjects(message('spppBatchRequest', each('delObj')), 'delete', keys);
      }),
      runs(60),
    );
  });

  it('an offer key without xsi:type: Accept, Reject and Get Offers', () => {
    const offerKey = keyTypes.find(({ name }) => name === 'SedGrpOfferKeyType');
    expect(offerKey).toBeDefined();
    if (offerKey === undefined) return;
    fc.assert(
      fc.property(keyOf(offerKey), (key) => {
        const written = encodeKey('sedGrpOfferKey', key);
        expectSubjects(message('spppAcceptRequest', written), 'accept', [key]);
        expectSubjects(message('spppRejectRequest', written), 'reject', [key]);
        expectSubjects(message('getSedGrpOffersRequest', written), 'get', [key]);
      }),
      runs(50),
    );
  });
});

/** The expected result of the decoder for a draft. */
function expected({ operation, head, items }: Draft): unknown {
  return {
    head: { offeredBy: [], offeredTo: [], ...head, operation },
    items: items.map(({ verb, subject }, index) => ({ index, verb, subject: meaningOf(subject) })),
  };
}

function summaryOf(head: Head | undefined, items: readonly Item[]): unknown {
  const { rule, ...rest } = head ?? {};
  return {
    head: { ...rest, operation: rule?.operation },
    items: items.map((item) => ({ ...item, subject: meaningOf(item.subject) })),
  };
}

describe('a request means the same in every form of its XML', () => {
  it.each(requests.map((rule) => [rule.operation, rule] as const))('%s', (_, rule) => {
    fc.assert(
      fc.property(requestOf(rule), tape, (draft, choices) => {
        const xml = writeRequest(draft, choices);
        const { head, items, fault, refused } = decode(xml);
        expect({ fault, refused }, xml).toEqual({});
        expect(summaryOf(head, items.map(bare)), xml).toEqual(expected(draft));
      }),
      runs(80),
    );
  });

  it.each(requests.map((rule) => [rule.operation, rule] as const))('%s, in its plain form, is valid', (_, rule) => {
    fc.assert(
      fc.property(requestOf(rule), (draft) => {
        expect(validateMessage(writeRequest(draft))).toEqual([]);
      }),
      runs(50),
    );
  });
});

const encodings = ['utf8', 'utf16le'] as const;
const cutPlaces = fc.array(fc.nat(50_000), { maxLength: 12, size: 'max' });

describe('the division of the bytes', () => {
  it('makes no difference to the request', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, tape, cutPlaces, fc.constantFrom(...encodings), async (draft, choices, cuts, as) => {
        const xml = writeRequest(draft, choices);
        const bytes =
          as === 'utf8' ? Buffer.from(xml) : Buffer.from(`\ufeff${xml.replace(/encoding="utf-8"/i, '')}`, as);
        const { head, items, fault, refused } = await read(bytes, cuts);
        expect({ fault, refused }, xml).toEqual({});
        expect(summaryOf(head, items.map(bare)), xml).toEqual(expected(draft));
      }),
      runs(60),
    );
  });

  it('makes no difference to the reason why a damaged message is refused', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, cutPlaces, fc.nat(50_000), damage, async (draft, cuts, at, bit) => {
        const xml = damaged(writeRequest(draft), at, bit);
        const { items, ...strict } = decode(xml);
        for (const places of [[], cuts, Buffer.from(xml).keys()]) {
          const outcome = await read(xml, places);
          expect(outcome, xml).toEqual({ ...strict, items: expect.anything() });
          expect(items.slice(0, outcome.items.length), xml).toEqual(outcome.items);
        }
      }),
      runs(60),
    );
  });
});

const damage = fc.constantFrom(
  ...['', '<', '>', '</x>', '&', '<x/>', 'x', '"', ' a="b"', '<![CDATA[x]]>', '<!-- -->', '&#0;', '\n', '\u0301'],
);

/** One character replaced. */
function damaged(xml: string, at: number, by: string): string {
  const place = at % xml.length;
  return xml.slice(0, place) + by + xml.slice(place + 1);
}

function withoutExt<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, held) => (/^(?:ext|ownExt)$/.test(key) ? undefined : held))) as T;
}

describe('items that look alike', () => {
  // Bulk requests repeat the same markup thousands of times, of which the reader makes use.
  const order = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3)), {
    minLength: 3,
    maxLength: 12,
    size: 'max',
  });
  const gap = fc.constantFrom('', '\n', '\n ', '<!-- x -->');

  /** The same few items over and over, most of them without extensions, with other digits in their values. */
  const bulk = fc
    .tuple(anyRequest, order, gap, fc.nat(9), fc.boolean())
    .map(([draft, places, between, first, withExt]) => {
      const likely = draft.items.map((item) => (withExt ? item : { ...item, subject: withoutExt(item.subject) }));
      const items = places.flatMap((place) => likely.slice(place, place + 1));
      let digit = first;
      return writeRequest({ ...draft, items })
        .replace(/(>\+?)\d/g, (_, before: string) => `${before}${digit++ % 10}`)
        .replace(/<\/\w*(?:obj|objKey|Obj|sedGrpOfferKey|SedGrpOffer|rant)>/g, (end) => end + between);
    });

  it('are read as if each were alone', async () => {
    await fc.assert(
      fc.asyncProperty(bulk, cutPlaces, async (xml, cuts) => {
        const { items, ...strict } = decode(xml);
        const { items: came, ...outcome } = await read(xml, cuts);
        expect(outcome, xml).toEqual(strict);
        expect(came, xml).toStrictEqual('refused' in strict ? items.slice(0, came.length) : items);
      }),
      runs(80),
    );
  });

  it('do not hide a damaged one', async () => {
    await fc.assert(
      fc.asyncProperty(bulk, cutPlaces, fc.nat(50_000), damage, async (whole, cuts, at, bit) => {
        const xml = damaged(whole, at, bit);
        const { items, ...strict } = decode(xml);
        const { items: came, ...outcome } = await read(xml, cuts);
        expect(outcome, xml).toEqual(strict);
        expect(items.slice(0, came.length), xml).toStrictEqual(came);
      }),
      runs(150),
    );
  });

  it('end with the wrapper: an item after it is a fault', async () => {
    await fc.assert(
      fc.asyncProperty(bulk, cutPlaces, gap, async (xml, cuts, between) => {
        const [item] = /<(\w*(?:obj|objKey|Obj|sedGrpOfferKey|SedGrpOffer))[ >].*?<\/\1>/s.exec(xml) ?? ['<obj/>'];
        const after = xml.replace(/(<\/\w*:?\w*Request>)/, `$1${between}${item.replaceAll('$', '$$$$')}`);
        const { items: _, ...strict } = decode(after);
        if (strict.refused === undefined) expect(strict.fault, after).toMatch(/more than one element|not declared/);
        const { items: __, ...outcome } = await read(after, cuts);
        expect(outcome, after).toEqual(strict);
      }),
      runs(60),
    );
  });
});
