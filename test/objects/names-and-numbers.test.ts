import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allTexts,
  b,
  type Carrier,
  carrier,
  expectDone,
  expectRefused,
  range,
  rangeKey,
  ref,
  sedGrp,
  uriKey,
  uriRec,
} from '../support/carrier.js';
import { destGrp, numberKey, obj, objKey, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let ssp2: Carrier;
let ssp1: Carrier;
const own = { rant: 'iana-en:111', rar: 'iana-en:111' };

beforeAll(async () => {
  server = await startServer();
  ssp2 = carrier(server);
  ssp1 = carrier(server, 'ssp1');
});
afterAll(() => server.close());

describe('names', () => {
  const spellings = ['Straße_Ost', 'STRASSE_OST', 'straẞe_ost'] as const;

  it.each<[noun: string, type: string, element: string, content: (name: string) => string]>([
    ['DestGrp', 'DestGrpType', 'dgName', (name) => b('dgName', name)],
    ['SedRec', 'URIType', 'sedName', (name) => uriRec(name)],
    ['SedGrp', 'SedGrpType', 'sedGrpName', (name) => sedGrp(name)],
  ])(
    'of %s compare by full case folding; a new spelling is taken over when the object is added again',
    async (noun, type, element, content) => {
      const [first, second, third] = spellings;
      expectDone(await ssp2.add(obj(type, content(first))));
      for (const spelling of spellings) {
        expect(textAt(await ssp2.read(objKey(noun, spelling)), element)).toBe(first);
      }
      expectDone(await ssp2.add(obj(type, content(second))));
      const { resultObjs } = await ssp2.get(...spellings.map((spelling) => objKey(noun, spelling)));
      expect(resultObjs.map((found) => textAt(found, element))).toEqual([second]);
      expect(textAt(resultObjs[0], 'mDate')).toBeDefined();
      expectDone(await ssp2.del(objKey(noun, third)));
      expectRefused(await ssp2.del(objKey(noun, first)), 2102, 'name', first);
    },
  );

  it('are not normalized: a composed and a decomposed letter are two names', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'] as const;
    expectDone(await ssp2.add(destGrp(composed), destGrp(decomposed)));
    const { resultObjs } = await ssp2.get(objKey('DestGrp', composed), objKey('DestGrp', decomposed));
    expect(resultObjs.map((found) => textAt(found, 'dgName'))).toEqual([composed, decomposed]);
  });

  it('in references compare in the same way, and Get returns them in the spelling of the object', async () => {
    expectDone(await ssp2.add(destGrp('Dg_Mixed'), obj('URIType', uriRec('Rec_Mixed'))));
    const references = ref('REC_MIXED', 5) + b('dgName', 'DG_MIXED');
    expectDone(await ssp2.add(obj('SedGrpType', sedGrp('Grp_Mixed', references)), tn('13005550001', ['dg_mixed'])));
    expect(textAt(await ssp2.read(objKey('SedGrp', 'grp_mixed')), 'sedRecRef', 'sedKey', 'name')).toBe('Rec_Mixed');
    expectDone(await ssp2.add(destGrp('dG_mIXED')));
    expect(textAt(await ssp2.read(objKey('SedGrp', 'grp_mixed')), 'dgName')).toBe('dG_mIXED');
    expect(textAt(await ssp2.read(numberKey('TN', '13005550001')), 'dgName')).toBe('dG_mIXED');
  });

  it('belong to a registrant: two registrants may use the same one', async () => {
    expectDone(await ssp2.add(destGrp('DG_BOTH')));
    expectDone(await ssp1.add(obj('DestGrpType', b('dgName', 'dg_both'), own)));
    expectDone(await ssp2.del(objKey('DestGrp', 'DG_BOTH')));
    expect(textAt(await ssp1.read(objKey('DestGrp', 'DG_BOTH', 'iana-en:111')), 'dgName')).toBe('dg_both');
  });
});

describe('numbers', () => {
  it.each<[type: string, element: string]>([
    ['TN', 'tn'],
    ['TNPrefix', 'tnPrefix'],
    ['RN', 'rn'],
  ])(
    'of type %s are the same with and without a plus sign; the last spelling added is returned',
    async (type, element) => {
      const xsiType = { TN: 'TNType', TNPrefix: 'TNPType', RN: 'RNType' }[type] ?? '';
      expectDone(await ssp2.add(obj(xsiType, b(element, '+13015550001'))));
      expect(textAt(await ssp2.read(numberKey(type, '13015550001')), element)).toBe('+13015550001');
      expectDone(await ssp2.add(obj(xsiType, b(element, '13015550001'))));
      const { resultObjs } = await ssp2.get(numberKey(type, '+13015550001'), numberKey(type, '13015550001'));
      expect(resultObjs.map((found) => textAt(found, element))).toEqual(['13015550001']);
      expectDone(await ssp2.del(numberKey(type, '+13015550001')));
      expectRefused(await ssp2.del(numberKey(type, '13015550001')), 2102, 'value', '13015550001');
    },
  );

  it('that differ in leading zeros are different numbers', async () => {
    expectDone(await ssp2.add(tn('013025550001'), tn('13025550001')));
    const { resultObjs } = await ssp2.get(numberKey('TN', '013025550001'), numberKey('TN', '+13025550001'));
    expect(resultObjs.map((found) => textAt(found, 'tn'))).toEqual(['013025550001', '13025550001']);
  });

  it('belong to a registrant: two registrants may have the same ported number', async () => {
    expectDone(await ssp2.add(tn('13035550001')));
    expectDone(await ssp1.add(tn('+13035550001', [], own)));
    expect(textAt(await ssp1.read(numberKey('TN', '13035550001', 'iana-en:111')), 'tn')).toBe('+13035550001');
    expectDone(await ssp1.del(numberKey('TN', '13035550001', 'iana-en:111')));
    expect(textAt(await ssp2.read(numberKey('TN', '13035550001')), 'tn')).toBe('13035550001');
  });
});

describe('ranges', () => {
  it.each([
    ['of one number', '1304', '1304'],
    ['of an open plan, with ends of different length', '1305', '130599'],
    ['whose end covers its start', '1234', '12'],
    ['that starts at the shorter number', '13', '1306'],
    ['with a plus sign on one side only', '+13070', '13079'],
  ])('%s are accepted', async (_what, start, end) => {
    expectDone(await ssp2.add(obj('TNRType', range(start, end))));
    const got = await ssp2.read(rangeKey(start, end));
    expect([textAt(got, 'range', 'startRange'), textAt(got, 'range', 'endRange')]).toEqual([start, end]);
  });

  it('are the same with and without plus signs; Get returns the last spelling', async () => {
    expectDone(await ssp2.add(obj('TNRType', range('+13080', '+13089'))));
    expectDone(await ssp2.add(obj('TNRType', range('13080', '+13089'))));
    const { resultObjs } = await ssp2.get(rangeKey('+13080', '13089'), rangeKey('13080', '13089'));
    expect(resultObjs.map((found) => textAt(found, 'range', 'startRange'))).toEqual(['13080']);
    expectDone(await ssp2.del(rangeKey('+13080', '+13089')));
    expectRefused(await ssp2.del(rangeKey('+13080', '13089')), 2102, 'range', '+13080-13089');
  });

  it('are distinguished by both ends, and may overlap', async () => {
    expectDone(
      await ssp2.add(
        obj('TNRType', range('13100', '13105')),
        obj('TNRType', range('13100', '13109')),
        obj('TNRType', range('13103', '13109')),
      ),
    );
    const { resultObjs } = await ssp2.get(rangeKey('13100', '13109'), rangeKey('13100', '13108'));
    expect(resultObjs.map((found) => textAt(found, 'range', 'endRange'))).toEqual(['13109']);
  });

  it('are read in the spelling of the RFC 7878 §10.7 example, in keys too, and answered in the spelling of the schema', async () => {
    const printed = b('range', b('startTn', '+13110') + b('endTn', '+13119'));
    expectDone(await ssp2.add(obj('TNRType', printed)));
    const key = rangeKey('+13110', '+13119').replaceAll('startRange', 'startTn').replaceAll('endRange', 'endTn');
    const got = await ssp2.read(key);
    expect([textAt(got, 'range', 'startRange'), textAt(got, 'range', 'endRange')]).toEqual(['+13110', '+13119']);
  });
});

describe('URIs', () => {
  it('compare exactly, letter by letter', async () => {
    expectDone(await ssp2.add(obj('URIPubIdType', b('uri', 'sip:User@example.com'))));
    expectRefused(await ssp2.del(uriKey('sip:user@example.com')), 2102, 'uri', 'sip:user@example.com');
    expect(textAt(await ssp2.read(uriKey('sip:User@example.com')), 'uri')).toBe('sip:User@example.com');
  });

  it('may be long, up to 2000 bytes', async () => {
    const longest = `sip:${'ü'.repeat(998)}`;
    expectDone(await ssp2.add(obj('URIPubIdType', b('uri', longest))));
    expect(textAt(await ssp2.read(uriKey(longest)), 'uri')).toBe(longest);
    const { details } = await ssp2.add(obj('URIPubIdType', b('uri', `${longest}x`)));
    expect(details[0]?.code).toBe(2101);
    expect(details[0]?.msg).toContain('AttrName:uri AttrVal:sip:üüü');
  });
});

describe('lists', () => {
  it('hold each destination group once, in any spelling and number, in the order of the first mention', async () => {
    expectDone(await ssp2.add(destGrp('DG_L1'), destGrp('DG_L2')));
    expectDone(await ssp2.add(tn('13205550001', ['DG_L2', 'dg_l1', 'dg_l2', 'DG_L1'])));
    expect(allTexts(await ssp2.read(numberKey('TN', '13205550001')), 'dgName')).toEqual(['DG_L2', 'DG_L1']);
    const names = ['DG_L2', 'dg_l1', 'dg_l2'].map((name) => b('dgName', name)).join('');
    expectDone(await ssp2.add(obj('SedGrpType', sedGrp('GRP_L', names))));
    expect(allTexts(await ssp2.read(objKey('SedGrp', 'GRP_L')), 'dgName')).toEqual(['DG_L2', 'DG_L1']);
  });

  it('hold each SED record once, with the last priority and extension', async () => {
    expectDone(await ssp2.add(obj('URIType', uriRec('REC_L1')), obj('URIType', uriRec('REC_L2'))));
    const ext = b('ext', '<x:a xmlns:x="urn:example:x"/>');
    const references = ref('REC_L1', 1, undefined, ext) + ref('REC_L2', 2) + ref('rec_l1', 3);
    const expected = [
      ['REC_L1', '3', 2],
      ['REC_L2', '2', 2],
    ];
    expectDone(
      await ssp2.add(
        obj('SedGrpType', sedGrp('GRP_L', references)),
        obj('TNType', b('tn', '13205550002') + references),
      ),
    );
    const { resultObjs } = await ssp2.get(objKey('SedGrp', 'GRP_L'), numberKey('TN', '13205550002'));
    for (const found of resultObjs) {
      const read = found.children.filter(({ name }) => name === 'sedRecRef');
      expect(read.map((one) => [textAt(one, 'sedKey', 'name'), textAt(one, 'priority'), one.children.length])).toEqual(
        expected,
      );
    }
  });

  it('hold each source criterion once, and all that differ in scheme or expression', async () => {
    const source = (regex: string, scheme: string, more = '') =>
      b('sourceIdent', b('sourceIdentRegex', regex) + b('sourceIdentScheme', scheme) + more);
    const ext = b('ext', '<x:a xmlns:x="urn:example:x"/>');
    const sources = source('^a', 'uri') + source('^a', 'ip') + source('^b', 'uri') + source('^a', 'uri', ext);
    expectDone(await ssp2.add(obj('SedGrpType', sedGrp('GRP_S', sources))));
    const got = await ssp2.read(objKey('SedGrp', 'GRP_S'));
    const read = got.children.filter(({ name }) => name === 'sourceIdent');
    expect(read.map((one) => one.children.map(({ name, text }) => (name === 'ext' ? name : text)))).toEqual([
      ['^a', 'uri', 'ext'],
      ['^a', 'ip'],
      ['^b', 'uri'],
    ]);
  });

  it('of addresses are stored as they are, repeated ones too', async () => {
    const addr = (text: string) => `<b:ipAddr>${b('addr', text)}</b:ipAddr>`;
    const content = b('sedName', 'NS_L') + b('isInSvc', true) + b('hostName', 'ns.example.com');
    expectDone(await ssp2.add(obj('NSType', content + addr('192.0.2.2') + addr('192.0.2.1') + addr('192.0.2.2'))));
    const got = await ssp2.read(objKey('SedRec', 'NS_L'));
    const read = got.children.filter(({ name }) => name === 'ipAddr');
    expect(read.map((one) => [one.type, textAt(one, 'addr')])).toEqual([
      ['v4', '192.0.2.2'],
      ['v4', '192.0.2.1'],
      ['v4', '192.0.2.2'],
    ]);
  });
});

describe('values that only the registry sets', () => {
  it('peers of an SED group do not come from Add, even if they are unknown organizations', async () => {
    const peers = b('peeringOrg', 'iana-en:111') + b('peeringOrg', 'iana-en:999');
    expectDone(await ssp2.add(obj('SedGrpType', sedGrp('GRP_P', peers))));
    expect(allTexts(await ssp2.read(objKey('SedGrp', 'GRP_P')), 'peeringOrg')).toEqual([]);
  });

  it('the outcome of a carrier-of-record claim does not come from Add', async () => {
    const info = b('corInfo', b('corClaim', false) + b('cor', true) + b('corDate', '2010-05-30T09:30:10Z'));
    expectDone(await ssp2.add(obj('TNType', b('tn', '13305550001') + info)));
    const got = await ssp2.read(numberKey('TN', '13305550001'));
    expect(textAt(got, 'corInfo', 'corClaim')).toBe('false');
    expect(textAt(got, 'corInfo', 'cor')).toBeUndefined();
    expect(textAt(got, 'corInfo', 'corDate')).toBeUndefined();
  });
});
