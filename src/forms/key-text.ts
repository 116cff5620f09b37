import { pubIdName } from '../model/identity.js';
import type { Key, SedGrpOfferKey } from '../model/key.js';
import { pubIdKeyOf } from '../model/key-of.js';
import { numberVal, objName, orgId, readText, type SimpleType, Unfit, uri } from '../sppp/simple-types.js';
import { digitsOf } from '../values/digits.js';
import { spanOfRange } from '../values/number-span.js';
import { isRefusal } from '../values/refusal.js';
import { keyLabel } from './key-label.js';
import { offerKeyFrom } from './offer-key.js';

/** Why a text is no key. */
export interface KeyFault {
  readonly field: string;
  readonly value: string;
  readonly rule: string;
}

/** What `name` is in a key `kind:rant:name`: for each kind an example. */
export const keyExamples = {
  destGrp: 'DG_WEST',
  sedGrp: 'INGRESS_WEST',
  sedRec: 'SBE_WEST',
  egrRte: 'EGRESS_1',
  tn: '+12025550101',
  tnRange: '+12025550100-+12025550199',
  tnPrefix: '+1202555',
  rn: '+12025550000',
  uri: 'sip:alice@ssp.example',
  sedGrpOffer: 'INGRESS_WEST/iana-en:111',
} as const;

type KeyKind = keyof typeof keyExamples;

/** Files have SED records by their three types; a key need not say which. */
const recordKinds: ReadonlySet<string> = new Set(['naptr', 'ns', 'uriRec']);

const objKinds = { destGrp: 'DestGrp', sedGrp: 'SedGrp', sedRec: 'SedRec', egrRte: 'EgrRte' } as const;
const kindsOfObjs = { DestGrp: 'destGrp', SedGrp: 'sedGrp', SedRec: 'sedRec', EgrRte: 'egrRte' } as const;
const pubIdTypes = { tn: 'TN', tnRange: 'TNRange', tnPrefix: 'TNPrefix', rn: 'RN', uri: 'URI' } as const;
const kindsOfPubIds = { TN: 'tn', TNRange: 'tnRange', TNPrefix: 'tnPrefix', RN: 'rn', URI: 'uri' } as const;

/** A kind has no colon, and the id of an organization has one. In `kind::name` there is no organization. */
const WHOLE = /^([A-Za-z]+):(?:([^:]+:[^:]*)?:)(.*)$/s;

/** The organization behind the last slash that begins one: names may have slashes. */
const OFFER = /^(.*)\/([A-Za-z][A-Za-z0-9-]*:.*)$/s;

/**
 * Reads a key as people write it: `kind:rant:name`, `kind::name`, or a number by itself. The values are checked by the rules
 * of their elements.
 *
 * @param rant the registrant of a key that names none
 */
export function readKey(text: string, rant: string | undefined): Key | KeyFault {
  if (/^\+?[0-9]+$/.test(text)) return readNamed('tn', rant, text);
  const [, written = '', named, name = ''] = WHOLE.exec(text) ?? [];
  const kind = recordKinds.has(written) ? 'sedRec' : written;
  if (isKind(kind)) return readNamed(kind, named ?? rant, name);
  const kinds = Object.keys(keyExamples).join(', ');
  return { field: 'key', value: text, rule: `a number, or kind:rant:name, the kind one of ${kinds}` };
}

/** The text that `readKey` reads as this key. */
export function keyText(key: Key): string {
  const { kind, rant } = kindOf(key);
  return `${kind}:${rant}:${keyLabel(key)}`;
}

function kindOf(key: Key): { kind: KeyKind; rant: string } {
  if (key.kind === 'SedGrpOfferKeyType') return { kind: 'sedGrpOffer', rant: key.sedGrpKey.rant };
  const kind = key.kind === 'ObjKeyType' ? kindsOfObjs[key.type] : kindsOfPubIds[pubIdName(key).type];
  return { kind, rant: key.rant };
}

/** Whether a key could not be read. */
export function isKeyFault(read: Key | KeyFault): read is KeyFault {
  return 'rule' in read;
}

/** The key of an offer of the registrant's SED group to an organization. */
export function offerKeyOf(rant: string | undefined, name: string, offeredTo: string): SedGrpOfferKey | KeyFault {
  const fault =
    faultIn('rant', orgId, rant ?? '') ??
    faultIn('sedGrpName', objName, name) ??
    faultIn('offeredTo', orgId, offeredTo);
  if (fault !== undefined || rant === undefined) return fault ?? noRegistrant;
  return offerKeyFrom(rant, name, offeredTo);
}

const noRegistrant: KeyFault = {
  field: 'rant',
  value: '',
  rule: 'the organization that has the object, such as iana-en:32473',
};

function readNamed(kind: KeyKind, rant: string | undefined, name: string): Key | KeyFault {
  if (kind === 'sedGrpOffer') {
    const [, group, offeredTo] = OFFER.exec(name) ?? [];
    if (group !== undefined && offeredTo !== undefined) return offerKeyOf(rant, group, offeredTo);
    return { field: 'sedGrpOffer', value: name, rule: 'group/organization, such as INGRESS_WEST/iana-en:111' };
  }
  if (rant === undefined) return noRegistrant;
  const fault = faultIn('rant', orgId, rant) ?? faultOfName(kind, name);
  if (fault !== undefined) return fault;
  if (kind in objKinds) return { kind: 'ObjKeyType', rant, name, type: objKinds[kind as keyof typeof objKinds] };
  return pubIdKeyOf(rant, pubIdTypes[kind as keyof typeof pubIdTypes], name);
}

function faultOfName(kind: KeyKind, name: string): KeyFault | undefined {
  if (kind in objKinds) return faultIn(kind, objName, name);
  if (kind === 'uri') return faultIn(kind, uri, name);
  if (kind !== 'tnRange') return faultIn(kind, numberVal, name);
  const [start = '', end, ...others] = name.split('-');
  if (end === undefined || others.length > 0)
    return { field: kind, value: name, rule: 'two numbers with - between them' };
  const fault = faultIn('startRange', numberVal, start) ?? faultIn('endRange', numberVal, end);
  const span = fault === undefined ? spanOfRange(String(digitsOf(start)), String(digitsOf(end))) : undefined;
  return span !== undefined && isRefusal(span) ? { field: kind, value: name, rule: span.error } : fault;
}

function faultIn(field: string, type: SimpleType, value: string): KeyFault | undefined {
  const read = readText(type, value);
  return read instanceof Unfit ? { field, value, rule: read.reason } : undefined;
}

function isKind(text: string): text is KeyKind {
  return Object.hasOwn(keyExamples, text);
}
