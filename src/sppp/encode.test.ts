import { describe, expect, it } from 'vitest';
import { ruleOf } from '../../test/support/arbitrary.js';
import { validateMessage } from '../../test/support/schema.js';
import type { ObjKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import { encodeKey, encodeObj, encodeResponse } from './encode.js';
import { succeeded } from './result.js';

/** An answer as one text. */
function encoded(...answer: Parameters<typeof encodeResponse>): string {
  return [...encodeResponse(...answer)].join('');
}

const namespaces =
  'xmlns:sppfs="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:sppfb="urn:ietf:params:xml:ns:sppf:base:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const soap12 = 'http://www.w3.org/2003/05/soap-envelope';

function whole(body: string, uri = soap11): string {
  return `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="${uri}"><S:Body xml:lang="en">${body}</S:Body></S:Envelope>`;
}

const group: Obj = { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: 'A & B' };
const groupXml =
  '<sppfb:rant>iana-en:222</sppfb:rant><sppfb:rar>iana-en:223</sppfb:rar><sppfb:dgName>A &amp; B</sppfb:dgName>';
/** As a program is told of it. */
const failedXml = groupXml.replace(
  '<sppfb:dgName>',
  '<sppfb:ext><sppd:failure xmlns:sppd="urn:sppp-server:detail:1"><sppd:index>2</sppd:index><sppd:attrName>name</sppd:attrName><sppd:attrVal>SED_GRP</sppd:attrVal></sppd:failure></sppfb:ext><sppfb:dgName>',
);
const key: ObjKey = { kind: 'ObjKeyType', rant: 'iana-en:222', name: 'SED_GRP', type: 'SedGrp' };
const keyXml = '<rant>iana-en:222</rant><name>SED_GRP</name><type>SedGrp</type>';
const offerKey = { kind: 'SedGrpOfferKeyType', sedGrpKey: key, offeredTo: 'iana-en:111' } as const;
const offerKeyXml = `<sedGrpKey>${keyXml}</sedGrpKey><offeredTo>iana-en:111</offeredTo>`;
const ok = '<overallResult><code>1000</code><msg>Request succeeded</msg></overallResult>';
const failed = '<overallResult><code>2100</code><msg>Command invalid</msg></overallResult>';
const gone = { code: 2102 as const, attr: { attrName: 'name', attrVal: 'SED_GRP' } };
const goneXml = '<code>2102</code><msg>Object does not exist AttrName:name AttrVal:SED_GRP (object 2)</msg>';

function answerTo(operation: string) {
  return { rule: ruleOf(operation), serverTransId: 'server-1', overall: succeeded, details: [], resultObjs: [] };
}

describe('an answer, to the letter', () => {
  it('to an Add: ids, then the result, no default namespace anywhere', () => {
    const text = encoded('1.1', { ...answerTo('submitAddRqst'), clientTransId: 'client <1>' });
    expect(text).toBe(
      whole(
        `<sppfs:spppAddResponse ${namespaces}><clientTransId>client &lt;1&gt;</clientTransId><serverTransId>server-1</serverTransId>${ok}</sppfs:spppAddResponse>`,
      ),
    );
    expect(validateMessage(text)).toEqual([]);
  });

  it('has no transaction id of the client if the request had none', () => {
    expect(encoded('1.1', answerTo('submitDelRqst'))).toBe(
      whole(
        `<sppfs:spppDelResponse ${namespaces}><serverTransId>server-1</serverTransId>${ok}</sppfs:spppDelResponse>`,
      ),
    );
  });

  it('in the version of SOAP that the request had', () => {
    expect(encoded('1.2', answerTo('submitDelRqst'))).toContain(`<S:Envelope xmlns:S="${soap12}">`);
  });

  it.each(['submitGetRqst', 'submitGetSedGrpOffersRqst'])(
    'to %s: no ids, and the objects after the result',
    (operation) => {
      const text = encoded('1.1', { ...answerTo(operation), resultObjs: [group, group] });
      const object = `<resultObj xsi:type="sppfb:DestGrpType">${groupXml}</resultObj>`;
      expect(text).toBe(whole(`<sppfs:spppGetResponse ${namespaces}>${ok}${object}${object}</sppfs:spppGetResponse>`));
      expect(validateMessage(text)).toEqual([]);
    },
  );

  it('about server details: the menu, also after a refusal', () => {
    const svcMenu = {
      serverStatus: 'inService',
      majMinVersion: ['1.0', '1.1'],
      objURI: ['urn:x'],
      extURI: [],
    } as const;
    const text = encoded('1.1', { ...answerTo('submitServerStatusRqst'), overall: { code: 2002 }, svcMenu });
    expect(text).toBe(
      whole(
        `<sppfs:spppServerStatusResponse ${namespaces}><overallResult><code>2002</code><msg>Version not supported</msg></overallResult><svcMenu><sppfb:serverStatus>inService</sppfb:serverStatus><sppfb:majMinVersion>1.0</sppfb:majMinVersion><sppfb:majMinVersion>1.1</sppfb:majMinVersion><sppfb:objURI>urn:x</sppfb:objURI></svcMenu></sppfs:spppServerStatusResponse>`,
      ),
    );
    expect(validateMessage(text)).toEqual([]);
  });
});

describe('a detail has its object', () => {
  const details = [
    ['submitAddRqst', 'add', group, 'detailResult', `<obj xsi:type="sppfb:DestGrpType">${failedXml}</obj>`],
    ['submitDelRqst', 'delete', key, 'detailResult', `<objKey xsi:type="sppfs:ObjKeyType">${keyXml}</objKey>`],
    [
      'submitAcceptRqst',
      'accept',
      offerKey,
      'detailResult',
      `<sedGrpOfferKey xsi:type="sppfs:SedGrpOfferKeyType">${offerKeyXml}</sedGrpOfferKey>`,
    ],
    [
      'submitRejectRqst',
      'reject',
      offerKey,
      'detailResult',
      `<sedGrpOfferKey xsi:type="sppfs:SedGrpOfferKeyType">${offerKeyXml}</sedGrpOfferKey>`,
    ],
    ['submitBatchRqst', 'add', group, 'addResult', `<obj xsi:type="sppfb:DestGrpType">${failedXml}</obj>`],
    ['submitBatchRqst', 'delete', key, 'delResult', `<objKey xsi:type="sppfs:ObjKeyType">${keyXml}</objKey>`],
    [
      'submitBatchRqst',
      'accept',
      offerKey,
      'acceptResult',
      `<sedGrpOfferKey xsi:type="sppfs:SedGrpOfferKeyType">${offerKeyXml}</sedGrpOfferKey>`,
    ],
    [
      'submitBatchRqst',
      'reject',
      offerKey,
      'rejectResult',
      `<sedGrpOfferKey xsi:type="sppfs:SedGrpOfferKeyType">${offerKeyXml}</sedGrpOfferKey>`,
    ],
  ] as const;

  it.each(details)('%s, %s', (operation, verb, subject, element, xml) => {
    const answer = answerTo(operation);
    const text = encoded('1.1', {
      ...answer,
      overall: { code: 2100 },
      details: [{ verb, index: 1, subject, result: gone }],
    } as Parameters<typeof encodeResponse>[1]);
    const name = answer.rule.responseWrapper;
    expect(text).toBe(
      whole(
        `<sppfs:${name} ${namespaces}><serverTransId>server-1</serverTransId>${failed}<${element}>${goneXml}${xml}</${element}></sppfs:${name}>`,
      ),
    );
    expect(validateMessage(text)).toEqual([]);
  });
});

describe('an object, to the letter', () => {
  it('has its keys typed, its lists in their order, and absent elements left out', () => {
    const obj: Obj = {
      kind: 'SedGrpType',
      rant: 'iana-en:222',
      rar: 'iana-en:223',
      sedGrpName: 'SED_GRP',
      sedRecRef: [{ sedKey: { kind: 'ObjKeyType', rant: 'iana-en:222', name: 'SED_1', type: 'SedRec' }, priority: 0 }],
      dgName: ['B', 'A'],
      peeringOrg: [],
      sourceIdent: [],
      isInSvc: false,
      priority: 0,
    };
    expect(encodeObj('obj', obj)).toBe(
      '<obj xsi:type="sppfb:SedGrpType"><sppfb:rant>iana-en:222</sppfb:rant><sppfb:rar>iana-en:223</sppfb:rar><sppfb:sedGrpName>SED_GRP</sppfb:sedGrpName><sppfb:sedRecRef><sppfb:sedKey xsi:type="sppfs:ObjKeyType"><rant>iana-en:222</rant><name>SED_1</name><type>SedRec</type></sppfb:sedKey><sppfb:priority>0</sppfb:priority></sppfb:sedRecRef><sppfb:dgName>B</sppfb:dgName><sppfb:dgName>A</sppfb:dgName><sppfb:isInSvc>false</sppfb:isInSvc><sppfb:priority>0</sppfb:priority></obj>',
    );
  });

  it('has its range written with startRange and endRange', () => {
    const text = encodeKey('objKey', {
      kind: 'PubIdKeyType',
      rant: 'iana-en:222',
      range: { startRange: '1', endRange: '2' },
    });
    expect(text).toBe(
      '<objKey xsi:type="sppfs:PubIdKeyType"><rant>iana-en:222</rant><range><sppfb:startRange>1</sppfb:startRange><sppfb:endRange>2</sppfb:endRange></range></objKey>',
    );
  });

  it('has its addresses with their type, and its extensions as they are', () => {
    const ext = '<x:a xmlns:x="urn:x">&amp;</x:a>';
    const text = encodeObj('obj', {
      kind: 'NSType',
      rant: 'iana-en:222',
      rar: 'iana-en:223',
      ext,
      sedName: 'SED_1',
      isInSvc: true,
      hostName: 'ns.example.com',
      ipAddr: [{ type: 'v6', addr: '::1', ext }],
      ownExt: ext,
    });
    expect(text).toContain(
      `<sppfb:ipAddr type="v6"><sppfb:addr>::1</sppfb:addr><sppfb:ext>${ext}</sppfb:ext></sppfb:ipAddr><sppfb:ext>${ext}</sppfb:ext></obj>`,
    );
    expect(text).toContain(`<sppfb:rar>iana-en:223</sppfb:rar><sppfb:ext>${ext}</sppfb:ext><sppfb:sedName>`);
  });

  it('of an unknown kind is a bug', () => {
    expect(() => encodeObj('obj', { ...group, kind: 'BasicObjType' } as unknown as Obj)).toThrow('BasicObjType');
  });

  it('with a key of a wrong kind is a bug', () => {
    const wrong = { ...offerKey, kind: 'PubIdKeyType' } as never;
    expect(() =>
      encodeObj('obj', {
        kind: 'SedGrpOfferType',
        rant: 'x:1',
        rar: 'x:1',
        sedGrpOfferKey: wrong,
        status: 'offered',
        offerDateTime: '2012-10-22T09:30:10Z',
      }),
    ).toThrow('PubIdKeyType');
  });
});
