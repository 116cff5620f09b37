import { describe, expect, it } from 'vitest';
import { decode } from '../../test/support/decoding.js';
import {
  addRequest,
  delRequest,
  destGrp,
  envelope,
  getRequest,
  numberKey,
  obj,
  objKey,
} from '../../test/support/message.js';
import { validateMessage } from '../../test/support/schema.js';

const group = { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: 'DEST_GRP' };

/** Read without a word of complaint. */
function itemsOf(xml: string) {
  const { items, refused, fault } = decode(xml);
  expect({ refused, fault }).toEqual({});
  return items;
}

/** The first object of an Add, with what is wrong with it. */
function firstOf(object: string) {
  const [item] = itemsOf(addRequest(object));
  return { flaw: item?.flaw, subject: item?.subject };
}

function refusalOf(xml: string): string {
  const { refused, fault } = decode(xml);
  expect(fault).toBeUndefined();
  expect(refused?.code).toBe(2000);
  return refused?.reason ?? '';
}

function adding(head: string, ...objs: string[]): string {
  return envelope(`<s:spppAddRequest>${head}${objs.join('')}</s:spppAddRequest>`);
}

describe('the head of a request', () => {
  it('may be empty', () => {
    const { head } = decode(addRequest(destGrp('DEST_GRP')));
    expect(head).toMatchObject({ rule: { operation: 'submitAddRqst' }, offeredBy: [], offeredTo: [] });
    expect(head).not.toHaveProperty('clientTransId');
    expect(head).not.toHaveProperty('minorVer');
  });

  it('has a transaction id and a version, without the white space around them', () => {
    const { head } = decode(
      adding('<clientTransId>\n txn  1 </clientTransId><minorVer> +01 </minorVer>', destGrp('DEST_GRP')),
    );
    expect(head).toMatchObject({ clientTransId: 'txn 1', minorVer: '1' });
  });

  it('of Get Offers has filters, each as often as it likes', () => {
    const { head, items } = decode(
      envelope(
        '<s:getSedGrpOffersRequest><offeredBy>iana-en:1</offeredBy><offeredBy>iana-en:2</offeredBy><offeredTo>iana-en:3</offeredTo><status>accepted</status></s:getSedGrpOffersRequest>',
      ),
    );
    expect(head).toMatchObject({ offeredBy: ['iana-en:1', 'iana-en:2'], offeredTo: ['iana-en:3'], status: 'accepted' });
    expect(items).toEqual([]);
  });

  it.each([
    ['a transaction id that is too short', '<clientTransId>ab</clientTransId>'],
    ['a transaction id that is too long', `<clientTransId>${'x'.repeat(121)}</clientTransId>`],
    ['an empty transaction id', '<clientTransId/>'],
    ['a version that is no number', '<minorVer>one</minorVer>'],
    ['a version below zero', '<minorVer>-1</minorVer>'],
    ['the version before the transaction id', '<minorVer>1</minorVer><clientTransId>txn_1</clientTransId>'],
    ['two versions', '<minorVer>1</minorVer><minorVer>1</minorVer>'],
    ['a transaction id in a namespace', '<b:clientTransId>txn_1</b:clientTransId>'],
    ['an element that no head has', '<majorVer>1</majorVer>'],
  ])('with %s is 2000, and nothing is done', (_, head) => {
    const { refused, items } = decode(adding(head, destGrp('DEST_GRP')));
    expect(refused?.code).toBe(2000);
    expect(items).toEqual([]);
  });

  it('does not return an invalid transaction id', () => {
    expect(decode(adding('<clientTransId>ab</clientTransId>', destGrp('DEST_GRP'))).head).not.toHaveProperty(
      'clientTransId',
    );
  });

  it('returns a valid transaction id although the request is refused later', () => {
    const { head, refused } = decode(adding('<clientTransId>txn_1</clientTransId>', '<obj/>'));
    expect(refused?.code).toBe(2000);
    expect(head?.clientTransId).toBe('txn_1');
  });

  it.each(['0', '1', '00', '+1'])('may have version %s', (version) => {
    expect(itemsOf(adding(`<minorVer>${version}</minorVer>`, destGrp('DEST_GRP')))).toHaveLength(1);
  });

  it.each(['2', '10', '18446744073709551615'])('of version %s is 2002, whatever follows', (version) => {
    const { refused, head, items } = decode(
      adding(`<clientTransId>txn_1</clientTransId><minorVer>${version}</minorVer>`, destGrp('DEST_GRP')),
    );
    expect(refused).toEqual({ code: 2002, reason: `minorVer ${version}; supported are 0 and 1` });
    expect(head?.clientTransId).toBe('txn_1');
    expect(items).toEqual([]);
  });

  it.each(['spppServerStatusRequest', 'getSedGrpOffersRequest'])(
    'of another version is 2002 in %s without items, too',
    (wrapper) => {
      expect(decode(envelope(`<s:${wrapper}><minorVer>2</minorVer></s:${wrapper}>`)).refused?.code).toBe(2002);
    },
  );
});

describe('the wrapper', () => {
  it.each([
    ['unknown', '<s:spppModifyRequest/>', 'spppModifyRequest'],
    ['that of an answer', '<s:spppAddResponse/>', 'spppAddResponse'],
    ['in no namespace', '<spppAddRequest/>', 'spppAddRequest'],
    ['in the base namespace', '<b:spppAddRequest/>', 'spppAddRequest'],
  ])('%s is a fault, since nothing can answer', (_, body, name) => {
    const { fault, head } = decode(envelope(body));
    expect(fault).toContain(name);
    expect(head).toBeUndefined();
  });

  it.each([
    ['xsi:nil', '<s:spppServerStatusRequest xsi:nil="true"/>'],
    ['a type', '<s:spppServerStatusRequest xsi:type="s:whatever"/>'],
    ['a schema location', '<s:spppServerStatusRequest xsi:schemaLocation="urn:x x.xsd"/>'],
    ['an encoding style', '<s:spppServerStatusRequest e:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/>'],
  ])('may have %s, as toolkits write it', (_, body) => {
    expect(itemsOf(envelope(body))).toEqual([]);
  });

  it('has no attribute of its own', () => {
    expect(refusalOf(envelope('<s:spppServerStatusRequest version="1"/>'))).toMatch(/attribute version is not allowed/);
  });

  it.each([
    'spppAddRequest',
    'spppDelRequest',
    'spppAcceptRequest',
    'spppRejectRequest',
    'spppBatchRequest',
    'spppGetRequest',
  ])('%s needs something to do', (wrapper) => {
    expect(refusalOf(envelope(`<s:${wrapper}/>`))).toMatch(/lacks/);
  });
});

describe('an xsi:type', () => {
  const typed = (attributes: string) =>
    addRequest(
      `<obj ${attributes}><b:rant>iana-en:222</b:rant><b:rar>iana-en:223</b:rar><b:dgName>DEST_GRP</b:dgName></obj>`,
    );

  it.each([
    ['with whatever prefix', 'xmlns:q="urn:ietf:params:xml:ns:sppf:base:1" xsi:type="q:DestGrpType"'],
    ['in the default namespace', 'xmlns="" xsi:type="b:DestGrpType"'],
    ['with white space around it', 'xsi:type=" b:DestGrpType\n"'],
    ['beside xsi:nil that says no', 'xsi:type="b:DestGrpType" xsi:nil="false"'],
    [
      'with another prefix for its namespace',
      'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="b:DestGrpType"',
    ],
  ])('is read %s', (_, attributes) => {
    expect(itemsOf(typed(attributes))).toStrictEqual([{ index: 0, verb: 'add', subject: group }]);
  });

  it('is read in the default namespace, where the object alone is in none', () => {
    const xml = addRequest(
      '<q:obj xmlns:q="urn:x"/>',
      `<obj xsi:type="b:DestGrpType"><rant xmlns="urn:ietf:params:xml:ns:sppf:base:1">iana-en:222</rant><b:rar>iana-en:223</b:rar><b:dgName>DEST_GRP</b:dgName></obj>`,
    ).replace('<q:obj xmlns:q="urn:x"/>', '');
    expect(itemsOf(xml)).toStrictEqual([{ index: 0, verb: 'add', subject: group }]);
  });

  it.each([
    ['missing', '', /obj needs an xsi:type/],
    ['without the namespace', 'type="b:DestGrpType"', /attribute type is not allowed on obj/],
    ['unknown', 'xsi:type="b:DestGroupType"', /cannot be of type \{urn:ietf:params:xml:ns:sppf:base:1\}DestGroupType/],
    ['abstract', 'xsi:type="b:BasicObjType"', /cannot be of type/],
    ['abstract further down', 'xsi:type="b:PubIdType"', /cannot be of type/],
    [
      'in another namespace',
      'xsi:type="s:DestGrpType"',
      /cannot be of type \{urn:ietf:params:xml:ns:sppf:soap:1\}DestGrpType/,
    ],
    ['without a prefix', 'xsi:type="DestGrpType"', /cannot be of type \{\}DestGrpType/],
    ['with a prefix that is not declared', 'xsi:type="q:DestGrpType"', /cannot be of type \{\}DestGrpType/],
    ['of a key', 'xsi:type="s:ObjKeyType"', /cannot be of type/],
    ['of a part of an object', 'xsi:type="b:CORInfoType"', /cannot be of type/],
    ['of a simple type', 'xsi:type="b:ObjNameType"', /cannot be of type/],
    ['nil', 'xsi:type="b:DestGrpType" xsi:nil="true"', /obj cannot be nil/],
    ['nil as a number', 'xsi:type="b:DestGrpType" xsi:nil=" 1 "', /obj cannot be nil/],
    ['like a property of every object', 'xsi:type="b:constructor"', /cannot be of type/],
  ])('%s is 2000', (_, attributes, reason) => {
    expect(refusalOf(typed(attributes))).toMatch(reason);
    expect(validateMessage(typed(attributes))).not.toEqual([]);
  });

  it('is allowed where it is not needed, if it is right', () => {
    const key = (type: string) =>
      `<s:spppAcceptRequest><sedGrpOfferKey ${type}><sedGrpKey ${type && 'xsi:type="s:ObjKeyType"'}><rant>iana-en:222</rant><name>SED_GRP</name><type>SedGrp</type></sedGrpKey><offeredTo>iana-en:111</offeredTo></sedGrpOfferKey></s:spppAcceptRequest>`;
    const plain = itemsOf(envelope(key('')));
    expect(itemsOf(envelope(key('xsi:type="s:SedGrpOfferKeyType"')))).toStrictEqual(plain);
    expect(refusalOf(envelope(key('xsi:type="s:PubIdKeyType"')))).toMatch(/sedGrpOfferKey cannot be of type/);
  });
});

describe('items come in the order of the request', () => {
  it('with their index and verb, a batch mixing all of them', () => {
    const key =
      '<sedGrpKey><rant>iana-en:222</rant><name>SED_GRP</name><type>SedGrp</type></sedGrpKey><offeredTo>iana-en:111</offeredTo>';
    const items = itemsOf(
      envelope(
        `<s:spppBatchRequest>${destGrp('DEST_GRP').replaceAll('obj', 'addObj')}<rejectSedGrpOffer>${key}</rejectSedGrpOffer>${objKey('DestGrp', 'DEST_GRP').replaceAll('objKey', 'delObj')}<acceptSedGrpOffer>${key}</acceptSedGrpOffer>${destGrp('DEST_GRP').replaceAll('obj', 'addObj')}</s:spppBatchRequest>`,
      ),
    );
    expect(items.map(({ index, verb, subject }) => [index, verb, subject.kind])).toEqual([
      [0, 'add', 'DestGrpType'],
      [1, 'reject', 'SedGrpOfferKeyType'],
      [2, 'delete', 'ObjKeyType'],
      [3, 'accept', 'SedGrpOfferKeyType'],
      [4, 'add', 'DestGrpType'],
    ]);
  });

  it('keys of a Get have the verb get, those of a Delete the verb delete', () => {
    expect(itemsOf(getRequest(numberKey('TN', '+1')))).toMatchObject([
      { verb: 'get', subject: { number: { value: '+1', type: 'TN' } } },
    ]);
    expect(itemsOf(delRequest(numberKey('TN', '+1')))).toMatchObject([{ verb: 'delete' }]);
  });

  it('up to the maximum of a request', () => {
    const three = addRequest(destGrp('DG_1'), destGrp('DG_2'), destGrp('DG_3'));
    expect(decode(three, { objects: 3 })).toMatchObject({ items: { length: 3 } });
    const { refused, items } = decode(three, { objects: 2 });
    expect(refused).toEqual({ code: 2001, maxSupported: 2 });
    expect(items).toHaveLength(2);
  });
});

describe('an invalid value stays with its object', () => {
  it('so that it does not affect the others', () => {
    const items = itemsOf(addRequest(destGrp('DEST_GRP'), destGrp('ab'), destGrp('DEST_GRP')));
    expect(items.map(({ flaw }) => flaw?.attrName)).toEqual([undefined, 'dgName', undefined]);
  });

  it('but a later structural fault outranks it', () => {
    expect(refusalOf(addRequest(destGrp('ab'), '<obj/>'))).toMatch(/needs an xsi:type/);
  });

  it('and the first of several counts', () => {
    expect(firstOf(obj('DestGrpType', '<b:dgName>ab</b:dgName>', { rant: 'x', rar: 'y' })).flaw).toMatchObject({
      attrName: 'rant',
      attrVal: 'x',
    });
  });

  it('as it was sent, white space collapsed, and with the reason', () => {
    expect(firstOf(destGrp(' a\n\t b<!-- c --><![CDATA[  ]]>')).subject).toMatchObject({ dgName: 'a b' });
    expect(firstOf(destGrp(' a\n ')).flaw).toEqual({
      attrName: 'dgName',
      attrVal: 'a',
      reason: '1 characters, not 3 to 80',
    });
  });

  it('in a list is left out of the answer', () => {
    const { subject, flaw } = firstOf(
      obj('TNType', '<b:dgName>DG_1</b:dgName><b:dgName>ab</b:dgName><b:dgName>DG_3</b:dgName><b:tn>1</b:tn>'),
    );
    expect(flaw?.attrName).toBe('dgName');
    expect(subject).toMatchObject({ dgName: ['DG_1', 'DG_3'] });
  });

  it('of an optional element is left out of the answer', () => {
    const { subject, flaw } = firstOf(obj('DestGrpType', '<b:cDate>today</b:cDate><b:dgName>DEST_GRP</b:dgName>'));
    expect(flaw).toMatchObject({ attrName: 'cDate', attrVal: 'today' });
    expect(subject).toStrictEqual(group);
  });

  it('that only the prose refuses is returned as sent', () => {
    const { subject, flaw } = firstOf(
      obj('DestGrpType', '<b:cDate>2012-10-22T09:30:10+02:00</b:cDate><b:dgName>DEST_GRP</b:dgName>'),
    );
    expect(flaw?.attrName).toBe('cDate');
    expect(subject).toStrictEqual({ ...group, cDate: '2012-10-22T09:30:10+02:00' });
  });
});

describe('rules about more than one value', () => {
  const range = (start: string, end: string) =>
    obj('TNRType', `<b:range><b:startRange>${start}</b:startRange><b:endRange>${end}</b:endRange></b:range>`);
  const sedRec = '<b:sedName>SED_1</b:sedName><b:isInSvc>true</b:isInSvc>';
  const naptr = (rest: string) => obj('NAPTRType', `${sedRec}<b:order>10</b:order><b:svcs>E2U+sip</b:svcs>${rest}`);
  const regx = (ere: string, repl: string) => `<b:regx><b:ere>${ere}</b:ere><b:repl>${repl}</b:repl></b:regx>`;
  const uri = (ere: string, text: string) => obj('URIType', `${sedRec}<b:ere>${ere}</b:ere><b:uri>${text}</b:uri>`);
  const ns = (type: string, addr: string) =>
    obj(
      'NSType',
      `${sedRec}<b:hostName>ns.example.com</b:hostName><b:ipAddr${type}><b:addr>${addr}</b:addr></b:ipAddr>`,
    );

  it.each([
    ['1000', '2000'],
    ['+1000', '1000'],
    ['1234', '12'],
    ['9', '9'],
  ])('a range from %s to %s is one', (start, end) => {
    expect(firstOf(range(start, end))).toMatchObject({
      flaw: undefined,
      subject: { range: { startRange: start, endRange: end } },
    });
  });

  it.each([
    ['2000', '1000', '2000-1000'],
    ['1234', '11', '1234-11'],
    ['x', '1000', 'x-1000'],
    ['1000', 'x', '1000-x'],
    ['x', 'y', 'x-y'],
    ['', '1', '-1'],
  ])('a range from %j to %j is none, told with both its ends', (start, end, attrVal) => {
    expect(firstOf(range(start, end)).flaw).toMatchObject({ attrName: 'range', attrVal });
  });

  it('a range is read with startTn and endTn, too, as RFC 7878 §10.7 prints it', () => {
    const [first] = itemsOf(addRequest(range('1000', '2000')));
    expect(
      itemsOf(addRequest(range('1000', '2000').replaceAll('startRange', 'startTn').replaceAll('endRange', 'endTn'))),
    ).toStrictEqual([first]);
    expect(
      refusalOf(
        addRequest(range('1000', '2000').replace('</b:startRange>', '</b:startRange><b:startTn>1000</b:startTn>')),
      ),
    ).toMatch(/startTn/);
  });

  it.each([
    ['an unknown group', regx('^(.*)$', '\\2'), 'repl', '\\2'],
    ['a group where there is none', regx('abc', '\\1'), 'repl', '\\1'],
    ['a backslash at the end', regx('^(.*)$', 'a\\'), 'repl', 'a\\'],
    ['a letter behind a backslash', regx('^(.*)$', '\\n'), 'repl', '\\n'],
    ['a pattern that does not compile', regx('(', '\\1'), 'ere', '('],
  ])('a regx with %s', (_, element, attrName, attrVal) => {
    expect(firstOf(naptr(element)).flaw).toMatchObject({ attrName, attrVal });
  });

  it('an empty ere is that of the schema, and its group can be referred to', () => {
    expect(firstOf(naptr('<b:regx><b:ere/><b:repl>\\1</b:repl></b:regx>'))).toMatchObject({
      flaw: undefined,
      subject: { regx: { ere: '^(.*)$', repl: '\\1' } },
    });
  });

  it('a URI refers to the groups of its ere', () => {
    expect(firstOf(uri('^(.*)$', 'sip:\\1@example.com')).flaw).toBeUndefined();
    expect(firstOf(uri('^.*$', 'sip:\\1@example.com')).flaw).toMatchObject({
      attrName: 'uri',
      attrVal: 'sip:\\1@example.com',
    });
  });

  it('a NAPTR has regx or repl', () => {
    expect(firstOf(naptr('')).flaw).toEqual({ attrName: 'regx', attrVal: '', reason: 'a NAPTR has regx or repl' });
    expect(firstOf(naptr('<b:repl>x.example.com</b:repl>')).flaw).toBeUndefined();
  });

  it('the repl of a NAPTR does not matter beside its regx', () => {
    const tooLong = 'x'.repeat(256);
    const { flaw, subject } = firstOf(naptr(`${regx('^(.*)$', '\\1')}<b:repl>${tooLong}</b:repl>`));
    expect(flaw).toBeUndefined();
    expect(subject).not.toHaveProperty('repl');
    expect(firstOf(naptr(`<b:repl>${tooLong}</b:repl>`)).flaw?.attrName).toBe('repl');
  });

  it.each([
    ['', '192.0.2.1', 'v4'],
    [' type="v4"', '192.0.2.1', 'v4'],
    [' type=" v6 "', '2001:db8::1', 'v6'],
  ])('an address%s is %s of type %s', (type, addr, read) => {
    expect(firstOf(ns(type, addr))).toMatchObject({ flaw: undefined, subject: { ipAddr: [{ type: read, addr }] } });
  });

  it.each([
    ['', '2001:db8::1', 'addr', '2001:db8::1'],
    [' type="v6"', '192.0.2.1', 'addr', '192.0.2.1'],
    ['', '192.0.2', 'addr', '192.0.2'],
    ['', '192.0.02.1', 'addr', '192.0.02.1'],
    [' type="v6"', 'fe80::1%eth0', 'addr', 'fe80::1%eth0'],
    [' type="IPv4"', '192.0.2.1', 'type', 'IPv4'],
    [' type=""', '192.0.2.1', 'type', ''],
  ])('an address%s is not %s: told of %s', (type, addr, attrName, attrVal) => {
    const { flaw, subject } = firstOf(ns(type, addr));
    expect(flaw).toMatchObject({ attrName, attrVal });
    expect(subject).toMatchObject({ ipAddr: [{ type: type.includes('v6') ? 'v6' : 'v4', addr }] });
  });

  it('an address has no other attribute', () => {
    expect(refusalOf(addRequest(ns(' version="v4"', '192.0.2.1')))).toMatch(
      /attribute version is not allowed on ipAddr/,
    );
    expect(refusalOf(addRequest(ns(' s:type="v6"', '::1')))).toMatch(/attribute type is not allowed on ipAddr/);
  });
});

describe('a refusal has path and line', () => {
  it.each([
    ['the path and the line', `\n\n${obj('DestGrpType', '\n')}`, 'spppAddRequest/obj: obj lacks dgName, line 4'],
    [
      'what is missing before',
      obj('DestGrpType', '').replace(/<b:rant>.*<\/b:rant>/, ''),
      'spppAddRequest/obj: rant must come before rar, line 1',
    ],
    [
      'what is not known',
      obj('DestGrpType', '<b:dgname/>'),
      'spppAddRequest/obj: dgname is not an element of DestGrpType, line 1',
    ],
    [
      'what is repeated',
      obj('DestGrpType', '<b:rar>iana-en:1</b:rar>'),
      'spppAddRequest/obj: dgName must come before rar, line 1',
    ],
    [
      'what stands where no element may',
      obj('DestGrpType', '<b:dgName><b:x/></b:dgName>'),
      'spppAddRequest/obj/dgName: no element is allowed here, not even x, line 1',
    ],
    [
      'text between elements',
      obj('DestGrpType', 'text'),
      'spppAddRequest/obj: text where only elements are allowed, line 1',
    ],
    [
      'an element in the wrong namespace',
      obj('TNType', '<b:tn>1</b:tn><corInfo/>'),
      "spppAddRequest/obj: corInfo is in namespace '', not 'urn:ietf:params:xml:ns:sppf:base:1', line 1",
    ],
    [
      'an element behind its place',
      obj('TNType', '<b:tn>1</b:tn><b:dgName>DG_1</b:dgName>'),
      'spppAddRequest/obj: dgName is repeated or out of order, line 1',
    ],
    [
      'an element of another type',
      obj('TNType', '<b:tn>1</b:tn><b:range/>'),
      'spppAddRequest/obj: range is not an element of TNType, line 1',
    ],
  ])('%s', (_, object, reason) => {
    expect(refusalOf(addRequest(object))).toBe(reason);
  });
});

describe('a list inside an object', () => {
  const texts = (name: string, value: string) => (count: number) => `<b:${name}>${value}</b:${name}>`.repeat(count);
  const recRef = (count: number) => {
    const key = '<rant>iana-en:222</rant><name>REC</name><type>SedRec</type>';
    return `<b:sedRecRef><b:sedKey xsi:type="s:ObjKeyType">${key}</b:sedKey><b:priority>1</b:priority></b:sedRecRef>`.repeat(
      count,
    );
  };
  const source = (count: number) =>
    '<b:sourceIdent><b:sourceIdentRegex>a</b:sourceIdentRegex><b:sourceIdentScheme>uri</b:sourceIdentScheme></b:sourceIdent>'.repeat(
      count,
    );
  const address = (count: number) => '<b:ipAddr type="v4"><b:addr>192.0.2.1</b:addr></b:ipAddr>'.repeat(count);
  const ingress = (count: number) =>
    '<b:ingrSedGrp xsi:type="s:ObjKeyType"><rant>iana-en:222</rant><name>GRP</name><type>SedGrp</type></b:ingrSedGrp>'.repeat(
      count,
    );
  const sedGrp = (lists: string) =>
    `<b:sedGrpName>GRP</b:sedGrpName>${lists}<b:isInSvc>true</b:isInSvc><b:priority>1</b:priority>`;

  it.each([
    ['TNType', 'dgName', 10, 'DEST', (n: number) => `${texts('dgName', 'DEST')(n)}<b:tn>1</b:tn>`],
    ['URIPubIdType', 'dgName', 10, 'DEST', (n: number) => `${texts('dgName', 'DEST')(n)}<b:uri>sip:a</b:uri>`],
    ['TNType', 'sedRecRef', 32, '', (n: number) => `<b:tn>1</b:tn>${recRef(n)}`],
    ['SedGrpType', 'sedRecRef', 32, '', (n: number) => sedGrp(recRef(n))],
    ['SedGrpType', 'dgName', 1000, 'DEST', (n: number) => sedGrp(texts('dgName', 'DEST')(n))],
    ['SedGrpType', 'peeringOrg', 10_000, 'a:b', (n: number) => sedGrp(texts('peeringOrg', 'a:b')(n))],
    ['SedGrpType', 'sourceIdent', 50, '', (n: number) => sedGrp(source(n))],
    [
      'NSType',
      'ipAddr',
      20,
      '',
      (n: number) =>
        `<b:sedName>REC</b:sedName><b:isInSvc>true</b:isInSvc><b:hostName>a.example</b:hostName>${address(n)}`,
    ],
    [
      'EgrRteType',
      'ingrSedGrp',
      1000,
      '',
      (n: number) =>
        `<b:egrRteName>RTE</b:egrRteName><b:pref>1</b:pref><b:regxRewriteRule><b:ere>a</b:ere><b:repl>b</b:repl></b:regxRewriteRule>${ingress(n)}`,
    ],
  ] as const)('%s: %s has up to %i entries; what comes then is read, and not kept', (type, name, most, value, made) => {
    const right = firstOf(obj(type, made(most)));
    expect(right.flaw).toBeUndefined();
    expect(right.subject).toHaveProperty([name, 'length'], most);
    const items = itemsOf(addRequest(obj(type, made(most + 500)), destGrp('DEST_GRP')));
    expect(items.map(({ flaw }) => flaw)).toEqual([
      { attrName: name, attrVal: value, reason: `more than ${most}` },
      undefined,
    ]);
    expect(items[0]?.subject).toHaveProperty([name, 'length'], most);
    expect(validateMessage(addRequest(obj(type, made(most))))).toEqual([]);
  });

  it('of source criteria is bounded by their patterns together as well', () => {
    const criteria = (...patterns: string[]) =>
      patterns.map((pattern) => source(1).replace('>a<', `>${pattern}<`)).join('');
    expect(firstOf(obj('SedGrpType', sedGrp(criteria('a{250}', 'b{250}', 'c{250}', 'd{250}')))).flaw).toBe(undefined);
    expect(firstOf(obj('SedGrpType', sedGrp(criteria('a{250}', 'b{250}', 'c{250}', 'd{250}', 'x'))))).toMatchObject({
      flaw: { attrName: 'sourceIdentRegex', attrVal: 'x', reason: expect.stringContaining('over 1000 characters') },
    });
  });

  it('in the head counts as objects do', () => {
    const filters = (count: number) =>
      envelope(
        `<s:getSedGrpOffersRequest>${'<offeredBy>iana-en:1</offeredBy>'.repeat(count)}</s:getSedGrpOffersRequest>`,
      );
    expect(decode(filters(60), { objects: 60 }).head?.offeredBy).toHaveLength(60);
    expect(decode(filters(61), { objects: 60 }).refused).toMatchObject({ code: 2001 });
  });
});

describe('the weight of an item', () => {
  const dgNames = (count: number) => '<b:dgName>DEST</b:dgName>'.repeat(count);
  const group = (count: number, ext = '') =>
    obj(
      'SedGrpType',
      `${ext}<b:sedGrpName>GRP</b:sedGrpName>${dgNames(count)}<b:isInSvc>true</b:isInSvc><b:priority>1</b:priority>`,
    );

  it('grows with its lists and extensions; plain items have none', () => {
    const ext = `<b:ext><x:a xmlns:x="urn:x">${'y'.repeat(3000)}</x:a></b:ext>`;
    const weights = itemsOf(addRequest(group(9), group(10), group(1000), group(19, ext))).map(({ weight }) => weight);
    expect(weights).toEqual([undefined, 2, 101, 5]);
  });

  it('counts against the maximum of a request: ten entries for each object', () => {
    const objects = { objects: 60 };
    expect(decode(addRequest(group(200), group(200), group(200), group(1)), objects).refused).toBeUndefined();
    expect(decode(addRequest(group(200), group(200), group(201), group(1)), objects).refused).toMatchObject({
      code: 2001,
    });
  });
});

describe('a text', () => {
  it('that is too long for every type is cut', () => {
    const text = 'E2U+sip'.padEnd(500_000, '+sip');
    const naptr = `<b:sedName>REC</b:sedName><b:isInSvc>true</b:isInSvc><b:order>1</b:order><b:svcs>${text}</b:svcs><b:repl>a</b:repl>`;
    const { flaw } = firstOf(obj('NAPTRType', naptr));
    expect(flaw).toMatchObject({ attrName: 'svcs' });
    expect(flaw?.attrVal.length).toBeLessThan(70_000);
  });

  it('may have white space around it up to the maximum', () => {
    const padded = (spaces: number) => firstOf(obj('DestGrpType', `<b:dgName>${' '.repeat(spaces)}DEST</b:dgName>`));
    expect(padded(65_532)).toMatchObject({ flaw: undefined, subject: { dgName: 'DEST' } });
    expect(padded(65_533).flaw).toMatchObject({ attrName: 'dgName' });
    const within = `<b:dgName>DEST${' '.repeat(65_530)}<!-- -->${' '.repeat(10)}MORE</b:dgName>`;
    expect(firstOf(obj('DestGrpType', within)).flaw).toMatchObject({ attrName: 'dgName' });
  });
});
