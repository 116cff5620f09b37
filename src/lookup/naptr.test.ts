import { describe, expect, it } from 'vitest';
import { noSedRecValues } from '../model/sed-rec-kinds.js';
import type { Sed } from '../registry/resolve/resolve.js';
import { dnsRecordsOf, ownerOf, zoneText } from './naptr.js';

const plain: Sed = {
  ...noSedRecValues,
  position: 1,
  registrant: 'iana-en:1',
  matchedKind: 'TN',
  matchedIdentifier: '1',
  cor: null,
  destinationGroup: 'DG',
  sedGroup: 'SG',
  groupPriority: 1,
  recordRegistrant: 'iana-en:1',
  sedRecord: 'REC',
  kind: 'NAPTR',
  sedFunction: null,
  recordPriority: 1,
  naptrOrder: 10,
  egressRoute: null,
  pref: null,
  svcs: 'E2U+sip',
  flags: 'u',
  ere: '^(.*)$',
  regxRepl: 'sip:\\1@a',
  repl: null,
  uri: null,
  hostName: null,
  ipAddresses: null,
  ttl: null,
  finalUri: null,
};
const naptr = (fields: Partial<Sed> = {}): Sed => ({ ...plain, ...fields });
const uri = (text: string): Sed =>
  naptr({ kind: 'URI', naptrOrder: null, svcs: null, flags: null, regxRepl: null, uri: text });
const regexpOf = (fields: Partial<Sed>) =>
  dnsRecordsOf([naptr(fields)]).map((record) => 'regexp' in record && record.regexp);

describe('NAPTR records', () => {
  it('keep their order as long as it sorts like the answer; the preference is the position', () => {
    const orders = (...given: (number | null)[]) =>
      dnsRecordsOf(given.map((naptrOrder, index) => naptr({ naptrOrder, position: index + 1 }))).map((record) =>
        record.type === 'NAPTR' ? [record.order, record.preference] : [],
      );
    expect(orders(10, 10, 20)).toEqual([
      [10, 1],
      [10, 2],
      [20, 3],
    ]);
    expect(orders(50, 10, null, 60)).toEqual([
      [50, 1],
      [50, 2],
      [50, 3],
      [60, 4],
    ]);
    expect(orders(null)).toEqual([[100, 1]]);
  });

  it('have an exclamation mark in the replacement escaped, once', () => {
    expect(regexpOf({ regxRepl: 'sip:a!b\\!c\\\\!d' })).toEqual(['!^(.*)$!sip:a\\!b\\!c\\\\\\!d!']);
  });

  it('have another delimiter if the pattern has an exclamation mark', () => {
    expect(regexpOf({ ere: '^!(.*)$', regxRepl: 'sip:\\1#%@a' })).toEqual([',^!(.*)$,sip:\\1#%@a,']);
    expect(regexpOf({ ere: '[!#%,;~]' })).toEqual([]);
  });

  it('are left out if DNS cannot carry them', () => {
    const longest = 'x'.repeat(255 - '!^(.*)$!!'.length);
    expect(regexpOf({ regxRepl: longest })).toHaveLength(1);
    expect(regexpOf({ regxRepl: `${longest}x` })).toEqual([]);
  });

  it('refer to a name if they have no pattern', () => {
    const record = naptr({ ere: null, regxRepl: null, repl: 'ssp.example.', flags: null });
    expect(dnsRecordsOf([record])).toEqual([
      {
        type: 'NAPTR',
        ttl: undefined,
        order: 10,
        preference: 1,
        flags: '',
        services: 'E2U+sip',
        regexp: '',
        replacement: 'ssp.example',
      },
    ]);
  });
});

it.each([
  ['sip:\\1@a', 'E2U+sip'],
  ['SIPS:a', 'E2U+sip'],
  ['tel:\\1', 'E2U+pstn:tel'],
  ['mailto:a@b', 'E2U+email:mailto'],
  ['https://a', 'E2U+web:https'],
  ['urn:x', 'E2U+x-uri'],
  ['\\1', 'E2U+x-uri'],
])('a URI record with %s is a NAPTR for %s', (text, services) => {
  expect(dnsRecordsOf([uri(text)])).toMatchObject([{ services, flags: 'u', regexp: `!^(.*)$!${text}!` }]);
});

it('the owner of a number is its reversed digits, of any other identifier the apex', () => {
  expect(['+4930', '4930', 'rn=+12', 'tn=1', 'sip:a@b', 'x1'].map(ownerOf)).toEqual([
    ...['0.3.9.4', '0.3.9.4', '2.1', '1', '@', '@'],
  ]);
});

it('lines of a zone file double backslashes, escape quotes, and write bytes that are not ASCII in decimal', () => {
  expect(zoneText('+1', [naptr({ ttl: 60, ere: '^"(é)$', regxRepl: '\\1' })])).toBe(
    '1 60 IN NAPTR 10 1 "u" "E2U+sip" "!^\\"(\\195\\169)$!\\\\1!" .\n',
  );
  expect(zoneText('+1', [])).toBe('');
});
