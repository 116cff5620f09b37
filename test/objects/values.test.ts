import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asSent,
  b,
  type Carrier,
  carrier,
  content,
  expectDone,
  expectRefused,
  expectTold,
  range,
  rangeKey,
  ref,
  sedGrp,
  uriKey,
  uriRec,
} from '../support/carrier.js';
import { destGrp, numberKey, obj, objKey, textAt } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let ssp2: Carrier;

beforeAll(async () => {
  server = await startServer();
  ssp2 = carrier(server);
  expectDone(await ssp2.add(destGrp('DG_HERE'), obj('URIType', uriRec('REC_HERE'))));
});
afterAll(() => server.close());

const rec = (name: string, more = '') => b('sedName', name) + more + b('isInSvc', true);
const naptr = (rest: string) => rec('NAPTR_V') + b('order', 1) + rest;
const regx = (ere: string, repl: string) => b('regx', b('ere', ere) + b('repl', repl));
const ns = (rest: string, host = 'ns.example.com') => rec('NS_V') + b('hostName', host) + rest;
const addr = (type: string, text: string) => `<b:ipAddr${type}>${b('addr', text)}</b:ipAddr>`;
const uriType = (ere: string, uri: string) => rec('URI_V') + b('ere', ere) + b('uri', uri);
const source = (regex: string, scheme: string) =>
  b('sourceIdent', b('sourceIdentRegex', regex) + b('sourceIdentScheme', scheme));
const badKey = (rant: string, name: string, type: string) =>
  b(
    'sedRecRef',
    `<b:sedKey xsi:type="s:ObjKeyType"><rant>${rant}</rant><name>${name}</name><type>${type}</type></b:sedKey>${b('priority', 1)}`,
  );
const long = (length: number) => 'x'.repeat(length);
/** Of 255 octets on the wire, with the dot at its end. */
const longestName = `${`${long(63)}.`.repeat(3)}${long(61)}.`;

describe('an invalid value is named by element and value, and the answer stays valid', () => {
  it.each<[type: string, sent: string, attrName: string, attrVal: string]>([
    // Names are of 3 to 80 characters (RFC 7877 §12).
    ['DestGrpType', b('dgName', 'ab'), 'dgName', 'ab'],
    ['DestGrpType', b('dgName', '\u{1F4DE}\u{1F4DE}'), 'dgName', '\u{1F4DE}\u{1F4DE}'],
    ['DestGrpType', b('dgName', ' '), 'dgName', ''],
    ['DestGrpType', b('dgName', long(81)), 'dgName', long(81)],
    ['URIType', uriRec('a b'.repeat(40)), 'sedName', 'a b'.repeat(40)],
    ['SedGrpType', sedGrp('\n\t x '), 'sedGrpName', 'x'],
    ['TNType', b('dgName', 'no') + b('tn', '1202'), 'dgName', 'no'],

    // Numbers: ASCII digits with an optional plus sign, 20 characters at most.
    ['TNType', b('tn', '1202-555'), 'tn', '1202-555'],
    ['TNType', b('tn', ''), 'tn', ''],
    ['TNType', b('tn', '+'), 'tn', '+'],
    ['TNType', b('tn', '++1202'), 'tn', '++1202'],
    ['TNType', b('tn', '1202+'), 'tn', '1202+'],
    ['TNType', b('tn', '123456789012345678901'), 'tn', '123456789012345678901'],
    ['TNType', b('tn', '+12345678901234567890'), 'tn', '+12345678901234567890'],
    ['TNType', b('tn', '١٢٣٤'), 'tn', '١٢٣٤'],
    ['TNType', b('tn', '+１２０２'), 'tn', '+１２０２'],
    ['TNPType', b('tnPrefix', '120*'), 'tnPrefix', '120*'],
    ['RNType', b('rn', 'tel:1202'), 'rn', 'tel:1202'],

    // A range is reported as a whole.
    ['TNRType', range('1203', '1202'), 'range', '1203-1202'],
    ['TNRType', range('1234', '11'), 'range', '1234-11'],
    ['TNRType', range('+44', '1'), 'range', '+44-1'],
    ['TNRType', range('12a', '13'), 'range', '12a-13'],
    ['TNRType', range('12', ''), 'range', '12-'],
    ['TNRType', range('12', '१३'), 'range', '12-१३'],

    ['URIPubIdType', b('uri', ''), 'uri', ''],

    // Carrier-of-record claims: times and outcome are the registry's, but must be readable.
    ['TNType', b('tn', '1202') + b('corInfo', b('corClaim', 'yes')), 'corClaim', 'yes'],
    ['TNType', b('tn', '1202') + b('corInfo', b('corClaim', true) + b('cor', 'True')), 'cor', 'True'],
    [
      'RNType',
      b('rn', '1202') + b('corInfo', b('corClaim', true) + b('cor', true) + b('corDate', '2010-05-30T09:30:10')),
      'corDate',
      '2010-05-30T09:30:10',
    ],

    // Times are UTC with Z, even those that are not looked at (RFC 7877 §3.2).
    [
      'DestGrpType',
      b('cDate', '2010-05-30T09:30:10+03:00') + b('dgName', 'DG_T'),
      'cDate',
      '2010-05-30T09:30:10+03:00',
    ],
    [
      'DestGrpType',
      b('cDate', '2010-05-30T09:30:10+00:00') + b('dgName', 'DG_T'),
      'cDate',
      '2010-05-30T09:30:10+00:00',
    ],
    ['DestGrpType', b('mDate', '2010-05-30T09:30:10') + b('dgName', 'DG_T'), 'mDate', '2010-05-30T09:30:10'],
    ['DestGrpType', b('mDate', '2010-02-30T09:30:10Z') + b('dgName', 'DG_T'), 'mDate', '2010-02-30T09:30:10Z'],
    ['DestGrpType', b('cDate', 'yesterday') + b('dgName', 'DG_T'), 'cDate', 'yesterday'],
    ['DestGrpType', b('cDate', '') + b('dgName', 'DG_T'), 'cDate', ''],

    // The elements of all SED records.
    ['URIType', b('sedName', 'REC_V') + b('isInSvc', 'TRUE') + b('ere', '.') + b('uri', 'sip:a'), 'isInSvc', 'TRUE'],
    ['URIType', b('sedName', 'REC_V') + b('isInSvc', '') + b('ere', '.') + b('uri', 'sip:a'), 'isInSvc', ''],
    ['URIType', rec('REC_V', b('sedFunction', 'both')) + b('ere', '.') + b('uri', 'sip:a'), 'sedFunction', 'both'],
    ['URIType', `${rec('REC_V')}${b('ttl', '0')}${b('ere', '.')}${b('uri', 'sip:a')}`, 'ttl', '0'],
    ['URIType', `${rec('REC_V')}${b('ttl', '-1')}${b('ere', '.')}${b('uri', 'sip:a')}`, 'ttl', '-1'],
    ['URIType', `${rec('REC_V')}${b('ttl', '1.5')}${b('ere', '.')}${b('uri', 'sip:a')}`, 'ttl', '1.5'],
    ['URIType', `${rec('REC_V')}${b('ttl', '2147483648')}${b('ere', '.')}${b('uri', 'sip:a')}`, 'ttl', '2147483648'],

    // NAPTR: the replacement is regx or repl, and the services are those of ENUM (RFC 7877 §6.4, RFC 6116 §3.4.3).
    ['NAPTRType', naptr(b('svcs', 'E2U+sip')), 'regx', ''],
    ['NAPTRType', rec('N_V') + b('order', 65536) + b('svcs', 'E2U+sip') + b('repl', 'a'), 'order', '65536'],
    ['NAPTRType', rec('N_V') + b('order', -1) + b('svcs', 'E2U+sip') + b('repl', 'a'), 'order', '-1'],
    ['NAPTRType', naptr(b('flags', 'uu') + b('svcs', 'E2U+sip') + b('repl', 'a')), 'flags', 'uu'],
    ['NAPTRType', naptr(b('flags', 'é') + b('svcs', 'E2U+sip') + b('repl', 'a')), 'flags', 'é'],
    ['NAPTRType', naptr(b('svcs', 'sip+E2U') + b('repl', 'a')), 'svcs', 'sip+E2U'],
    ['NAPTRType', naptr(b('svcs', 'SIP+D2U') + b('repl', 'a')), 'svcs', 'SIP+D2U'],
    ['NAPTRType', naptr(b('svcs', 'E2U') + b('repl', 'a')), 'svcs', 'E2U'],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip+') + b('repl', 'a')), 'svcs', 'E2U+sip+'],
    ['NAPTRType', naptr(b('svcs', '') + b('repl', 'a')), 'svcs', ''],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + b('repl', '')), 'repl', ''],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + b('repl', long(256))), 'repl', long(256)],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + b('repl', `x${longestName}`)), 'repl', `x${longestName}`],
    ...[
      ...['(', '$INCLUDE zone.db', 'a b', 'x;comment', 'a..b', '!^.*$!sip:desk@sbc.example!', 'https://sbc.example/'],
      ...['.', '.a', '@', 'é.example', `${long(64)}.example`],
    ].map((repl): [string, string, string, string] => [
      ...(['NAPTRType', naptr(b('svcs', 'E2U+sip') + b('repl', repl))] as const),
      ...(['repl', repl] as const),
    ]),
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx('^(.*$', 'sip:a')), 'ere', '^(.*$'],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx('^\\d+$', 'sip:a')), 'ere', '^\\d+$'],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx('a**', 'sip:a')), 'ere', 'a**'],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx(long(256), 'sip:a')), 'ere', long(256)],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx('^(.*)$', 'sip:\\2@a')), 'repl', 'sip:\\2@a'],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx('^.*$', 'sip:\\1@a')), 'repl', 'sip:\\1@a'],
    ['NAPTRType', naptr(b('svcs', 'E2U+sip') + regx('^(.*)$', '')), 'repl', ''],

    ['NSType', ns('', '-bad.example.com'), 'hostName', '-bad.example.com'],
    ['NSType', ns('', '192.0.2.1'), 'hostName', '192.0.2.1'],
    ['NSType', ns('', ''), 'hostName', ''],
    ['NSType', ns(addr('', '192.0.2.256')), 'addr', '192.0.2.256'],
    ['NSType', ns(addr('', '2001:db8::1')), 'addr', '2001:db8::1'],
    ['NSType', ns(addr(' type="v6"', '192.0.2.1')), 'addr', '192.0.2.1'],
    ['NSType', ns(addr(' type="v6"', 'fe80::1%eth0')), 'addr', 'fe80::1%eth0'],
    ['NSType', ns(addr(' type="v6"', '::')), 'addr', '::'],
    ['NSType', ns(addr(' type="IPv4"', '192.0.2.1')), 'type', 'IPv4'],

    ['URIType', uriType('[', 'sip:a'), 'ere', '['],
    ['URIType', uriType('^(.*)$', 'sip:\\2@a'), 'uri', 'sip:\\2@a'],
    ['URIType', uriType('^(.*)$', ''), 'uri', ''],

    ['SedGrpType', sedGrp('GRP_V', '', 65536), 'priority', '65536'],
    ['SedGrpType', sedGrp('GRP_V', ref('REC_HERE', -1)), 'priority', '-1'],
    ['SedGrpType', sedGrp('GRP_V', badKey('222', 'REC_HERE', 'SedRec')), 'rant', '222'],
    ['SedGrpType', sedGrp('GRP_V', badKey('iana-en:222', 'R', 'SedRec')), 'name', 'R'],
    ['SedGrpType', sedGrp('GRP_V', badKey('iana-en:222', 'REC_HERE', 'SedGrp')), 'type', 'SedGrp'],
    ['SedGrpType', sedGrp('GRP_V', badKey('iana-en:222', 'REC_HERE', 'sedRec')), 'type', 'sedRec'],
    ['SedGrpType', sedGrp('GRP_V', b('peeringOrg', '111')), 'peeringOrg', '111'],
    ['SedGrpType', sedGrp('GRP_V', source('(', 'uri')), 'sourceIdentRegex', '('],
    ['SedGrpType', sedGrp('GRP_V', source('', 'uri')), 'sourceIdentRegex', ''],
    ['SedGrpType', sedGrp('GRP_V', source('a', 'url')), 'sourceIdentScheme', 'url'],
    ['TNType', b('tn', '1202') + badKey('iana-en:222', 'REC_HERE', 'DestGrp'), 'type', 'DestGrp'],
  ])('%s %s', async (type, sent, attrName, attrVal) => {
    // The value yields to the 255 characters of a message (RFC 7878 §9, MsgType).
    const answer = await ssp2.add(obj(type, sent));
    if (attrVal.length <= 200) expectRefused(answer, 2101, attrName, attrVal);
    else {
      const [detail] = answer.details;
      expect([detail?.code, [...(detail?.msg ?? '')].length <= 255]).toEqual([2101, true]);
      expect(detail?.msg).toMatch(new RegExp(`AttrName:${attrName} AttrVal:${attrVal.slice(0, 50)}.*…`));
    }
    expect(answer.details[0]?.subject.type).toBe(type);
  });

  it.each(['222', 'iana-en', 'iana_en:222', '9iana:222', 'iana-en:', ':222', ''])(
    'an organization id is namespace:value, which %j is not',
    async (orgId) => {
      expectRefused(await ssp2.add(destGrp('DG_ORG', { rant: orgId })), 2101, 'rant', orgId);
      expectRefused(await ssp2.add(destGrp('DG_ORG', { rar: orgId })), 2101, 'rar', orgId);
      expectRefused(await ssp2.del(objKey('DestGrp', 'DG_ORG', orgId)), 2101, 'rant', orgId);
    },
  );

  it.each<[key: string, attrName: string, attrVal: string]>([
    [objKey('DestGrp', 'ab'), 'name', 'ab'],
    [objKey('PubId', 'DG_HERE'), 'type', 'PubId'],
    [objKey('destGrp', 'DG_HERE'), 'type', 'destGrp'],
    [numberKey('TN', '12x'), 'value', '12x'],
    [numberKey('TNRange', '12'), 'type', 'TNRange'],
    [numberKey('TN', '١٢٣'), 'value', '١٢٣'],
    [rangeKey('13', '12'), 'range', '13-12'],
    [rangeKey('', '12'), 'range', '-12'],
    [uriKey(''), 'uri', ''],
  ])('a key has the same verdict in Delete and Get: %s', async (key, attrName, attrVal) => {
    expectRefused(await ssp2.del(key), 2101, attrName, attrVal);
    const got = await ssp2.get(objKey('DestGrp', 'DG_HERE'), key);
    expectTold(got, 2101, attrName, attrVal);
    expect(got.resultObjs).toEqual([]);
  });

  it('the answer names the first invalid value of an object, in the order of its elements', async () => {
    const bad = b('sedGrpName', 'G') + ref('R', -1, '222') + b('isInSvc', 'no') + b('priority', 'x');
    expectRefused(await ssp2.add(obj('SedGrpType', bad)), 2101, 'sedGrpName', 'G');
    const better = bad.replace('>G<', '>GRP_V<');
    expectRefused(await ssp2.add(obj('SedGrpType', better)), 2101, 'rant', '222');
  });

  it('the answer has the failed object as sent, without values that its type cannot hold', async () => {
    const sent = rec('REC_V', b('sedFunction', 'routing')) + b('ttl', 'long') + b('ere', '(') + b('uri', 'sip:a@b');
    const answer = await ssp2.add(destGrp('DG_FINE'), obj('URIType', sent));
    expectRefused(answer, 2101, 'ttl', 'long');
    expect(content(answer.details[0]?.subject ?? expect.fail('no subject'))).toEqual([
      'URIType',
      { rant: 'iana-en:222' },
      { rar: 'iana-en:223' },
      { sedName: 'REC_V' },
      { sedFunction: 'routing' },
      { isInSvc: 'true' },
      { ere: '(' },
      { uri: 'sip:a@b' },
    ]);
  });
});

describe('a value at the limit of its type is accepted', () => {
  it.each<[type: string, sent: string, key: string, path: string[], read: string]>([
    ['DestGrpType', b('dgName', 'abc'), objKey('DestGrp', 'abc'), ['dgName'], 'abc'],
    ['DestGrpType', b('dgName', long(80)), objKey('DestGrp', long(80)), ['dgName'], long(80)],
    [
      'DestGrpType',
      b('dgName', '\u{1F4DE}'.repeat(80)),
      objKey('DestGrp', '\u{1F4DE}'.repeat(80)),
      ['dgName'],
      '\u{1F4DE}'.repeat(80),
    ],
    ['DestGrpType', b('dgName', '\n  A \t B  '), objKey('DestGrp', ' A B'), ['dgName'], 'A B'],
    ['DestGrpType', b('dgName', 'a&amp;&lt;"\'&gt;'), objKey('DestGrp', 'A&amp;&lt;"\'>'), ['dgName'], 'a&<"\'>'],
    ['TNType', b('tn', '7'), numberKey('TN', '+7'), ['tn'], '7'],
    ['TNType', b('tn', '\n 0012 \t'), numberKey('TN', '0012'), ['tn'], '0012'],
    ['TNType', b('tn', '9'.repeat(20)), numberKey('TN', '9'.repeat(20)), ['tn'], '9'.repeat(20)],
    ['TNType', b('tn', `+${'9'.repeat(19)}`), numberKey('TN', '9'.repeat(19)), ['tn'], `+${'9'.repeat(19)}`],
    [
      'URIType',
      `${rec('REC_E')}${b('ttl', '2147483647')}${b('ere', '.')}${b('uri', 'a')}`,
      objKey('SedRec', 'REC_E'),
      ['ttl'],
      '2147483647',
    ],
    [
      'URIType',
      `${rec('REC_E')}${b('ttl', ' +007 ')}${b('ere', '.')}${b('uri', 'a')}`,
      objKey('SedRec', 'REC_E'),
      ['ttl'],
      '7',
    ],
    [
      'URIType',
      b('sedName', 'REC_E') + b('isInSvc', '1') + b('ere', '.') + b('uri', 'a'),
      objKey('SedRec', 'REC_E'),
      ['isInSvc'],
      'true',
    ],
    [
      'URIType',
      b('sedName', 'REC_E') + b('isInSvc', ' 0 ') + b('ere', '.') + b('uri', 'a'),
      objKey('SedRec', 'REC_E'),
      ['isInSvc'],
      'false',
    ],
    ['URIType', `${rec('REC_E')}<b:ere/>${b('uri', 'sip:\\1@a')}`, objKey('SedRec', 'REC_E'), ['ere'], '^(.*)$'],
    [
      'NAPTRType',
      naptr(b('flags', '7') + b('svcs', 'e2u+X-my-own:a+P-foo') + b('repl', longestName)),
      objKey('SedRec', 'NAPTR_V'),
      ['svcs'],
      'e2u+X-my-own:a+P-foo',
    ],
    [
      'NAPTRType',
      naptr(b('svcs', 'E2U+sip') + b('regx', `<b:ere/>${b('repl', '\\1')}`)),
      objKey('SedRec', 'NAPTR_V'),
      ['regx', 'ere'],
      '^(.*)$',
    ],
    [
      'NAPTRType',
      naptr(b('svcs', 'E2U+sip') + regx(long(255), 'a')),
      objKey('SedRec', 'NAPTR_V'),
      ['regx', 'ere'],
      long(255),
    ],
    ['NSType', ns(addr('', '192.0.2.255')), objKey('SedRec', 'NS_V'), ['ipAddr', 'addr'], '192.0.2.255'],
    ['SedGrpType', sedGrp('GRP_E', '', 65535), objKey('SedGrp', 'GRP_E'), ['priority'], '65535'],
    [
      'SedGrpType',
      sedGrp('GRP_E', b('sourceIdent', b('sourceIdentRegex', 'a  b') + b('sourceIdentScheme', ' uri '))),
      objKey('SedGrp', 'GRP_E'),
      ['sourceIdent', 'sourceIdentRegex'],
      'a b',
    ],
    [
      'TNType',
      `${b('tn', '12035550001')}<b:corInfo><b:corClaim>0</b:corClaim><b:cor/></b:corInfo>`,
      numberKey('TN', '12035550001'),
      ['corInfo', 'corClaim'],
      'false',
    ],
  ])('%s %s', async (type, sent, key, path, read) => {
    expectDone(await ssp2.add(obj(type, sent)));
    expect(textAt(await ssp2.read(key), ...path)).toBe(read);
  });
});

describe('NAPTR', () => {
  it('ignores repl beside regx, whatever its value, and does not store it', async () => {
    for (const repl of ['other.example.com', long(300), '', '(', 'a..b']) {
      const both = naptr(b('svcs', 'E2U+sip') + regx('^(.*)$', 'sip:\\1@a') + b('repl', repl));
      expectDone(await ssp2.add(obj('NAPTRType', both)));
      const got = await ssp2.read(objKey('SedRec', 'NAPTR_V'));
      expect(textAt(got, 'regx', 'repl')).toBe('sip:\\1@a');
      expect(textAt(got, 'repl')).toBeUndefined();
    }
  });

  it('accepts as many back-references as the pattern has groups', async () => {
    const ere = '^(1)(2)(3)(4)(5)(6)(7)(8)(9)$';
    expectDone(await ssp2.add(obj('NAPTRType', naptr(b('svcs', 'E2U+sip') + regx(ere, '\\9\\1\\5')))));
    const one = naptr(b('svcs', 'E2U+sip') + regx(ere.replace('(9)', '9'), '\\9\\1\\5'));
    expectRefused(await ssp2.add(obj('NAPTRType', one)), 2101, 'repl', '\\9\\1\\5');
  });
});

describe('an SED record', () => {
  it('may become one of another kind, without the values of the former kind', async () => {
    const kinds: [string, string][] = [
      ['NSType', rec('REC_K') + b('hostName', 'ns.example.com') + addr(' type="v4"', '192.0.2.1')],
      ['NAPTRType', rec('REC_K') + b('order', 1) + b('flags', 'u') + b('svcs', 'E2U+sip') + regx('^(.*)$', '\\1')],
      ['URIType', uriRec('REC_K')],
      ['NAPTRType', rec('REC_K') + b('order', 2) + b('svcs', 'E2U+sip') + b('repl', 'a.example.com')],
      ['NSType', rec('REC_K') + b('hostName', 'ns2.example.com')],
    ];
    expectDone(
      await ssp2.add(obj('SedGrpType', sedGrp('GRP_K', ref('REC_HERE', 1))), obj('NSType', kinds[0]?.[1] ?? '')),
    );
    expectDone(await ssp2.add(obj('SedGrpType', sedGrp('GRP_K', ref('REC_K', 1)))));
    for (const [type, sent] of kinds) {
      expectDone(await ssp2.add(obj(type, sent)));
      const got = await ssp2.read(objKey('SedRec', 'REC_K'));
      expect(content(got, 'cDate', 'mDate')).toEqual(content(asSent(obj(type, sent))));
    }
    const group = await ssp2.read(objKey('SedGrp', 'GRP_K'));
    expect(textAt(group, 'sedRecRef', 'sedKey', 'name')).toBe('REC_K');
  });
});
