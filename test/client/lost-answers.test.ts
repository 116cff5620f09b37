/** Answers that do not arrive, of a real server behind a proxy that cuts connections. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type BulkPart,
  type ChangeItem,
  type Connection,
  connect,
  type Key,
  type Obj,
} from '../../src/client/connect.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
const tn = (number: string): Obj => ({ kind: 'TNType', ...own, dgName: ['DG_LOST'], tn: number, sedRecRef: [] });
const keyOf = (number: string): Key => ({
  kind: 'PubIdKeyType',
  rant: own.rant,
  number: { value: number, type: 'TN' },
});
const numberOf = (index: number) => `+1202${String(5_000_000 + index)}`;

let server: TestServer;
let proxy: CuttingProxy;
let ssp2: Connection;

beforeAll(async () => {
  server = await startServer();
  proxy = await startCuttingProxy(server.url);
  ssp2 = connect({ url: proxy.url, user: 'ssp2r', password: 'ssp2r' });
  await ssp2.add([{ kind: 'DestGrpType', ...own, dgName: 'DG_LOST' }]);
});

afterAll(async () => {
  ssp2.close();
  await proxy.close();
  await server.close();
});

let before: number;
beforeEach(async () => {
  before = await journalled();
});

/** Requests that wrote or failed, in the journal. */
async function journalled(): Promise<number> {
  const [row] = await server.sql<{ count: string }>(
    `SELECT count(*) FROM sppp.transaction WHERE operation = 'submitAddRqst'`,
  );
  return Number(row?.count);
}

async function bulk(items: Iterable<ChangeItem>, options = {}): Promise<BulkPart[]> {
  const parts: BulkPart[] = [];
  for await (const part of ssp2.bulk(items, options)) parts.push(part);
  return parts;
}

const adds = (first: number, count: number): ChangeItem[] =>
  Array.from({ length: count }, (_, index) => ({ verb: 'add', subject: tn(numberOf(first + index)) }));

/** Every seventh is of a registrant that the login has no grant for. */
const withFault = (item: ChangeItem, index: number): ChangeItem =>
  index % 7 === 0 ? ({ ...item, subject: { ...item.subject, rant: 'iana-en:1' } } as ChangeItem) : item;
const isFaulty = ({ subject }: ChangeItem) => 'rant' in subject && subject.rant === 'iana-en:1';

async function stored(): Promise<number> {
  const [row] = await server.sql<{ count: string }>('SELECT count(*) FROM sppp.public_identifier');
  return Number(row?.count);
}

describe('an answer that is cut', () => {
  it('before its first byte is learned from the journal, with the verdicts, and nothing is sent again', async () => {
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    const outcome = await ssp2.add([tn('+12025550101'), tn('+1X'), tn('+12025550103')]);
    expect(outcome).toMatchObject({ code: 2100, applied: 2, isIndexed: true });
    expect(outcome.verdicts).toMatchObject([
      { index: 1, verb: 'add', code: 2101, attribute: 'tn', value: '+1X', object: { tn: '+1X' } },
    ]);
    expect(outcome.verdicts[0]?.message).toBe(
      'Attribute value invalid AttrName:tn AttrVal:+1X (not digits 0 to 9 after an optional +; object 2)',
    );
    expect(await journalled()).toBe(before + 1);
  });

  it('in the middle is learned in the same way', async () => {
    const cuts = proxy.cuts;
    // The head of the answer and a part of its body.
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/, passes: 1000 });
    const wrong = Array.from({ length: 3000 }, (_, index) => tn(`no number ${index}`));
    const outcome = await ssp2.add([...wrong, tn('+12025550112')]);
    expect(outcome).toMatchObject({ code: 2100, applied: 1 });
    expect(outcome.verdicts.map(({ index, value }) => [index, value])).toEqual(
      wrong.map((_, index) => [index, `no number ${index}`]),
    );
    expect([await journalled(), proxy.cuts]).toEqual([before + 1, cuts + 1]);
  });

  it('leaves open which claims hold, and names them: the registry tells', async () => {
    const claim = (number: string): ChangeItem => ({
      verb: 'add',
      subject: { ...(tn(number) as Extract<Obj, { kind: 'TNType' }>), corInfo: { corClaim: true } },
    });
    const add = (number: string): ChangeItem => ({ verb: 'add', subject: tn(number) });
    const items = [add('+12025550115'), claim('+1X'), claim('+12025550116'), claim('+12025550117')];
    expect((await ssp2.batch(items)).unknownClaims).toBeUndefined();
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    const outcome = await ssp2.batch(items);
    expect(outcome).toMatchObject({ code: 2100, applied: 3, verdicts: [{ index: 1, code: 2101 }] });
    expect(outcome.unknownClaims).toEqual([2, 3]);
    const { objects } = await ssp2.get([keyOf('+12025550116'), keyOf('+12025550117')]);
    expect(objects).toMatchObject([{ corInfo: { cor: true } }, { corInfo: { cor: true } }]);
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    const options = { clientTransId: 'claims-of-a-file', from: 50 };
    expect(
      await ssp2.bulkRequest([items[0], { ...items[1], subject: {} }, items[2]] as ChangeItem[], options),
    ).toMatchObject({
      ...{ settled: true, outcome: { applied: 2, verdicts: [{ index: 51, code: 2000 }], unknownClaims: [52] } },
    });
  });

  it('of a deletion does not make it fail', async () => {
    await ssp2.add([tn('+12025550121')]);
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    expect(await ssp2.delete([keyOf('+12025550121')])).toMatchObject({ code: 1000, applied: 1, verdicts: [] });
  });

  it('of a query is asked for again', async () => {
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    expect(await ssp2.get([keyOf('+12025550101')])).toMatchObject({ objects: [{ tn: '+12025550101' }] });
  });
});

describe('a request that is cut', () => {
  it('before all of it has arrived is sent again at once', async () => {
    const count = await stored();
    // The body of a bulk goes out in pieces: its end was not handed over when the connection breaks.
    proxy.cutNext({ in: 'request', at: /content-encoding: gzip[\s\S]*\r\n\r\n/i });
    const parts = await bulk(adds(0, 20_000), { perRequest: 20_000 });
    expect(parts).toMatchObject([{ first: 0, count: 20_000, outcome: { code: 1000, applied: 20_000 } }]);
    expect(await stored()).toBe(count + 20_000);
  });

  it('when the server has it and before it answers is settled by what the journal says', async () => {
    const cuts = proxy.cuts;
    proxy.cutNext({ in: 'request', at: /<\/soap:Envelope>/, passes: Number.POSITIVE_INFINITY });
    const outcome = await ssp2.add([tn('+12025550131'), tn('+1X')]);
    expect(outcome).toMatchObject({ code: 2100, applied: 1, verdicts: [{ index: 1, code: 2101 }] });
    expect(proxy.cuts).toBe(cuts + 1);
    expect((await ssp2.get([keyOf('+12025550131')])).objects).toHaveLength(1);
  });
});

describe('a bulk', () => {
  it('in which any answer is cut tells each item once, and has each once in the registry', async () => {
    const items = [...adds(100_000, 3000), ...adds(103_000, 2000).map(withFault)];
    const count = await stored();
    const parts: BulkPart[] = [];
    for await (const part of ssp2.bulk(items, { perRequest: 500 })) {
      parts.push(part);
      proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    }
    expect(parts.map(({ first, count }) => [first, count])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index * 500, 500]),
    );
    expect(parts.some(({ settled }) => settled)).toBe(true);
    const verdicts = parts.flatMap(({ outcome }) => outcome.verdicts);
    expect(verdicts.map(({ index, code }) => [index, code])).toEqual(
      items.flatMap((item, index) => (isFaulty(item) ? [[index, 2103]] : [])),
    );
    expect(await stored()).toBe(count + 5000 - verdicts.length);
  });

  it('that a program which ended had sent is not sent again', async () => {
    const items = adds(200_000, 10);
    const options = { clientTransId: 'a-part-of-a-file', from: 70, mayHaveBeenSent: true };
    // The first time nothing is known of it, after some seconds.
    expect(await ssp2.bulkRequest([...items, { verb: 'add', subject: tn('X') }], options)).toMatchObject({
      settled: false,
      outcome: { applied: 10, verdicts: [{ index: 80 }] },
    });
    const count = await journalled();
    expect(await ssp2.bulkRequest([...items, { verb: 'add', subject: tn('X') }], options)).toMatchObject({
      settled: true,
      outcome: { code: 2100, applied: 10, clientTransId: 'a-part-of-a-file', verdicts: [{ index: 80, code: 2101 }] },
    });
    expect(await journalled()).toBe(count);
  });
});

describe('throttling', () => {
  it('is obeyed until the request is carried out', async () => {
    // The server's time passes only while its client waits.
    let now = Date.now() + 60_000;
    const settings = { SPPP_RATE_OBJECTS: '2000/1' };
    const slow = await startServer({ settings, clock: () => new Date(now) });
    const throttled = connect({ url: slow.url, user: 'ssp2r', password: 'ssp2r' });
    await throttled.add([{ kind: 'DestGrpType', ...own, dgName: 'DG_LOST' }]);
    const waits: number[] = [];
    const parts: BulkPart[] = [];
    const onThrottled = (wait: number) => {
      waits.push(wait);
      now += wait;
    };
    const options = { perRequest: 1000, onThrottled };
    for await (const part of throttled.bulk(adds(0, 6000), options)) parts.push(part);
    expect(parts.map(({ outcome }) => [outcome.code, outcome.applied])).toEqual(parts.map(() => [1000, 1000]));
    expect(parts).toHaveLength(6);
    expect(waits.length).toBeGreaterThan(0);
    throttled.close();
    await slow.close();
  });
});
