/** Messages that a filter and a reader understand differently: encodings, types, inclusions, numbers, signatures. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AttackedServer, startAttackedServer } from '../support/attacked-server.js';
import {
  addRequest,
  delRequest,
  destGrp,
  envelope,
  obj,
  objKey,
  readAnswer,
  readFault,
  tn,
} from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import '../support/long-timeouts.js';

let attacked: AttackedServer;
/** Whoever asks here was led by a message. */
let bait: Server;
let fetched: string[] = [];

beforeAll(async () => {
  attacked = await startAttackedServer({ SPPP_MAX_BODY_BYTES: '16777216', SPPP_MAX_INFLATED_BYTES: '16777216' });
  bait = createServer((request, response) => {
    fetched.push(request.url ?? '');
    response.end('<x/>');
  });
  await new Promise<void>((resolve) => {
    bait.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(async () => {
  bait.close();
  await attacked.server.close();
});
afterEach(async () => {
  expect(fetched).toEqual([]);
  fetched = [];
  await attacked.expectUnharmed();
});

const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  attacked.server.post(body, { headers });
const good = addRequest(destGrp('HOSTILE'));

async function expectFault(body: string | Uint8Array, reason: RegExp, headers: Record<string, string> = {}) {
  const { status, text } = await post(body, headers);
  expect({ status, ...readFault(text) }).toEqual({
    status: 500,
    code: 'Client',
    reason: expect.stringMatching(reason),
  });
}

async function expectAnswer(body: string, code: number, detail?: number) {
  const { status, text } = await post(body);
  const answer = readAnswer(text);
  expect({ status, code: answer.code }).toEqual({ status: 200, code });
  if (detail !== undefined) expect(answer.details.map((each) => each.code)).toEqual([detail]);
}

describe('an encoding', () => {
  const declared = (encoding: string) => good.replace('encoding="UTF-8"', `encoding="${encoding}"`);
  const between = (bytes: number[]) => {
    const [before = '', after = ''] = good.split('HOSTILE');
    return Buffer.concat([Buffer.from(`${before}HOST`), Buffer.from(bytes), Buffer.from(after)]);
  };
  const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

  it.each(['UTF-7', 'ISO-8859-1', 'windows-1252', 'EBCDIC-CP-US', 'UTF-32', 'IBM037', 'Shift_JIS', 'unknown', '../x'])(
    '%s is not read, however it is declared',
    async (encoding) => {
      await expectFault(declared(encoding), /encoding/i);
      const { status } = await post(good, { 'content-type': `text/xml; charset=${encoding.replace('../', '')}` });
      expect(status).toBe(415);
    },
  );

  it('UTF-7 in a document of UTF-8 is letters, not markup', async () => {
    const name = '+ADw-dgName+AD4-';
    await expectAnswer(addRequest(destGrp(name)), 1000);
    const stored = await attacked.server.sql('SELECT name FROM sppp.destination_group ORDER BY id DESC LIMIT 1');
    expect(stored).toEqual([{ name }]);
    await expectAnswer(delRequest(objKey('DestGrp', name)), 1000);
  });

  it.each<[string, number[]]>([
    ['an overlong form of <', [0xc0, 0xbc]],
    ['a longer one', [0xe0, 0x80, 0xbc]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a character cut short', [0xe2, 0x82]],
    ['a continuation alone', [0x80]],
    ['a byte that never stands in UTF-8', [0xff]],
  ])('with %s is refused', async (_, bytes) => {
    await expectFault(between(bytes), /./);
  });

  it('that contradicts the first bytes or the declaration is refused', async () => {
    await expectFault(utf16(declared('UTF-8')), /UTF-16/);
    await expectFault(declared('UTF-16'), /UTF-16/);
    await expectFault(good, /./, { 'content-type': 'text/xml; charset=utf-16' });
  });

  it('with an odd number of bytes, or half a pair at its end, is refused', async () => {
    const whole = utf16(good.replace(/<\?.*?\?>/, ''));
    await expectFault(whole.subarray(0, -1), /./);
    await expectFault(Buffer.concat([whole, Buffer.from([0x3d, 0xd8])]), /./);
  });
});

describe('an inclusion', () => {
  const url = () => `http://127.0.0.1:${(bait.address() as AddressInfo).port}/included`;

  it('in an extension is stored as it is, and not followed', async () => {
    const include =
      `<b:ext><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="${url()}"/>` +
      `<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/></b:ext>`;
    await expectAnswer(addRequest(obj('DestGrpType', `${include}<b:dgName>HOSTILE</b:dgName>`)), 1000);
    const [row] = await attacked.server.sql(`SELECT ext FROM sppp.destination_group WHERE name = 'HOSTILE'`);
    expect(row?.ext).toContain('href="file:///etc/passwd"');
    await expectAnswer(delRequest(objKey('DestGrp', 'HOSTILE')), 1000);
  });

  it('by the address of a schema, stylesheet or WSDL is not fetched', async () => {
    await expectAnswer(
      good.replace('<e:Body>', `<e:Body xsi:schemaLocation="urn:ietf:params:xml:ns:sppf:base:1 ${url()}">`),
      1000,
    );
    await expectAnswer(delRequest(objKey('DestGrp', 'HOSTILE')), 1000);
    await expectFault(
      good.replace('?>', `?><?xml-stylesheet href="${url()}" type="text/xsl"?>`),
      /processing instruction/,
    );
  });

  it('by a reply address is not followed', async () => {
    const to = `<e:Header><w:ReplyTo xmlns:w="http://www.w3.org/2005/08/addressing"><w:Address>${url()}</w:Address></w:ReplyTo></e:Header>`;
    await expectAnswer(good.replace('<e:Body>', `${to}<e:Body>`), 1000);
    await expectAnswer(delRequest(objKey('DestGrp', 'HOSTILE')), 1000);
  });
});

describe('an xsi:type', () => {
  const typed = (type: string, more = '') => good.replace('xsi:type="b:DestGrpType"', `xsi:type="${type}"${more}`);
  it.each([
    ['of a prefix that is not declared', typed('zz:DestGrpType')],
    ['of no prefix, where no namespace is the default', typed('DestGrpType')],
    ['of a prefix for another namespace', typed('x:DestGrpType', ' xmlns:x="urn:other"')],
    ['of our prefix for another namespace', typed('b:DestGrpType', ' xmlns:b="urn:other"')],
    ['of our other namespace', typed('s:DestGrpType')],
    ['that is abstract', typed('b:BasicObjType')],
    ['of a key', typed('s:ObjKeyType')],
    ['of an element inside', typed('b:SedRecRefType')],
    ['of XML Schema', typed('xsd:string', ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"')],
    ['of another spelling', typed('b:destGrpType')],
    ['of two colons', typed('b:b:DestGrpType')],
    ['that is empty', typed('')],
    ['of two words', typed('b:DestGrpType b:TNType')],
    ['without end', typed(`b:${'T'.repeat(8000)}`)],
    ['in another namespace than the instance’s', good.replace('xsi:type=', 'b:type=')],
    [
      'of an array of SOAP',
      typed('enc:Array', ' xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" enc:arrayType="b:DestGrpType[99]"'),
    ],
  ])('%s selects nothing: 2000', async (_, xml) => {
    await expectAnswer(xml, 2000);
  });

  it.each([
    ['the wrapper', good.replace('<s:spppAddRequest>', '<s:spppAddRequest xsi:type="s:SpppDelRequestType">')],
    ['a plain value', good.replace('<b:dgName>', '<b:dgName xsi:type="b:SedGrpType">')],
  ])('on %s has no effect: the elements decide', async (_, xml) => {
    expect(readAnswer((await post(xml)).text)).toMatchObject({ wrapper: 'spppAddResponse', code: 1000 });
    await expectAnswer(delRequest(objKey('DestGrp', 'HOSTILE')), 1000);
  });

  it('given twice by two prefixes is a repeated attribute: not well-formed', async () => {
    const twice = ' xmlns:y="http://www.w3.org/2001/XMLSchema-instance" y:type="b:TNType"';
    await expectFault(typed('b:DestGrpType', twice), /./);
  });

  it('xsi:nil neither empties an element with content nor replaces a required one', async () => {
    await expectAnswer(good.replace('<b:dgName>', '<b:dgName xsi:nil="true">'), 2000);
    await expectAnswer(good.replace('<b:dgName>HOSTILE</b:dgName>', '<b:dgName xsi:nil="true"/>'), 2000);
  });

  it('a reference to another element (href, id) is not content', async () => {
    await expectAnswer(good.replace('<b:dgName>HOSTILE</b:dgName>', '<b:dgName href="#1"/>'), 2000);
  });
});

describe('an invalid or too large number', () => {
  const nines = '9'.repeat(100_000);
  const group = (priority: string) =>
    addRequest(
      obj(
        'SedGrpType',
        `<b:sedGrpName>HOSTILE</b:sedGrpName><b:isInSvc>true</b:isInSvc><b:priority>${priority}</b:priority>`,
      ),
    );
  it.each([
    ...['65536', '-1', '-0.5', '1e3', '0x10', 'NaN', 'INF', 'Infinity', '1_000', '١٢', '1,000', '', 'null', nines],
    ...['18446744073709551616', '9007199254740993', '__proto__', '0'.repeat(900_000).concat('70000')],
  ])('%# as a priority: 2101 for that object', async (value) => {
    await expectAnswer(group(value), 2100, 2101);
  });

  it.each([nines, '1e400', '-1', '99999999999999999999', '0x1', 'NaN'])(
    '%# as a minor version: refused',
    async (value) => {
      const { status, text } = await post(
        good.replace('<s:spppAddRequest>', `<s:spppAddRequest><minorVer>${value}</minorVer>`),
      );
      expect(status).toBe(200);
      expect([2000, 2002]).toContain(readAnswer(text).code);
    },
  );

  it.each([nines, '+', '++12025550100', '1202555010x', '12025550100\u0000'.replace('\0', '&#9;0'), '１２０２'])(
    '%# as a telephone number: 2101, and nothing of it is stored',
    async (value) => {
      await expectAnswer(addRequest(tn(value)), 2100, 2101);
    },
  );

  it.each([
    '999999999-01-01T00:00:00Z',
    '2026-13-45T99:99:99Z',
    '-2026-01-01T00:00:00Z',
    `2026-01-01T00:00:00.${nines}Z`,
  ])('%# as a time is refused or ignored, never used', async (value) => {
    const dated = obj('DestGrpType', '<b:dgName>HOSTILE</b:dgName>').replace(
      '<b:dgName>',
      `<b:cDate>${value}</b:cDate><b:dgName>`,
    );
    const { status, text } = await post(addRequest(dated));
    expect(status).toBe(200);
    const { code } = readAnswer(text);
    expect([1000, 2000, 2100]).toContain(code);
    if (code === 1000) await expectAnswer(delRequest(objKey('DestGrp', 'HOSTILE')), 1000);
  });
});

describe('a signature', () => {
  const security = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
  const block = (must: string) =>
    `<e:Header><w:Security xmlns:w="${security}"${must}><w:UsernameToken><w:Username>ssp3</w:Username>` +
    `<w:Password>ssp3</w:Password></w:UsernameToken></w:Security></e:Header>`;

  it('that must be understood is a fault', async () => {
    const { status, text } = await post(good.replace('<e:Body>', `${block(' e:mustUnderstand="1"')}<e:Body>`));
    expect({ status, code: readFault(text).code }).toEqual({ status: 500, code: 'MustUnderstand' });
  });

  it('and a login in the envelope have no effect: only the login of the connection counts', async () => {
    await expectAnswer(good.replace('<e:Body>', `${block('')}<e:Body>`), 1000);
    const [row] = await attacked.server.sql(
      `SELECT o.org_id AS rar FROM sppp.destination_group g JOIN sppp.organization o ON o.id = g.rar_id WHERE g.name = 'HOSTILE'`,
    );
    expect(row).toEqual({ rar: 'iana-en:223' });
    await expectAnswer(delRequest(objKey('DestGrp', 'HOSTILE')), 1000);
  });

  it('wrapped around a second body: only the body in its proper place counts', async () => {
    const wrapped = `<e:Header><x:w xmlns:x="urn:x"><e:Body Id="signed">${good.replace(/.*<e:Body>|<\/e:Body>.*/g, '')}</e:Body></x:w></e:Header>`;
    const status = envelope('<s:spppServerStatusRequest/>').replace('<e:Body>', `${wrapped}<e:Body>`);
    const { text } = await post(status);
    expect(readAnswer(text)).toMatchObject({ wrapper: 'spppServerStatusResponse', code: 1000 });
  });
});

describe('chunks and trailers', () => {
  it.each([
    ['a trailer that names a login', '0\r\nAuthorization: Digest username="ssp2r"\r\n\r\n'],
    ['a chunk with an extension without end', `5;${'x'.repeat(200_000)}\r\nhello\r\n0\r\n\r\n`],
    ['a size beyond all bounds', 'ffffffffffffffffff\r\nx'],
    ['a size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a size in disguise', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a line end too few', '5\r\nhello0\r\n\r\n'],
  ])('%s gives no login', async (_, chunks) => {
    const connection = await RawConnection.open(attacked.server.url);
    connection.writeHead('POST', '/sppp', {
      'Content-Type': 'text/xml',
      'Transfer-Encoding': 'chunked',
      Connection: 'close',
    });
    connection.write(chunks);
    const status = await connection.answer().then(
      (answer) => answer.status,
      () => 0,
    );
    expect([0, 400, 401, 413, 431]).toContain(status);
    connection.close();
  });
});
