/**
 * docs/results.md against a running server: this test causes every row of the page, and the server must answer
 * as the page says. A cause on one side only is an error, too. `UPDATE_RESULTS_PAGE=1 npx vitest run
 * test/protocol/results.test.ts` writes the messages of the causes on the page, and the whole answers, anew.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { b, range, rangeKey, ref, sedGrp, uriKey, uriRec } from '../support/carrier.js';
import { load } from '../support/claims.js';
import { DigestClient, type Received, type Sent, send } from '../support/digest-client.js';
import {
  addRequest,
  delRequest,
  destGrp,
  envelope,
  getRequest,
  numberKey,
  type Owner,
  obj,
  objKey,
  readAnswer,
  readFault,
  tn,
} from '../support/message.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

/** A request with the cause, its sender and its mode. */
interface Ask {
  readonly xml: string;
  readonly as?: UserName;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  /** What a trigger does, in PL/pgSQL, when the request comes to write a destination group. */
  readonly trigger?: string;
  /** Another large request is under way, and no more may wait. */
  readonly crowded?: boolean;
}

/** The cause as the page words it, then one request or several that are all answered alike. */
type Cause = readonly [cause: string, ...asks: (string | Ask)[]];

// Messages --------------------------------------------------------------------------------------------------------

const ssp1: Owner = { rant: 'iana-en:111', rar: 'iana-en:111' };
const ssp3: Owner = { rant: 'iana-en:225', rar: 'iana-en:225' };
const long = (length: number) => 'x'.repeat(length);
const wrapped = (wrapper: string, content: string) => envelope(`<s:${wrapper}>${content}</s:${wrapper}>`);
const adding = (content: string) => wrapped('spppAddRequest', content);
const batch = (...steps: string[]) => wrapped('spppBatchRequest', steps.join(''));
const addObj = (object: string) => object.replaceAll('<obj ', '<addObj ').replaceAll('</obj>', '</addObj>');
const status = (content = '') => wrapped('spppServerStatusRequest', content);
const offers = (content: string) => wrapped('getSedGrpOffersRequest', content);

const offerKeyOf = (name: string, offeredTo: string, { rant = 'iana-en:222', type = 'SedGrp' } = {}) =>
  `<sedGrpKey><rant>${rant}</rant><name>${name}</name><type>${type}</type></sedGrpKey><offeredTo>${offeredTo}</offeredTo>`;
const accepting = (key: string) => wrapped('spppAcceptRequest', `<sedGrpOfferKey>${key}</sedGrpOfferKey>`);
const rejecting = (key: string) => wrapped('spppRejectRequest', `<sedGrpOfferKey>${key}</sedGrpOfferKey>`);
const offerObjKey = (key: string) => `<objKey xsi:type="s:SedGrpOfferKeyType">${key}</objKey>`;
const offer = (key: string, { state = 'offered', at = '2026-03-01T12:00:00Z' } = {}) =>
  obj(
    'SedGrpOfferType',
    `<b:sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${key}</b:sedGrpOfferKey>${b('status', state)}${b('offerDateTime', at)}`,
  );

const tnWith = (content: string, owner?: Owner) => obj('TNType', content, owner);
const claiming = (corInfo: string) => tnWith(b('tn', '+12025550100') + b('corInfo', corInfo));
const naptr = (content: string) => obj('NAPTRType', b('sedName', 'NAPTR_1') + b('isInSvc', true) + content);
const ordered = (content: string, svcs = 'E2U+sip') => naptr(b('order', 10) + b('svcs', svcs) + content);
const regx = (ere: string, repl: string) => b('regx', b('ere', ere) + b('repl', repl));
const uriRecWith = (ere: string, uri: string) =>
  obj('URIType', b('sedName', 'URI_1') + b('isInSvc', true) + b('ere', ere) + b('uri', uri));
const ns = (content: string) => obj('NSType', b('sedName', 'NS_1') + b('isInSvc', true) + content);
const glue = (addr: string, type = 'v4') =>
  ns(`${b('hostName', 'ns1.example')}<b:ipAddr type="${type}">${b('addr', addr)}</b:ipAddr>`);
const group = (references = '', priority: string | number = 10) =>
  obj('SedGrpType', b('sedGrpName', 'SG_NEW') + references + b('isInSvc', true) + b('priority', priority));
const source = (regex: string, scheme: string) =>
  b('sourceIdent', b('sourceIdentRegex', regex) + b('sourceIdentScheme', scheme));
const ingress = (name: string, { rant = 'iana-en:222', type = 'SedGrp' } = {}) =>
  `<b:ingrSedGrp xsi:type="s:ObjKeyType"><rant>${rant}</rant><name>${name}</name><type>${type}</type></b:ingrSedGrp>`;
const route = (
  ingrSedGrp: string,
  { pref = '10', svcs = '', owner = {} }: { pref?: string; svcs?: string; owner?: Owner } = {},
) =>
  obj(
    'EgrRteType',
    b('egrRteName', 'ER_1') +
      b('pref', pref) +
      b('regxRewriteRule', b('ere', '^(.*)$') + b('repl', '\\1')) +
      ingrSedGrp +
      svcs,
    owner,
  );
const ext = (content: string) => obj('DestGrpType', b('ext', content) + b('dgName', 'DG_NEW'));

// Causes ----------------------------------------------------------------------------------------------------------

const succeeding: Cause[] = [
  [
    'The request was carried out',
    addRequest(destGrp('DG_MADE')),
    delRequest(objKey('DestGrp', 'DG_SPARE')),
    { xml: accepting(offerKeyOf('SG_ONE', 'iana-en:226')), as: 'ssp4' },
    { xml: rejecting(offerKeyOf('SG_ONE', 'iana-en:226')), as: 'ssp4' },
    batch(addObj(destGrp('DG_MADE'))),
  ],
  [
    'No object was found; the answer has none',
    getRequest(objKey('DestGrp', 'DG_NONE')),
    offers('<offeredTo>iana-en:999</offeredTo>'),
  ],
  ['The server describes itself', status()],
  [
    'A number was claimed and the claim holds; the detail has the object as stored',
    addRequest(claiming(b('corClaim', true))),
  ],
];

const breakingSyntax: Cause[] = [
  ['An element that the type does not have', addRequest(destGrp('DG_NEW').replace('</obj>', '<b:colour/></obj>'))],
  ['A required element is missing before another', addRequest(destGrp('DG_NEW').replace(/<b:rar>.*<\/b:rar>/, ''))],
  ['A required element is missing at the end', addRequest(obj('DestGrpType', ''))],
  [
    'A key without a number, range or URI',
    delRequest('<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant></objKey>'),
  ],
  [
    'An element is repeated or out of order',
    addRequest(obj('DestGrpType', b('dgName', 'DG_NEW') + b('dgName', 'DG_NEW'))),
  ],
  ['An element of an object without namespace', addRequest(destGrp('DG_NEW').replaceAll('b:dgName', 'dgName'))],
  ['An element of the message with a namespace', adding(destGrp('DG_NEW').replaceAll('obj', 's:obj'))],
  ['An element inside a value', addRequest(obj('DestGrpType', b('dgName', 'DG<b:i/>')))],
  ['Text between elements', addRequest(destGrp('DG_NEW').replace('<b:dgName>', 'here: <b:dgName>'))],
  ['No object or key at all', adding(''), adding('<clientTransId>txn</clientTransId>')],
  ['A Get without a key', getRequest()],
  ['An object without xsi:type', addRequest(destGrp('DG_NEW').replace(/ xsi:type="[^"]*"/, ''))],
  ['An xsi:type that is unknown or abstract', addRequest(destGrp('DG_NEW').replace('DestGrpType', 'PubIdType'))],
  [
    'An xsi:type in the wrong namespace',
    delRequest(objKey('DestGrp', 'DG_ONE').replace('s:ObjKeyType', 'b:ObjKeyType')),
  ],
  ['An xsi:type that does not belong there', adding(destGrp('DG_NEW').replace('b:DestGrpType', 's:ObjKeyType'))],
  [
    'An attribute that the element does not have',
    addRequest(destGrp('DG_NEW').replace('<b:dgName>', '<b:dgName id="1">')),
  ],
  ['xsi:nil on an element', addRequest(destGrp('DG_NEW').replace('<b:dgName>', '<b:dgName xsi:nil="true">'))],
  ['An ext without an element', addRequest(ext(''))],
  ['Text in an ext', addRequest(ext('note'))],
  ['An element in an ext in the base namespace or in none', addRequest(ext(b('note', 1))), addRequest(ext('<note/>'))],
  ['A clientTransId that is too short or too long', adding(`<clientTransId>ab</clientTransId>${destGrp('DG_NEW')}`)],
  ['A minorVer that is not a number', status('<minorVer>one</minorVer>')],
  ['An invalid organization id in a filter', offers('<offeredTo>222</offeredTo>')],
  ['An invalid status in a filter', offers('<status>open</status>')],
];

const tooLarge: Cause[] = [
  [
    'More objects and keys than the maximum',
    addRequest(...Array<string>(4).fill(destGrp('DG_NEW'))),
    delRequest(...Array<string>(4).fill(objKey('DestGrp', 'DG_NONE'))),
    batch(...Array<string>(4).fill(addObj(destGrp('DG_NEW')))),
    getRequest(...Array<string>(4).fill(objKey('DestGrp', 'DG_NONE'))),
  ],
];

const wrongVersion: Cause[] = [
  [
    'A minorVer other than 0 and 1',
    adding(`<minorVer>2</minorVer>${destGrp('DG_NEW')}`),
    getRequest('<minorVer>2</minorVer>', objKey('DestGrp', 'DG_ONE')),
    status('<minorVer>2</minorVer>'),
  ],
];

const failing: Cause[] = [
  ['An object or key failed, and nothing was applied', addRequest(tn('+1202555', ['DG_NONE']))],
  [
    'Objects or keys failed, and the others were applied',
    { xml: addRequest(destGrp('DG_MADE'), tn('+1202555', ['DG_NONE'])), path: '/sppp/partial' },
    { xml: addRequest(destGrp('DG_MADE'), tn('+1202555', ['DG_NONE'])), path: '/sppp/validate' },
  ],
  [
    'SOAPAction, or action in SOAP 1.2, names another operation than the Body',
    { xml: addRequest(destGrp('DG_NEW')), headers: { soapaction: '"submitDelRqst"' } },
    {
      xml: addRequest(destGrp('DG_NEW')).replace(
        'http://schemas.xmlsoap.org/soap/envelope/',
        'http://www.w3.org/2003/05/soap-envelope',
      ),
      headers: { 'content-type': 'application/soap+xml; action="submitDelRqst"' },
    },
  ],
];

const invalidValues: Cause[] = [
  ['An organization id that is not namespace:value', addRequest(destGrp('DG_NEW', { rant: '222' }))],
  ['The same in a key', delRequest(objKey('DestGrp', 'DG_ONE', '222')), getRequest(objKey('DestGrp', 'DG_ONE', '222'))],
  ['An organization id that is too long', addRequest(destGrp('DG_NEW', { rar: `iana-en:${'9'.repeat(260)}` }))],
  ['A name that is too short', addRequest(destGrp('DG'))],
  ['A name that is too long', addRequest(obj('SedGrpType', sedGrp(long(81))))],
  ['A name in a key that is too short', delRequest(objKey('DestGrp', 'DG')), getRequest(objKey('DestGrp', 'DG'))],
  ['The stand-in for an invalid name or text, sent back', addRequest(destGrp('urn:sppp-server:not-valid'))],
  ['A number with letters', addRequest(tn('+1202555ABCD')), batch(addObj(tn('+1202555ABCD')))],
  ['The stand-in for an invalid number, sent back', addRequest(tn('٠'))],
  ['A number in digits of another script', addRequest(tn('١٢٠٢٥٥٥'))],
  ['A number that is too long', addRequest(obj('TNPType', b('tnPrefix', '+12025550100202555010')))],
  ['A routing number with a hyphen', addRequest(obj('RNType', b('rn', '202-555-0000')))],
  [
    'A number in a key with letters',
    delRequest(numberKey('TN', '+1202555ABCD')),
    getRequest(numberKey('TN', '+1202555ABCD')),
  ],
  ['An invalid kind of number in a key', delRequest(numberKey('Number', '+12025550100'))],
  ['A range that ends before it starts', addRequest(obj('TNRType', range('+12025559999', '+12025550000')))],
  ['A range with an end that is not a number', addRequest(obj('TNRType', range('+12025550000', '+1202555ABCD')))],
  [
    'Such a range in a key',
    delRequest(rangeKey('+12025559999', '+12025550000')),
    getRequest(rangeKey('+12025559999', '+12025550000')),
  ],
  ['An empty URI', addRequest(obj('URIPubIdType', b('uri', ''))), delRequest(uriKey(''))],
  ['A URI that is too long', addRequest(obj('URIPubIdType', b('uri', `sip:${long(2000)}@example.com`)))],
  ['An invalid kind of object in a key', delRequest(objKey('Group', 'DG_ONE'))],
  ['A sedKey that does not name an SED record', addRequest(group(ref('SED_ONE', 10).replace('SedRec<', 'SedGrp<')))],
  ['An ingrSedGrp that does not name an SED group', addRequest(route(ingress('SG_ONE', { type: 'SedRec' })))],
  ['A sedGrpKey that does not name an SED group', accepting(offerKeyOf('SG_ONE', 'iana-en:225', { type: 'DestGrp' }))],
  ['An invalid truth value', addRequest(obj('SedGrpType', sedGrp('SG_NEW').replace('>true<', '>yes<')))],
  ['The same in a claim', addRequest(claiming(b('corClaim', 'yes')))],
  ['A priority that is not a number', addRequest(group('', 'high'))],
  ['A priority that is too large', addRequest(group('', 65536))],
  ['An order that is negative', addRequest(naptr(b('order', -1) + b('svcs', 'E2U+sip') + b('repl', 'example.com')))],
  ['A preference that is not a whole number', addRequest(route('', { pref: '1.5' }))],
  [
    'A time to live of zero',
    addRequest(obj('URIType', uriRec('URI_1').replace('</b:isInSvc>', '</b:isInSvc><b:ttl>0</b:ttl>'))),
  ],
  [
    'A time to live beyond the maximum of DNS',
    addRequest(obj('URIType', uriRec('URI_1').replace('</b:isInSvc>', '</b:isInSvc><b:ttl>2147483648</b:ttl>'))),
  ],
  ['An invalid time', addRequest(obj('DestGrpType', b('cDate', 'yesterday') + b('dgName', 'DG_NEW')))],
  [
    'A time with an offset, even of zero',
    addRequest(obj('DestGrpType', b('mDate', '2026-03-01T12:00:00+00:00') + b('dgName', 'DG_NEW'))),
  ],
  ['A time without zone', addRequest(offer(offerKeyOf('SG_ONE', 'iana-en:225'), { at: '2026-03-01T12:00:00' }))],
  ['A day that does not exist', addRequest(claiming(b('corClaim', true) + b('corDate', '2026-02-30T12:00:00Z')))],
  [
    'A year without exactly four digits',
    addRequest(obj('DestGrpType', b('cDate', '12026-03-01T12:00:00Z') + b('dgName', 'DG_NEW'))),
  ],
  ['An invalid status of an offer', addRequest(offer(offerKeyOf('SG_ONE', 'iana-en:225'), { state: 'open' }))],
  [
    'An invalid function of an SED record',
    addRequest(
      obj('URIType', uriRec('URI_1').replace('<b:isInSvc>', '<b:sedFunction>route</b:sedFunction><b:isInSvc>')),
    ),
  ],
  [
    'Flags that are not one letter or digit',
    addRequest(naptr(b('order', 10) + b('flags', 'us') + b('svcs', 'E2U+sip') + b('repl', 'example.com'))),
  ],
  ['Services that are not ENUM services', addRequest(ordered(b('repl', 'example.com'), 'sip'))],
  ['Services in the order of RFC 2916', addRequest(ordered(b('repl', 'example.com'), 'sip+E2U'))],
  ['Services that are too long', addRequest(ordered(b('repl', 'example.com'), `E2U${'+sip'.repeat(64)}`))],
  ['Invalid services of an egress route', addRequest(route('', { svcs: b('svcs', 'SIP') }))],
  ['A regular expression that does not compile', addRequest(ordered(regx('^(.*$', '\\1')))],
  [
    'A regular expression with an escape that POSIX does not have',
    addRequest(ordered(regx('^\\d+$', 'sip:x@example.com'))),
  ],
  ['A regular expression that is too long', addRequest(ordered(regx(long(256), '!')))],
  ['A regular expression that is too costly', addRequest(uriRecWith('^([0-9]{20}){60}$', 'sip:x@example.com'))],
  ['A source criterion that does not compile', addRequest(group(source('*.example', 'rootDomain')))],
  ['A source criterion that is empty', addRequest(group(source('', 'uri')))],
  ['A source criterion of another scheme', addRequest(group(source('.*', 'tel')))],
  ['A replacement that is too long', addRequest(ordered(regx('^(.*)$', long(256))))],
  ['A replacement that refers to no group', addRequest(ordered(regx('^.*$', 'sip:\\1@example.com')))],
  ['A replacement with a backslash before anything else', addRequest(ordered(regx('^(.*)$', 'sip:\\d@example.com')))],
  ['A URI of an SED record that refers to no group', addRequest(uriRecWith('^.*$', 'sip:\\1@example.com'))],
  ['A NAPTR with neither regx nor repl', addRequest(ordered(''))],
  ['A NAPTR whose repl is not a domain name', addRequest(ordered(b('repl', 'https://sbc.example/')))],
  ['An invalid host name', addRequest(ns(b('hostName', 'ns1 example')))],
  ['A host name that is an address', addRequest(ns(b('hostName', '192.0.2.1')))],
  ['An invalid address', addRequest(glue('192.0.2.256'))],
  ['An address that is too short', addRequest(glue('::', 'v6'))],
  ['An address of the other family', addRequest(glue('2001:db8::1'))],
  ['An invalid address family', addRequest(glue('192.0.2.1', 'ipv4'))],
  ['An ext with a name that older parsers refuse', addRequest(ext('<\u{10400} xmlns="urn:example"/>'))],
  ['An ext that is too long', addRequest(ext(`<x:note xmlns:x="urn:example">${long(20_000)}</x:note>`))],
];

const absent: Cause[] = [
  ['A destination group of an identifier', addRequest(tn('+12025550199', ['DG_NONE']))],
  ['A destination group of an SED group', addRequest(group(b('dgName', 'DG_NONE')))],
  ['An SED record of an SED group', addRequest(group(ref('SED_NONE', 10)))],
  ['An SED record of a number', addRequest(tnWith(b('tn', '+12025550199') + ref('SED_NONE', 10)))],
  ['An ingress group of the registrant of the route', addRequest(route(ingress('SG_NONE')))],
  ['The organization that receives an offer', addRequest(offer(offerKeyOf('SG_ONE', 'iana-en:999')))],
  ['The SED group of an offer', addRequest(offer(offerKeyOf('SG_NONE', 'iana-en:225')))],
  ['Deletion of a named object', delRequest(objKey('DestGrp', 'DG_NONE')), delRequest(objKey('EgrRte', 'DG_NONE'))],
  ['Deletion of a number', delRequest(numberKey('TN', '+12025550199'))],
  ['Deletion of a range', delRequest(rangeKey('+12025550000', '+12025559999'))],
  ['Deletion of a URI', delRequest(uriKey('sip:nobody@example.com'))],
  ['Deletion of an offer', delRequest(offerObjKey(offerKeyOf('SG_ONE', 'iana-en:111')))],
  [
    'Deletion of an offer whose SED group does not exist',
    delRequest(offerObjKey(offerKeyOf('SG_NONE', 'iana-en:111'))),
  ],
  [
    'Accept or reject of an offer',
    { xml: accepting(offerKeyOf('SG_ONE', 'iana-en:111')), as: 'ssp1' },
    { xml: rejecting(offerKeyOf('SG_ONE', 'iana-en:111')), as: 'ssp1' },
  ],
  [
    'Accept or reject of an offer whose SED group does not exist',
    { xml: accepting(offerKeyOf('SG_NONE', 'iana-en:111')), as: 'ssp1' },
    { xml: rejecting(offerKeyOf('SG_NONE', 'iana-en:111')), as: 'ssp1' },
  ],
];

const notAllowed: Cause[] = [
  ['rar is not the authenticated registrar', addRequest(destGrp('DG_NEW', { rar: 'iana-en:111' }))],
  [
    'No grant for the registrant, which may be unknown',
    addRequest(destGrp('DG_NEW', { rant: 'iana-en:111' })),
    delRequest(objKey('DestGrp', 'DG_ONE', 'iana-en:111')),
  ],
  [
    'The same in a query',
    getRequest(objKey('DestGrp', 'DG_ONE', 'iana-en:111')),
    getRequest(offerObjKey(offerKeyOf('SG_ONE', 'iana-en:225', { rant: 'iana-en:111' }))),
  ],
  ['No grant for the registrant of a referenced SED record', addRequest(group(ref('SED_ONE', 10, 'iana-en:111')))],
  [
    'An ingress group of another registrant that the registrant of the route has not accepted, or that does not exist',
    { xml: addRequest(route(ingress('SG_ONE'), { owner: ssp1 })), as: 'ssp1' },
    { xml: addRequest(route(ingress('SG_ONE'), { owner: ssp3 })), as: 'ssp3' },
  ],
  [
    'An offer of the SED group of another registrant',
    addRequest(offer(offerKeyOf('SG_ONE', 'iana-en:225', { rant: 'iana-en:111' }))),
  ],
  ['An offer to the registrant of the SED group', addRequest(offer(offerKeyOf('SG_ONE', 'iana-en:222')))],
  [
    'No grant for the organization that received the offer',
    accepting(offerKeyOf('SG_ONE', 'iana-en:225')),
    rejecting(offerKeyOf('SG_ONE', 'iana-en:225')),
  ],
  [
    'A carrier-of-record claim that authority data refute, with `SPPP_COR_REFUTED=refuse`',
    addRequest(obj('TNType', b('tn', '12995550100') + b('corInfo', b('corClaim', true)))),
  ],
];

const unavailable: Cause[] = [
  [
    'The database took too long, ran out of resources, or the connection to it broke',
    {
      xml: addRequest(destGrp('DG_NEW')),
      trigger: 'PERFORM pg_cancel_backend(pg_backend_pid()); PERFORM pg_sleep(10);',
    },
    { xml: addRequest(destGrp('DG_NEW')), trigger: `RAISE SQLSTATE '53100';` },
    { xml: addRequest(destGrp('DG_NEW')), trigger: 'PERFORM pg_terminate_backend(pg_backend_pid());' },
  ],
  ['Too many large requests are waiting', { xml: addRequest(destGrp('DG_NEW'), ...manyNumbers()), crowded: true }],
];

const unexpected: Cause[] = [
  [
    'An unexpected error; the server has logged it with the serverTransId',
    { xml: addRequest(destGrp('DG_NEW')), trigger: `RAISE 'a bug';` },
  ],
];

const tables: Record<string, readonly Cause[]> = {
  1000: succeeding,
  2000: breakingSyntax,
  2001: tooLarge,
  2002: wrongVersion,
  2100: failing,
  2101: invalidValues,
  2102: absent,
  2103: notAllowed,
  2300: unavailable,
  2301: unexpected,
};

/** The request whose whole answer the page shows for a code. */
const examples: Record<string, Ask> = {
  1000: { xml: adding(`<clientTransId>txn_1479</clientTransId>${claiming(b('corClaim', true))}`) },
  2000: {
    xml: adding(`<clientTransId>txn_1479</clientTransId>${destGrp('DG_NEW').replace('</obj>', '<b:colour/></obj>')}`),
  },
  2001: { xml: getRequest(...Array<string>(4).fill(objKey('DestGrp', 'DG_NONE'))) },
  2002: { xml: status('<minorVer>2</minorVer>') },
  2100: {
    xml: addRequest(tn('+12025550199', ['DG_NONE']), destGrp('DG_MADE'), tn('+1202555ABCD')),
    path: '/sppp/partial',
  },
  2101: { xml: addRequest(tn('+12025550198'), obj('TNRType', range('+12025559999', '+12025550000'))) },
  2102: { xml: delRequest(objKey('DestGrp', 'DG_NONE')) },
  2103: { xml: getRequest(objKey('DestGrp', 'DG_ONE', 'iana-en:111')) },
  2300: { xml: addRequest(destGrp('DG_NEW')), trigger: `RAISE SQLSTATE '53100';` },
  2301: { xml: batch(addObj(destGrp('DG_NEW'))), trigger: `RAISE 'a bug';` },
};

// What is answered without SPPP -----------------------------------------------------------------------------------

const soap = 'http://schemas.xmlsoap.org/soap/envelope/';

const inHeader = (block: string) => status().replace('<e:Body>', `<e:Header>${block}</e:Header><e:Body>`);

const faults: [cause: string, xml: string][] = [
  ['Not well-formed', addRequest(destGrp('DG_NEW')).replace('</obj>', '')],
  ['A DTD', status().replace('?>', '?><!DOCTYPE a>')],
  ['A processing instruction', status().replace('?>', '?><?a?>')],
  ['A limit of the XML reader', inHeader('<s:a>'.repeat(40) + '</s:a>'.repeat(40))],
  ['An encoding other than UTF-8 and UTF-16', status().replace('UTF-8', 'ISO-8859-1')],
  ['No envelope', '<s:spppServerStatusRequest xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1"/>'],
  ['An envelope of another version of SOAP', status().replace(soap, 'http://www.w3.org/2001/12/soap-envelope')],
  ['An empty Body', envelope('')],
  ['More than one element in the Body', envelope('<s:spppServerStatusRequest/><s:spppServerStatusRequest/>')],
  ['An element that no operation has', envelope('<s:spppUpdateRequest/>')],
  ['The element of an operation in a wrong namespace', envelope('<b:spppServerStatusRequest/>')],
  [
    'A header block that must be understood, such as WS-Security or WS-Addressing',
    inHeader('<s:Security e:mustUnderstand="1"/>'),
  ],
];

const xmlType = { 'content-type': 'text/xml' };
const stranger = (headers: Record<string, string> = {}): Sent => ({
  method: 'POST',
  headers: { ...xmlType, ...headers },
  body: status(),
});

/** A request with an Authorization header that was right before it was changed. */
async function signed(url: string, change: (header: string) => string, signedFor = url): Promise<Received> {
  const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
  await client.send(url, stranger());
  return send(url, stranger({ authorization: change(client.authorization(signedFor, 'POST')) }));
}

function wrongPassword(url: string, username: string): Promise<Received> {
  return new DigestClient({ username, password: 'wrong' }).send(url, stranger());
}

async function guessed(url: string): Promise<Received> {
  const guesses = await Promise.all(Array.from({ length: 11 }, () => wrongPassword(url, 'ssp3')));
  return guesses.find((guess) => guess.status !== 401) ?? wrongPassword(url, 'ssp3');
}

const refusals: [cause: string, ask: (url: string, server: TestServer) => Promise<Received>][] = [
  ['No Digest credentials yet; clients repeat by themselves', (url) => send(url, stranger())],
  ['Unknown user, wrong password, or a credential that has ended', (url) => wrongPassword(url, 'ssp2r')],
  [
    'An algorithm, qop or realm that was not offered',
    (url) => signed(url, (header) => header.replace('realm="sppp"', 'realm="registry"')),
  ],
  [
    'A nonce that is unknown, too old, or already used with this count; `stale=true` lets clients repeat by themselves',
    (url) => signed(url, (header) => header.replace(/ nonce="...../, ' nonce="XXXXX')),
  ],
  ['A malformed Authorization header', (url) => signed(url, (header) => header.replace(', cnonce', ', other'))],
  ['Credentials made for another resource', (url) => signed(url, (header) => header, `${url}/partial`)],
  ['More than ten wrong passwords in a minute for one user from one address; `Retry-After` has the seconds', guessed],
  [
    'A Content-Type other than text/xml and application/soap+xml',
    (_, server) => server.post(status(), { headers: { 'content-type': 'application/xml' } }),
  ],
  [
    'A charset other than UTF-8 and UTF-16',
    (_, server) => server.post(status(), { headers: { 'content-type': 'text/xml; charset=latin1' } }),
  ],
  ['A content coding other than gzip', (_, server) => server.post(status(), { headers: { 'content-encoding': 'br' } })],
  ['A body over the limit', (_, server) => server.post(status() + ' '.repeat(100_000))],
  [
    'A body over the limit after decompression',
    (_, server) => server.post(gzipSync(status() + ' '.repeat(200_000)), { headers: { 'content-encoding': 'gzip' } }),
  ],
  ['Damaged gzip', (_, server) => server.post('gzip', { headers: { 'content-encoding': 'gzip' } })],
  ['An invalid `Host`, two `Host` or two `Authorization` headers', (url) => send(url, { headers: { host: 'a b' } })],
  [
    'A method that the resource does not have; `Allow` lists its methods',
    (url) => send(url, { method: 'PUT', body: '' }),
  ],
  ['A GET without `?wsdl`, `?singleWsdl`, `?bindings` or a schema', (url) => send(url)],
  ['An unknown path', (url) => send(`${url}/elsewhere`)],
];

// The page and the server -----------------------------------------------------------------------------------------

const file = new URL('../../docs/results.md', import.meta.url);
const page = readFileSync(file, 'utf8');
const updates = process.env.UPDATE_RESULTS_PAGE === '1';

/** Writes something else in the place of a part of the page. */
function rewrite(part: string, instead: string): void {
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(part, () => instead),
  );
}

/** The part of the page under a heading that begins so. */
function section(heading: string): string {
  const [, text] = page.split(new RegExp(`^## ${heading}.*$`, 'm'));
  if (text === undefined) throw new Error(`docs/results.md has no heading ${heading}`);
  return text.split(/^## /m)[0] ?? '';
}

/** The rows of a section's tables without the heading ones, as lists of cells. */
function rowsOf(heading: string): string[][] {
  const rows = section(heading)
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const cells = rows.map((row) => row.slice(2, -2).split(/ \| /));
  return cells.filter(([first]) => first !== 'Cause');
}

function rowOf(heading: string, cause: string): string[] | undefined {
  return rowsOf(heading).find(([first]) => first === cause);
}

let server: TestServer;

beforeAll(async () => {
  const settings = {
    SPPP_COR_REFUTED: 'refuse',
    SPPP_MAX_OBJECTS: '3',
    SPPP_MAX_BODY_BYTES: '100000',
    SPPP_MAX_INFLATED_BYTES: '200000',
  };
  server = await startServer({ settings, clock: () => new Date('2026-03-01T12:00:00Z') });
  // The clock stands still at a day before the credentials were made.
  await server.sql(`UPDATE sppp.credential SET valid_from = '2026-01-01Z'`);
  await load(server, ['1299*,iana-en:111']);
  for (const request of [
    addRequest(destGrp('DG_ONE'), destGrp('DG_SPARE'), obj('URIType', uriRec('SED_ONE'))),
    addRequest(
      obj('SedGrpType', sedGrp('SG_ONE', ref('SED_ONE', 10) + b('dgName', 'DG_ONE'))),
      tn('+12025550100', ['DG_ONE']),
    ),
    addRequest(offer(offerKeyOf('SG_ONE', 'iana-en:225')), offer(offerKeyOf('SG_ONE', 'iana-en:226'))),
  ]) {
    expect(readAnswer((await server.post(request)).text)).toMatchObject({ code: 1000 });
  }
});
afterAll(() => server.close());

async function answerTo({ xml, trigger, crowded, ...options }: Ask): Promise<string> {
  const ask = async () => (await server.post(xml, options)).text;
  if (trigger !== undefined) return withTrigger(trigger, ask);
  return crowded ? inCrowd(xml) : ask();
}

async function withTrigger(body: string, ask: () => Promise<string>): Promise<string> {
  await server.sql(
    `CREATE FUNCTION sppp.failing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NULL; END $$;
     CREATE TRIGGER failing BEFORE INSERT OR UPDATE ON sppp.destination_group EXECUTE FUNCTION sppp.failing()`,
  );
  try {
    return await ask();
  } finally {
    await server.sql('DROP FUNCTION sppp.failing CASCADE');
  }
}

/** More than a request can have to be carried out with others. */
function manyNumbers(): string[] {
  return Array.from({ length: 4200 }, (_, index) => tn(`+1202${5_550_000 + index}`));
}

/** Sends a request to a server that admits one large request at a time, while another registrar's is blocked. */
async function inCrowd(xml: string): Promise<string> {
  const crowded = await startServer({ settings: { SPPP_BULK_IN_ALL: '1', SPPP_BULK_WAITING: '0' } });
  const holder = await crowded.deps.database.pool.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE sppp.destination_group IN EXCLUSIVE MODE');
    const theirs = xml.replaceAll('iana-en:222', 'iana-en:225').replaceAll('iana-en:223', 'iana-en:225');
    const other = crowded.post(theirs, { as: 'ssp3' });
    await expect
      .poll(() => crowded.sql('SELECT FROM pg_locks WHERE NOT granted'), { timeout: 10_000 })
      .not.toHaveLength(0);
    const answer = (await crowded.post(xml)).text;
    await holder.query('ROLLBACK');
    expect(readAnswer((await other).text)).toMatchObject({ code: 1000 });
    return answer;
  } finally {
    holder.release(true);
    await crowded.close();
  }
}

const verbs: Record<string, string> = {
  spppAddRequest: 'Add',
  spppDelRequest: 'Delete',
  spppAcceptRequest: 'Accept',
  spppRejectRequest: 'Reject',
  spppBatchRequest: 'Batch',
  spppGetRequest: 'Get',
  getSedGrpOffersRequest: 'Get Offers',
  spppServerStatusRequest: 'Status',
};

/** Where an ask is one: the operation, with the mode if it is not the RFC's. */
function placeOf({ xml, path }: Ask): string {
  const verb = verbs[/Body><s:(\w+)/.exec(xml)?.[1] ?? ''] ?? '?';
  return path === undefined ? verb : `${verb} in \`${path}\``;
}

/** Codes that stand in the details; queries have none and say them in overallResult. */
function isOfObjects(code: string, xml: string): boolean {
  const isQuery = /Body><s:(?:spppGet|getSedGrpOffers)Request/.test(xml);
  const isClaim = code === '1000' && xml.includes('corClaim');
  return isClaim || (/^210[123]$/.test(code) && !isQuery);
}

/** The one message with this code in an answer; without the object's place, as on the page. */
function toldIn(answer: string, code: string, xml: string): string {
  const { details, ...overall } = readAnswer(answer);
  if (!isOfObjects(code, xml)) {
    expect(`${overall.code} ${overall.msg}`).toMatch(new RegExp(`^${code} `));
    return /^210[123]$/.test(code) ? withoutPlace(overall.msg) : overall.msg;
  }
  expect(overall.code).toBe(code === '1000' ? 1000 : 2100);
  expect(details.map((detail) => String(detail.code))).toEqual([code]);
  const [{ msg, failure } = { msg: '' }] = details;
  if (code === '1000') return msg;
  if (failure !== undefined) expect(msg).toMatch(new RegExp(`object ${failure.index}\\)$`));
  return withoutPlace(msg);
}

/** The place of the object is the end of the reason, or all of it. */
function withoutPlace(msg: string): string {
  expect(msg).toMatch(/[(;] ?object [1-9][0-9]*\)$/);
  return msg.replace(/ \(object [0-9]+\)$/, '').replace(/; object [0-9]+\)$/, ')');
}

describe.each(Object.entries(tables))('%s', (code, causes) => {
  it.each(causes.map(([cause, ...some]) => [cause, some] as const))('%s', async (cause, some) => {
    const asks: Ask[] = some.map((ask) => (typeof ask === 'string' ? { xml: ask } : ask));
    const documented = new Set<string>();
    for (const ask of asks) documented.add(toldIn(await answerTo(ask), code, ask.xml));
    expect([...documented], 'all of them are answered alike').toHaveLength(1);
    const [msg = ''] = documented;
    const places = [...new Set(asks.map(placeOf))].join(', ');
    if (updates) return rewrite(`| ${rowOf(code, cause)?.join(' | ')} |`, `| ${cause} | ${places} | \`${msg}\` |`);
    expect(rowOf(code, cause)).toEqual([cause, places, `\`${msg}\``]);
  });

  it('has no other cause on the page', () => {
    expect(rowsOf(code).map(([cause]) => cause)).toEqual(causes.map(([cause]) => cause));
  });

  it('is shown in a whole answer', async () => {
    const { xml, ...how } = examples[code] ?? { xml: '' };
    const answer = indented(await answerTo({ xml, ...how }));
    const [shown = ''] = /```xml\n[\s\S]*?```/.exec(section(code)) ?? [];
    if (updates) return rewrite(shown, `\`\`\`xml\n${answer}\`\`\``);
    expect(section(code)).toContain(`\`\`\`xml\n${answer}\`\`\``);
  });
});

describe('SOAP faults', () => {
  it.each(faults)('%s', async (cause, xml) => {
    const { status: http, text } = await server.post(xml);
    const { code, reason } = readFault(text);
    expect(rowOf('SOAP faults', cause)).toEqual([cause, String(http), `\`${code}\``, `\`${reason}\``]);
  });

  it('has no other cause on the page', () => {
    expect(rowsOf('SOAP faults').map(([cause]) => cause)).toEqual(faults.map(([cause]) => cause));
  });
});

describe('HTTP', () => {
  it.each(refusals)('%s', async (cause, ask) => {
    const { status: http, text } = await ask(`${server.url}/sppp`, server);
    expect(rowOf('HTTP', cause)).toEqual([cause, String(http), `\`${text.trim()}\``]);
  });

  it('has no other cause on the page', () => {
    expect(rowsOf('HTTP').map(([cause]) => cause)).toEqual(refusals.map(([cause]) => cause));
  });
});

/** The answer with a line for each element, and one transaction id for all. */
function indented(answer: string): string {
  let depth = 0;
  const lines = answer
    .replace(/<serverTransId>[^<]*/, '<serverTransId>0195517b-7a00-7c31-9d4e-5b0f8a6e2d17')
    .replace(/^<\?xml[^>]*\?>/, '')
    .replaceAll('><', '>\n<')
    .split('\n')
    .map((line) => {
      if (line.startsWith('</')) depth -= 1;
      const placed = '  '.repeat(depth) + line;
      if (!line.includes('</') && !line.endsWith('/>')) depth += 1;
      return placed;
    });
  return `${lines.join('\n')}\n`;
}
