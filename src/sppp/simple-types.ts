import { numberTypes, type ObjKeyTypeEnum, objKeyTypes } from '../model/key.js';
import { sourceIdentSchemes } from '../model/sed-grp.js';
import { offerStatuses } from '../model/sed-grp-offer.js';
import { readDateTime } from '../values/date-time.js';
import { digitsOf, MAX_NUMBER_LENGTH } from '../values/digits.js';
import { checkDomainName } from '../values/domain-name.js';
import { compileEre } from '../values/ere.js';
import { checkHostName } from '../values/host-name.js';
import { checkOrgId } from '../values/org-id.js';
import { isRefusal, type Refusal } from '../values/refusal.js';
import { readSvcs } from '../values/svcs.js';
import { codePoints, collapse } from '../values/text.js';

/**
 * A simple type of the schemas (RFC 7877 §12, RFC 7878 §9) with the rules of the prose on top of its facets. Texts
 * arrive with collapsed white space, because all of them are tokens, numbers or dateTimes.
 */
export interface SimpleType {
  readonly name: string;
  /** The value, or the reason why the text is invalid. */
  read(text: string): Scalar | Unfit;
  /** The schema's default for an empty element. */
  readonly ifEmpty?: Scalar;
}

export type Scalar = string | number | boolean;

/** A text that is invalid for its type. */
export class Unfit {
  constructor(
    readonly reason: string,
    /** The text or its stand-in, valid by the schema, for the answer. */
    readonly echo: Scalar,
    /** Whether that is the text itself: the schema admits it, a rule of the prose does not. */
    readonly asSent = false,
  ) {}
}

/** The value of an element's text: collapses white space and applies the default for an empty text. */
export function readText(type: SimpleType, text: string): Scalar | Unfit {
  const collapsed = collapse(text);
  return collapsed === '' && type.ifEmpty !== undefined ? type.ifEmpty : type.read(collapsed);
}

/**
 * The stand-in for a required value that the schema does not admit: valid by the schema, and refused when a client
 * sends it back, so that a program which repeats an answer changes nothing.
 */
export const TEXT_STAND_IN = 'urn:sppp-server:not-valid';
/** The schema's \d takes the digits of every script; only ASCII digits make a number. */
export const NUMBER_STAND_IN = '\u0660';

/** Characters of one text, including white space; every type has a smaller maximum. */
export const MAX_TEXT_LENGTH = 65_536;

/** The value of a text, which is invalid if only its beginning was stored. */
export function readBounded(type: SimpleType, text: string): Scalar | Unfit {
  const read = readText(type, text);
  if (text.length <= MAX_TEXT_LENGTH || read instanceof Unfit) return read;
  return new Unfit(`longer than ${MAX_TEXT_LENGTH} characters, white space included`, read);
}

/** Bytes of a URI, limited by the size of an index entry. */
export const MAX_URI_BYTES = 2000;

/** Maximum time to live, in seconds (RFC 2181 §8); the schema has no upper bound. */
export const MAX_TTL = 2 ** 31 - 1;

export const orgId: SimpleType = {
  name: 'OrgIdType',
  read: (text) => asSentUnless(checkOrgId(text), text),
};

export const objName = notReserved(sized('ObjNameType', 3, 80));
export const transId = sized('TransIdType', 3, 120);
export const repl = notReserved(sized('ReplType', 1, 255));
export const addrString = notReserved(sized('AddrStringType', 3, 45));

/** A ReplType that is the next domain name (RFC 3403 §4.1), in a NAPTR without a pattern. */
export const replName: SimpleType = {
  name: 'ReplType without regx',
  read(text) {
    const read = repl.read(text);
    return read instanceof Unfit ? read : asSentUnless(checkDomainName(text), text);
  },
};

export const numberVal: SimpleType = {
  name: 'NumberValType',
  read(text) {
    const read = digitsOf(text);
    if (typeof read === 'string') return text;
    if (/^\+?\p{Nd}+$/u.test(text) && codePoints(text) <= MAX_NUMBER_LENGTH) return new Unfit(read.error, text, true);
    return new Unfit(read.error, NUMBER_STAND_IN);
  },
};

/** An end of a range: a fault names both ends. */
export const rangeEnd: SimpleType = { ...numberVal, name: 'NumberValType of a range' };

export const svc: SimpleType = {
  name: 'SvcType',
  read(text) {
    const read = readSvcs(text);
    return isRefusal(read) ? new Unfit(read.error, text || '?', text !== '') : text;
  },
};

/** Patterns: `ere` with the schema's default for an empty element, and source criteria without. */
export const ere: SimpleType = { name: 'RegexType', read: readEre, ifEmpty: '^(.*)$' };
export const sourceRegex: SimpleType = { name: 'RegexType', read: readEre };

function readEre(text: string): string | Unfit {
  if (text === '') return new Unfit('empty', '?');
  const compiled = compileEre(text);
  return isRefusal(compiled) ? new Unfit(compiled.error, text, true) : text;
}

export const flags: SimpleType = {
  name: 'FlagsType',
  read: (text) => (/^[A-Za-z0-9]$/.test(text) ? text : new Unfit('one letter or digit', 'u')),
};

export const uri: SimpleType = {
  name: 'anyURI',
  read(text) {
    if (text === '') return new Unfit('empty', text, true);
    const fits = Buffer.byteLength(text) <= MAX_URI_BYTES;
    return fits ? text : new Unfit(`longer than ${MAX_URI_BYTES} bytes`, text, true);
  },
};

export const hostName: SimpleType = {
  name: 'host name',
  read: (text) => asSentUnless(checkHostName(text), text),
};

export const boolean: SimpleType = {
  name: 'boolean',
  read(text) {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return new Unfit('true, false, 1 or 0', false);
  },
};

export const claim: SimpleType = { ...boolean, ifEmpty: true };
export const outcome: SimpleType = { ...boolean, ifEmpty: false };

export const unsignedShort: SimpleType = {
  name: 'unsignedShort',
  read(text) {
    const value = /^(?:\+?[0-9]{1,20}|-0+)$/.test(text) ? Math.abs(Number(text)) : Number.NaN;
    return value <= 65535 ? value : new Unfit('a whole number from 0 to 65535', 0);
  },
};

export const ttl: SimpleType = {
  name: 'positiveInteger',
  read(text) {
    // The schema has no upper bound.
    const isPositive = /^\+?0*[1-9][0-9]*$/.test(text);
    const value = isPositive ? Number(text) : Number.NaN;
    return value <= MAX_TTL
      ? value
      : new Unfit(`a whole number from 1 to ${MAX_TTL}`, isPositive ? text : 1, isPositive);
  },
};

/** Any unsignedLong; a text, because a number would not be exact. */
export const minorVer: SimpleType = {
  name: 'MinorVerType',
  read(text) {
    const fits = /^(?:\+?[0-9]{1,40}|-0+)$/.test(text) && BigInt(text.replace(/^[+-]/, '')) < 2n ** 64n;
    return fits ? BigInt(text.replace(/^[+-]/, '')).toString() : new Unfit('a whole number from 0 to 2^64-1', '0');
  },
};

/** A valid zone offset at the end (XML Schema Part 2 §3.2.7.3), or the end. */
const OFFSET = /(?:[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?$/;

export const dateTime: SimpleType = {
  name: 'dateTime',
  read(text) {
    const read = readDateTime(text);
    if (!isRefusal(read)) return text;
    // The schema admits other zones and none; the prose requires UTC (RFC 7877 §3.2).
    const elsewhere = !isRefusal(readDateTime(text.replace(OFFSET, 'Z')));
    return new Unfit(read.error, elsewhere ? text : '1970-01-01T00:00:00Z', elsewhere);
  },
};

export const numberType = oneOf('NumberTypeEnum', numberTypes);
export const ipType = oneOf('IPType', ['v4', 'v6']);
export const sourceIdentScheme = oneOf('SourceIdentSchemeType', sourceIdentSchemes);
export const sedFunction = oneOf('SedFunctionType', ['routing', 'lookup']);
export const offerStatus = oneOf('SedGrpOfferStatusType', offerStatuses);
export const objKeyType = oneOf('ObjKeyTypeEnum', objKeyTypes);

/** An object key's `type` where only one kind of object is allowed. */
export function objKeyTypeOf(expected: ObjKeyTypeEnum): SimpleType {
  return {
    name: objKeyType.name,
    read(text) {
      const read = objKeyType.read(text);
      if (read === expected) return expected;
      return read instanceof Unfit
        ? new Unfit(`only ${expected} here`, expected)
        : new Unfit(`only ${expected} here`, text, true);
    },
  };
}

/** The text, unless a rule of the prose refuses it although the schema admits it. */
function asSentUnless(refusal: Refusal | undefined, text: string): string | Unfit {
  return refusal === undefined ? text : new Unfit(refusal.error, text, true);
}

/** A token of `min` to `max` characters (code points). */
function sized(name: string, min: number, max: number): SimpleType {
  return {
    name,
    read(text) {
      const length = codePoints(text);
      const fits = length >= min && length <= max;
      return fits ? text : new Unfit(`${length} characters, not ${min} to ${max}`, TEXT_STAND_IN);
    },
  };
}

/** The same type without its own stand-in. */
function notReserved({ name, read }: SimpleType): SimpleType {
  return {
    name,
    read: (text) =>
      text === TEXT_STAND_IN ? new Unfit('reserved as the stand-in for an invalid value', text, true) : read(text),
  };
}

function oneOf(name: string, values: readonly [string, ...string[]]): SimpleType {
  return {
    name,
    read: (text) => (values.includes(text) ? text : new Unfit(`one of ${values.join(', ')}`, values[0])),
  };
}
