/** The published documents against an independent outline of RFC 7878 §9 and RFC 7877 §12. */

import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { createClientAsync } from 'soap';
import { describe, expect, it } from 'vitest';
import { schemaNamed, wsdlAt } from '../../src/http/wsdl.js';
import { childOrder, outline } from '../support/outline.js';
import { hasRfcExamples, rfcExamples } from '../support/rfc-examples.js';
import { validateMessage } from '../support/schema.js';

const namespaces = {
  wsdl: 'http://schemas.xmlsoap.org/wsdl/',
  soap: 'http://schemas.xmlsoap.org/wsdl/soap/',
  soap12: 'http://schemas.xmlsoap.org/wsdl/soap12/',
  xsd: 'http://www.w3.org/2001/XMLSchema',
};
const base = schemaNamed('sppfbase.xsd') ?? '';
const wsdl = wsdlAt('http://registry.example/sppp');

/** Operation, which is also its soapAction; then request and response as message and element. */
const operations = [
  ['submitAddRqst', 'spppAddRequestMsg', 'spppAddRequest', 'spppAddResponseMsg', 'spppAddResponse'],
  ['submitDelRqst', 'spppDelRequestMsg', 'spppDelRequest', 'spppDelResponseMsg', 'spppDelResponse'],
  ['submitAcceptRqst', 'spppAcceptRequestMsg', 'spppAcceptRequest', 'spppAcceptResponseMsg', 'spppAcceptResponse'],
  ['submitRejectRqst', 'spppRejectRequestMsg', 'spppRejectRequest', 'spppRejectResponseMsg', 'spppRejectResponse'],
  ['submitBatchRqst', 'spppBatchRequestMsg', 'spppBatchRequest', 'spppBatchResponseMsg', 'spppBatchResponse'],
  ['submitGetRqst', 'spppGetRequestMsg', 'spppGetRequest', 'spppGetResponseMsg', 'spppGetResponse'],
  [
    'submitGetSedGrpOffersRqst',
    'spppGetSedGrpOffersRequestMsg',
    'getSedGrpOffersRequest',
    'spppGetResponseMsg',
    'spppGetResponse',
  ],
  [
    'submitServerStatusRqst',
    'spppServerStatusRequestMsg',
    'spppServerStatusRequest',
    'spppServerStatusResponseMsg',
    'spppServerStatusResponse',
  ],
];

describe('the base schema', () => {
  const header = 'rant rar cDate? mDate? ext?';
  const sedHeader = `${header} sedName sedFunction? isInSvc ttl?`;

  it.each([
    ['DestGrpType', `${header} dgName`],
    ['TNType', `${header} dgName* tn corInfo? sedRecRef*`],
    ['TNRType', `${header} dgName* range corInfo?`],
    ['TNPType', `${header} dgName* tnPrefix corInfo?`],
    ['RNType', `${header} dgName* rn corInfo?`],
    ['URIPubIdType', `${header} dgName* uri ext?`],
    ['NAPTRType', `${sedHeader} order flags? svcs regx? repl? ext?`],
    ['NSType', `${sedHeader} hostName ipAddr* ext?`],
    ['URIType', `${sedHeader} ere uri ext?`],
    ['SedGrpType', `${header} sedGrpName sedRecRef* dgName* peeringOrg* sourceIdent* isInSvc priority ext?`],
    ['SedGrpOfferType', `${header} sedGrpOfferKey status offerDateTime acceptDateTime? ext?`],
    ['EgrRteType', `${header} egrRteName pref regxRewriteRule ingrSedGrp* svcs? ext?`],
  ])('orders the children of %s', (type, order) => {
    expect(childOrder(base, type)).toBe(order);
  });

  const complexTypes = {
    ObjKeyType: 'abstract',
    SedGrpOfferKeyType: 'abstract ext sppfb:ObjKeyType',
    PubIdKeyType: 'abstract ext sppfb:ObjKeyType',
    ExtAnyType: '{ any ##other lax+ }',
    CORInfoType: '{ corClaim=xsd:boolean"true" cor=xsd:boolean"false"? corDate=xsd:dateTime? }',
    NumberType: '{ value=sppfb:NumberValType type=sppfb:NumberTypeEnum }',
    NumberRangeType: '{ startRange=sppfb:NumberValType endRange=sppfb:NumberValType }',
    RegexParamType: '{ ere=sppfb:RegexType"^(.*)$" repl=sppfb:ReplType }',
    IPAddrType: '{ addr=sppfb:AddrStringType ext=sppfb:ExtAnyType? } @type=sppfb:IPType"v4"',
    SedRecRefType: '{ sedKey=sppfb:ObjKeyType priority=xsd:unsignedShort ext=sppfb:ExtAnyType? }',
    SourceIdentType:
      '{ sourceIdentRegex=sppfb:RegexType sourceIdentScheme=sppfb:SourceIdentSchemeType ext=sppfb:ExtAnyType? }',
    SvcMenuType:
      '{ serverStatus=sppfb:ServerStatusType majMinVersion=xsd:token+ objURI=xsd:anyURI+ extURI=xsd:anyURI* }',
    BasicObjType:
      'abstract { rant=sppfb:OrgIdType rar=sppfb:OrgIdType cDate=xsd:dateTime? mDate=xsd:dateTime? ext=sppfb:ExtAnyType? }',
    DestGrpType: 'ext sppfb:BasicObjType { dgName=sppfb:ObjNameType }',
    PubIdType: 'abstract ext sppfb:BasicObjType { dgName=sppfb:ObjNameType* }',
    TNType: 'ext sppfb:PubIdType { tn=sppfb:NumberValType corInfo=sppfb:CORInfoType? sedRecRef=sppfb:SedRecRefType* }',
    TNRType: 'ext sppfb:PubIdType { range=sppfb:NumberRangeType corInfo=sppfb:CORInfoType? }',
    TNPType: 'ext sppfb:PubIdType { tnPrefix=sppfb:NumberValType corInfo=sppfb:CORInfoType? }',
    RNType: 'ext sppfb:PubIdType { rn=sppfb:NumberValType corInfo=sppfb:CORInfoType? }',
    URIPubIdType: 'ext sppfb:PubIdType { uri=xsd:anyURI ext=sppfb:ExtAnyType? }',
    SedRecType:
      'abstract ext sppfb:BasicObjType { sedName=sppfb:ObjNameType sedFunction=sppfb:SedFunctionType? isInSvc=xsd:boolean ttl=xsd:positiveInteger? }',
    NAPTRType:
      'ext sppfb:SedRecType { order=xsd:unsignedShort flags=sppfb:FlagsType? svcs=sppfb:SvcType regx=sppfb:RegexParamType? repl=sppfb:ReplType? ext=sppfb:ExtAnyType? }',
    NSType: 'ext sppfb:SedRecType { hostName=xsd:token ipAddr=sppfb:IPAddrType* ext=sppfb:ExtAnyType? }',
    URIType: 'ext sppfb:SedRecType { ere=xsd:token"^(.*)$" uri=xsd:anyURI ext=sppfb:ExtAnyType? }',
    SedGrpType:
      'ext sppfb:BasicObjType { sedGrpName=sppfb:ObjNameType sedRecRef=sppfb:SedRecRefType* dgName=sppfb:ObjNameType* peeringOrg=sppfb:OrgIdType* sourceIdent=sppfb:SourceIdentType* isInSvc=xsd:boolean priority=xsd:unsignedShort ext=sppfb:ExtAnyType? }',
    SedGrpOfferType:
      'ext sppfb:BasicObjType { sedGrpOfferKey=sppfb:SedGrpOfferKeyType status=sppfb:SedGrpOfferStatusType offerDateTime=xsd:dateTime acceptDateTime=xsd:dateTime? ext=sppfb:ExtAnyType? }',
    EgrRteType:
      'ext sppfb:BasicObjType { egrRteName=sppfb:ObjNameType pref=xsd:unsignedShort regxRewriteRule=sppfb:RegexParamType ingrSedGrp=sppfb:ObjKeyType* svcs=sppfb:SvcType? ext=sppfb:ExtAnyType? }',
  };
  const simpleTypes = {
    OrgIdType: 'xsd:token',
    ObjNameType: 'xsd:token minLength=3 maxLength=80',
    TransIdType: 'xsd:token minLength=3 maxLength=120',
    MinorVerType: 'xsd:unsignedLong',
    NumberValType: 'xsd:token maxLength=20 pattern=\\+?\\d\\d*',
    NumberTypeEnum: 'xsd:token enumeration=TN enumeration=TNPrefix enumeration=RN',
    SvcType: 'xsd:token minLength=1',
    RegexType: 'xsd:token minLength=1',
    ReplType: 'xsd:token minLength=1 maxLength=255',
    FlagsType: 'xsd:token length=1 pattern=[A-Z]|[a-z]|[0-9]',
    AddrStringType: 'xsd:token minLength=3 maxLength=45',
    IPType: 'xsd:token enumeration=v4 enumeration=v6',
    SourceIdentSchemeType: 'xsd:token enumeration=uri enumeration=ip enumeration=rootDomain',
    SedFunctionType: 'xsd:token enumeration=routing enumeration=lookup',
    SedGrpOfferStatusType: 'xsd:token enumeration=offered enumeration=accepted',
    ServerStatusType: 'xsd:token enumeration=inService enumeration=outOfService',
  };

  it('has 27 complex and 16 simple types and nothing else', () => {
    const kinds = outline(base).map(([kind]) => kind);
    expect(kinds.filter((kind) => kind === 'complexType')).toHaveLength(27);
    expect(kinds.filter((kind) => kind === 'simpleType')).toHaveLength(16);
    expect(kinds).toHaveLength(43);
  });

  it('defines each of them as outlined', () => {
    const components = outline(base).map(([, name, content]) => [name, content]);
    expect(Object.fromEntries(components)).toEqual({ ...complexTypes, ...simpleTypes });
  });

  it('qualifies local elements, not attributes', () => {
    const document = XmlDocument.fromString(base);
    const { root } = document;
    const attributes = ['targetNamespace', 'elementFormDefault', 'attributeFormDefault'].map(
      (name) => root.attr(name)?.value,
    );
    document.dispose();
    expect(attributes).toEqual(['urn:ietf:params:xml:ns:sppf:base:1', 'qualified', undefined]);
  });
});

describe('the schema in the WSDL', () => {
  const trans = 'clientTransId=sppfb:TransIdType?';
  const version = 'minorVer=sppfb:MinorVerType?';
  const overall = 'overallResult=sppfs:ResultCodeType';
  const answer = `${trans} serverTransId=sppfb:TransIdType ${overall}`;

  it('declares what is outlined, in this order', () => {
    expect(outline(inlineSchema())).toEqual([
      [
        'complexType',
        'ObjKeyType',
        'ext sppfb:ObjKeyType { rant=sppfb:OrgIdType name=sppfb:ObjNameType type=sppfs:ObjKeyTypeEnum }',
      ],
      [
        'simpleType',
        'ObjKeyTypeEnum',
        'xsd:token enumeration=SedGrp enumeration=DestGrp enumeration=SedRec enumeration=EgrRte',
      ],
      [
        'complexType',
        'SedGrpOfferKeyType',
        'ext sppfb:SedGrpOfferKeyType { sedGrpKey=sppfs:ObjKeyType offeredTo=sppfb:OrgIdType }',
      ],
      [
        'complexType',
        'PubIdKeyType',
        'ext sppfb:PubIdKeyType { rant=sppfb:OrgIdType ( number=sppfb:NumberType | range=sppfb:NumberRangeType | uri=xsd:anyURI ) }',
      ],
      ['element', 'spppAddRequest', `{ ${trans} ${version} obj=sppfb:BasicObjType+ }`],
      ['element', 'spppDelRequest', `{ ${trans} ${version} objKey=sppfb:ObjKeyType+ }`],
      ['element', 'spppAcceptRequest', `{ ${trans} ${version} sedGrpOfferKey=sppfs:SedGrpOfferKeyType+ }`],
      ['element', 'spppRejectRequest', `{ ${trans} ${version} sedGrpOfferKey=sppfs:SedGrpOfferKeyType+ }`],
      ['element', 'spppGetRequest', `{ ${version} objKey=sppfb:ObjKeyType+ }`],
      [
        'element',
        'spppBatchRequest',
        `{ ${trans} ${version} ( addObj=sppfb:BasicObjType | delObj=sppfb:ObjKeyType | acceptSedGrpOffer=sppfs:SedGrpOfferKeyType | rejectSedGrpOffer=sppfs:SedGrpOfferKeyType )+ }`,
      ],
      ['element', 'spppServerStatusRequest', `{ ${version} }`],
      [
        'element',
        'getSedGrpOffersRequest',
        `{ ${version} offeredBy=sppfb:OrgIdType* offeredTo=sppfb:OrgIdType* status=sppfb:SedGrpOfferStatusType? sedGrpOfferKey=sppfs:SedGrpOfferKeyType* }`,
      ],
      ['element', 'spppAddResponse', `{ ${answer} detailResult=sppfs:ObjResultCodeType* }`],
      ['element', 'spppDelResponse', `{ ${answer} detailResult=sppfs:ObjKeyResultCodeType* }`],
      ['element', 'spppAcceptResponse', `{ ${answer} detailResult=sppfs:SedGrpOfferKeyResultCodeType* }`],
      ['element', 'spppRejectResponse', `{ ${answer} detailResult=sppfs:SedGrpOfferKeyResultCodeType* }`],
      [
        'element',
        'spppBatchResponse',
        `{ ${answer} ( addResult=sppfs:ObjResultCodeType | delResult=sppfs:ObjKeyResultCodeType | acceptResult=sppfs:SedGrpOfferKeyResultCodeType | rejectResult=sppfs:SedGrpOfferKeyResultCodeType )* }`,
      ],
      ['element', 'spppGetResponse', `{ ${overall} resultObj=sppfb:BasicObjType* }`],
      ['element', 'spppServerStatusResponse', `{ ${overall} svcMenu=sppfb:SvcMenuType }`],
      ['complexType', 'ResultCodeType', '{ code=sppfs:ResultCodeValType msg=sppfs:MsgType }'],
      [
        'simpleType',
        'ResultCodeValType',
        'xsd:unsignedShort enumeration=1000 enumeration=2000 enumeration=2001 enumeration=2002 enumeration=2100 enumeration=2101 enumeration=2102 enumeration=2103 enumeration=2300 enumeration=2301',
      ],
      ['simpleType', 'MsgType', 'xsd:token minLength=3 maxLength=255'],
      ['complexType', 'ObjResultCodeType', 'ext sppfs:ResultCodeType { obj=sppfb:BasicObjType }'],
      ['complexType', 'ObjKeyResultCodeType', 'ext sppfs:ResultCodeType { objKey=sppfb:ObjKeyType }'],
      [
        'complexType',
        'SedGrpOfferKeyResultCodeType',
        'ext sppfs:ResultCodeType { sedGrpOfferKey=sppfs:SedGrpOfferKeyType }',
      ],
    ]);
  });

  it('has 15 global elements, 7 complex and 3 simple types', () => {
    const kinds = outline(inlineSchema()).map(([kind]) => kind);
    const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
    expect([count('element'), count('complexType'), count('simpleType')]).toEqual([15, 7, 3]);
  });

  it('leaves local elements unqualified and imports the schemas by absolute addresses', () => {
    expect(found('//xsd:schema/@*')).toEqual(['urn:ietf:params:xml:ns:sppf:soap:1']);
    expect(found('//xsd:import/@*')).toEqual([
      'urn:ietf:params:xml:ns:sppf:base:1',
      'http://registry.example/sppp?xsd=sppfbase.xsd',
      'urn:sppp-server:detail:1',
      'http://registry.example/sppp?xsd=sppp-detail.xsd',
    ]);
  });
});

describe('the WSDL', () => {
  it('has 15 messages of one part each', () => {
    const messages = new Map(
      operations.flatMap(([, request = '', rqst = '', response = '', rspns = '']) => [
        [request, ['rqst', `sppfs:${rqst}`]],
        [response, ['rspns', `sppfs:${rspns}`]],
      ]),
    );
    expect(messages.size).toBe(15);
    expect(found('/*/wsdl:message/@name')).toEqual([...messages.keys()]);
    expect(found('/*/wsdl:message/wsdl:part/@*')).toEqual([...messages.values()].flat());
  });

  it('has one port type with the eight operations', () => {
    expect(found('/*/wsdl:portType/@name')).toEqual(['spppPortType']);
    expect(found('/*/wsdl:portType/wsdl:operation/@name')).toEqual(operations.map(([name]) => name));
    expect(found('/*/wsdl:portType/wsdl:operation/wsdl:input/@message')).toEqual(
      operations.map(([, request]) => `sppfs:${request}`),
    );
    expect(found('/*/wsdl:portType/wsdl:operation/wsdl:output/@message')).toEqual(
      operations.map(([, , , response]) => `sppfs:${response}`),
    );
  });

  it.each([
    [1, 'spppSoapBinding', 'spppPort', 'soap'],
    [2, 'spppSoap12Binding', 'spppSoap12Port', 'soap12'],
  ])('has as binding %i %s with port %s', (place, name, port, soap) => {
    const binding = `/*/wsdl:binding[${place}]`;
    expect(found(`${binding}/@*`)).toEqual([name, 'sppfs:spppPortType']);
    expect(found(`${binding}/${soap}:binding/@*`)).toEqual(['document', 'http://schemas.xmlsoap.org/soap/http']);
    expect(found(`${binding}/wsdl:operation/@name`)).toEqual(operations.map(([action]) => action));
    expect(found(`${binding}/wsdl:operation/${soap}:operation/@soapAction`)).toEqual(
      operations.map(([action]) => action),
    );
    expect(found(`${binding}/wsdl:operation/${soap}:operation/@style`)).toEqual(operations.map(() => 'document'));
    expect(found(`${binding}/wsdl:operation/*/${soap}:body/@use`)).toEqual(
      operations.flatMap(() => ['literal', 'literal']),
    );
    expect(found(`/*/wsdl:service[@name='spppService']/wsdl:port[${place}]/@*`)).toEqual([port, `sppfs:${name}`]);
    expect(found(`/*/wsdl:service/wsdl:port[${place}]/${soap}:address/@location`)).toEqual([
      'http://registry.example/sppp',
    ]);
  });

  it('is read by a stock toolkit as it is served', async () => {
    const server = createServer((request, response) => {
      const asked = new URL(request.url ?? '', origin(server.address()));
      const schema = schemaNamed(asked.searchParams.get('xsd') ?? '');
      response.end(schema ?? wsdlAt(asked.origin + asked.pathname));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `${origin(server.address())}/sppp/validate`;
      const client = await createClientAsync(`${address}?wsdl`);
      const described = client.describe();
      expect(Object.keys(described)).toEqual(['spppService']);
      expect(Object.keys(described.spppService)).toEqual(['spppPort', 'spppSoap12Port']);
      for (const port of Object.values<object>(described.spppService)) {
        expect(Object.keys(port)).toEqual(operations.map(([name]) => name));
      }
      expect(client.wsdl.definitions.services.spppService?.ports.spppPort?.location).toBe(address);
      expect(described.spppService.spppPort.submitServerStatusRqst.output.svcMenu).toMatchObject({
        serverStatus: expect.stringContaining('ServerStatusType'),
        'majMinVersion[]': 'xsd:token',
      });
    } finally {
      server.close();
    }
  });
});

if (!hasRfcExamples)
  process.stderr.write('The messages of RFC 7878 section 10 are not validated: they are not there\n');

describe.skipIf(!hasRfcExamples)('the messages of RFC 7878 section 10', () => {
  const files = hasRfcExamples ? readdirSync(rfcExamples).filter((name) => name.endsWith('.xml')) : [];
  /** Examples that contradict the schemas: children of `range` with other names, a missing `isInSvc`. */
  const broken = ['07-add-tn-range-request.xml', '23-batch-request.xml'];

  it.each(files)('%s', (name) => {
    const reasons = validateMessage(readFileSync(new URL(name, rfcExamples), 'utf8'));
    expect(reasons).toHaveLength(broken.includes(name) ? 1 : 0);
  });

  it('are all there', () => {
    expect(files).toHaveLength(46);
    expect(files).toEqual(expect.arrayContaining(broken));
  });
});

/** The values that an XPath expression finds in the WSDL. */
function found(path: string): string[] {
  const document = XmlDocument.fromString(wsdl);
  try {
    return document.find(path, namespaces).map((node) => node.content);
  } finally {
    document.dispose();
  }
}

function inlineSchema(): string {
  const document = XmlDocument.fromString(wsdl);
  try {
    const schema = document.get('//xsd:schema', namespaces);
    return schema instanceof XmlElement ? schema.toString() : '';
  } finally {
    document.dispose();
  }
}

function origin(address: AddressInfo | string | null): string {
  return address !== null && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : '';
}
