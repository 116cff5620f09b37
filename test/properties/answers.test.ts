import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Obj } from '../../src/model/obj.js';
import { svcMenu } from '../../src/operations/server-status.js';
import { encodeResponse } from '../../src/sppp/encode.js';
import { objTypes, requests, type Verb } from '../../src/sppp/grammar.js';
import type { Detail, Item } from '../../src/sppp/message.js';
import { baseNs, soapNs } from '../../src/sppp/namespaces.js';
import { type Code, message, type Result, valueInvalid } from '../../src/sppp/result.js';
import {
  anyKey,
  anyObj,
  anyToken,
  type Draft,
  envelopeTree,
  keyOf,
  keyTypes,
  objOf,
  requestTree,
  ruleOf,
  unfitTexts,
} from '../support/arbitrary.js';
import { decode } from '../support/decoding.js';
import { envelope } from '../support/message.js';
import { validateMessage } from '../support/schema.js';
import { elementsOf, type FoundElement, type Tree, TreeWriter, withInstead } from '../support/xml-tree.js';
import '../support/long-timeouts.js';
import { runs } from '../support/runs.js';

/** An answer as one text. */
function encoded(...answer: Parameters<typeof encodeResponse>): string {
  return [...encodeResponse(...answer)].join('');
}

const serverTransId = '01890a5d-ac96-774b-bcce-b302099a8057';

/** The answer with the fault of an item. */
function refusalOf(operation: string, item: Item): string {
  const { flaw } = item;
  const result =
    flaw === undefined ? { code: 2102 as const, attr: { attrName: 'x', attrVal: 'y' } } : valueInvalid(flaw);
  const answer = { rule: ruleOf(operation), serverTransId, overall: { code: 2100 as const } };
  return encoded('1.1', {
    ...answer,
    details: [{ verb: item.verb, index: item.index, subject: item.subject, result }],
    resultObjs: [],
  });
}

/** Three of a kind in one request; the middle one gets a fault. */
interface Trial {
  readonly operation: 'submitAddRqst' | 'submitDelRqst';
  readonly draft: Draft;
  readonly tree: Tree;
  /** The elements of the middle one that hold a value. */
  readonly values: readonly FoundElement[];
}

function trialOf(subjects: readonly unknown[]): Trial {
  const isObj = objTypes.some(({ name }) => name === (subjects[0] as { kind: string }).kind);
  const operation = isObj ? 'submitAddRqst' : 'submitDelRqst';
  const items = subjects.map((subject) => ({
    element: isObj ? 'obj' : 'objKey',
    verb: (isObj ? 'add' : 'delete') as Verb,
    subject: subject as Draft['head'],
  }));
  const draft = { operation, head: {}, items };
  const tree = requestTree(draft);
  const values = elementsOf(tree).filter(({ tree: { content }, path }) => path[0] === 1 && content === 'token');
  return { operation, draft, tree, values };
}

const neighbour = {
  obj: { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: 'DEST_GRP' },
  key: { kind: 'ObjKeyType', rant: 'iana-en:222', name: 'DEST_GRP', type: 'DestGrp' },
} as const;

const trial: fc.Arbitrary<Trial> = fc.oneof(
  ...objTypes.map((type) => objOf(type).map((obj) => trialOf([neighbour.obj, obj, neighbour.obj]))),
  ...keyTypes.map((type) => keyOf(type).map((key) => trialOf([neighbour.key, key, neighbour.key]))),
);

/** The tree with another text in one of its elements. */
function withText(tree: Tree, { path, tree: old }: FoundElement, text: string): Tree {
  const { spellings: _, ...rest } = old;
  return withInstead(tree, path, { ...rest, children: [text] });
}

function sent(tree: Tree): string {
  return new TreeWriter().document(envelopeTree(tree));
}

/** The expected `AttrVal` of a value; of a range, both ends together. */
function attributeOf({ tree, parent, path }: FoundElement, text: string): { attrName: string; attrVal: string } {
  if (parent?.local !== 'range') return { attrName: tree.local, attrVal: text };
  const ends = parent.children.map((end) => (typeof end === 'string' ? end : end.children.join('')));
  return { attrName: 'range', attrVal: ends.with(path.at(-1) ?? 0, text).join('-') };
}

describe('one invalid value', () => {
  const corruption = trial.chain((made) =>
    fc.tuple(
      fc.constant(made),
      fc.constantFrom(...made.values).chain((value) => {
        const texts = unfitTexts[value.tree.type ?? ''];
        if (texts === undefined) throw new Error(`test/support/arbitrary.ts has no unfit texts of ${value.tree.type}`);
        return fc.tuple(fc.constant(value), fc.constantFrom<string[]>(...texts));
      }),
    ),
  );

  it('is named by its element and as sent, in the detail of its object only', () => {
    fc.assert(
      fc.property(corruption, ([{ draft, tree, operation }, [value, text]]) => {
        // The schema has a default for some empty elements, and a NAPTR with regx has its repl ignored.
        const { items, fault, refused } = decode(sent(withText(tree, value, text)));
        expect({ fault, refused }).toEqual({});
        const isIgnored =
          value.tree.local === 'repl' &&
          value.parent?.children.some((sibling) => typeof sibling !== 'string' && sibling.local === 'regx');
        const flaw = { ...attributeOf(value, text), reason: expect.any(String) };
        expect(items[1]?.flaw).toEqual(isIgnored ? undefined : flaw);
        for (const index of [0, 2]) {
          const { verb, subject } = draft.items[index] ?? {};
          expect(items[index]).toStrictEqual({ index, verb, subject });
        }
        const middle = items[1] as Item;
        expect(validateMessage(refusalOf(operation, middle))).toEqual([]);
        if (!isIgnored && text.length < 60) {
          expect(message(valueInvalid(middle.flaw as NonNullable<Item['flaw']>))).toContain(
            `Attribute value invalid AttrName:${flaw.attrName} AttrVal:${flaw.attrVal}`.trim(),
          );
        }
      }),
      runs(500),
    );
  });

  it('never makes an answer that breaks the schema, for any text', () => {
    fc.assert(
      fc.property(trial, fc.nat(), anyToken, ({ tree, values, operation }, nth, text) => {
        // Validators do not agree on the form of an anyURI.
        const found = values.filter((value) => value.tree.type !== 'anyURI');
        const value = found[nth % found.length] as FoundElement;
        const { items, fault, refused } = decode(sent(withText(tree, value, text)));
        expect({ fault, refused }).toEqual({});
        expect(validateMessage(refusalOf(operation, items[1] as Item))).toEqual([]);
      }),
      runs(200),
    );
  });

  it('is refused again if the client sends the object of the answer back, with the stand-in of a number, name or text', () => {
    fc.assert(
      fc.property(corruption, ([{ tree, operation }, [value, text]]) => {
        const item = decode(sent(withText(tree, value, text))).items[1] as Item;
        fc.pre(operation === 'submitAddRqst' && item.flaw !== undefined);
        const returned = /<obj .*<\/obj>/s.exec(refusalOf(operation, item))?.[0] ?? '';
        const { items, fault, refused } = decode(
          envelope(`<s:spppAddRequest>${returned}</s:spppAddRequest>`).replace(
            '<e:Body>',
            `<e:Body xmlns:sppfb="${baseNs}" xmlns:sppfs="${soapNs}">`,
          ),
        );
        expect({ fault, refused }).toEqual({});
        const [again] = items;
        const ext = item.verb === 'add' ? item.subject.ext : undefined;
        expect(again?.verb === 'add' ? again.subject.ext : 'none').toBe(ext);
        const isStandIn = /^(?:NumberVal|ObjName|AddrString|Regex|Svc)Type/.test(value.tree.type ?? '');
        const isThere =
          returned.includes('\u0660') || returned.includes('urn:sppp-server:not-valid') || returned.includes('>?<');
        if (isStandIn && isThere) expect(again?.flaw).toBeDefined();
      }),
      runs(300),
    );
  });

  it('is the first one, if there are several', () => {
    fc.assert(
      fc.property(trial, ({ tree, values }) => {
        // Only the rules of whole structs concern more than one value: the other faults are in the order of the message.
        const plain = values.filter(({ parent, tree: { type } }) => parent?.local !== 'range' && type !== 'ReplType');
        const all = plain.reduce(
          (broken, value) => withText(broken, value, (unfitTexts[value.tree.type ?? ''] ?? [''])[1] ?? ''),
          tree,
        );
        const [, middle] = decode(sent(all)).items;
        expect(middle?.flaw?.attrName).toBe(plain[0]?.tree.local);
      }),
      runs(100),
    );
  });
});

// Answers -----------------------------------------------------------------------------------------------------

const codes: readonly Code[] = [1000, 2000, 2001, 2002, 2100, 2101, 2102, 2103, 2300, 2301];

/** Texts from anywhere, broken ones too: lone surrogates, control characters, white space, too long. */
const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 400, size: 'max' }),
  fc.constantFrom(
    '',
    ' ',
    ' \n\t ',
    '\u0000',
    '\ud800',
    'x\udc00',
    ']]>',
    '&amp;<b/>',
    '\uffff',
    '😀'.repeat(300),
    'x'.repeat(255),
  ),
  fc
    .array(fc.constantFrom('a', '😀', ' ', '\u0301'), { minLength: 240, maxLength: 280, size: 'max' })
    .map((all) => all.join('')),
);

const result: fc.Arbitrary<Result> = fc
  .record(
    {
      code: fc.constantFrom(...codes),
      attr: fc.record({ attrName: fc.constantFrom('rant', 'sourceIdentRegex', 'x'.repeat(40)), attrVal: wild }),
      maxSupported: fc.nat(),
      text: fc.constant('Command invalid (partial success, 9990 of 10000 applied)'),
      reason: wild,
      object: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    },
    { requiredKeys: ['code'] },
  )
  .map((made) => made as Result);

function detailOf(verb: Verb): fc.Arbitrary<Detail> {
  const offerKey = keyOf(keyTypes[2] ?? (keyTypes[0] as never));
  const subject = verb === 'add' ? anyObj : verb === 'delete' ? anyKey : offerKey;
  return fc.record({ index: fc.nat(100_000), subject, result }).map((made) => ({ verb, ...made }) as Detail);
}

describe('every answer is valid against the schema', () => {
  it.each(
    requests
      .filter(({ operation }) => operation !== 'submitServerStatusRqst')
      .map((rule) => [rule.operation, rule] as const),
  )('to %s', (_, rule) => {
    const isQuery = rule.responseWrapper === 'spppGetResponse';
    const [first, ...rest] = [...rule.verbs.values()].map(detailOf);
    const details =
      isQuery || first === undefined ? fc.constant([]) : fc.array(fc.oneof(first, ...rest), { maxLength: 4 });
    const resultObjs: fc.Arbitrary<Obj[]> = isQuery ? fc.array(anyObj, { maxLength: 4 }) : fc.constant([]);
    const transId = fc.option(
      anyToken.filter((text) => [...text].length >= 3 && [...text].length <= 120),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        details,
        resultObjs,
        result,
        transId,
        fc.constantFrom('1.1', '1.2'),
        (returned, objs, overall, id, version) => {
          const echo = id === undefined ? {} : { clientTransId: id };
          const answer = { rule, ...echo, serverTransId, overall, details: returned, resultObjs: objs };
          expect(validateMessage(encoded(version, answer))).toEqual([]);
        },
      ),
      runs(40),
    );
  });

  it('to submitServerStatusRqst', () => {
    fc.assert(
      fc.property(result, fc.constantFrom('1.1', '1.2'), (overall, version) => {
        const rule = ruleOf('submitServerStatusRqst');
        const answer = { rule, serverTransId, overall, details: [], resultObjs: [], svcMenu: svcMenu() };
        expect(validateMessage(encoded(version, answer))).toEqual([]);
      }),
      runs(100),
    );
  });

  it('its message has 3 to 255 characters and is a token, for any text', () => {
    fc.assert(
      fc.property(result, (returned) => {
        const text = message(returned);
        expect([...text].length).toBeLessThanOrEqual(255);
        expect([...text].length).toBeGreaterThanOrEqual(3);
        expect(text).toBe(text.replace(/[ \t\r\n]+/g, ' ').trim());
        if (returned.object !== undefined) expect(text).toMatch(new RegExp(`[(;] ?object ${returned.object}\\)$`));
      }),
      runs(1000),
    );
  });
});
