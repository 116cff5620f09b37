import { describe, expect, it } from 'vitest';
import { unfitTexts } from '../../test/support/arbitrary.js';
import { type Fields, objTypes, pubIdKey, type Slot, type Struct, sedGrpOfferKey } from './grammar.js';
import * as simple from './simple-types.js';
import { type Scalar, type SimpleType, Unfit } from './simple-types.js';

/** Every simple type of an object or key, by the grammar. */
function typesOf(struct: Struct, found = new Set<SimpleType>()): Set<SimpleType> {
  if (struct.attribute !== undefined) found.add(struct.attribute.type);
  for (const { content } of struct.slots.flatMap((slot: Slot) => slot.elements)) {
    if (content.is === 'simple') found.add(content.type);
    if (content.is === 'struct') typesOf(content.struct, found);
    if (content.is === 'abstract') for (const each of content.of) typesOf(each, found);
  }
  return found;
}

const types = new Set([...objTypes, pubIdKey, sedGrpOfferKey].flatMap((struct) => [...typesOf(struct)]));

/** Whether the schema admits a value at such a place, written down anew from its facets (RFC 7877 §12). */
const admits: Readonly<Record<string, (text: string) => boolean>> = {
  OrgIdType: () => true,
  ObjNameType: (text) => lengthOf(text) >= 3 && lengthOf(text) <= 80,
  ReplType: (text) => lengthOf(text) >= 1 && lengthOf(text) <= 255,
  'ReplType without regx': (text) => lengthOf(text) >= 1 && lengthOf(text) <= 255,
  AddrStringType: (text) => lengthOf(text) >= 3 && lengthOf(text) <= 45,
  NumberValType: (text) => /^\+?\p{Nd}+$/u.test(text) && lengthOf(text) <= 20,
  'NumberValType of a range': (text) => /^\+?\p{Nd}+$/u.test(text) && lengthOf(text) <= 20,
  SvcType: (text) => text !== '',
  RegexType: (text) => text !== '',
  FlagsType: (text) => /^[A-Za-z0-9]$/.test(text),
  anyURI: () => true,
  'host name': () => true,
  boolean: (text) => /^(?:true|false|1|0)$/.test(text),
  unsignedShort: (text) => /^\d{1,5}$/.test(text) && Number(text) < 65536,
  positiveInteger: (text) => /^[1-9]\d*$/.test(text),
  dateTime: (text) => {
    const [, day = '', zone = 'Z'] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/.exec(text) ?? [];
    return !/14:[^0]|14:0[^0]/.test(zone) && !Number.isNaN(Date.parse(`${day}Z`)) && isDay(day.slice(0, 10));
  },
  NumberTypeEnum: (text) => ['TN', 'TNPrefix', 'RN'].includes(text),
  IPType: (text) => ['v4', 'v6'].includes(text),
  SourceIdentSchemeType: (text) => ['uri', 'ip', 'rootDomain'].includes(text),
  SedFunctionType: (text) => ['routing', 'lookup'].includes(text),
  SedGrpOfferStatusType: (text) => ['offered', 'accepted'].includes(text),
  ObjKeyTypeEnum: (text) => ['SedGrp', 'DestGrp', 'SedRec', 'EgrRte'].includes(text),
};

function lengthOf(text: string): number {
  return [...text].length;
}

/** 31 February becomes March when it is read. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

const cases = [...types].flatMap((type) =>
  (unfitTexts[type.name] ?? []).map(
    (text) => [type.name, text.length > 60 ? `${text.slice(0, 60)}…` : text, type, text] as const,
  ),
);

describe('an invalid text', () => {
  it('is known here for each type that the grammar uses', () => {
    const used = [...types].map(({ name }) => name);
    expect(used.filter((name) => unfitTexts[name] === undefined || admits[name] === undefined)).toEqual([]);
  });

  it.each(cases)('%s %j is refused, and has a stand-in that the schema admits', (name, _, type, text) => {
    const read = type.read(text);
    expect(read).toBeInstanceOf(Unfit);
    if (!(read instanceof Unfit)) return;
    expect(read.reason).not.toBe('');
    expect(admits[name]?.(String(read.echo)), `echo ${JSON.stringify(read.echo)}`).toBe(true);
    // As it was sent wherever the schema has nothing against it: only a rule in prose refused it then.
    expect(read.asSent).toBe(read.echo === text);
  });
});

describe('an invalid number', () => {
  it.each(['12a34', '+1-202-555-0123', '', '+', 'x', '9'.repeat(30), `+${'9'.repeat(30)}`])(
    '%j is told of with a digit that is none here, so that nobody takes it for a number',
    (text) => {
      expect(simple.numberVal.read(text)).toMatchObject({ echo: '٠', asSent: false });
      expect(simple.numberVal.read('٠')).toBeInstanceOf(Unfit);
    },
  );
});

describe('a time to live', () => {
  it.each(['2147483648', '+2147483648', '0002147483648', '9'.repeat(30)])(
    '%j is refused, and told of as it was sent: the schema has no upper bound',
    (text) => {
      expect(simple.ttl.read(text)).toMatchObject({ echo: text, asSent: true });
    },
  );

  it.each(['0', '-1', '1.5', 'x', ''])('%j is invalid by the schema', (text) => {
    expect(simple.ttl.read(text)).toMatchObject({ asSent: false });
  });
});

describe('the stand-in for a text of the wrong length is never valid', () => {
  it.each(['ab', '', '😀', 'x'.repeat(81), '😀'.repeat(81)])('%j', (text) => {
    expect(simple.objName.read(text)).toMatchObject({ echo: 'urn:sppp-server:not-valid', asSent: false });
  });

  it.each([simple.objName, simple.repl, simple.addrString])('for $name', (type) => {
    expect(type.read('urn:sppp-server:not-valid')).toBeInstanceOf(Unfit);
  });

  it.each([
    ['abc', 'abc'],
    ['x'.repeat(80), 'x'.repeat(80)],
    ['😀😀😀', '😀😀😀'],
    ['😀'.repeat(80), '😀'.repeat(80)],
    ['e\u0301e', 'e\u0301e'],
  ])('%j is a name', (text, value) => {
    expect(simple.objName.read(text)).toBe(value);
  });
});

describe('a lexical form of XML Schema is read as its value', () => {
  it.each<[string, SimpleType, string, Scalar]>([
    ['boolean', simple.boolean, '1', true],
    ['boolean', simple.boolean, 'true', true],
    ['boolean', simple.boolean, '0', false],
    ['boolean', simple.boolean, 'false', false],
    ['unsignedShort', simple.unsignedShort, '0', 0],
    ['unsignedShort', simple.unsignedShort, '-0', 0],
    ['unsignedShort', simple.unsignedShort, '+7', 7],
    ['unsignedShort', simple.unsignedShort, '00065535', 65535],
    ['positiveInteger', simple.ttl, '1', 1],
    ['positiveInteger', simple.ttl, '2147483647', 2147483647],
    ['positiveInteger', simple.ttl, '+0010', 10],
    ['minorVer', simple.minorVer, '0', '0'],
    ['minorVer', simple.minorVer, '+01', '1'],
    ['minorVer', simple.minorVer, '-0', '0'],
    ['minorVer', simple.minorVer, '18446744073709551615', '18446744073709551615'],
  ])('%s %3$j', (_, type, text, value) => {
    expect(type.read(text)).toBe(value);
  });

  it.each(['18446744073709551616', '-1', '', '1.0', 'x'])('minorVer %j is invalid', (text) => {
    expect(simple.minorVer.read(text)).toBeInstanceOf(Unfit);
  });
});

describe('an empty element', () => {
  it.each<[string, SimpleType, Scalar | undefined]>([
    ['ere, for which the schema has a default', simple.ere, '^(.*)$'],
    ['corClaim, for which the schema has a default', simple.claim, true],
    ['cor, for which the schema has a default', simple.outcome, false],
    ['sourceIdentRegex', simple.sourceRegex, undefined],
    ['isInSvc', simple.boolean, undefined],
    ['rant', simple.orgId, undefined],
  ])('%s', (_, type, value) => {
    const read = simple.readText(type, ' \n ');
    if (value === undefined) expect(read).toBeInstanceOf(Unfit);
    else expect(read).toBe(value);
  });
});

describe('a key type where only one kind of object is allowed', () => {
  const sedRec = simple.objKeyTypeOf('SedRec');

  it('is that one', () => expect(sedRec.read('SedRec')).toBe('SedRec'));

  it('another kind is refused, and returned as sent', () => {
    expect(sedRec.read('DestGrp')).toMatchObject({ reason: 'only SedRec here', echo: 'DestGrp', asSent: true });
  });

  it('an invalid kind has the required one as its stand-in', () => {
    expect(sedRec.read('sedrec')).toMatchObject({ reason: 'only SedRec here', echo: 'SedRec', asSent: false });
  });
});

describe('limits in prose', () => {
  it('a URI has at most 2000 bytes', () => {
    const longest: Fields[string] = `sip:${'é'.repeat(998)}`;
    expect(simple.uri.read(longest)).toBe(longest);
    expect(simple.uri.read(`${longest}x`)).toMatchObject({ asSent: true });
  });
});
