import { describe, expect, it } from 'vitest';
import { validateMessage } from './schema.js';

const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const soap12 = 'http://www.w3.org/2003/05/soap-envelope';

function message(payload: string, envelope = soap11): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="${envelope}" xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1"
  xmlns:b="urn:ietf:params:xml:ns:sppf:base:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <e:Body xml:lang="en">${payload}</e:Body>
</e:Envelope>`;
}

const head = '<b:rant>iana-en:222</b:rant><b:rar>iana-en:223</b:rar>';

function adding(type: string, rest: string): string {
  return `<s:spppAddRequest><obj xsi:type="${type}">${head}${rest}</obj></s:spppAddRequest>`;
}

function deleting(key: string): string {
  return `<s:spppDelRequest>${key}</s:spppDelRequest>`;
}

const group = adding('b:DestGrpType', '<b:dgName>GROUP</b:dgName>');
const status = '<s:spppServerStatusRequest/>';
const result = '<overallResult><code>1000</code><msg>Request succeeded</msg></overallResult>';
const offerKey = `<sedGrpKey><rant>iana-en:222</rant><name>SED_GROUP</name><type>SedGrp</type></sedGrpKey>
  <offeredTo>iana-en:111</offeredTo>`;
const offer = (dates: string) =>
  adding(
    'b:SedGrpOfferType',
    `<b:sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${offerKey}</b:sedGrpOfferKey><b:status>offered</b:status>${dates}`,
  );

describe('a valid message', () => {
  it.each([
    ['of SOAP 1.1', message(group)],
    ['of SOAP 1.2', message(group, soap12)],
    ['with a request that may be empty', message('<s:getSedGrpOffersRequest/>')],
    ['with a response', message(`<s:spppGetResponse>${result}</s:spppGetResponse>`)],
    [
      'with a URI key',
      message(
        deleting('<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant><uri>sip:bob@example.com</uri></objKey>'),
      ),
    ],
    [
      'with a type prefix declared on the element itself',
      message(group.replace('b:DestGrpType"', 'q:DestGrpType" xmlns:q="urn:ietf:params:xml:ns:sppf:base:1"')),
    ],
    [
      'with a redundant type',
      message(
        `<s:spppAcceptRequest><sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${offerKey}</sedGrpOfferKey></s:spppAcceptRequest>`,
      ),
    ],
    [
      'with white space around a number',
      message('<s:spppServerStatusRequest><minorVer> 1\n</minorVer></s:spppServerStatusRequest>'),
    ],
    [
      'with an extension that nobody knows, in both places',
      message(
        adding(
          'b:URIPubIdType',
          `<b:ext><x:a xmlns:x="urn:x" y="1"><x:b/></x:a></b:ext><b:uri>sip:a@example.com</b:uri><b:ext><c xmlns="urn:c"/></b:ext>`,
        ),
      ),
    ],
    ['with white space around a time', message(offer('<b:offerDateTime>\n 2012-10-22T09:30:10Z\t</b:offerDateTime>'))],
  ])('%s', (_, xml) => {
    expect(validateMessage(xml)).toEqual([]);
  });
});

describe('an invalid message', () => {
  it.each([
    ['ill-formed', '<a>', /Premature end/],
    ['empty', '', /./],
    ['without an envelope', '<s:spppServerStatusRequest xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1"/>', /envelope/],
    ['in an unknown envelope', message(status, 'http://www.w3.org/2001/12/soap-envelope'), /envelope/],
    ['with an empty Body', message(''), /one element in the Body, found 0/],
    ['with two payloads', message(status + status), /one element in the Body, found 2/],
    ['that is a fault', message('<e:Fault/>'), /No matching global declaration/],
    ['with an unknown wrapper', message('<s:spppRequest/>'), /No matching global declaration/],
    ['with a wrapper of no namespace', message('<spppServerStatusRequest/>'), /No matching global declaration/],
    ['with a language on the wrapper', message(status.replace('/>', ' xml:lang="en"/>')), /attribute/],
    ['without a type where one is due', message(group.replace(' xsi:type="b:DestGrpType"', '')), /abstract/],
    ['with an abstract type', message(group.replace('DestGrpType', 'PubIdType')), /abstract/],
    ['with an unknown type', message(group.replace('DestGrpType', 'GroupType')), /GroupType/],
    ['with a type of another namespace', message(group.replace('b:DestGrpType', 's:DestGrpType')), /DestGrpType/],
    ['with an unbound type prefix', message(group.replace('b:DestGrpType', 'q:DestGrpType')), /q/],
    ['with a type in the wrong place', message(group.replace('b:DestGrpType', 's:ObjKeyType')), /ObjKeyType/],
    ['with a local element that is qualified', message(group.replaceAll('obj', 's:obj')), /s?:?obj/],
    ['with an object child of no namespace', message(group.replaceAll('b:dgName', 'dgName')), /dgName/],
    ['with an empty extension', message(group.replace('<b:dgName>', '<b:ext/><b:dgName>')), /ext/],
    [
      'with an extension of our own namespace',
      message(group.replace('<b:dgName>', '<b:ext><b:rant>a:1</b:rant></b:ext><b:dgName>')),
      /rant/,
    ],
    [
      'with a code that does not exist',
      message(`<s:spppGetResponse>${result}</s:spppGetResponse>`.replace('1000', '1001')),
      /1001/,
    ],
    ['with a name too short', message(group.replace('GROUP', 'AB')), /minLength/],
    ['with a time that is none', message(offer('<b:offerDateTime>yesterday</b:offerDateTime>')), /yesterday/],
    [
      'with a hard space around a time',
      message(offer('<b:offerDateTime>\u00a02012-10-22T09:30:10Z</b:offerDateTime>')),
      /dateTime/,
    ],
  ])('%s', (_, xml, reason) => {
    expect(validateMessage(xml).join('\n')).toMatch(reason);
  });

  it('is told with the line', () => {
    expect(validateMessage(message('\n<s:spppRequest/>'))).toEqual([expect.stringMatching(/^5: /)]);
  });
});
