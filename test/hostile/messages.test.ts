/** Harmful messages, sent to a running server by an authenticated client: refused, without an effect. */

import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AttackedServer, startAttackedServer } from '../support/attacked-server.js';
import { picture } from '../support/full-set.js';
import {
  addRequest,
  delRequest,
  destGrp,
  envelope,
  getRequest,
  obj,
  objKey,
  readAnswer,
  readFault,
  textAt,
} from '../support/message.js';
import '../support/long-timeouts.js';

const LIMIT = 8 * 1024 * 1024;
let attacked: AttackedServer;

beforeAll(async () => {
  attacked = await startAttackedServer({
    SPPP_MAX_INFLATED_BYTES: String(LIMIT),
    SPPP_MAX_BODY_BYTES: String(LIMIT),
    SPPP_MAX_OBJECTS: '1000',
  });
});
afterAll(() => attacked.server.close());
afterEach(() => attacked.expectUnharmed());

const post = (xml: string | Uint8Array, headers: Record<string, string> = {}) => attacked.server.post(xml, { headers });

/** Expects a fault of the sender whose reason contains the text. */
async function expectFault(xml: string | Uint8Array, reason: string | RegExp): Promise<void> {
  const { status, text } = await post(xml);
  expect(status).toBe(500);
  const fault = readFault(text);
  expect(fault.code).toBe('Client');
  expect(fault.reason).toMatch(reason);
  expect(text.length).toBeLessThan(2000);
}

/** Answered with 2000 for the whole request, the place named. */
async function expectRefusal(xml: string, reason: string | RegExp): Promise<void> {
  const { status, text } = await post(xml);
  expect(status).toBe(200);
  const { code, msg } = readAnswer(text);
  expect({ code, msg }).toEqual({ code: 2000, msg: expect.stringMatching(reason) });
}

const good = addRequest(destGrp('HOSTILE'));
const body = (payload: string) => envelope(`<s:spppAddRequest>${payload}</s:spppAddRequest>`);
const after = (prolog: string) => good.replace(/<\?xml[^>]*\?>/, (declaration) => declaration + prolog);

describe('entities', () => {
  const laughs = Array.from({ length: 12 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
  it.each([
    ['a file', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'],
    ['an address', '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]>'],
    ['an external DTD', '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'],
    ['a parameter entity', '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>'],
    ['a billion laughs', `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}<!ENTITY e "&l12;">]>`],
    ['quadratic blow-up', `<!DOCTYPE x [<!ENTITY e "${'x'.repeat(200_000)}">]>`],
    ['a DOCTYPE that does nothing', '<!DOCTYPE x>'],
  ])('%s: refused before any look-up', async (_, doctype) => {
    await expectFault(after(doctype).replaceAll('HOSTILE', '&e;'.repeat(3)), 'DOCTYPE');
  });

  it('other than the five: refused', async () => {
    for (const name of ['nbsp', 'constructor', '__proto__', 'e']) {
      await expectFault(good.replace('HOSTILE', `&${name};`), 'entity');
    }
  });
});

describe('floods', () => {
  const many = (count: number, each: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => each(n)).join('');
  it.each([
    ['elements inside each other', body('<obj>'.repeat(400_000)), 'depth'],
    ['attributes on one element', body(`<obj ${many(300_000, (n) => `a${n}="" `)}/>`), 'attributes'],
    ['namespace declarations', body(`<obj ${many(200_000, (n) => `xmlns:n${n}="u" `)}/>`), 'declarations'],
    ['a name without end', body(`<${'n'.repeat(4_000_000)}`), 'runLength|nameLength'],
    ['an attribute name without end', body(`<obj ${'n'.repeat(4_000_000)}=""/>`), 'runLength|nameLength'],
    ['an attribute value without end', body(`<obj a="${'v'.repeat(4_000_000)}"/>`), 'runLength|attributeLength'],
    ['a comment without end', body(`<!--${'-x'.repeat(2_000_000)}`), 'runLength'],
    ['text without end', good.replace('HOSTILE', 'x'.repeat(4_000_000)), 'runLength'],
    ['numeric references', good.replace('HOSTILE', '&#65;'.repeat(800_000)), 'runLength'],
    ['processing instructions', body('<?x y?>'.repeat(500_000)), 'processing instruction'],
    ['a name just over the limit', body(`<${'n'.repeat(257)}/>`), 'nameLength = 256'],
    ['an element 33 deep', body('<obj>'.repeat(40)), 'depth|'],
  ])('of %s: stopped', async (_, xml, limit) => {
    const { status, text } = await post(xml);
    // An element outside the grammar is refused before the limit is reached; both end the request.
    if (status === 200) expect(readAnswer(text).code).toBe(2000);
    else expect(readFault(text).reason).toMatch(new RegExp(limit));
  });

  it('of depth inside an extension, which may have any content: stopped at the limit', async () => {
    const ext = `<b:ext>${'<x:a xmlns:x="urn:x">'.repeat(100_000)}`;
    await expectFault(body(obj('DestGrpType', ext)), 'the limit depth = 32 is exceeded');
  });

  it('of attributes inside an extension: stopped at the limit', async () => {
    const ext = `<b:ext><x:a xmlns:x="urn:x" ${many(100_000, (n) => `a${n}="" `)}/></b:ext>`;
    await expectFault(body(obj('DestGrpType', ext)), 'the limit attributes = 64 is exceeded');
  });

  it('of comments between elements: read, without an effect', async () => {
    const { text } = await post(body('<!-- c -->'.repeat(200_000)));
    expect(readAnswer(text).code).toBe(2000); // no object
  });

  it('of objects: refused with 2001 and the maximum of one request', async () => {
    const objects = Array.from({ length: 1001 }, (_, n) => destGrp(`HOSTILE_${n}`));
    const { code, msg } = readAnswer((await post(addRequest(...objects))).text);
    expect({ code, msg }).toEqual({ code: 2001, msg: expect.stringContaining('MaxSupported:1000') });
  });

  it('of empty objects: refused at the first one', async () => {
    await expectRefusal(body('<obj/>'.repeat(500_000)), 'needs an xsi:type');
  });

  it('of header blocks: skipped', async () => {
    const header = `<e:Header>${many(50_000, (n) => `<x:h${n} xmlns:x="urn:x"><x:y/></x:h${n}>`)}</e:Header>`;
    const { text } = await post(delRequest(objKey('DestGrp', 'NOT_THERE')).replace('<e:Body>', `${header}<e:Body>`));
    expect(readAnswer(text).code).toBe(2100);
  });

  it('of dgName in one object: refused with 2101 and the first name over the maximum', async () => {
    const names = many(40_000, (n) => `<b:dgName>NOT_THERE_${n}</b:dgName>`);
    const { text } = await post(body(obj('TNType', `${names}<b:tn>12025550199</b:tn>`)));
    const msg = expect.stringContaining('AttrName:dgName AttrVal:NOT_THERE_10 (more than 10');
    expect(readAnswer(text)).toMatchObject({ code: 2100, details: [{ code: 2101, msg }] });
  });
});

describe('compression', () => {
  /** Comments are allowed everywhere and dropped, so only the size limits them. */
  const comments = (megabytes: number) => '<!---->'.repeat((megabytes * 1024 * 1024) / 7);

  it('a small body that inflates over the limit gets 413, with the limit', async () => {
    const bomb = gzipSync(good.replace('<obj', `${comments(64)}<obj`));
    expect(bomb.length).toBeLessThan(200_000);
    const { status, text } = await post(bomb, { 'content-encoding': 'gzip' });
    expect({ status, text }).toEqual({ status: 413, text: expect.stringContaining('plainBytes') });
  });

  it('a bomb in the middle of a request undoes the objects before it', async () => {
    const objects = Array.from({ length: 900 }, (_, n) => destGrp(`HOSTILE_${n}`)).join('');
    const bomb = gzipSync(body(`${objects}${comments(16)}`));
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('a body that inflates to one endless text is stopped before the limit of its size', async () => {
    const { status, text } = await post(gzipSync(good + ' '.repeat(64 * 1024 * 1024)), { 'content-encoding': 'gzip' });
    expect({ status, reason: readFault(text).reason }).toEqual({
      status: 500,
      reason: expect.stringContaining('runLength'),
    });
  });

  it('gzip in gzip is not unpacked twice', async () => {
    const { status } = await post(gzipSync(gzipSync(good)), { 'content-encoding': 'gzip' });
    expect(status).toBe(500);
    const twice = await post(gzipSync(gzipSync(good)), { 'content-encoding': 'gzip, gzip' });
    expect(twice.status).toBe(415);
  });
});

describe('names with a meaning in JavaScript', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', '__defineGetter__'];

  it.each(names)('%s as an element is unknown like any other', async (name) => {
    await expectRefusal(body(`<${name}>x</${name}>`), `${name} is not an element of spppAddRequest`);
    await expectRefusal(
      body(obj('DestGrpType', `<b:${name}>x</b:${name}>`)),
      'dgName must come before|is not an element',
    );
    await expectFault(envelope(`<s:${name}/>`), 'no operation');
  });

  it.each(names)('%s as an attribute and as a type is unknown, too', async (name) => {
    await expectRefusal(body(`<obj ${name}="x"/>`), `attribute ${name} is not allowed on obj`);
    await expectRefusal(body(obj(name, '<b:dgName>HOSTILE</b:dgName>')), 'cannot be of type');
  });

  it('they are valid names of groups, prefixes and extensions, and come back unchanged', async () => {
    const ext = names.map((name) => `<${name}:${name} xmlns:${name}="urn:x" ${name}="1">v</${name}:${name}>`).join('');
    const groups = names.map((name) => obj('DestGrpType', `<b:ext>${ext}</b:ext><b:dgName>${name}</b:dgName>`));
    expect(readAnswer((await post(addRequest(...groups))).text).code).toBe(1000);
    const stored = await attacked.server.sql('SELECT name, ext FROM sppp.destination_group WHERE ext IS NOT NULL');
    expect(stored.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const each of stored) for (const name of names) expect(each.ext).toContain(`${name}="1"`);
    expect({}).not.toHaveProperty('v');
    await post(delRequest(...names.map((name) => objKey('DestGrp', name))));
  });
});

describe('values with a meaning in other languages', () => {
  it.each([
    ['SQL', `'; DROP TABLE sppp.public_identifier; --`],
    ['SQL with a comment', `x'/**/OR/**/1=1--`],
    ['a dollar quote', '$$; SELECT pg_sleep(60); $$'],
    ['a COPY escape', '\\.\\N'],
    ['a backslash', '\\\\N\\t'],
    ['braces and quotes of an array', '{"a",NULL}'],
    ['markup', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['the end of CDATA', ']]&gt;'],
    ['a path', '../../../etc/passwd'],
    ['a format string', '%s%n%x'],
    ['a template', '$'.concat('{process.exit(1)}')],
    ['a line separator', '\u2028 \u2029'],
    ['the other direction', '\u202eRTL\u202c'],
    ['a character beyond 16 bits', '😀😀😀'],
  ])('%s in a name is accepted, and comes back unchanged', async (_, name) => {
    expect(readAnswer((await post(addRequest(destGrp(name)))).text).code).toBe(1000);
    const [row] = await attacked.server.sql('SELECT name FROM sppp.destination_group ORDER BY id DESC LIMIT 1');
    expect(row?.name).toBe(name.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replace(/[ ]+/g, ' '));
    expect(readAnswer((await post(delRequest(objKey('DestGrp', name)))).text).code).toBe(1000);
  });

  it.each(['\\N', '\\.', 'a\\tb', '\\\\', '{"a"}', 'a,b', '"', "'", 'NULL'])(
    '%s as a URI and in an extension comes back as it went, one by one and in bulk',
    async (value) => {
      const ext = `<b:ext><x:a xmlns:x="urn:x">${value}\t${value}\n${value}</x:a></b:ext>`;
      const uris = [value, `${value}2`].map((uri) => obj('URIPubIdType', `${ext}<b:uri>${uri}</b:uri>`));
      expect(readAnswer((await post(addRequest(...uris))).text).code).toBe(1000);
      const key = (uri: string) =>
        `<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant><uri>${uri}</uri></objKey>`;
      const got = readAnswer((await post(getRequest(key(value), key(`${value}2`)))).text);
      expect(got.resultObjs.map((each) => textAt(each, 'uri'))).toEqual([value, `${value}2`]);
      for (const each of got.resultObjs) expect(textAt(each, 'ext', 'a')).toBe(`${value}\t${value}\n${value}`);
      expect(readAnswer((await post(delRequest(key(value), key(`${value}2`)))).text).code).toBe(1000);
    },
  );

  it('NUL and other characters outside XML are refused', async () => {
    for (const reference of ['&#0;', '&#x1;', '&#xFFFE;', '&#xD800;', '&#x110000;']) {
      await expectFault(good.replace('HOSTILE', `AB${reference}`), /./);
    }
  });
});

describe('a pattern that is slow in other matchers', () => {
  it.each(['(a*)*b', '(a|a)*b', '(.*){32}x', '((a{1,9}){1,9}){1,9}'])(
    '%s is accepted or refused at once',
    async (ere) => {
      const record = obj(
        'URIType',
        `<b:sedName>HOSTILE</b:sedName><b:isInSvc>true</b:isInSvc><b:ere>${ere}</b:ere><b:uri>sip:${'a'.repeat(200)}</b:uri>`,
      );
      const { code, details } = readAnswer((await post(addRequest(record))).text);
      expect([1000, 2100]).toContain(code);
      expect(details.every((detail) => detail.code === 2101)).toBe(true);
      if (code === 1000) await post(delRequest(objKey('SedRec', 'HOSTILE')));
    },
  );
});

describe('an action that contradicts the body', () => {
  const add = 'submitAddRqst';
  it.each([
    ['submitDelRqst', '2100'],
    ['"submitDelRqst"', '2100'],
  ])('%s: nothing is applied', async (action, code) => {
    const { text } = await post(good, { soapaction: action });
    expect(String(readAnswer(text).code)).toBe(code);
  });

  it.each([
    'submitAddRqst, submitDelRqst',
    'SUBMITDELRQST',
    '__proto__',
    'http://example.com/submitDelRqst',
    `"${add}`,
  ])('%s names no operation: only the body counts', async (action) => {
    const status = envelope('<s:spppServerStatusRequest/>');
    const { text } = await post(status, { soapaction: action });
    expect(readAnswer(text)).toMatchObject({ wrapper: 'spppServerStatusResponse', code: 1000 });
  });

  it('in WS-Addressing: a header block that is ignored, unless it must be understood', async () => {
    const block = (must: string) =>
      `<e:Header><w:Action xmlns:w="http://www.w3.org/2005/08/addressing"${must}>submitDelRqst</w:Action></e:Header><e:Body>`;
    const { status, text } = await post(good.replace('<e:Body>', block(' e:mustUnderstand="1"')));
    expect({ status, code: readFault(text).code }).toEqual({ status: 500, code: 'MustUnderstand' });
    const before = await attacked.server.sql(picture);
    expect(readAnswer((await post(good.replace('<e:Body>', block('')))).text)).toMatchObject({
      wrapper: 'spppAddResponse',
      code: 1000,
    });
    await post(delRequest(objKey('DestGrp', 'HOSTILE')));
    expect(await attacked.server.sql(picture)).toEqual(before);
  });

  it('a second element in the Body is not carried out, nor is the first', async () => {
    const second = '</s:spppAddRequest><s:spppDelRequest/>';
    await expectFault(good.replace('</s:spppAddRequest>', second), 'more than one element');
  });

  it('a second Body, or a Header after the Body, is refused', async () => {
    await expectFault(good.replace('</e:Body>', '</e:Body><e:Body/>'), 'Body');
    await expectFault(good.replace('</e:Body>', '</e:Body><e:Header/>'), 'Header');
  });
});
