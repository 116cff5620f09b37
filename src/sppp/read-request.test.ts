import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { decode, decodeLimits, pieces, read } from '../../test/support/decoding.js';
import { addRequest, delRequest, destGrp, envelope, numberKey, obj } from '../../test/support/message.js';
import { SoapFault } from '../soap/fault.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import type { Item } from './message.js';
import { RequestReader } from './read-request.js';
import { RequestRefusedError } from './request-refused.js';

const limits = { ...defaultXmlLimits, ...decodeLimits };

/** A body that is handed over piece by piece, and counts how many were taken. */
class Body implements AsyncIterable<Uint8Array> {
  taken = 0;
  closed = false;
  readonly #pieces: readonly string[];

  constructor(...parts: readonly string[]) {
    this.#pieces = parts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of this.#pieces) {
        this.taken += 1;
        yield Buffer.from(piece);
      }
    } finally {
      this.closed = true;
    }
  }
}

const [start, end] = addRequest('HERE').split('HERE') as [string, string];

async function all(reader: RequestReader): Promise<Item[]> {
  const items: Item[] = [];
  for await (const some of reader.items()) items.push(...some);
  return items;
}

describe('a request is read on demand', () => {
  it('its head up to the first object only', async () => {
    const body = new Body(start, destGrp('DG_1'), destGrp('DG_2'), end);
    const reader = new RequestReader(body, limits);
    expect(reader.head).toBeUndefined();
    expect(reader.version).toBeUndefined();
    const head = await reader.readHead();
    expect(head.rule.operation).toBe('submitAddRqst');
    expect(reader.version).toBe('1.1');
    expect(body.taken).toBe(2);
  });

  it('then its objects, as they arrive', async () => {
    const body = new Body(start, destGrp('DG_1'), destGrp('DG_2') + destGrp('DG_3'), end);
    const reader = new RequestReader(body, limits);
    await reader.readHead();
    const items = reader.items();
    expect((await items.next()).value).toMatchObject([{ index: 0, subject: { dgName: 'DG_1' } }]);
    expect(body.taken).toBe(2);
    expect((await items.next()).value).toMatchObject([{ index: 1 }, { index: 2, subject: { dgName: 'DG_3' } }]);
    expect(body.taken).toBe(3);
    expect((await items.next()).done).toBe(true);
    expect(body.taken).toBe(4);
  });

  it('to its end if it has no objects', async () => {
    const body = new Body(...envelope('<s:spppServerStatusRequest/>').split(/(?<=>)/));
    const reader = new RequestReader(body, limits);
    expect((await reader.readHead()).rule.operation).toBe('submitServerStatusRqst');
    expect(body.closed).toBe(true);
    expect(await all(reader)).toEqual([]);
  });

  it('and released when it is closed in between', async () => {
    const body = new Body(start, destGrp('DG_1'), end);
    const reader = new RequestReader(body, limits);
    await reader.readHead();
    await reader.close();
    expect(body.closed).toBe(true);
    expect(body.taken).toBe(2);
  });
});

describe('a fault is thrown where it is reached', () => {
  it('a refusal before the first object, with the head as far as it was read', async () => {
    const xml = envelope('<s:spppAddRequest><clientTransId>txn_1</clientTransId><obj/></s:spppAddRequest>');
    const reader = new RequestReader(new Body(xml), limits);
    await expect(reader.readHead()).rejects.toBeInstanceOf(RequestRefusedError);
    expect(reader.head).toMatchObject({ clientTransId: 'txn_1', rule: { operation: 'submitAddRqst' } });
  });

  it('a later refusal, after the objects before it', async () => {
    const reader = new RequestReader(new Body(start, destGrp('DG_1'), '<obj/>', end), limits);
    await reader.readHead();
    const items = reader.items();
    expect((await items.next()).value).toHaveLength(1);
    await expect(items.next()).rejects.toMatchObject({ name: 'RequestRefusedError', result: { code: 2000 } });
  });

  it('a refusal in the piece of the first object, with the head', async () => {
    const reader = new RequestReader(new Body(addRequest(destGrp('DG_1'), '<obj/>')), limits);
    await expect(reader.readHead()).rejects.toBeInstanceOf(RequestRefusedError);
    expect(reader.head?.rule.operation).toBe('submitAddRqst');
  });

  it('a fault before there is a wrapper, without a head', async () => {
    const reader = new RequestReader(new Body('<not-soap/>'), limits);
    await expect(reader.readHead()).rejects.toBeInstanceOf(SoapFault);
    expect(reader.head).toBeUndefined();
  });

  it('an error of the body', async () => {
    const broken = new Error('connection lost');
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(start + destGrp('DG_1'));
      throw broken;
    }
    const reader = new RequestReader(body(), limits);
    await reader.readHead();
    const items = reader.items();
    await items.next();
    await expect(items.next()).rejects.toBe(broken);
  });

  it('bytes that do not fit the charset', async () => {
    const reader = new RequestReader(new Body(addRequest(destGrp('DÉ'))), limits, 'us-ascii');
    await expect(reader.readHead()).rejects.toBeInstanceOf(SoapFault);
  });
});

describe('a long body leaves others their time', () => {
  /** The share of its time that reading a message keeps the thread busy. */
  async function busy(message: string): Promise<number> {
    const reader = new RequestReader(new Body(message), { ...limits, objects: 1_000_000 });
    const before = performance.eventLoopUtilization();
    await reader.readHead();
    await all(reader);
    return performance.eventLoopUtilization(before).utilization;
  }

  it('most of it, if it brings no objects', async () => {
    const comments = '<!-- c -->'.repeat(200_000);
    expect(await busy(addRequest(destGrp('DG_1'), comments))).toBeLessThan(0.5);
  });

  it('turns, if it does', async () => {
    const objects = Array.from({ length: 10_000 }, (_, n) => destGrp(`DG_${n}`));
    expect(await busy(addRequest(...objects))).toBeGreaterThan(0.5);
  });
});

describe('objects never end before the document does', () => {
  const whole = addRequest(destGrp('DG_1'), destGrp('DG_2'));

  it.each([
    ['nothing', ''],
    ['the envelope left open', start + destGrp('DG_1') + destGrp('DG_2')],
    ['the wrapper closed, the envelope left open', `${start}${destGrp('DG_1')}${end.slice(0, end.indexOf('>') + 1)}`],
    ['the last bracket missing', whole.slice(0, -1)],
    ['a second element in the Body', whole.replace('</s:spppAddRequest>', '</s:spppAddRequest><s:spppAddRequest/>')],
    ['an object behind the wrapper', whole.replace('</s:spppAddRequest>', `</s:spppAddRequest>${destGrp('DG_3')}`)],
    ['text behind the envelope', `${whole}x`],
    ['another envelope behind it', whole + whole.replace(/<\?.*?\?>/, '')],
    ['the end tags the wrong way round', whole.replace('</e:Body></e:Envelope>', '</e:Envelope></e:Body>')],
  ])('%s is a fault, however the bytes are cut', async (_, xml) => {
    const bytes = Buffer.from(xml);
    for (const cuts of [
      [],
      xml === '' ? [] : bytes.keys(),
      [xml.indexOf('<obj'), xml.indexOf('</s:'), xml.indexOf('</e:')],
    ]) {
      const reader = new RequestReader(pieces(bytes, xml === '' ? [] : [...cuts].filter((cut) => cut > 0)), limits);
      const reading = reader.readHead().then(() => all(reader));
      await expect(reading).rejects.toBeInstanceOf(SoapFault);
    }
  });

  it('white space and comments behind the envelope do not matter', async () => {
    const reader = new RequestReader(new Body(whole, ' \n', '<!-- done -->'), limits);
    await reader.readHead();
    expect(await all(reader)).toHaveLength(2);
  });
});

describe('an object with repeated markup is checked like others', () => {
  const sedRec = '<b:sedName>SED_1</b:sedName><b:isInSvc>true</b:isInSvc>';
  const range = (start: string, end: string) => `<b:startRange>${start}</b:startRange><b:endRange>${end}</b:endRange>`;
  const naptr = (repl: string) =>
    obj(
      'NAPTRType',
      `${sedRec}<b:order>10</b:order><b:svcs>E2U+sip</b:svcs><b:regx><b:ere>^(.*)$</b:ere><b:repl>${repl}</b:repl></b:regx>`,
    );
  const key = (start: string, end: string) =>
    `<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant><range>${range(start, end)}</range></objKey>`;

  it.each([
    ['a name', addRequest, destGrp('DEST_GRP'), destGrp('ab'), 'dgName', 'ab'],
    ['an empty name', addRequest, destGrp('DEST_GRP'), destGrp(''), 'dgName', ''],
    ['a registrant', addRequest, destGrp('DEST_GRP'), destGrp('DEST_GRP', { rant: '222' }), 'rant', '222'],
    ['a number', delRequest, numberKey('TN', '+1'), numberKey('TN', '+1x'), 'value', '+1x'],
    ['a kind of number', delRequest, numberKey('TN', '+1'), numberKey('tn', '+1'), 'type', 'tn'],
    ['the end of a range', delRequest, key('1', '2'), key('1', 'x'), 'range', '1-x'],
    ['a range that runs backwards', delRequest, key('1', '2'), key('2', '1'), 'range', '2-1'],
    [
      'a range in an object',
      addRequest,
      obj('TNRType', `<b:range>${range('1', '2')}</b:range>`),
      obj('TNRType', `<b:range>${range('2', '1')}</b:range>`),
      'range',
      '2-1',
    ],
    ['a reference to no group', addRequest, naptr('\\1'), naptr('\\2'), 'repl', '\\2'],
    [
      'a reference to no group of its own pattern',
      addRequest,
      obj('URIType', `${sedRec}<b:ere>(a)</b:ere><b:uri>sip:\\1</b:uri>`),
      obj('URIType', `${sedRec}<b:ere>a+b</b:ere><b:uri>sip:\\1</b:uri>`),
      'uri',
      'sip:\\1',
    ],
    [
      'a NAPTR without regx and repl',
      addRequest,
      obj('NAPTRType', `${sedRec}<b:order>10</b:order><b:svcs>E2U+sip</b:svcs><b:repl>x</b:repl>`),
      obj('NAPTRType', `${sedRec}<b:order>10</b:order><b:svcs>E2U+sip</b:svcs>`),
      'regx',
      '',
    ],
  ])('%s', async (_, request, good, bad, attrName, attrVal) => {
    const xml = request(good, good, good, bad, good, bad);
    const { items, ...outcome } = await read(xml);
    expect(outcome).toMatchObject({ head: expect.anything() });
    const flaw = { attrName, attrVal };
    expect(items).toMatchObject([{}, {}, {}, { flaw }, {}, { flaw }]);
    expect(items.map((item) => 'flaw' in item)).toEqual([false, false, false, true, false, true]);
    expect(items).toStrictEqual(decode(xml).items);
  });

  it.each([
    ['an element that is missing', destGrp('X').replace(/<b:dgName>.*<\/b:dgName>/, '')],
    ['an element more', destGrp('DEST_GRP</b:dgName><b:dgName>DEST_GRP')],
    ['an attribute', destGrp('DEST_GRP').replace('<b:dgName', '<b:dgName a="b"')],
    ['another type', destGrp('DEST_GRP').replace('DestGrpType', 'DestGroupType')],
    ['markup in its value', destGrp('<b:x/>')],
    ['text beside its elements', destGrp('DEST_GRP').replace('</obj>', 'text</obj>')],
  ])('%s', async (_, bad) => {
    const good = destGrp('DEST_GRP');
    const { refused } = await read(addRequest(good, good, good, bad));
    expect(refused?.code).toBe(2000);
  });

  it.each([
    ['a character that XML does not have', destGrp('\u0001\u0001\u0001')],
    ['half a character', destGrp('\ufffe\ufffe\ufffe')],
    ['the end of CDATA', destGrp('a]]>b')],
    ['an ampersand', destGrp('a & b')],
    ['an entity', destGrp('&nbsp;&nbsp;&nbsp;')],
    ['an end tag of another name', destGrp('DEST_GRP').replace('</b:dgName>', '</b:dgname>')],
  ])('%s is a fault', async (_, bad) => {
    const good = destGrp('DEST_GRP');
    const { fault } = await read(addRequest(good, good, good, bad));
    expect(fault).toBeDefined();
  });

  it.each([
    ['a reference', 'A &amp; B', 'A & B'],
    ['CDATA', '<![CDATA[A & B]]>', 'A & B'],
    ['a comment', 'A<!-- & -->B_', 'AB_'],
    ['white space', ' \n A\t\tB ', 'A B'],
    ['a bracket', 'A > B', 'A > B'],
  ])('%s in its value is read', async (_, written, dgName) => {
    const good = destGrp('DEST_GRP');
    const { items } = await read(addRequest(good, good, good, destGrp(written), good));
    expect(items).toMatchObject([{}, {}, {}, { subject: { dgName } }, { subject: { dgName: 'DEST_GRP' } }]);
    expect(items.some((item) => 'flaw' in item)).toBe(false);
  });
});
