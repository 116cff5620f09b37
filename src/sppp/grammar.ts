import {
  MAX_ADDRESSES,
  MAX_DEST_GRPS,
  MAX_INGRESS_SED_GRPS,
  MAX_PEERS,
  MAX_SED_RECS,
  MAX_SERVED_DEST_GRPS,
  MAX_SOURCES,
  MAX_SOURCES_SIZE,
} from '../model/list-limits.js';
import { digitsOf } from '../values/digits.js';
import { compileEre } from '../values/ere.js';
import { readIpAddress } from '../values/ip-address.js';
import { spanOfRange } from '../values/number-span.js';
import { isRefusal } from '../values/refusal.js';
import { checkReplacement } from '../values/replacement.js';
import type { Flaw } from './result.js';
import type { Scalar, SimpleType } from './simple-types.js';
import * as simple from './simple-types.js';

/**
 * Every element of the protocol as data (RFC 7878 §9, RFC 7877 §12). Decode, encode and the tests' random messages all
 * work from this table: a new field is one line here. Values are plain records whose property names stand here too,
 * never on the wire.
 */

export type Value = Scalar | readonly Value[] | { readonly [property: string]: Value | undefined };
export type Fields = { [property: string]: Value | undefined };

/**
 * The content of an element: text, a sequence, one of several types named by xsi:type, or foreign XML that is not
 * changed.
 */
export type Content =
  | { readonly is: 'simple'; readonly type: SimpleType }
  | { readonly is: 'struct'; readonly struct: Struct }
  | { readonly is: 'abstract'; readonly of: readonly Struct[] }
  | { readonly is: 'ext' };

export interface ElementRule {
  readonly name: string;
  readonly property: string;
  readonly content: Content;
  /** Read but never written: a spelling that only requests use. */
  readonly readOnly?: boolean;
  /** Its value does not count where this property is there too. */
  readonly ignoredBeside?: string;
}

/** A place in a sequence, taken by one of its elements (a choice has several). */
export interface Slot {
  readonly elements: readonly ElementRule[];
  readonly required: boolean;
  readonly repeats: boolean;
  /** The longest list that an object may have here. */
  readonly most?: number;
}

/** A complex type. Elements of base types are in the base namespace, those of soap types in none. */
export interface Struct {
  readonly ns: 'base' | 'soap';
  readonly name: string;
  readonly slots: readonly Slot[];
  readonly attribute?: { readonly name: string; readonly type: SimpleType; readonly ifAbsent: Scalar };
  /**
   * The names for faults inside, which are reported for the whole: its value is the texts of its children joined by
   * `-`.
   */
  readonly reportedAs?: string;
  /** Rules that the schema does not carry; the first breach. */
  check?(value: Fields): Flaw | undefined;
}

function element(name: string, content: Content | SimpleType, property = name): ElementRule {
  return { name, property, content: 'is' in content ? content : { is: 'simple', type: content } };
}

function one(...rule: Parameters<typeof element>): Slot {
  return { elements: [element(...rule)], required: true, repeats: false };
}

function maybe(...rule: Parameters<typeof element>): Slot {
  return { elements: [element(...rule)], required: false, repeats: false };
}

/** A list of at most this many entries. */
function upTo(most: number, ...rule: Parameters<typeof element>): Slot {
  return { elements: [element(...rule)], required: false, repeats: true, most };
}

/** A list in the head of a request, bounded like the objects and keys behind it. */
function filters(...rule: Parameters<typeof element>): Slot {
  return { elements: [element(...rule)], required: false, repeats: true };
}

function choice(required: boolean, repeats: boolean, ...elements: ElementRule[]): Slot {
  return { elements, required, repeats };
}

function of(struct: Struct): Content {
  return { is: 'struct', struct };
}

const ext: Content = { is: 'ext' };
const inheritedExt = maybe('ext', ext);
const ownExt = maybe('ext', ext, 'ownExt');

// Building blocks (RFC 7877 §12) ------------------------------------------------------------------------------

const range: Struct = {
  ns: 'base',
  name: 'NumberRangeType',
  reportedAs: 'range',
  slots: [
    // The RFC's own example says startTn and endTn (RFC 7878 §10.7): both are read.
    choice(true, false, element('startRange', simple.rangeEnd), {
      ...element('startTn', simple.rangeEnd, 'startRange'),
      readOnly: true,
    }),
    choice(true, false, element('endRange', simple.rangeEnd), {
      ...element('endTn', simple.rangeEnd, 'endRange'),
      readOnly: true,
    }),
  ],
  check({ startRange, endRange }) {
    const span = spanOfRange(String(digitsOf(String(startRange))), String(digitsOf(String(endRange))));
    return isRefusal(span)
      ? { attrName: 'range', attrVal: `${startRange}-${endRange}`, reason: span.error }
      : undefined;
  },
};

const number: Struct = {
  ns: 'base',
  name: 'NumberType',
  slots: [one('value', simple.numberVal), one('type', simple.numberType)],
};

const corInfo: Struct = {
  ns: 'base',
  name: 'CORInfoType',
  slots: [one('corClaim', simple.claim), maybe('cor', simple.outcome), maybe('corDate', simple.dateTime)],
};

const regexParam: Struct = {
  ns: 'base',
  name: 'RegexParamType',
  slots: [one('ere', simple.ere), one('repl', simple.repl)],
  check: ({ ere, repl }) => checkBackReferences(String(ere), 'repl', String(repl)),
};

const ipAddr: Struct = {
  ns: 'base',
  name: 'IPAddrType',
  slots: [one('addr', simple.addrString), inheritedExt],
  attribute: { name: 'type', type: simple.ipType, ifAbsent: 'v4' },
  check({ addr, type }) {
    const read = readIpAddress(String(addr), type === 'v6' ? 'v6' : 'v4');
    return typeof read === 'string' ? undefined : { attrName: 'addr', attrVal: String(addr), reason: read.error };
  },
};

const sourceIdent: Struct = {
  ns: 'base',
  name: 'SourceIdentType',
  slots: [
    one('sourceIdentRegex', simple.sourceRegex),
    one('sourceIdentScheme', simple.sourceIdentScheme),
    inheritedExt,
  ],
};

// Keys (RFC 7878 §7.1) ----------------------------------------------------------------------------------------

function objKeyTo(type: SimpleType): Struct {
  return {
    ns: 'soap',
    name: 'ObjKeyType',
    slots: [one('rant', simple.orgId), one('name', simple.objName), one('type', type)],
  };
}

export const objKey = objKeyTo(simple.objKeyType);
const sedRecKey = objKeyTo(simple.objKeyTypeOf('SedRec'));
const sedGrpKey = objKeyTo(simple.objKeyTypeOf('SedGrp'));

export const pubIdKey: Struct = {
  ns: 'soap',
  name: 'PubIdKeyType',
  slots: [
    one('rant', simple.orgId),
    // The printed schema forgot `uri`; the prose has it (RFC 7878 §7.1.2).
    choice(true, false, element('number', of(number)), element('range', of(range)), element('uri', simple.uri)),
  ],
};

export const sedGrpOfferKey: Struct = {
  ns: 'soap',
  name: 'SedGrpOfferKeyType',
  slots: [one('sedGrpKey', of(sedGrpKey)), one('offeredTo', simple.orgId)],
};

const anyKey: Content = { is: 'abstract', of: [objKey, pubIdKey, sedGrpOfferKey] };

const sedRecRef: Struct = {
  ns: 'base',
  name: 'SedRecRefType',
  slots: [one('sedKey', { is: 'abstract', of: [sedRecKey] }), one('priority', simple.unsignedShort), inheritedExt],
};

// Objects (RFC 7877 §5.1, §6) ---------------------------------------------------------------------------------

const basicObj: Slot[] = [
  one('rant', simple.orgId),
  one('rar', simple.orgId),
  maybe('cDate', simple.dateTime),
  maybe('mDate', simple.dateTime),
  inheritedExt,
];
const basicPubId: Slot[] = [...basicObj, upTo(MAX_DEST_GRPS, 'dgName', simple.objName)];
const basicSedRec: Slot[] = [
  ...basicObj,
  one('sedName', simple.objName),
  maybe('sedFunction', simple.sedFunction),
  one('isInSvc', simple.boolean),
  maybe('ttl', simple.ttl),
];

function objType(name: string, slots: Slot[], check?: (value: Fields) => Flaw | undefined): Struct {
  return { ns: 'base', name, slots, ...(check === undefined ? {} : { check }) };
}

export const objTypes: readonly Struct[] = [
  objType('DestGrpType', [...basicObj, one('dgName', simple.objName)]),
  objType('TNType', [
    ...basicPubId,
    one('tn', simple.numberVal),
    maybe('corInfo', of(corInfo)),
    upTo(MAX_SED_RECS, 'sedRecRef', of(sedRecRef)),
  ]),
  objType('TNRType', [...basicPubId, one('range', of(range)), maybe('corInfo', of(corInfo))]),
  objType('TNPType', [...basicPubId, one('tnPrefix', simple.numberVal), maybe('corInfo', of(corInfo))]),
  objType('RNType', [...basicPubId, one('rn', simple.numberVal), maybe('corInfo', of(corInfo))]),
  objType('URIPubIdType', [...basicPubId, one('uri', simple.uri), ownExt]),
  objType(
    'NAPTRType',
    [
      ...basicSedRec,
      one('order', simple.unsignedShort),
      maybe('flags', simple.flags),
      one('svcs', simple.svc),
      maybe('regx', of(regexParam)),
      { ...maybe('repl', simple.replName), elements: [{ ...element('repl', simple.replName), ignoredBeside: 'regx' }] },
      ownExt,
    ],
    ({ regx, repl }) =>
      regx === undefined && repl === undefined
        ? { attrName: 'regx', attrVal: '', reason: 'a NAPTR has regx or repl' }
        : undefined,
  ),
  objType('NSType', [
    ...basicSedRec,
    one('hostName', simple.hostName),
    upTo(MAX_ADDRESSES, 'ipAddr', of(ipAddr)),
    ownExt,
  ]),
  objType('URIType', [...basicSedRec, one('ere', simple.ere), one('uri', simple.uri), ownExt], ({ ere, uri }) =>
    checkBackReferences(String(ere), 'uri', String(uri)),
  ),
  objType(
    'SedGrpType',
    [
      ...basicObj,
      one('sedGrpName', simple.objName),
      upTo(MAX_SED_RECS, 'sedRecRef', of(sedRecRef)),
      upTo(MAX_SERVED_DEST_GRPS, 'dgName', simple.objName),
      upTo(MAX_PEERS, 'peeringOrg', simple.orgId),
      upTo(MAX_SOURCES, 'sourceIdent', of(sourceIdent)),
      one('isInSvc', simple.boolean),
      one('priority', simple.unsignedShort),
      ownExt,
    ],
    ({ sourceIdent }) => checkSources(sourceIdent as readonly Fields[]),
  ),
  objType('SedGrpOfferType', [
    ...basicObj,
    one('sedGrpOfferKey', { is: 'abstract', of: [sedGrpOfferKey] }),
    one('status', simple.offerStatus),
    one('offerDateTime', simple.dateTime),
    maybe('acceptDateTime', simple.dateTime),
    ownExt,
  ]),
  objType('EgrRteType', [
    ...basicObj,
    one('egrRteName', simple.objName),
    one('pref', simple.unsignedShort),
    one('regxRewriteRule', of(regexParam)),
    upTo(MAX_INGRESS_SED_GRPS, 'ingrSedGrp', { is: 'abstract', of: [sedGrpKey] }),
    maybe('svcs', simple.svc),
    ownExt,
  ]),
];

const anyObj: Content = { is: 'abstract', of: objTypes };

/** Each criterion is compiled for a look-up, whether it comes with ten others or alone. */
function checkSources(sources: readonly Fields[]): Flaw | undefined {
  let size = 0;
  for (const { sourceIdentRegex } of sources) {
    const compiled = compileEre(String(sourceIdentRegex));
    if (!isRefusal(compiled)) size += compiled.size;
    if (size <= MAX_SOURCES_SIZE) continue;
    const reason = `over ${MAX_SOURCES_SIZE} characters in all criteria together, with their intervals expanded`;
    return { attrName: 'sourceIdentRegex', attrVal: String(sourceIdentRegex), reason };
  }
  return undefined;
}

function checkBackReferences(ere: string, attrName: string, replacement: string): Flaw | undefined {
  const compiled = compileEre(ere);
  if (isRefusal(compiled)) return undefined; // Told already, of the pattern itself.
  const refusal = checkReplacement(replacement, compiled.groups);
  return refusal === undefined ? undefined : { attrName, attrVal: replacement, reason: refusal.error };
}

// Requests (RFC 7878 §7.2, §9) --------------------------------------------------------------------------------

export type Verb = 'add' | 'delete' | 'accept' | 'reject' | 'get';

/**
 * The kind of an operation: it changes objects, finds objects by their keys, finds offers, or returns the state of the
 * server.
 */
export type RequestKind = 'change' | 'query' | 'offer query' | 'status';

/** One operation: its kind, its wrapper, the elements of its head, and the elements that are its items. */
export interface RequestRule {
  readonly operation: string;
  readonly kind: RequestKind;
  /** Requests may have a clientTransId and responses have a serverTransId; queries have neither (RFC 7878 §7.2.6). */
  readonly hasTransIds: boolean;
  readonly wrapper: Struct;
  readonly responseWrapper: string;
  readonly verbs: ReadonlyMap<ElementRule, Verb>;
  /** The element of the response for the detail of one item, by the item's verb (RFC 7878 §7.2.5.2). */
  readonly detailNames: ReadonlyMap<Verb, string>;
}

const minorVer = maybe('minorVer', simple.minorVer);

function request(
  operation: string,
  kind: RequestKind,
  wrapper: string,
  responseWrapper: string,
  items: readonly (readonly [Verb, ElementRule, string?])[],
  criteria: readonly Slot[] = [],
): RequestRule {
  const hasTransIds = kind === 'change';
  const head = [...(hasTransIds ? [maybe('clientTransId', simple.transId)] : []), minorVer, ...criteria];
  const itemSlot = choice(kind !== 'offer query', true, ...items.map(([, rule]) => rule));
  return {
    operation,
    kind,
    hasTransIds,
    wrapper: { ns: 'soap', name: wrapper, slots: items.length === 0 ? head : [...head, itemSlot] },
    responseWrapper,
    verbs: new Map(items.map(([verb, rule]) => [rule, verb])),
    detailNames: new Map(items.map(([verb, , detailName = 'detailResult']) => [verb, detailName])),
  };
}

const offerKey = of(sedGrpOfferKey);

export const requests: readonly RequestRule[] = [
  request('submitAddRqst', 'change', 'spppAddRequest', 'spppAddResponse', [['add', element('obj', anyObj)]]),
  request('submitDelRqst', 'change', 'spppDelRequest', 'spppDelResponse', [['delete', element('objKey', anyKey)]]),
  request('submitAcceptRqst', 'change', 'spppAcceptRequest', 'spppAcceptResponse', [
    ['accept', element('sedGrpOfferKey', offerKey)],
  ]),
  request('submitRejectRqst', 'change', 'spppRejectRequest', 'spppRejectResponse', [
    ['reject', element('sedGrpOfferKey', offerKey)],
  ]),
  request('submitBatchRqst', 'change', 'spppBatchRequest', 'spppBatchResponse', [
    ['add', element('addObj', anyObj), 'addResult'],
    ['delete', element('delObj', anyKey), 'delResult'],
    ['accept', element('acceptSedGrpOffer', offerKey), 'acceptResult'],
    ['reject', element('rejectSedGrpOffer', offerKey), 'rejectResult'],
  ]),
  request('submitGetRqst', 'query', 'spppGetRequest', 'spppGetResponse', [['get', element('objKey', anyKey)]]),
  request(
    'submitGetSedGrpOffersRqst',
    'offer query',
    'getSedGrpOffersRequest',
    'spppGetResponse',
    [['get', element('sedGrpOfferKey', offerKey)]],
    [filters('offeredBy', simple.orgId), filters('offeredTo', simple.orgId), maybe('status', simple.offerStatus)],
  ),
  request('submitServerStatusRqst', 'status', 'spppServerStatusRequest', 'spppServerStatusResponse', []),
];
