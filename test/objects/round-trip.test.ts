import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asSent,
  b,
  type Carrier,
  carrier,
  content,
  expectDone,
  range,
  rangeKey,
  ref,
  sedGrp,
  TestClock,
  uriKey,
  uriRec,
} from '../support/carrier.js';
import {
  addRequest,
  destGrp,
  envelope,
  getRequest,
  numberKey,
  obj,
  objKey,
  readAnswer,
  textAt,
} from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const clock = new TestClock();
let server: TestServer;
let ssp2: Carrier;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  ssp2 = carrier(server);
  expectDone(
    await ssp2.add(
      destGrp('DG_ONE'),
      destGrp('DG_TWO'),
      obj('URIType', uriRec('REC_ONE')),
      obj('URIType', uriRec('REC_TWO')),
    ),
  );
});
afterAll(() => server.close());

const ext = (mark: string) => b('ext', `<x:tariff xmlns:x="urn:example:tariff"><x:zone>${mark}</x:zone></x:tariff>`);
const dgNames = b('dgName', 'DG_TWO') + b('dgName', 'DG_ONE');
const noClaim = b('corInfo', b('corClaim', false));
const claimedSed = (name: string) =>
  `${b('sedName', name)}${b('sedFunction', 'routing')}${b('isInSvc', false)}${b('ttl', 86400)}`;
const barely = (name: string) => `${b('sedName', name)}${b('isInSvc', true)}`;
const regx = b('regx', b('ere', '^(\\+?[0-9]{3})(.*)$') + b('repl', 'sip:\\2@sbe1.ssp2.example.com'));

/** Every type with all values that a client may set, and with the required ones only. */
const types: [type: string, full: string, minimal: string, key: string][] = [
  ['DestGrpType', ext('in') + b('dgName', 'DG_FULL'), b('dgName', 'DG_FULL'), objKey('DestGrp', 'DG_FULL')],
  [
    'TNType',
    ext('in') +
      dgNames +
      b('tn', '+12025550101') +
      noClaim +
      ref('REC_TWO', 7) +
      ref('REC_ONE', 3, undefined, ext('ref')),
    b('tn', '+12025550101'),
    numberKey('TN', '+12025550101'),
  ],
  [
    'TNRType',
    ext('in') + dgNames + range('+12025560000', '+12025560999') + noClaim,
    range('+12025560000', '+12025560999'),
    rangeKey('+12025560000', '+12025560999'),
  ],
  [
    'TNPType',
    ext('in') + dgNames + b('tnPrefix', '1202557') + noClaim,
    b('tnPrefix', '1202557'),
    numberKey('TNPrefix', '1202557'),
  ],
  [
    'RNType',
    ext('in') + dgNames + b('rn', '2025550000') + noClaim,
    b('rn', '2025550000'),
    numberKey('RN', '2025550000'),
  ],
  [
    'URIPubIdType',
    ext('in') + dgNames + b('uri', 'mailto:b.user@example.com') + ext('own'),
    b('uri', 'mailto:b.user@example.com'),
    uriKey('mailto:b.user@example.com'),
  ],
  [
    'NAPTRType',
    ext('in') +
      claimedSed('NAPTR_1') +
      b('order', 65535) +
      b('flags', 'u') +
      b('svcs', 'E2U+pstn:sip+sip') +
      regx +
      ext('own'),
    barely('NAPTR_1') + b('order', 0) + b('svcs', 'E2U+sip') + b('repl', 'sbe2.example.com'),
    objKey('SedRec', 'NAPTR_1'),
  ],
  [
    'NSType',
    ext('in') +
      claimedSed('NS_1') +
      b('hostName', 'ns1.ssp2.example.com.') +
      `<b:ipAddr type="v4">${b('addr', '192.0.2.1')}</b:ipAddr>` +
      `<b:ipAddr type="v6">${b('addr', '2001:DB8:0::1')}${ext('addr')}</b:ipAddr>` +
      ext('own'),
    barely('NS_1') + b('hostName', 'ns2.example.com'),
    objKey('SedRec', 'NS_1'),
  ],
  [
    'URIType',
    ext('in') + claimedSed('URI_1') + b('ere', '^(.*)$') + b('uri', 'sip:\\1;npdi@sbe40.ssp2.example.com') + ext('own'),
    barely('URI_1') + b('ere', '.*') + b('uri', 'sip:x@example.com'),
    objKey('SedRec', 'URI_1'),
  ],
  [
    'SedGrpType',
    ext('in') +
      b('sedGrpName', 'SED_GRP_1') +
      ref('REC_TWO', 65535, undefined, ext('ref')) +
      ref('REC_ONE', 0) +
      dgNames +
      b('sourceIdent', b('sourceIdentRegex', '^192\\.0\\.2\\.') + b('sourceIdentScheme', 'ip')) +
      b('sourceIdent', b('sourceIdentRegex', 'example\\.com$') + b('sourceIdentScheme', 'rootDomain') + ext('src')) +
      b('isInSvc', true) +
      b('priority', 100) +
      ext('own'),
    b('sedGrpName', 'SED_GRP_1') + b('isInSvc', false) + b('priority', 0),
    objKey('SedGrp', 'SED_GRP_1'),
  ],
];

describe.each(types)('%s', (type, full, minimal, key) => {
  it('is returned as it was added, with the time of creation and no time of change', async () => {
    const created = clock.tick();
    expectDone(await ssp2.add(obj(type, full)));
    clock.tick();
    const got = await ssp2.read(key);
    expect(content(got, 'cDate')).toEqual(content(asSent(obj(type, full))));
    expect(textAt(got, 'cDate')).toBe(created);
  });

  it('is replaced as a whole: omitted values are removed, only the time of creation stays', async () => {
    const created = clock.tick();
    expectDone(await ssp2.del(key));
    expectDone(await ssp2.add(obj(type, full)));
    const changed = clock.tick();
    expectDone(await ssp2.add(obj(type, minimal)));
    const got = await ssp2.read(key);
    expect(content(got, 'cDate', 'mDate')).toEqual(content(asSent(obj(type, minimal))));
    expect([textAt(got, 'cDate'), textAt(got, 'mDate')]).toEqual([created, changed]);
    const again = clock.tick();
    expectDone(await ssp2.add(obj(type, full)));
    const regained = await ssp2.read(key);
    expect(content(regained, 'cDate', 'mDate')).toEqual(content(asSent(obj(type, full))));
    expect([textAt(regained, 'cDate'), textAt(regained, 'mDate')]).toEqual([created, again]);
  });

  it('can be added again exactly as Get returned it, without a change of its values', async () => {
    clock.tick();
    expectDone(await ssp2.add(obj(type, full)));
    const before = await server.post(getRequest(key));
    const changed = clock.tick();
    const returned = /<resultObj .*<\/resultObj>/.exec(before.text)?.[0].replaceAll('resultObj', 'obj') ?? '';
    expect(returned).toContain('<sppfb:mDate>');
    const namespaces =
      'xmlns:sppfs="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:sppfb="urn:ietf:params:xml:ns:sppf:base:1"';
    const added = await server.post(envelope(`<s:spppAddRequest ${namespaces}>${returned}</s:spppAddRequest>`));
    expectDone(readAnswer(added.text));
    const after = await server.post(getRequest(key));
    const mDate = /<sppfb:mDate>[^<]*<\/sppfb:mDate>/;
    expect(after.text).toBe(before.text.replace(mDate, `<sppfb:mDate>${changed}</sppfb:mDate>`));
  });

  it('has creation and modification times from the registry only', async () => {
    expectDone(await ssp2.del(key));
    const created = clock.tick();
    const times = b('cDate', '1999-12-31T23:59:59Z') + b('mDate', '2000-01-01T00:00:00.5Z');
    expectDone(await ssp2.add(obj(type, times + full)));
    const got = await ssp2.read(key);
    expect([textAt(got, 'cDate'), textAt(got, 'mDate')]).toEqual([created, undefined]);
  });
});

describe('an extension', () => {
  it('comes back as namespace-well-formed XML, prefixes, attributes, mixed text and escapes included', async () => {
    const sent =
      '<b:ext><y:a plain="1 &lt; 2" y:own="&quot;">text<![CDATA[ <raw> & ]]><y:b/>tail</y:a><plain xmlns="urn:d">x</plain></b:ext>';
    const kept =
      '<y:a xmlns:y="urn:example:y" plain="1 &lt; 2" y:own="&quot;">text &lt;raw&gt; &amp; <y:b></y:b>tail</y:a><plain xmlns="urn:d">x</plain>';
    const add = addRequest(obj('DestGrpType', sent + b('dgName', 'DG_EXT'))).replace(
      'xmlns:e=',
      'xmlns:y="urn:example:y" xmlns:e=',
    );
    expectDone(readAnswer((await server.post(add)).text));
    const { text } = await server.post(getRequest(objKey('DestGrp', 'DG_EXT')));
    expect(text).toContain(`<sppfb:ext>${kept}</sppfb:ext>`);
  });

  it.each([
    ['of the inherited slot', (inside: string) => inside + b('dgName', 'DG_SLOT') + b('uri', 'sip:slot@example.com')],
    ['of the type itself', (inside: string) => b('dgName', 'DG_SLOT') + b('uri', 'sip:slot@example.com') + inside],
  ])('%s stays in its slot', async (_slot, place) => {
    expectDone(await ssp2.add(destGrp('DG_SLOT'), obj('URIPubIdType', place(ext('only')))));
    const got = await ssp2.read(uriKey('sip:slot@example.com'));
    expect(content(got, 'cDate', 'mDate')).toEqual(content(asSent(obj('URIPubIdType', place(ext('only'))))));
  });

  it('longer than the limit is named by its beginning', async () => {
    const long = b('ext', `<x:a xmlns:x="urn:example:x">${'y'.repeat(20_000)}</x:a>`);
    const answer = await ssp2.add(obj('DestGrpType', long + b('dgName', 'DG_LONG')));
    expect(answer.details[0]?.msg).toContain('AttrName:ext AttrVal:<x:a');
    expect(answer.details[0]?.code).toBe(2101);
    expect((await ssp2.get(objKey('DestGrp', 'DG_LONG'))).resultObjs).toEqual([]);
  });
});

it('SED records are distinct from SED groups, destination groups and numbers of the same name', async () => {
  const name = '12025558888';
  expectDone(
    await ssp2.add(
      destGrp(name),
      obj('URIType', uriRec(name)),
      obj('SedGrpType', sedGrp(name)),
      obj('TNType', b('tn', name)),
      obj('TNPType', b('tnPrefix', name)),
      obj('RNType', b('rn', name)),
      obj('TNRType', range(name, name)),
    ),
  );
  const { resultObjs } = await ssp2.get(
    rangeKey(name, name),
    numberKey('RN', name),
    numberKey('TNPrefix', name),
    numberKey('TN', name),
    objKey('SedGrp', name),
    objKey('SedRec', name),
    objKey('DestGrp', name),
  );
  expect(resultObjs.map(({ type }) => type)).toEqual([
    'TNRType',
    'RNType',
    'TNPType',
    'TNType',
    'SedGrpType',
    'URIType',
    'DestGrpType',
  ]);
});
