import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Content,
  type Fields,
  objTypes,
  type RequestRule,
  requests,
  type Slot,
  type Struct,
  type Value,
} from '../../src/sppp/grammar.js';
import { baseNs, soapNs, xsiNs } from '../../src/sppp/namespaces.js';
import {
  type Draft,
  type DraftItem,
  envelopeTree,
  keyTypes,
  requestTree,
  ruleOf,
  unfitTexts,
  xsiType,
} from '../support/arbitrary.js';
import { readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import {
  elementsOf,
  type FoundElement,
  type Tree,
  type TreeAttribute,
  TreeWriter,
  withInstead,
} from '../support/xml-tree.js';

/**
 * Whatever breaks the structure of a request is answered 2000 by its operation, and nothing of the request is done
 * (RFC 7878 §7.3). The requests are made from the grammar: every element of every type, broken in every way.
 */

// Requests with every element in them -------------------------------------------------------------------------

/** Values with which the requests could be carried out, so that one that gets through leaves a trace. */
const byProperty: Readonly<Record<string, string>> = {
  rar: 'iana-en:223',
  offeredTo: 'iana-en:111',
  peeringOrg: 'iana-en:111',
  offeredBy: 'iana-en:222',
  dgName: 'DEST_GRP',
  sedName: 'SED_REC',
  sedGrpName: 'SED_GRP',
  egrRteName: 'EGR_RTE',
  tnPrefix: '1202555',
  endRange: '+12025550199',
};

const byType: Readonly<Record<string, Value>> = {
  OrgIdType: 'iana-en:222',
  ObjNameType: 'DEST_GRP',
  TransIdType: 'txn_1',
  MinorVerType: '1',
  ReplType: '\\1',
  'ReplType without regx': 'example.com',
  AddrStringType: '192.0.2.1',
  NumberValType: '+12025550001',
  'NumberValType of a range': '+12025550100',
  SvcType: 'E2U+sip',
  RegexType: '^(.*)$',
  FlagsType: 'u',
  anyURI: 'sip:\\1@example.com',
  'host name': 'ns.example.com',
  boolean: true,
  unsignedShort: 10,
  positiveInteger: 3600,
  dateTime: '2012-10-22T09:30:10Z',
  NumberTypeEnum: 'TN',
  IPType: 'v4',
  SourceIdentSchemeType: 'uri',
  SedFunctionType: 'routing',
  SedGrpOfferStatusType: 'offered',
};

const names: Readonly<Record<string, string>> = { DestGrp: 'DEST_GRP', SedRec: 'SED_REC', SedGrp: 'SED_GRP' };
const ext = '<x:note xmlns:x="urn:x">1</x:note>';

/** Every element once, repeatable ones twice; as many examples as the largest choice has branches. */
function examplesOf(struct: Struct): Fields[] {
  const branches = Math.max(...struct.slots.map(({ elements }) => elements.filter((each) => !each.readOnly).length));
  return Array.from({ length: branches }, (_, branch) => {
    const fields: Fields = struct.attribute === undefined ? {} : { [struct.attribute.name]: 'v4' };
    for (const slot of struct.slots) Object.assign(fields, exampleOf(slot, branch));
    if (struct.name === 'ObjKeyType') fields.name = names[String(fields.type)];
    return { ...fields, kind: struct.name };
  });
}

function exampleOf({ elements, repeats }: Slot, branch: number): Fields {
  const written = elements.filter(({ readOnly }) => !readOnly);
  const rule = written[Math.min(branch, written.length - 1)];
  if (rule === undefined) return {};
  const value = byProperty[rule.property] ?? valueIn(rule.content);
  return { [rule.property]: repeats ? [value, value] : value };
}

function valueIn(content: Content): Value {
  if (content.is === 'ext') return ext;
  if (content.is === 'struct') return examplesOf(content.struct)[0] ?? {};
  if (content.is === 'abstract') return (content.of[0] && examplesOf(content.of[0])[0]) ?? {};
  if (content.type.name === 'ObjKeyTypeEnum') {
    // The place decides the kinds of key.
    return ['DestGrp', 'SedRec', 'SedGrp'].find((kind) => content.type.read(kind) === kind) ?? '';
  }
  const value = byType[content.type.name];
  if (value === undefined) throw new Error(`no example of ${content.type.name}`);
  return value;
}

const group: Fields = { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: 'NEW_GRP' };

/** The head of an operation with everything that it may say. */
function headOf({ wrapper, verbs }: RequestRule): Fields {
  const slots = wrapper.slots.filter(({ elements }) => !elements.some((element) => verbs.has(element)));
  return Object.assign({}, ...slots.map((slot) => exampleOf(slot, 0))) as Fields;
}

function draftsOf(rule: RequestRule): Draft[] {
  const draft = (...items: DraftItem[]): Draft => ({ operation: rule.operation, head: headOf(rule), items });
  const items = [...rule.verbs].flatMap(([{ name: element, content }, verb]) => {
    const structs = content.is === 'struct' ? [content.struct] : content.is === 'abstract' ? content.of : [];
    return structs.flatMap(examplesOf).map((subject) => ({ element, verb, subject }));
  });
  if (rule.operation === 'submitAddRqst') {
    // A good object goes first: it must not stay when the one behind it is broken.
    return items.map((item) => draft({ ...item, subject: group }, item));
  }
  if (rule.operation === 'submitBatchRqst') {
    const kinds = ['DestGrpType', 'NSType', 'PubIdKeyType', 'SedGrpOfferKeyType'];
    return [draft(...items.filter(({ subject }) => kinds.includes(String(subject.kind))))];
  }
  return items.length === 0 ? [draft()] : items.map((item) => draft(item));
}

const drafts = requests.flatMap(draftsOf);

/** Operations whose items consist of the elements of another operation, which the tests of that operation break. */
const like: ReadonlySet<string> = new Set([
  'submitRejectRqst',
  'submitBatchRqst',
  'submitGetRqst',
  'submitGetSedGrpOffersRqst',
]);

/** The same for all: broken in one type of object only. */
const inherited = new Set(['rant', 'rar', 'cDate', 'mDate', 'ext', 'clientTransId', 'minorVer']);

interface Place extends FoundElement {
  readonly draft: Draft;
  readonly whole: Tree;
}

const places: readonly Place[] = drafts.flatMap((draft) => {
  const whole = requestTree(draft);
  const subject = draft.items.at(-1)?.subject;
  const isFirst = draft.operation !== 'submitAddRqst' || subject?.kind === 'DestGrpType';
  return elementsOf(whole)
    .filter(({ path }) => !isRepetition(whole, path) && !(path.length > 2 && like.has(draft.operation)))
    .filter(
      ({ tree, path }) =>
        isFirst || (path[0] === whole.children.length - 1 && !(path.length === 2 && inherited.has(tree.local))),
    )
    .map((found) => ({ ...found, draft, whole }));
});

/** Whether an element is, or stands in, the second of two that are alike in the same list of an item. */
function isRepetition(whole: Tree, path: readonly number[]): boolean {
  return path.slice(1).some((step, depth) => {
    const siblings = path.slice(0, depth + 1).reduce<Tree>((from, at) => from.children[at] as Tree, whole).children;
    const [before, itself] = [siblings[step - 1], siblings[step]];
    return typeof before === 'object' && typeof itself === 'object' && before.local === itself.local;
  });
}

// Ways to break them ------------------------------------------------------------------------------------------

/** Broken versions of a request, at one of its elements; none where the way does not apply. */
type Breaking = (place: Place) => readonly Tree[];

function childrenOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.children.filter((child) => typeof child !== 'string') ?? [];
}

function replaced({ whole, path }: Place, ...instead: Tree[]): Tree {
  return withInstead(whole, path, ...instead);
}

/** The request with another version of the element, which may be the wrapper. */
function changed({ whole, path, tree }: Place, change: Partial<Tree>): Tree {
  return path.length === 0 ? { ...whole, ...change } : withInstead(whole, path, { ...tree, ...change });
}

/** The request with the children of the element's parent in another order. */
function reordered({ whole, path, parent }: Place, order: (siblings: readonly Tree[], at: number) => Tree[]): Tree {
  const children = order(childrenOf(parent), path.at(-1) ?? 0);
  return path.length === 1
    ? { ...whole, children }
    : withInstead(whole, path.slice(0, -1), { ...(parent as Tree), children });
}

function isInside({ path }: Place): boolean {
  return path.length > 0;
}

function typeOf({ tree }: Place): TreeAttribute | undefined {
  return tree.attributes.find(({ uri, local }) => uri === xsiNs && local === 'type');
}

const unknown: Tree = { uri: 'urn:x', local: 'note', attributes: [], children: [], content: 'elements' };

/** Types that no element in a request can have: unknown and abstract ones. */
const noTypes = [
  { ns: 'base', name: 'NoSuchType' },
  { ns: 'base', name: 'BasicObjType' },
  { ns: 'base', name: 'ObjKeyType' },
] as const;

const ways: Readonly<Record<string, Breaking>> = {
  'is missing': (place) => {
    const { slot } = place.tree;
    const alone = childrenOf(place.parent).filter((each) => each.slot?.index === slot?.index).length === 1;
    return slot?.required && alone ? [replaced(place)] : [];
  },

  'is there twice': (place) => (place.tree.slot?.repeats === false ? [replaced(place, place.tree, place.tree)] : []),

  'stands before or behind its place': (place) => {
    const index = place.tree.slot?.index;
    if (index === undefined) return [];
    const others = childrenOf(place.parent).map((each) => each.slot?.index ?? index);
    const toStart = reordered(place, (all, at) => [
      ...all.slice(at, at + 1),
      ...all.slice(0, at),
      ...all.slice(at + 1),
    ]);
    const toEnd = reordered(place, (all, at) => [...all.slice(0, at), ...all.slice(at + 1), ...all.slice(at, at + 1)]);
    return [
      ...(others.some((other) => other < index) ? [toStart] : []),
      ...(others.some((other) => other > index) ? [toEnd] : []),
    ];
  },

  'stands inside its neighbour or outside its parent': (place) => {
    const { path, parent, tree, whole } = place;
    const at = path.at(-1) ?? 0;
    const neighbour = childrenOf(parent)[at - 1];
    const into = (into: Tree) => reordered(place, (all) => [...all.slice(0, at - 1), into, ...all.slice(at + 1)]);
    const out = (grandparent: readonly number[]) => {
      const without = withInstead(whole, path);
      const up = grandparent.slice(0, -1).reduce<Tree>((from, step) => from.children[step] as Tree, without);
      const step = grandparent.at(-1) ?? 0;
      const children = [...up.children.slice(0, step + 1), tree, ...up.children.slice(step + 1)];
      return grandparent.length === 1
        ? { ...without, children }
        : withInstead(without, grandparent.slice(0, -1), { ...up, children });
    };
    return [
      ...(neighbour === undefined
        ? []
        : [into({ ...neighbour, content: 'elements', children: [...neighbour.children, tree] })]),
      ...(path.length > 1 && tree.slot?.required ? [out(path.slice(0, -1))] : []),
    ];
  },

  'has another name': (place) => {
    const { local } = place.tree;
    const otherCase = local.replace(/^./, (first) =>
      first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase(),
    );
    const { synonyms: _, ...tree } = place.tree;
    return isInside(place)
      ? [otherCase, place.path.length === 1 ? '__proto__' : `${local}X`].map((name) =>
          replaced(place, { ...tree, local: name }),
        )
      : [];
  },

  'is in another namespace': (place) =>
    isInside(place)
      ? ['', baseNs, soapNs, 'urn:x']
          .filter((uri) => uri !== place.tree.uri)
          .map((uri) => replaced(place, { ...place.tree, uri }))
      : [],

  'has no type, or one that it cannot have': (place) => {
    const type = typeOf(place);
    const { tree } = place;
    if (!isInside(place) || tree.content !== 'elements' || tree.local === 'ext') return [];
    const rest = tree.attributes.filter((each) => each !== type);
    const withType = (attribute: TreeAttribute) => changed(place, { attributes: [...rest, attribute] });
    const value = type === undefined || typeof type.value === 'string' ? undefined : type.value;
    const reported: Tree[] =
      value === undefined
        ? []
        : [
            changed(place, { attributes: rest }),
            withType({ ...xsiType({ ns: 'base', name: '' }), value: `nowhere:${value.local}` }),
            withType({
              ...xsiType({ ns: 'base', name: '' }),
              value: { ...value, uri: value.uri === baseNs ? soapNs : baseNs },
            }),
            withType({ uri: '', local: 'type', value: value.local }),
          ];
    // Of another place: for an object any key, for a key or a part of an object any object, and a key of another kind.
    const others = [
      ...noTypes,
      ...(objTypes.some(({ name }) => name === value?.local) ? keyTypes : objTypes.slice(0, 2)),
    ];
    return [...reported, ...others.map((other) => withType(xsiType(other)))];
  },

  'is said to be nil': (place) =>
    isInside(place)
      ? [changed(place, { attributes: [...place.tree.attributes, { uri: xsiNs, local: 'nil', value: 'true' }] })]
      : [],

  'has text between its elements': (place) => {
    const { tree } = place;
    if (tree.content !== 'elements') return [];
    const { children } = tree;
    return [changed(place, { children: ['text', ...children] }), changed(place, { children: [...children, '.'] })];
  },

  'has an attribute that is not known': (place) => {
    const { attributes } = place.tree;
    return ['', 'urn:x'].map((uri) =>
      changed(place, { attributes: [...attributes, { uri, local: 'id', value: '1' }] }),
    );
  },

  'holds an element that is not known': (place) => {
    const { tree } = place;
    if (tree.local === 'ext') return [changed(place, { children: [...tree.children, { ...unknown, uri: '' }] })];
    const own = childrenOf(tree)[0]?.uri ?? tree.uri;
    const inside = (...children: (Tree | string)[]) => changed(place, { children, content: 'elements' });
    return [
      inside(...tree.children, unknown),
      inside({ ...unknown, uri: own }, ...tree.children),
      inside(...tree.children, { ...tree, children: [] }),
    ];
  },

  'is an ext without anything, or with text or elements of ours': (place) => {
    if (place.tree.local !== 'ext') return [];
    const ours: Tree = { ...unknown, uri: baseNs, local: 'rant' };
    return [
      changed(place, { children: [] }),
      changed(place, { children: ['text'] }),
      changed(place, { children: [ours] }),
    ];
  },
};

// The test ----------------------------------------------------------------------------------------------------

let server: TestServer;
let before: object;

/** Every table but the journal and the counts, which have rows for each request: how many rows, and what is in them. */
async function contents(): Promise<object> {
  const tables = await server.sql<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
       AND table_name NOT IN ('transaction', 'transaction_body', 'transaction_code', 'transaction_failure', 'refusal', 'activity',
                              'transaction_body_first', 'transaction_code_first', 'transaction_failure_first',
                              '_prisma_migrations') ORDER BY 1`,
  );
  const counted = tables.map(async ({ name }) => {
    const sql = `SELECT count(*)::int AS rows, md5(string_agg(t::text, '|' ORDER BY t::text)) AS content FROM ${name} t`;
    return [name, (await server.sql(sql))[0]] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

function xmlOf(tree: Tree): string {
  return new TreeWriter().document(envelopeTree(tree));
}

function add(...subjects: Fields[]): Promise<unknown> {
  const items = subjects.map((subject) => ({ element: 'obj', verb: 'add' as const, subject }));
  return server.post(xmlOf(requestTree({ operation: 'submitAddRqst', head: {}, items })));
}

/** What the broken requests name is there, so that a deletion or a replacement that gets through can be seen. */
beforeAll(async () => {
  server = await startServer();
  const kinds = ['DestGrpType', 'NAPTRType', 'SedGrpType', 'TNType', 'TNRType', 'URIPubIdType', 'EgrRteType'];
  const there = kinds.map(
    (kind) => examplesOf(objTypes.find(({ name }) => name === kind) ?? (objTypes[0] as Struct))[0] ?? {},
  );
  const answer = readAnswer(((await add(...there)) as { text: string }).text);
  expect(answer).toMatchObject({ code: 1000 });
  before = await contents();
  expect(Object.keys(before).length).toBeGreaterThan(10);
});
afterAll(() => server?.close());

/** Posts over several connections at once; what was not answered as it has to be. */
async function failuresOf(cases: readonly { name: string; draft: Draft; tree: Tree }[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  const waiting = cases.values();
  const work = async () => {
    for (const { name, draft, tree } of waiting) {
      const xml = xmlOf(tree);
      const { status, text } = await server.post(xml);
      const answer = status === 200 ? readAnswer(text) : undefined;
      const isRight =
        answer?.code === 2000 &&
        answer.wrapper === ruleOf(draft.operation).responseWrapper &&
        answer.details.length === 0 &&
        answer.resultObjs.length === 0;
      if (!isRight) failures.push({ name, status, code: answer?.code, msg: answer?.msg ?? text.slice(0, 200), xml });
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  return failures;
}

function nameOf({ draft, path, whole }: Place): string {
  const steps = path.map((_, depth) => {
    const tree = path.slice(0, depth + 1).reduce<Tree>((from, step) => from.children[step] as Tree, whole);
    return tree.local;
  });
  return [draft.operation, String(draft.items.at(-1)?.subject.kind ?? ''), ...steps].join(' ');
}

describe('a request gets 2000 and nothing of it is applied if an element', () => {
  it.each(Object.entries(ways))(
    '%s',
    async (_, way) => {
      const cases = places.flatMap((place) =>
        way(place).map((tree) => ({ name: nameOf(place), draft: place.draft, tree })),
      );
      expect(new Set(cases.map(({ draft }) => draft.operation)).size).toBeGreaterThan(1);
      expect(await failuresOf(cases)).toEqual([]);
      expect(await contents()).toEqual(before);
    },
    120_000,
  );
});

describe('an invalid value in a valid structure', () => {
  const values = places.filter(({ tree, parent }) => {
    const isIgnored = tree.local === 'repl' && childrenOf(parent).some(({ local }) => local === 'regx');
    return tree.content === 'token' && !isIgnored;
  });
  /** The request with a text in place of the value that its type does not have. */
  const unfit = (place: Place): Tree => changed(place, { children: [unfitTexts[place.tree.type ?? '']?.[1] ?? ''] });

  it('is 2000 in the head of the request', async () => {
    const inHead = values.filter(({ path, tree }) => path.length === 1 && tree.local !== 'minorVer');
    const cases = inHead.map((place) => ({ name: nameOf(place), draft: place.draft, tree: unfit(place) }));
    expect(cases.length).toBeGreaterThan(5);
    expect(await failuresOf(cases)).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  it('is 2101 for its object or key, and nothing of the request is applied', async () => {
    // In a batch, what comes before it could fail for a reason of its own.
    const inItem = values.filter(({ path, whole, draft }) => {
      const first = whole.children.length - draft.items.length;
      return path.length > 1 && (draft.operation !== 'submitBatchRqst' || path[0] === first);
    });
    expect(inItem.length).toBeGreaterThan(100);
    const answers = inItem.map(async (place) => {
      const { code, msg, details } = readAnswer((await server.post(xmlOf(unfit(place)))).text);
      const isQuery = ruleOf(place.draft.operation).responseWrapper === 'spppGetResponse';
      const reported = isQuery ? [{ code, msg }] : details;
      const attrName = place.parent?.local === 'range' ? 'range' : place.tree.local;
      const isRight =
        (isQuery || code === 2100) &&
        reported.length === 1 &&
        reported[0]?.code === 2101 &&
        reported[0].msg.startsWith(`Attribute value invalid AttrName:${attrName} AttrVal:`);
      return isRight ? [] : [{ name: nameOf(place), code, msg, details }];
    });
    expect((await Promise.all(answers)).flat()).toEqual([]);
    expect(await contents()).toEqual(before);
  });
});

describe('the same requests without the fault', () => {
  it('do not get 2000', async () => {
    const answers = [];
    for (const draft of drafts) {
      const { status, text } = await server.post(xmlOf(requestTree(draft)));
      answers.push({ status, isStructureRight: readAnswer(text).code !== 2000, name: draft.operation });
    }
    expect(answers).toEqual(drafts.map(({ operation }) => ({ status: 200, isStructureRight: true, name: operation })));
    expect(await contents()).not.toEqual(before);
  });
});
