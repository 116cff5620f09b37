/** The codes of answers, their texts and their details (RFC 7878 §7.2, §7.3, §7.4; RFC 7877 §5.3). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  parse,
  type ReadAnswer,
  readAnswer,
  readFault,
  textAt,
  tn,
} from '../support/message.js';
import { type PostOptions, startServer, type TestServer } from '../support/server.js';

let server: TestServer;
/** Takes three objects in one request. */
let small: TestServer;

beforeAll(async () => {
  [server, small] = await Promise.all([startServer(), startServer({ settings: { SPPP_MAX_OBJECTS: '3' } })]);
});
afterAll(() => Promise.all([server.close(), small.close()]));

async function ask(xml: string, options: PostOptions = {}, of: TestServer = server): Promise<ReadAnswer> {
  const { status, text } = await of.post(xml, options);
  expect(`${status} ${text}`).toMatch(/^200 /);
  return readAnswer(text);
}

function destGrps(pattern: string): Promise<{ name: string }[]> {
  return server.sql(`SELECT name FROM sppp.destination_group WHERE name LIKE $1 ORDER BY id`, [pattern]);
}

const status = '<s:spppServerStatusRequest/>';
const txn = '<clientTransId>txn_1479</clientTransId>';
const wrapped = (wrapper: string, content: string) => envelope(`<s:${wrapper}>${content}</s:${wrapper}>`);
const adding = (content: string) => wrapped('spppAddRequest', content);
const pubIdKey = (content: string) => `<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant>${content}</objKey>`;
const rangeKey = (start: string, end: string) =>
  pubIdKey(`<range><b:startRange>${start}</b:startRange><b:endRange>${end}</b:endRange></range>`);
const offerKey = (name: string, { offeredTo = 'iana-en:111', type = 'SedGrp' } = {}) =>
  `<sedGrpKey><rant>iana-en:222</rant><name>${name}</name><type>${type}</type></sedGrpKey><offeredTo>${offeredTo}</offeredTo>`;
const naptr = (content: string) =>
  obj('NAPTRType', `<b:sedName>NAPTR_1</b:sedName><b:isInSvc>true</b:isInSvc>${content}`);
const claiming = (number: string, owner?: Owner) =>
  obj('TNType', `<b:tn>${number}</b:tn><b:corInfo><b:corClaim>true</b:corClaim></b:corInfo>`, owner);

describe('2000', () => {
  const group = destGrp('SYNTAX');
  const broken: [string, string, RegExp][] = [
    ['an unknown element', adding(group.replace('</obj>', '<b:colour/></obj>')), /obj: colour is not an element/],
    ['a missing element', adding(obj('DestGrpType', '')), /lacks dgName/],
    ['a missing first element', adding(group.replace(/<b:rant>.*<\/b:rant>/, '')), /rant must come before rar/],
    [
      'a repeated element',
      adding(obj('DestGrpType', '<b:dgName>AAA</b:dgName><b:dgName>BBB</b:dgName>')),
      /dgName is repeated/,
    ],
    [
      'elements out of order',
      adding(obj('DestGrpType', '<b:dgName>AAA</b:dgName><b:cDate/>')),
      /cDate is repeated or out of order/,
    ],
    [
      'an object’s element without namespace',
      adding(group.replaceAll('b:dgName', 'dgName')),
      /dgName is in namespace ''/,
    ],
    ['a local element with namespace', adding(group.replaceAll('obj', 's:obj')), /obj is in namespace/],
    [
      'a key’s element with namespace',
      delRequest(objKey('DestGrp', 'AAA').replaceAll('name>', 'b:name>')),
      /name is in namespace/,
    ],
    ['an object without type', adding(group.replace(/ xsi:type="[^"]*"/, '')), /obj needs an xsi:type/],
    ['an unknown type', adding(group.replace('DestGrpType', 'GroupType')), /GroupType/],
    ['an abstract type', adding(group.replace('DestGrpType', 'PubIdType')), /PubIdType/],
    ['the base of all types', adding(group.replace('DestGrpType', 'BasicObjType')), /BasicObjType/],
    ['a type of the other namespace', adding(group.replace('b:DestGrpType', 's:DestGrpType')), /DestGrpType/],
    ['a type with an unbound prefix', adding(group.replace('b:DestGrpType', 'q:DestGrpType')), /DestGrpType/],
    ['a key type where an object stands', adding(group.replace('b:DestGrpType', 's:ObjKeyType')), /ObjKeyType/],
    [
      'an object type where a key stands',
      delRequest(objKey('DestGrp', 'AAA').replace('s:ObjKeyType', 'b:DestGrpType')),
      /DestGrpType/,
    ],
    [
      'a redundant type that is another',
      wrapped('spppAcceptRequest', `<sedGrpOfferKey xsi:type="s:ObjKeyType">${offerKey('AAA')}</sedGrpOfferKey>`),
      /ObjKeyType/,
    ],
    ['an attribute', adding(group.replace('<obj ', '<obj id="1" ')), /attribute id is not allowed/],
    ['a language on the wrapper', envelope('<s:spppServerStatusRequest xml:lang="en"/>'), /attribute lang/],
    ['an object that is nil', adding(group.replace('<obj ', '<obj xsi:nil="true" ')), /nil/],
    ['text between elements', adding(`text${group}`), /text where only elements/],
    ['an element inside a value', adding(destGrp('A<b:x/>B')), /dgName: no element is allowed here/],
    ['no object', adding(''), /lacks obj/],
    ['no key', delRequest(), /lacks objKey/],
    ['no key to read', getRequest(), /lacks objKey/],
    ['an empty batch', wrapped('spppBatchRequest', ''), /lacks addObj/],
    ['a query in a batch', wrapped('spppBatchRequest', objKey('DestGrp', 'AAA')), /objKey is not an element/],
    [
      'two ways to name one identifier',
      delRequest(pubIdKey('<uri>sip:a@b</uri><uri>sip:a@b</uri>')),
      /uri is repeated/,
    ],
    ['no way to name an identifier', delRequest(pubIdKey('')), /lacks number or range or uri/],
    ['a range with one end', delRequest(pubIdKey('<range><b:startRange>1</b:startRange></range>')), /lacks endRange/],
    [
      'a record that does not say isInSvc',
      adding(
        naptr('<b:order>1</b:order>')
          .replace(/<b:isInSvc>.*?>/, '')
          .replace('</b:isInSvc>', ''),
      ),
      /isInSvc/,
    ],
    ['an empty extension', adding(obj('DestGrpType', '<b:ext/><b:dgName>AAA</b:dgName>')), /ext must hold an element/],
    [
      'an extension of our own namespace',
      adding(obj('DestGrpType', '<b:ext><b:x/></b:ext><b:dgName>AAA</b:dgName>')),
      /another namespace/,
    ],
    ['the transaction id after the object', adding(group + txn), /clientTransId is repeated or out of order/],
    [
      'a transaction id where there is none',
      getRequest(`${txn}${objKey('DestGrp', 'AAA')}`),
      /clientTransId is not an element/,
    ],
    ['a minor version that is no number', adding(`<minorVer>abc</minorVer>${group}`), /minorVer 'abc'/],
    ['a negative minor version', adding(`<minorVer>-1</minorVer>${group}`), /minorVer '-1'/],
    ['an empty minor version', adding(`<minorVer/>${group}`), /minorVer ''/],
    ['a minor version beyond its type', adding(`<minorVer>18446744073709551616</minorVer>${group}`), /minorVer/],
    ['a status that does not exist', wrapped('getSedGrpOffersRequest', '<status>open</status>'), /status 'open'/],
    ['anything in Get Server Details', wrapped('spppServerStatusRequest', '<x/>'), /x is not an element/],
  ];

  it.each(broken)('answers %s, with path and line', async (_, xml, reason) => {
    const answer = await ask(xml);
    expect(answer).toMatchObject({ code: 2000, details: [], resultObjs: [] });
    expect(answer.msg).toMatch(/^Request syntax invalid \(.*line 1\)$/);
    expect(answer.msg).toMatch(reason);
  });

  it.each(['/sppp', '/sppp/partial', '/sppp/validate'])('undoes the objects before it, at %s', async (path) => {
    const answer = await ask(adding(`${destGrp('TAKEN_BACK')}${obj('DestGrpType', '')}`), { path });
    expect(answer).toMatchObject({ code: 2000, details: [] });
    expect(await destGrps('TAKEN_BACK')).toEqual([]);
  });

  it.each(['/sppp', '/sppp/partial'])(
    'takes precedence over the failure of an object before it, at %s',
    async (path) => {
      const requests = [destGrp('XY'), tn('1202', ['NOBODY_MADE_THIS']), destGrp('AAA', { rar: 'iana-en:111' })];
      for (const failing of requests) {
        expect(await ask(adding(`${failing}${destGrp('AAA').repeat(50)}<x/>`), { path })).toMatchObject({
          code: 2000,
          details: [],
        });
      }
      const { status: http, text } = await server.post(addRequest(destGrp('XY')).replace('</e:Body>', ''), { path });
      expect(http).toBe(500);
      expect(readFault(text).code).toBe('Client');
    },
  );
});

describe('clientTransId', () => {
  const longest = 'x'.repeat(120);
  const withId = (id: string, ...objs: string[]) => adding(`<clientTransId>${id}</clientTransId>${objs.join('')}`);

  it.each(['t1', '', 'x'.repeat(121), '  ab\n '])("of '%s' is 2000 and not echoed", async (id) => {
    const answer = await ask(withId(id, destGrp('NO_ECHO')));
    expect(answer.code).toBe(2000);
    expect(answer).not.toHaveProperty('clientTransId');
    expect(await destGrps('NO_ECHO')).toEqual([]);
  });

  it.each([
    ['three characters', 'abc', 'abc'],
    ['120 characters', longest, longest],
    ['characters of other planes', '😀😀😀', '😀😀😀'],
    ['white space around and in it', '\n a  b\t c ', 'a b c'],
    ['markup', 'a&lt;b&amp;c', 'a&lt;b&amp;c'],
  ])('of %s is echoed', async (_, sent, echoed) => {
    expect(await ask(withId(sent, destGrp('ECHO')))).toMatchObject({ code: 1000, clientTransId: unescaped(echoed) });
  });

  it('is echoed whatever the result, and need not be new', async () => {
    const answers = [
      await ask(withId('txn_1', destGrp('ECHO'))),
      await ask(withId('txn_1', '<x/>')),
      await ask(withId('txn_1', '<minorVer>9</minorVer>', destGrp('ECHO'))),
      await ask(withId('txn_1', destGrp('ECHO')), { headers: { soapaction: 'submitDelRqst' } }),
      await ask(withId('txn_1', destGrp('XY'))),
      await ask(withId('txn_1', ...Array.from({ length: 4 }, () => destGrp('ECHO'))), {}, small),
    ];
    expect(answers.map(({ code, clientTransId }) => [code, clientTransId])).toEqual(
      [1000, 2000, 2002, 2100, 2100, 2001].map((code) => [code, 'txn_1']),
    );
  });

  it('is absent from the answer if it was absent from the request', async () => {
    expect(await ask(addRequest(destGrp('ECHO')))).not.toHaveProperty('clientTransId');
  });
});

describe('serverTransId', () => {
  it('is a new UUID of version 7 in every answer, greater in later ones', async () => {
    const ids: (string | undefined)[] = [];
    for (let count = 0; count < 5; count++) ids.push((await ask(addRequest(destGrp('UUID_GROUP')))).serverTransId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(5);
    expect([...ids].sort()).toEqual(ids);
  });

  it.each([
    ['a success', adding(txn + destGrp('STORED') + destGrp('STORED_2')), 1000, 'Request succeeded', 2, 0],
    ['a failed object', adding(txn + destGrp('STORED') + destGrp('XY')), 2100, 'Command invalid', 2, 1],
    ['a syntax error', adding(`${txn}<x/>`), 2000, /^Request syntax invalid \(/, 0, 0],
  ])('is stored with the outcome before the answer is sent: %s', async (_, xml, code, message, objects, failed) => {
    const { serverTransId } = await ask(xml);
    const rows = await server.sql(
      `SELECT client_trans_id, operation, mode, code, message, objects, failed, answered_at >= received_at AS answered
         FROM sppp.transaction WHERE server_trans_id = $1`,
      [serverTransId],
    );
    expect(rows).toEqual([
      {
        client_trans_id: 'txn_1479',
        operation: 'submitAddRqst',
        mode: 'atomic',
        code,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        objects,
        failed,
        answered: true,
      },
    ]);
  });

  it('is not in the answer to a query, but stored for it, too', async () => {
    const [before] = await server.sql<{ count: string }>('SELECT count(*) FROM sppp.transaction');
    expect(await ask(getRequest(objKey('DestGrp', 'NOBODY')))).not.toHaveProperty('serverTransId');
    expect(await ask(envelope(status))).not.toHaveProperty('serverTransId');
    const stored = await server.sql('SELECT operation, code FROM sppp.transaction ORDER BY id OFFSET $1', [
      before?.count,
    ]);
    expect(stored).toEqual([
      { operation: 'submitGetRqst', code: 1000 },
      { operation: 'submitServerStatusRqst', code: 1000 },
    ]);
  });
});

describe('minorVer', () => {
  it.each(['', '<minorVer>0</minorVer>', '<minorVer>1</minorVer>', '<minorVer>\n 01 </minorVer>'])(
    "is accepted as '%s'",
    async (minorVer) => {
      expect(await ask(adding(minorVer + destGrp('VERSION')))).toMatchObject({ code: 1000 });
      expect(await ask(getRequest(minorVer + objKey('DestGrp', 'VERSION')))).toMatchObject({ code: 1000 });
      expect(await ask(wrapped('spppServerStatusRequest', minorVer))).toMatchObject({ code: 1000 });
    },
  );

  it.each(['2', '10', '9007199254740993', '18446744073709551615'])('%s is 2002 for every operation', async (value) => {
    const minorVer = `<minorVer>${value}</minorVer>`;
    const requests = [
      adding(minorVer + destGrp('NEWER')),
      delRequest(minorVer + objKey('DestGrp', 'AAA')),
      wrapped('spppAcceptRequest', `${minorVer}<sedGrpOfferKey>${offerKey('AAA')}</sedGrpOfferKey>`),
      wrapped('spppRejectRequest', `${minorVer}<sedGrpOfferKey>${offerKey('AAA')}</sedGrpOfferKey>`),
      wrapped('spppBatchRequest', minorVer + destGrp('NEWER').replaceAll('obj', 'addObj')),
      getRequest(minorVer + objKey('DestGrp', 'AAA')),
      wrapped('getSedGrpOffersRequest', minorVer),
      wrapped('spppServerStatusRequest', minorVer),
    ];
    for (const xml of requests) {
      const answer = await ask(xml);
      expect(answer).toMatchObject({ code: 2002, details: [] });
      expect(answer.msg).toBe(`Version not supported (minorVer ${value}; supported are 0 and 1)`);
    }
    expect(await destGrps('NEWER')).toEqual([]);
  });
});

describe('2001', () => {
  const four = (one: (name: string) => string) => ['AAA', 'BBB', 'CCC', 'DDD'].map(one).join('');
  const asItem = (element: string, content: string) => `<${element}>${content}</${element}>`;

  it.each([
    ['objects to add', adding(four(destGrp))],
    ['keys to delete', delRequest(four((name) => objKey('DestGrp', name)))],
    [
      'offers to accept',
      wrapped(
        'spppAcceptRequest',
        four((name) => asItem('sedGrpOfferKey', offerKey(name))),
      ),
    ],
    [
      'offers to reject',
      wrapped(
        'spppRejectRequest',
        four((name) => asItem('sedGrpOfferKey', offerKey(name))),
      ),
    ],
    [
      'objects and keys of a batch together',
      wrapped(
        'spppBatchRequest',
        `${destGrp('AAA').replaceAll('obj', 'addObj')}${objKey('DestGrp', 'AAA').replaceAll('objKey', 'delObj')}`.repeat(
          2,
        ),
      ),
    ],
    ['keys to read', getRequest(four((name) => objKey('DestGrp', name)))],
    [
      'keys of offers to read',
      wrapped(
        'getSedGrpOffersRequest',
        four((name) => asItem('sedGrpOfferKey', offerKey(name))),
      ),
    ],
  ])('names the maximum of %s in one request', async (_, xml) => {
    const answer = await ask(xml, {}, small);
    expect(answer).toMatchObject({ code: 2001, details: [], resultObjs: [] });
    expect(answer.msg).toBe('Request too large MaxSupported:3');
    expect(await small.sql('SELECT FROM sppp.destination_group')).toEqual([]);
  });

  it('is not the answer to a request of the maximum', async () => {
    expect(await ask(addRequest(destGrp('AAA'), destGrp('BBB'), destGrp('CCC')), {}, small)).toMatchObject({
      code: 1000,
    });
    await ask(delRequest(objKey('DestGrp', 'AAA'), objKey('DestGrp', 'BBB'), objKey('DestGrp', 'CCC')), {}, small);
  });
});

describe('an object that fails', () => {
  it('gives 2100 overall, with its own code and the object as sent in the only detail', async () => {
    const answer = await ask(
      addRequest(destGrp('FIRST'), tn(' +1202555 ', ['NOBODY_MADE_THIS']), destGrp('XY'), destGrp('LAST')),
    );
    expect(answer).toMatchObject({ code: 2100, msg: 'Command invalid' });
    expect(answer.details).toHaveLength(1);
    const [detail] = answer.details;
    expect(detail).toMatchObject({ element: 'detailResult', code: 2102, subject: { name: 'obj', type: 'TNType' } });
    expect(detail?.msg).toBe('Object does not exist AttrName:dgName AttrVal:NOBODY_MADE_THIS (object 2)');
    expect(textAt(detail?.subject, 'tn')).toBe('+1202555');
    expect(await destGrps('FIRST')).toEqual([]);
    expect(await destGrps('LAST')).toEqual([]);
  });

  it('does not affect the other objects of a partial request, even if its value is invalid', async () => {
    const xml = addRequest(
      destGrp('GOOD_1'),
      destGrp('XY'),
      tn('12x'),
      destGrp('GOOD_2'),
      tn('1', ['NOBODY_MADE_THIS']),
    );
    const answer = await ask(xml, { path: '/sppp/partial' });
    expect(answer).toMatchObject({ code: 2100, msg: 'Command invalid (partial success, 2 of 5 applied)' });
    expect(answer.details.map(({ code }) => code)).toEqual([2101, 2101, 2102]);
    expect(await destGrps('GOOD_%')).toEqual([{ name: 'GOOD_1' }, { name: 'GOOD_2' }]);
  });

  const failures: [string, string, number, string, string, string][] = [
    ['a value too short', adding(destGrp('XY')), 2101, 'dgName', 'XY', '2 characters, not 3 to 80'],
    ['a number of letters', adding(tn('12x')), 2101, 'tn', '12x', 'digits'],
    ['a number that is too long', adding(tn('1'.repeat(21))), 2101, 'tn', '1'.repeat(21), ''],
    ['an organization without namespace', adding(destGrp('AAA', { rant: '222' })), 2101, 'rant', '222', ''],
    [
      'a boolean that is none',
      adding(
        naptr('')
          .replace('>true<', '>yes<')
          .replace('</obj>', '<b:order>1</b:order><b:svcs>E2U+sip</b:svcs><b:repl>x</b:repl></obj>'),
      ),
      2101,
      'isInSvc',
      'yes',
      'true, false, 1 or 0',
    ],
    [
      'an integer out of range',
      adding(naptr('<b:order>65536</b:order><b:svcs>E2U+sip</b:svcs><b:repl>x</b:repl>')),
      2101,
      'order',
      '65536',
      '',
    ],
    [
      'a time with an offset',
      adding(obj('DestGrpType', '<b:cDate>2026-01-01T00:00:00+01:00</b:cDate><b:dgName>AAA</b:dgName>')),
      2101,
      'cDate',
      '2026-01-01T00:00:00+01:00',
      '',
    ],
    [
      'a NAPTR without regx and repl',
      adding(naptr('<b:order>1</b:order><b:svcs>E2U+sip</b:svcs>')),
      2101,
      'regx',
      '',
      'a NAPTR has regx or repl',
    ],
    [
      'a back-reference to nothing',
      adding(
        naptr('<b:order>1</b:order><b:svcs>E2U+sip</b:svcs><b:regx><b:ere>^a$</b:ere><b:repl>\\1</b:repl></b:regx>'),
      ),
      2101,
      'repl',
      '\\1',
      '',
    ],
    [
      'a range from end to start',
      adding(obj('TNRType', '<b:range><b:startRange>1234</b:startRange><b:endRange>1200</b:endRange></b:range>')),
      2101,
      'range',
      '1234-1200',
      'the start is after the end',
    ],
    ['an end of a range that is none', delRequest(rangeKey('12x', '13')), 2101, 'range', '12x-13', 'digits'],
    [
      'a key’s kind that does not exist',
      delRequest(objKey('Group', 'AAA')),
      2101,
      'type',
      'Group',
      'one of SedGrp, DestGrp, SedRec, EgrRte',
    ],
    [
      'a key’s kind that cannot be offered',
      delRequest(`<objKey xsi:type="s:SedGrpOfferKeyType">${offerKey('AAA', { type: 'DestGrp' })}</objKey>`),
      2101,
      'type',
      'DestGrp',
      'only SedGrp here',
    ],
    ['an absent group', delRequest(objKey('DestGrp', 'NOBODY_MADE_THIS')), 2102, 'name', 'NOBODY_MADE_THIS', ''],
    ['an absent number', delRequest(numberKey('TN', '+12025550199')), 2102, 'value', '+12025550199', ''],
    ['an absent range', delRequest(rangeKey('+1300', '+1399')), 2102, 'range', '+1300-+1399', ''],
    [
      'an absent URI',
      delRequest(pubIdKey('<uri>sip:nobody@example.com</uri>')),
      2102,
      'uri',
      'sip:nobody@example.com',
      '',
    ],
    [
      'an offer of an absent group',
      delRequest(`<objKey xsi:type="s:SedGrpOfferKeyType">${offerKey('NOBODY_MADE_THIS')}</objKey>`),
      2102,
      'name',
      'NOBODY_MADE_THIS',
      '',
    ],
    ['another registrar', adding(destGrp('AAA', { rar: 'iana-en:111' })), 2103, 'rar', 'iana-en:111', ''],
    ['another’s registrant', adding(destGrp('AAA', { rant: 'iana-en:111' })), 2103, 'rant', 'iana-en:111', ''],
    [
      'an unknown registrant, told like another’s',
      delRequest(objKey('DestGrp', 'AAA', 'iana-en:999')),
      2103,
      'rant',
      'iana-en:999',
      '',
    ],
  ];
  const words: Record<number, string> = {
    2101: 'Attribute value invalid',
    2102: 'Object does not exist',
    2103: 'Object status or ownership does not allow for operation',
  };

  it.each(failures)('is named by element and value: %s', async (_, xml, code, attrName, attrVal, reason) => {
    const answer = await ask(xml);
    expect(answer).toMatchObject({ code: 2100, msg: 'Command invalid', details: [{ code }] });
    const msg = answer.details[0]?.msg ?? '';
    const beginning = `${words[code]} AttrName:${attrName} AttrVal:${attrVal}`;
    expect(msg.slice(0, beginning.length)).toBe(beginning);
    expect(msg.slice(beginning.length)).toMatch(/^( \(.+\))?$/);
    expect(msg).toContain(reason);
  });

  it('is named in the overall result of a query, which has no details', async () => {
    const key = objKey('DestGrp', 'XY');
    const mine = objKey('DestGrp', 'AAA');
    const theirs = objKey('DestGrp', 'AAA', 'iana-en:111');
    expect(await ask(getRequest(mine, key))).toMatchObject({
      code: 2101,
      msg: 'Attribute value invalid AttrName:name AttrVal:XY (2 characters, not 3 to 80; object 2)',
      details: [],
      resultObjs: [],
    });
    expect(await ask(getRequest(mine, theirs))).toMatchObject({ code: 2103, details: [], resultObjs: [] });
    expect(await ask(getRequest(mine))).toMatchObject({ code: 1000, msg: 'Request succeeded', resultObjs: [] });
  });
});

describe('a message', () => {
  const longValues: [string, string, number, string][] = [
    ['letters', delRequest(pubIdKey(`<uri>sip:${'a'.repeat(1000)}</uri>`)), 2102, 'AttrName:uri AttrVal:sip:aaaa'],
    ['characters of two code units', adding(destGrp('😀'.repeat(300))), 2101, 'AttrName:dgName AttrVal:😀😀'],
    ['markup', adding(destGrp('&lt;'.repeat(300))), 2101, 'AttrName:dgName AttrVal:<<<'],
    ['an organization', adding(destGrp('AAA', { rant: `x:${'y'.repeat(600)}` })), 2101, 'AttrName:rant AttrVal:x:yyy'],
  ];
  it.each(longValues)(
    'has at most 255 characters; a longer value is cut with an ellipsis: %s',
    async (_, xml, code, told) => {
      const [detail] = (await ask(xml)).details;
      expect(detail?.code).toBe(code);
      const msg = unescaped(detail?.msg ?? '');
      expect([...msg].length).toBeLessThanOrEqual(255);
      expect([...msg].length).toBeGreaterThan(200);
      expect(msg).toContain(told);
      expect(msg).toMatch(/…( \(.*\))?$/);
    },
  );

  it('is cut, too, if the path is long', async () => {
    const { code, msg } = await ask(adding(`<${'x'.repeat(250)}/>`));
    expect(code).toBe(2000);
    expect([...msg]).toHaveLength(255);
    expect(msg).toMatch(/^Request syntax invalid \(.*…$/);
  });

  it('shows a value with its white space collapsed', async () => {
    const [detail] = (await ask(adding(tn(' \n 1 x\t\t2 ')))).details;
    expect(detail?.msg).toContain('AttrName:tn AttrVal:1 x 2 (');
  });
});

describe('a carrier-of-record claim', () => {
  it('that holds is answered with 1000 and the object as stored; no other success has a detail', async () => {
    const answer = await ask(
      addRequest(claiming('+12025550001'), destGrp('NO_DETAIL'), tn('+12025550002'), claiming('+12025550003')),
    );
    expect(answer).toMatchObject({ code: 1000, msg: 'Request succeeded' });
    expect(
      answer.details.map(({ code, msg, subject }) => [
        code,
        msg,
        textAt(subject, 'tn'),
        textAt(subject, 'corInfo', 'cor'),
      ]),
    ).toEqual([
      [1000, 'Request succeeded', '+12025550001', 'true'],
      [1000, 'Request succeeded', '+12025550003', 'true'],
    ]);
    for (const { subject } of answer.details) expect(textAt(subject, 'corInfo', 'corDate')).toMatch(/Z$/);
  });

  it('that is lost gets 1000 without a detail', async () => {
    await ask(addRequest(claiming('+12025550011')));
    const ssp1 = { rant: 'iana-en:111', rar: 'iana-en:111' };
    expect(await ask(addRequest(claiming('12025550011', ssp1)), { as: 'ssp1' })).toMatchObject({
      code: 1000,
      details: [],
    });
  });

  it('that holds is listed with the failures, in order, in a partial request', async () => {
    const answer = await ask(addRequest(claiming('+12025550021'), destGrp('XY'), claiming('+12025550022')), {
      path: '/sppp/partial',
    });
    expect(answer.details.map(({ code }) => code)).toEqual([1000, 2101, 1000]);
  });
});

describe('the service menu', () => {
  const menus: [string, string, PostOptions, number][] = [
    ['a success', envelope(status), {}, 1000],
    ['2000', wrapped('spppServerStatusRequest', '<x/>'), {}, 2000],
    ['2002', wrapped('spppServerStatusRequest', '<minorVer>3</minorVer>'), {}, 2002],
    ['2100', envelope(status), { headers: { soapaction: 'submitAddRqst' } }, 2100],
  ];
  it.each(menus)('has the server’s features in the answer with %s', async (_, xml, options, code) => {
    const { text } = await server.post(xml, options);
    expect(readAnswer(text).code).toBe(code);
    const menu = parse(text).children[0]?.children[0]?.children.find(({ name }) => name === 'svcMenu');
    const values = (name: string) => menu?.children.filter((child) => child.name === name).map((child) => child.text);
    expect(values('serverStatus')).toEqual(['inService']);
    expect(values('majMinVersion')).toEqual(['1.0', '1.1']);
    expect(values('objURI')).toEqual(['urn:ietf:params:xml:ns:sppf:base:1']);
    // One for each processing mode beyond the RFC's, and nothing that is not there.
    expect(values('extURI')).toEqual([
      expect.stringMatching(/:partial$/),
      expect.stringMatching(/:validate$/),
      expect.stringMatching(/:detail:1$/),
    ]);
  });
});

describe('the language of the messages', () => {
  it.each([
    ['an answer', envelope(status), 200],
    ['a fault', envelope('<s:x/>'), 500],
  ])('is named on the Body of %s', async (_, xml, http) => {
    const received = await server.post(xml, { headers: { 'accept-language': 'de' } });
    expect(received.status).toBe(http);
    expect(received.text).toContain('<S:Body xml:lang="en">');
  });
});

describe('an element that the RFCs spell in two ways', () => {
  it('is read both ways and written as the schema has it: startTn and endTn', async () => {
    const range = '<b:range><b:startTn> +12026660000</b:startTn><b:endTn>+12026669999 </b:endTn></b:range>';
    expect(await ask(addRequest(obj('TNRType', range)))).toMatchObject({ code: 1000 });
    const [found] = (await ask(getRequest(rangeKey('12026660000', '12026669999')))).resultObjs;
    expect(textAt(found, 'range', 'startRange')).toBe('+12026660000');
    expect(textAt(found, 'range', 'endRange')).toBe('+12026669999');
  });

  it('is read in a key as well', async () => {
    const key = pubIdKey('<range><b:startTn>12026660000</b:startTn><b:endRange>12026669999</b:endRange></range>');
    expect((await ask(getRequest(key))).resultObjs).toHaveLength(1);
  });

  it('includes the uri key, which the printed schema lacks', async () => {
    await ask(addRequest(obj('URIPubIdType', '<b:uri>sip:alice@example.com</b:uri>')));
    const key = pubIdKey('<uri>\n sip:alice@example.com </uri>');
    expect((await ask(getRequest(key))).resultObjs).toHaveLength(1);
    expect(await ask(delRequest(key))).toMatchObject({ code: 1000 });
    expect((await ask(getRequest(key))).resultObjs).toEqual([]);
  });
});

describe('white space around', () => {
  it('numbers, booleans, times and enumerations is collapsed before they are judged', async () => {
    const record = obj(
      'NAPTRType',
      `<b:cDate>\n 2026-01-01T00:00:00Z </b:cDate><b:sedName> SPACED \t OUT </b:sedName><b:sedFunction> routing\n</b:sedFunction><b:isInSvc>
        1 </b:isInSvc><b:ttl> +60 </b:ttl><b:order>\t7 </b:order><b:flags> u </b:flags><b:svcs> E2U+sip </b:svcs><b:repl> a </b:repl>`,
    );
    expect(await ask(addRequest(record))).toMatchObject({ code: 1000 });
    const [found] = (await ask(getRequest(objKey(' SedRec ', ' SPACED OUT ')))).resultObjs;
    const values = ['sedName', 'sedFunction', 'isInSvc', 'ttl', 'order', 'flags', 'svcs', 'repl'];
    expect(values.map((name) => textAt(found, name))).toEqual([
      'SPACED OUT',
      'routing',
      'true',
      '60',
      '7',
      'u',
      'E2U+sip',
      'a',
    ]);
  });
});

describe('when the database fails', () => {
  const failing = (code: string) => `CREATE FUNCTION sppp.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'secret detail' USING ERRCODE = '${code}'; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON sppp.destination_group FOR EACH STATEMENT EXECUTE FUNCTION sppp.fail()`;

  it.each([
    ['for the moment', '53100', 2300, 'System temporarily unavailable'],
    ['in a way that nobody foresaw', 'XX000', 2301, 'Unexpected internal system or server error'],
  ])(
    '%s, the answer says no more than that, with a transaction id, and nothing is left of the request',
    async (_, sqlState, code, msg) => {
      await server.sql(failing(sqlState));
      try {
        const answer = await ask(adding(`${txn}${tn('+12025550300')}${destGrp('FAILS')}`));
        expect(answer).toMatchObject({ code, msg, details: [], clientTransId: 'txn_1479' });
        const stored = await server.sql('SELECT code FROM sppp.transaction WHERE server_trans_id = $1', [
          answer.serverTransId,
        ]);
        expect(stored).toEqual([{ code }]);
        expect((await ask(getRequest(numberKey('TN', '+12025550300')))).resultObjs).toEqual([]);
      } finally {
        await server.sql('DROP FUNCTION sppp.fail() CASCADE');
      }
      expect(await ask(addRequest(destGrp('FAILS_NO_MORE')))).toMatchObject({ code: 1000 });
    },
  );
});

/** The reader of answers leaves the five predefined entities as they are. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
