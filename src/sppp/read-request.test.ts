import { describe, expect, it } from 'vitest';
import { decodeLimits, pieces } from '../../test/support/decoding.js';
import { addRequest, destGrp, envelope } from '../../test/support/message.js';
import { SoapFault } from '../soap/fault.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import type { Item } from './message.js';
import { RequestReader } from './read-request.js';
import { RequestRefusal } from './request-refusal.js';

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

describe('a request is read as far as it is asked for', () => {
  it('its head up to the first object, and no further', async () => {
    const body = new Body(start, destGrp('DG_1'), destGrp('DG_2'), end);
    const reader = new RequestReader(body, limits);
    expect(reader.head).toBeUndefined();
    expect(reader.version).toBeUndefined();
    const head = await reader.readHead();
    expect(head.rule.operation).toBe('submitAddRqst');
    expect(reader.version).toBe('1.1');
    expect(body.taken).toBe(2);
  });

  it('then its objects, as they come', async () => {
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

  it('to its end where it has no objects', async () => {
    const body = new Body(...envelope('<s:spppServerStatusRequest/>').split(/(?<=>)/));
    const reader = new RequestReader(body, limits);
    expect((await reader.readHead()).rule.operation).toBe('submitServerStatusRqst');
    expect(body.closed).toBe(true);
    expect(await all(reader)).toEqual([]);
  });

  it('and let go of when it is closed in between', async () => {
    const body = new Body(start, destGrp('DG_1'), end);
    const reader = new RequestReader(body, limits);
    await reader.readHead();
    await reader.close();
    expect(body.closed).toBe(true);
    expect(body.taken).toBe(2);
  });
});

describe('what is wrong is thrown where it is reached', () => {
  it('a refusal before the first object, with the head as far as it was read', async () => {
    const xml = envelope('<s:spppAddRequest><clientTransId>txn_1</clientTransId><obj/></s:spppAddRequest>');
    const reader = new RequestReader(new Body(xml), limits);
    await expect(reader.readHead()).rejects.toBeInstanceOf(RequestRefusal);
    expect(reader.head).toMatchObject({ clientTransId: 'txn_1', rule: { operation: 'submitAddRqst' } });
  });

  it('a refusal further on, once what came before it was handed out', async () => {
    const reader = new RequestReader(new Body(start, destGrp('DG_1'), '<obj/>', end), limits);
    await reader.readHead();
    const items = reader.items();
    expect((await items.next()).value).toHaveLength(1);
    await expect(items.next()).rejects.toMatchObject({ name: 'RequestRefusal', result: { code: 2000 } });
  });

  it('a refusal in the piece of the first object, with the head', async () => {
    const reader = new RequestReader(new Body(addRequest(destGrp('DG_1'), '<obj/>')), limits);
    await expect(reader.readHead()).rejects.toBeInstanceOf(RequestRefusal);
    expect(reader.head?.rule.operation).toBe('submitAddRqst');
  });

  it('a fault before there is a wrapper, without a head', async () => {
    const reader = new RequestReader(new Body('<not-soap/>'), limits);
    await expect(reader.readHead()).rejects.toBeInstanceOf(SoapFault);
    expect(reader.head).toBeUndefined();
  });

  it('what the body itself throws', async () => {
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

  it('a charset that the bytes are not', async () => {
    const reader = new RequestReader(new Body(addRequest(destGrp('DÉ'))), limits, 'us-ascii');
    await expect(reader.readHead()).rejects.toBeInstanceOf(SoapFault);
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

  it('white space and comments behind the envelope are none of its business', async () => {
    const reader = new RequestReader(new Body(whole, ' \n', '<!-- done -->'), limits);
    await reader.readHead();
    expect(await all(reader)).toHaveLength(2);
  });
});
