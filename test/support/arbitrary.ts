import fc from 'fast-check';
import type { Key } from '../../src/model/key.js';
import { numberTypes, objKeyTypes } from '../../src/model/key.js';
import type { Obj } from '../../src/model/obj.js';
import { sourceIdentSchemes } from '../../src/model/sed-grp.js';
import { offerStatuses } from '../../src/model/sed-grp-offer.js';
import {
  type Content,
  type ElementRule,
  type Fields,
  objKey,
  objTypes,
  pubIdKey,
  type RequestRule,
  requests,
  type Slot,
  type Struct,
  sedGrpOfferKey,
  type Value,
  type Verb,
} from '../../src/sppp/grammar.js';
import { baseNs, soapNs, xsiNs } from '../../src/sppp/namespaces.js';
import { type Scalar, type SimpleType, Unfit } from '../../src/sppp/simple-types.js';
import { type Name, readFragment, Tape, type Tree, TreeWriter, xmlNs } from './xml-tree.js';

/** Random objects, keys and requests, drawn from the grammar, so that they cover a new element at once. */

// Values ------------------------------------------------------------------------------------------------------

/** Beside plain letters: markup, combining marks, several scripts, white space that XML does not know, astral planes. */
const character = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...'abcXYZ0189-_.') },
  { weight: 3, arbitrary: fc.constantFrom(...'<>&"\';:/#%][|,') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...['é', 'ß', 'ı', 'Σ', 'ς', '漢', '\u0301', '\u200d', '\u00a0', '\u0085', '\u2028', '\ufeff', '\ufffd'],
      ...['\ue000', '\u007f', '😀', '𝒜', '𠀀', '\u{1fffe}', '\u{10ffff}', 'ﬀ', '٣', 'ա'],
    ),
  },
);

function charactersOf(text: string): number {
  return [...text].length;
}

/** An xs:token of `min` to `max` characters, the two lengths included. */
function token(min: number, max: number): fc.Arbitrary<string> {
  const word = fc.string({ unit: character, minLength: 1, maxLength: 12 });
  const words = fc
    .array(word, { minLength: 1, maxLength: 4 })
    .map((each) => each.join(' '))
    .map((text) => (charactersOf(text) < min ? text + 'x'.repeat(min) : text))
    .filter((text) => charactersOf(text) <= max);
  const edge = fc
    .constantFrom(min, max)
    .chain((length) => fc.string({ unit: character, minLength: length, maxLength: length, size: 'max' }));
  return fc.oneof({ weight: 6, arbitrary: words }, { weight: 1, arbitrary: edge });
}

const digit = fc.constantFrom(...'0123456789');
const number = fc
  .tuple(fc.constantFrom('', '+'), fc.string({ unit: digit, minLength: 1, maxLength: 19, size: 'max' }))
  .map(([plus, digits]) => plus + digits);

/** Patterns without escaped or bracketed parentheses, so that counting parentheses counts groups. */
const pattern = fc.constantFrom(
  ...['^(.*)$', '^\\+1(.*)$', '^(.*@)(.*)$', 'a|b', '(ab)+(c?)(d*)', '[^<>&]+', '^.{3,15}$', '.'],
  ...['[[:digit:]]{2}', '\\.example\\.com$', '(é|😀)', 'x\\\\y', '^sip:(.*)@(.*)$'],
);

const replacementPart = fc.oneof(
  fc.constantFrom('\\1', '\\2', '\\3', '\\\\', '\\!', 'sip:', '@', ';npdi', '?a=b&c', '<>', '"'),
  character,
);
const replacement = fc.array(replacementPart, { minLength: 1, maxLength: 30 }).map((parts) => parts.join(''));

/** URIs that libxml2 accepts, which is stricter than the schema's anyURI; back-references pass. */
const uriPart = fc.oneof(
  fc.constantFrom('\\1', '\\\\', ';npdi', '?a=b&c=d', '%20', '/', '.example.com', '😀', 'é', '漢', "'"),
  fc.constantFrom(...'abcXYZ0189-_.~'),
);
const uriText = fc
  .tuple(
    fc.constantFrom('sip:', 'tel:', 'https://', 'x-y+z:'),
    fc.array(uriPart, { minLength: 1, maxLength: 40 }),
    fc.constantFrom('', '@example.com'),
  )
  .map(([scheme, parts, at]) => `${scheme}a${parts.join('')}${at}`);

const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,10}[a-zA-Z0-9]$/);
const host = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '.'))
  .map(([labels, dot]) => labels.join('.') + dot);

const moment = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .chain((date) => {
    const [day] = date.toISOString().split('T');
    const whole = date.toISOString().replace(/\.\d+Z$/, 'Z');
    return fc.constantFrom(date.toISOString(), whole, whole.replace('Z', '.1234567890Z'), `${day}T23:59:59Z`);
  });

const service = fc.constantFrom('sip', 'pstn:tel', 'P-own:x:y', 'x-1', 'voicemsg:sip', 'SIP');
const services = fc
  .tuple(fc.constantFrom('E2U', 'e2u'), fc.array(service, { minLength: 1, maxLength: 3 }))
  .map((parts) => parts.flat().join('+'));

const organization = fc.oneof(
  fc.constantFrom('iana-en:222', 'iana-en:1', 'X:y'),
  token(1, 40)
    .filter((text) => !/\p{Cc}/u.test(text))
    .map((text) => `spid:${text}`),
);

/** The schema requires at least three characters, which excludes `::`. */
const ipV6 = fc.ipV6().filter((address) => address.length >= 3);

const byName: Readonly<Record<string, fc.Arbitrary<Scalar>>> = {
  OrgIdType: organization,
  ObjNameType: token(3, 80),
  TransIdType: token(3, 120),
  ReplType: replacement,
  'ReplType without regx': fc.oneof(
    host,
    host.map((name) => `_sip._udp.${name}`.slice(0, 250)),
  ),
  AddrStringType: fc.oneof(fc.ipV4(), ipV6),
  NumberValType: number,
  'NumberValType of a range': number,
  SvcType: services,
  RegexType: pattern,
  FlagsType: fc.constantFrom('u', 'U', 's', '0'),
  anyURI: uriText,
  'host name': host,
  boolean: fc.boolean(),
  unsignedShort: fc.oneof(fc.constantFrom(0, 65535), fc.integer({ min: 0, max: 65535 })),
  positiveInteger: fc.oneof(fc.constantFrom(1, 2147483647), fc.integer({ min: 1, max: 2147483647 })),
  MinorVerType: fc.constantFrom('0', '1'),
  dateTime: moment,
  NumberTypeEnum: fc.constantFrom(...numberTypes),
  IPType: fc.constantFrom('v4', 'v6'),
  SourceIdentSchemeType: fc.constantFrom(...sourceIdentSchemes),
  SedFunctionType: fc.constantFrom('routing', 'lookup'),
  SedGrpOfferStatusType: fc.constantFrom(...offerStatuses),
};

const long = 'x'.repeat(300);

/** Texts that are not values of a type, by the schema or by the prose, with collapsed white space. */
export const unfitTexts: Readonly<Record<string, readonly [string, ...string[]]>> = {
  OrgIdType: ['', '222', ':222', 'iana-en:', '1ana:222', 'iana en:222', `iana-en:${long}`, '😀:1', 'iana-en:\u0085'],
  ObjNameType: ['', 'ab', '😀', '😀😀', 'x'.repeat(81), '😀'.repeat(81), `${'x'.repeat(79)} x`, `<${long}`],
  ReplType: ['', 'x'.repeat(256), '😀'.repeat(256), `${'x'.repeat(254)} x`],
  'ReplType without regx': [
    ...(['', '(', '$INCLUDE zone.db', 'a b', 'x;comment', 'a..b', '.', '.a', 'é.example', '😀', long] as const),
    ...['!^.*$!sip:desk@sbc.example!', 'https://sbc.example/', '\\1', `${'x'.repeat(64)}.example`],
  ],
  AddrStringType: ['', '1', '::', '😀', long],
  NumberValType: [
    '',
    '+',
    '++1',
    '-1',
    '1.5',
    '1 2',
    'abc',
    '1'.repeat(21),
    `+${'1'.repeat(20)}`,
    '٣٤',
    '+٣',
    '１２',
    '0x1F',
    long,
  ],
  'NumberValType of a range': ['', '+', '++1', '-1', 'abc', '1'.repeat(21), '٣٤', '１２'],
  SvcType: ['', 'sip', 'E2U', 'E2U+', 'sip+E2U', 'E2U+😀', 'E2U+sip,E2U+tel', `E2U+${long}`],
  RegexType: ['(', ')', '*', '[a', 'a{2', 'a{2,1}', '\\d', 'a**', '()|', '\\', long, '(?:a)', '😀'.repeat(256)],
  FlagsType: ['', 'uu', 'é', '-', '😀', '٣'],
  anyURI: ['', `sip:${'x'.repeat(2000)}`, `sip:${'😀'.repeat(500)}`],
  'host name': [
    '',
    'a..b',
    '.',
    '-a.example',
    'exa mple',
    'é.example',
    '192.0.2.1',
    `${'x'.repeat(64)}.example`,
    `a.${long}`,
  ],
  boolean: ['yes', 'TRUE', 'True', '2', '01', 't', '😀'],
  unsignedShort: ['', '-1', '65536', '1.0', '1e3', '0x10', 'x', '9'.repeat(30), '٣', '+', '1 2'],
  positiveInteger: ['', '0', '-1', '2147483648', '1.0', 'x', '9'.repeat(30), '٣', '+0'],
  dateTime: [
    ...(['', 'yesterday', '2012-10-22', '2012-10-22T09:30:10', '2012-10-22T09:30:10+00:00'] as const),
    ...[
      '2012-10-22T09:30:10+02:00',
      '2012-10-22T09:30:10-14:00',
      '2012-10-22T09:30:10+14:01',
      '2012-10-22T09:30:10+99:99',
    ],
    ...['2012-02-30T09:30:10Z', '2012-02-30T09:30:10+01:00', '2012-10-22T24:00:01Z', '2012-10-22T09:60:10Z'],
    ...['0000-01-01T00:00:00Z', '-0001-01-01T00:00:00Z', '12012-10-22T09:30:10Z', '2012-10-22t09:30:10z'],
    ...['2012-10-22T09:30:10ZZ', '2012-10-22 09:30:10Z', '2012-10-22T9:30:10Z', '٢٠١٢-10-22T09:30:10Z', long],
  ],
  NumberTypeEnum: ['', 'tn', 'TNRange', 'TN RN', '😀'],
  IPType: ['', 'V4', 'v5', '4'],
  SourceIdentSchemeType: ['', 'URI', 'rootdomain', 'uri ip'],
  SedFunctionType: ['', 'Routing', 'look up'],
  SedGrpOfferStatusType: ['', 'Offered', 'rejected'],
  ObjKeyTypeEnum: ['', 'sedGrp', 'SedGrpOffer', 'PubId', 'SedGrp DestGrp', '😀'],
};

/** Any text that XML can carry, with white space collapsed. */
export const anyToken: fc.Arbitrary<string> = fc.oneof(token(1, 300), fc.constant(''));

function scalarOf(type: SimpleType): fc.Arbitrary<Scalar> {
  // The place decides the kinds of key.
  if (type.name === 'ObjKeyTypeEnum') {
    return fc.constantFrom(...objKeyTypes.filter((each) => !(type.read(each) instanceof Unfit)));
  }
  const found = byName[type.name];
  if (found === undefined) throw new Error(`test/support/arbitrary.ts has no values of ${type.name}`);
  return found;
}

// Extensions --------------------------------------------------------------------------------------------------

const foreignUris = ['urn:x', 'http://example.com/%C3%A9?a=1&b=2', "urn:it's:odd", soapNs] as const;
const innerUris = [...foreignUris, '', baseNs] as const;
const localNames = ['a', 'rant', 'obj', 'é1', '_', 'a-b.c', 'constructor', '__proto__'] as const;

const foreignText = fc
  .array(fc.oneof(character, fc.constantFrom(' ', '\n', '\t', '\r', ']]>', '  ')), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(''));
const foreignName: fc.Arbitrary<Name> = fc.record({
  uri: fc.constantFrom(...foreignUris),
  local: fc.constantFrom(...localNames),
});

const foreignAttribute = fc.oneof(
  fc.record({
    uri: fc.constantFrom('', ...foreignUris),
    local: fc.constantFrom('type', 'name', 'é1'),
    value: fc.oneof(
      // A colon between words would look like a QName.
      foreignText.map((text) => text.replaceAll(':', '.')),
      foreignName,
    ),
  }),
  fc.record({ uri: fc.constant(xmlNs), local: fc.constantFrom('lang'), value: fc.constantFrom('en', 'de-AT') }),
);

function foreign(uris: readonly string[], depth: number): fc.Arbitrary<Tree> {
  const child: fc.Arbitrary<Tree | string> =
    depth === 0 ? foreignText : fc.oneof(foreignText, foreign(innerUris, depth - 1));
  return fc.record({
    uri: fc.constantFrom(...uris),
    local: fc.constantFrom(...localNames),
    attributes: fc.uniqueArray(foreignAttribute, { maxLength: 3, selector: ({ uri, local }) => `${uri} ${local}` }),
    children: fc.array(child, { maxLength: 3 }),
    content: fc.constant('mixed' as const),
  });
}

/** The content of an ext element, in its stored form. */
export const extension: fc.Arbitrary<string> = fc
  .tuple(fc.array(foreign(foreignUris, 2), { minLength: 1, maxLength: 2 }), fc.array(fc.nat(99), { maxLength: 20 }))
  .map(([trees, numbers]) => {
    const tape = new Tape(numbers);
    return trees.map((tree) => keptForm(tree, new Map([['', '']]), tape)).join('');
  });

/** Written with no choice except that of prefixes: double quotes, declarations first, no short forms. */
function keptForm(tree: Tree, outer: ReadonlyMap<string, string>, tape: Tape): string {
  const scope = new Map(outer);
  const declared = new Map<string, string>();
  const prefixFor = (uri: string, mayBeDefault: boolean): string => {
    if (uri === xmlNs) return 'xml';
    const held = [...scope].find(([prefix, bound]) => bound === uri && (mayBeDefault || prefix !== ''));
    if (held !== undefined) return held[0];
    // Only the default prefix can change its meaning in inner elements, so only its own element uses it.
    const prefix = uri === '' || (mayBeDefault && declared.size === 0 && tape.rarely(3)) ? '' : `n${scope.size}`;
    scope.set(prefix, uri);
    declared.set(prefix, uri);
    return prefix;
  };
  const name = (prefix: string, local: string) => (prefix === '' ? local : `${prefix}:${local}`);
  const own = name(prefixFor(tree.uri, true), tree.local);
  const attributes = tree.attributes.map(({ uri, local, value }) => {
    const text = typeof value === 'string' ? value : name(prefixFor(value.uri, false), value.local);
    const quoted = keptText(text).replace(/"/g, '&quot;').replace(/\t/g, '&#9;').replace(/\n/g, '&#10;');
    return ` ${name(uri === '' ? '' : prefixFor(uri, false), local)}="${quoted}"`;
  });
  const declarations = [...declared].map(([prefix, uri]) => {
    return ` xmlns${prefix === '' ? '' : `:${prefix}`}="${keptText(uri).replace(/"/g, '&quot;')}"`;
  });
  const children = tree.children.map((child) =>
    typeof child === 'string' ? keptText(child) : keptForm(child, scope, tape),
  );
  return `<${own}${declarations.join('')}${attributes.join('')}>${children.join('')}</${own}>`;
}

function keptText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\r/g, '&#13;');
}

// Objects and keys --------------------------------------------------------------------------------------------

function fieldsOf(struct: Struct, kind: boolean): fc.Arbitrary<Fields> {
  const { attribute } = struct;
  const parts = struct.slots.map(slotOf);
  const own: fc.Arbitrary<Fields> =
    attribute === undefined ? fc.constant({}) : scalarOf(attribute.type).map((value) => ({ [attribute.name]: value }));
  return fc
    .tuple(own, ...parts)
    .map((fields) => Object.assign({}, ...fields, kind ? { kind: struct.name } : {}) as Fields)
    .chain((fields) => settled(struct, fields));
}

function slotOf({ elements, required, repeats }: Slot): fc.Arbitrary<Fields> {
  const [first, ...rest] = elements
    .filter(({ readOnly }) => !readOnly)
    .map((rule) => {
      const value = contentOf(rule.content);
      return repeats
        ? fc.array(value, { maxLength: 3 }).map((values): Fields => ({ [rule.property]: values }))
        : value.map((one): Fields => ({ [rule.property]: one }));
    });
  if (first === undefined) throw new Error('a slot without elements to write');
  const some = fc.oneof(first, ...rest);
  return required || repeats ? some : fc.option(some, { nil: {} });
}

function contentOf(content: Content): fc.Arbitrary<Value> {
  switch (content.is) {
    case 'simple':
      return scalarOf(content.type);
    case 'struct':
      return fieldsOf(content.struct, content.struct.ns === 'soap');
    case 'abstract':
      return fc.oneof(...content.of.map((struct) => fieldsOf(struct, true)));
    case 'ext':
      return extension;
  }
}

/** Makes dependent values consistent. */
function settled(struct: Struct, fields: Fields): fc.Arbitrary<Fields> {
  switch (struct.name) {
    case 'NumberRangeType': {
      const { startRange, endRange } = fields;
      const digits = (end: Value | undefined) => String(end).replace('+', '');
      // Digit by digit from the left; 12 holds 1234, whichever way round they are.
      const inOrder = digits(startRange) <= digits(endRange);
      return fc.constant(inOrder ? fields : { startRange: endRange, endRange: startRange });
    }
    case 'RegexParamType':
      return fc.constant({ ...fields, repl: withGroupsOf(fields.ere, fields.repl) });
    case 'URIType':
      return fc.constant({ ...fields, uri: withGroupsOf(fields.ere, fields.uri) });
    case 'IPAddrType':
      return (fields.type === 'v6' ? ipV6 : fc.ipV4()).map((addr) => ({ ...fields, addr }));
    case 'NAPTRType':
      return fc.constant(fields.regx === undefined && fields.repl === undefined ? { ...fields, repl: 'x.' } : fields);
    default:
      return fc.constant(fields);
  }
}

/** Changes references to missing groups into references to existing ones, or into plain text. */
function withGroupsOf(ere: Value | undefined, text: Value | undefined): string {
  const groups = String(ere).replace(/[^(]/g, '').length;
  return String(text).replace(/\\([1-9\\!])/g, (reference, to: string) => {
    if (to === '\\' || to === '!' || Number(to) <= groups) return reference;
    return groups === 0 ? '.' : '\\1';
  });
}

export const keyTypes: readonly Struct[] = [objKey, pubIdKey, sedGrpOfferKey];

// The arbitrary of a struct is large, so it is made once.
const made = new Map<Struct, fc.Arbitrary<Fields>>();

function whole(struct: Struct): fc.Arbitrary<Fields> {
  const arbitrary = made.get(struct) ?? fieldsOf(struct, true);
  made.set(struct, arbitrary);
  return arbitrary;
}

/** Valid objects of one type. */
export function objOf(struct: Struct): fc.Arbitrary<Obj> {
  return whole(struct).map((fields) => fields as unknown as Obj);
}

/** Valid keys of one type. */
export function keyOf(struct: Struct): fc.Arbitrary<Key> {
  return whole(struct).map((fields) => fields as unknown as Key);
}

export const anyObj: fc.Arbitrary<Obj> = fc.oneof(...objTypes.map(objOf));
export const anyKey: fc.Arbitrary<Key> = fc.oneof(...keyTypes.map(keyOf));

// Requests ----------------------------------------------------------------------------------------------------

/** A request before it is XML. */
export interface Draft {
  readonly operation: string;
  readonly head: Fields;
  readonly items: readonly DraftItem[];
}

export interface DraftItem {
  /** The name of its element. */
  readonly element: string;
  readonly verb: Verb;
  readonly subject: Fields;
}

export function ruleOf(operation: string): RequestRule {
  const rule = requests.find((each) => each.operation === operation);
  if (rule === undefined) throw new Error(`no operation ${operation}`);
  return rule;
}

/** Valid requests of one operation. */
export function requestOf(rule: RequestRule): fc.Arbitrary<Draft> {
  const head = rule.wrapper.slots.filter((slot) => !slot.elements.some((element) => rule.verbs.has(element)));
  const itemSlot = rule.wrapper.slots.find((slot) => !head.includes(slot));
  const items = [...rule.verbs].map(([{ name: element, content }, verb]) =>
    subjectOf(content).map((subject) => ({ element, verb, subject })),
  );
  const [first, ...rest] = items;
  return fc.record({
    operation: fc.constant(rule.operation),
    head: fc.tuple(...head.map(slotOf)).map((fields) => Object.assign({}, ...fields) as Fields),
    items:
      first === undefined
        ? fc.constant([])
        : fc.array(fc.oneof(first, ...rest), { minLength: itemSlot?.required ? 1 : 0, maxLength: 4 }),
  });
}

export const anyRequest: fc.Arbitrary<Draft> = fc.oneof(...requests.map(requestOf));

function subjectOf(content: Content): fc.Arbitrary<Fields> {
  if (content.is === 'struct') return whole(content.struct);
  if (content.is === 'abstract') return fc.oneof(...content.of.map(whole));
  throw new Error(`an item cannot be ${content.is}`);
}

/** Choices for a TreeWriter; shrinks towards the plainest. */
export const tape: fc.Arbitrary<Tape> = fc
  .array(fc.nat(9999), { maxLength: 400, size: 'max' })
  .map((numbers) => new Tape(numbers));

// Requests as trees -------------------------------------------------------------------------------------------

const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const soap12 = 'http://www.w3.org/2003/05/soap-envelope';

/** A SOAP message around a payload. */
export function envelopeTree(payload: Tree, choices: Tape = new Tape()): Tree {
  const uri = choices.of([soap11, soap12]);
  const part = (local: string, ...children: Tree[]): Tree => {
    return { uri, local, attributes: [], children, content: 'elements' };
  };
  const body = part('Body', payload);
  return choices.rarely(3) ? part('Envelope', part('Header'), body) : part('Envelope', body);
}

/** The payload of the draft; the tape decides whether to write optional types. */
export function requestTree({ operation, head, items }: Draft, choices: Tape = new Tape()): Tree {
  const rule = ruleOf(operation);
  const headTree = structTree({ uri: soapNs, local: rule.wrapper.name }, rule.wrapper, head, undefined, choices);
  const index = rule.wrapper.slots.length - 1;
  const slot = { index, required: rule.wrapper.slots[index]?.required ?? false, repeats: true };
  const itemTrees = items.map(({ element, subject }) => {
    const [found] = [...rule.verbs.keys()].filter(({ name }) => name === element);
    if (found === undefined) throw new Error(`${operation} has no ${element}`);
    return { ...elementTree('', found, subject, choices), slot };
  });
  return { ...headTree, children: [...headTree.children, ...itemTrees] };
}

/** A whole message in one of the ways in which it can be written. */
export function writeRequest(draft: Draft, choices: Tape = new Tape()): string {
  return new TreeWriter(choices).document(envelopeTree(requestTree(draft, choices), choices));
}

function structTree(name: Name, struct: Struct, value: Fields, type: Struct | undefined, choices: Tape): Tree {
  const uri = struct.ns === 'base' ? baseNs : '';
  const children = struct.slots.flatMap(({ elements, required, repeats }, index) => {
    const slot = { index, required, repeats };
    const written = elements.filter(({ readOnly }) => !readOnly);
    return written.flatMap((rule) => {
      const held = value[rule.property];
      const others = elements.filter((other) => other !== rule && other.property === rule.property);
      const synonyms = others.length === 0 ? {} : { synonyms: others.map((other) => other.name) };
      const values = held === undefined ? [] : repeats ? (held as readonly Value[]) : [held];
      return values.map((one) => ({ ...elementTree(uri, rule, one, choices), slot, ...synonyms }));
    });
  });
  const { attribute } = struct;
  const own = attribute === undefined ? undefined : value[attribute.name];
  const mayLeaveOut = own === attribute?.ifAbsent && choices.rarely(2);
  return {
    ...name,
    attributes: [
      ...(type === undefined ? [] : [xsiType(type)]),
      ...(attribute === undefined || mayLeaveOut ? [] : [{ uri: '', local: attribute.name, value: String(own) }]),
    ],
    children,
    content: 'elements',
  };
}

export function xsiType({ ns, name }: Pick<Struct, 'ns' | 'name'>): { uri: string; local: string; value: Name } {
  return { uri: xsiNs, local: 'type', value: { uri: ns === 'base' ? baseNs : soapNs, local: name } };
}

function elementTree(uri: string, { name: local, content }: ElementRule, value: Value, choices: Tape): Tree {
  switch (content.is) {
    case 'simple': {
      const text = String(value);
      const spellings = spellingsOf(content.type, value);
      const type = content.type.name;
      return { uri, local, attributes: [], children: [text], content: 'token', type, spellings };
    }
    case 'ext':
      return { uri, local, attributes: [], children: readFragment(String(value)), content: 'elements' };
    case 'struct': {
      const { struct } = content;
      // The type may be written even if only one is possible.
      return structTree({ uri, local }, struct, value as Fields, choices.rarely(4) ? struct : undefined, choices);
    }
    case 'abstract': {
      const fields = value as Fields;
      const struct = content.of.find(({ name }) => name === fields.kind);
      if (struct === undefined) throw new Error(`${local} cannot hold ${String(fields.kind)}`);
      return structTree({ uri, local }, struct, fields, struct, choices);
    }
  }
}

/** Other lexical forms of a value (XML Schema Part 2), and the empty one where that has a default. */
function spellingsOf(type: SimpleType, value: Value): readonly string[] {
  const empty = type.ifEmpty === value ? [''] : [];
  if (typeof value === 'boolean') return [...empty, value ? '1' : '0'];
  if (typeof value === 'number') return [`000${value}`, `+${value}`];
  return empty;
}

/** Fields with each extension replaced by its meaning, so that the comparison ignores prefixes. */
export function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaningOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([property, held]) => [
      property,
      /^(?:ext|ownExt)$/.test(property) ? readFragment(String(held)) : meaningOf(held),
    ]),
  );
}
