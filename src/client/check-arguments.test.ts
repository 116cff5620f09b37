import { describe, expect, it } from 'vitest';
import { type Connection, connect, SpppError, WrongUseError } from './connect.js';

/** Nothing listens there: a call that gets so far throws another error. */
const connection = connect({ url: 'http://127.0.0.1:1', user: 'ssp1', password: 'the-secret' });
const key = { kind: 'ObjKeyType', rant: 'a:1', name: 'DG_ONE', type: 'DestGrp' };
const add = { verb: 'add', subject: { kind: 'DestGrpType', rant: 'a:1', rar: 'a:1', dgName: 'DG_ONE' } };

/** A program without types. */
type Loose = Record<keyof Connection, (...args: unknown[]) => Promise<unknown> & AsyncIterable<unknown>>;
const loose = connection as unknown as Loose;

async function errorOf(method: keyof Connection, args: readonly unknown[]): Promise<unknown> {
  const called = async () => {
    const returned = loose[method](...args);
    if (method !== 'bulk') return returned;
    for await (const _ of returned);
  };
  return called().catch((error: unknown) => error);
}

const itself: Record<string, unknown> = { kind: 'ObjKeyType', rant: 'a:1', type: 'DestGrp' };
itself.name = itself;

describe('a call with wrong arguments says what is wrong, and sends nothing', () => {
  it.each<[keyof Connection, unknown[], string]>([
    ['add', [], 'add: objects: undefined is no array'],
    ['add', [add.subject], 'add: objects: { kind:'],
    ['add', [[]], 'add: objects: empty; a request has at least one object or key'],
    ['delete', ['DG_ONE'], 'delete: keys: DG_ONE is no array'],
    ['accept', [new Set()], 'accept: offers: Set(0) {} is no array'],
    ['reject', [null], 'reject: offers: null is no array'],
    ['batch', [[add, null]], 'batch: items[1]: null is no object with verb and subject'],
    ['batch', [[{ ...add, verb: 'remove' }]], 'batch: items[0].verb: remove is none of add, delete, accept, reject'],
    ['batch', [[]], 'batch: items: empty; a request has at least one object or key'],
    ['get', [key], 'get: keys: {'],
    ['get', [[]], 'get: keys: empty; a request has at least one object or key'],
    ['get', [[key, undefined]], 'get: keys[1].kind: undefined: no type of keys'],
    ['get', [[key, { ...key, kind: 'DestGrpType' }]], 'get: keys[1].kind: DestGrpType: no type of keys'],
    ['get', [[{ ...key, rant: undefined }]], 'get: keys[0].rant: missing'],
    ['get', [[{ ...key, name: ['a'] }]], 'get: keys[0].name: ["a"]: not a single value'],
    ['get', [[{ ...key, name: 'a\0' }]], 'get: keys[0].name: a\\u0000: it has a character that XML cannot hold'],
    ['get', [[itself]], 'get: keys[0].name: an object that contains itself: not a single value'],
    [
      'get',
      [[{ kind: 'PubIdKeyType', rant: 'a:1', number: { value: '1', type: 'TN' }, uri: 'sip:a' }]],
      'get: keys[0].uri: beside another one of number or range or uri',
    ],
    ['offers', [null], 'offers: filter: is null, not an object'],
    [
      'offers',
      [{ offeredto: 'a:1' }],
      'offers: offeredto: no such option; there are offeredBy, offeredTo, status, keys',
    ],
    ['offers', [{ offeredTo: 5 }], 'offers: offeredTo: 5 is neither an organization nor a list of them'],
    ['offers', [{ status: 'open' }], 'offers: status: open is none of offered, accepted'],
    ['offers', [{ keys: [key] }], 'offers: keys[0].kind: ObjKeyType: no type of keys of offers'],
    ['bulk', [5], 'bulk: items: 5 is neither an iterable nor an async iterable'],
    ['bulk', [[], null], 'bulk: options: is null, not an object'],
    ['bulk', [[], { perrequest: 5 }], 'bulk: perrequest: no such option; there are perRequest,'],
    ['bulk', [[], { perRequest: '5' }], 'bulk: perRequest: 5 is no whole number from 1'],
    ['bulk', [[], { atOnce: 0 }], 'bulk: atOnce: 0 is no whole number from 1'],
    ['bulk', [[], { transId: 'id' }], 'bulk: transId: id is no function'],
    ['bulk', [[], { signal: new AbortController() }], 'bulk: signal: AbortController'],
    [
      'bulk',
      [[], { patience: 2 ** 31 }],
      'bulk: patience: 2147483648 is no number of milliseconds from 0 to 2147483647',
    ],
    ['bulkRequest', [[add]], 'bulkRequest: options: is undefined, not an object'],
    ['bulkRequest', [[add], {}], 'bulkRequest: clientTransId: undefined is not 3 to 120 characters'],
    ['bulkRequest', [[add], { clientTransId: ' abc' }], 'bulkRequest: clientTransId:  abc is not 3 to 120 characters'],
    ['bulkRequest', [[5], { clientTransId: 'abc' }], 'bulkRequest: items[0]: 5 is no object with verb and subject'],
    ['httpGet', ['objects'], 'httpGet: path: objects does not begin with /'],
    ['httpGet', ['/objects', 'kind=TNType'], 'httpGet: query: kind=TNType is no object'],
    ['httpGet', ['/objects', { kind: 5 }], 'httpGet: query.kind: 5 is neither a text nor a list of texts'],
  ])('%s(%j)', async (method, args, message) => {
    const error = await errorOf(method, args);
    expect(error).toBeInstanceOf(WrongUseError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(SpppError);
    expect(error).toMatchObject({ name: 'WrongUseError', method });
    expect((error as Error).message.slice(0, message.length)).toBe(message);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  it('names its parts for programs', async () => {
    expect(await errorOf('get', [[key, { ...key, type: {} }]])).toMatchObject({
      ...{ method: 'get', field: 'keys[1].type', index: 1, value: '{}', rule: 'not a single value' },
    });
  });

  it.each([
    [undefined, 'connect: options: is undefined, not an object'],
    [{}, 'connect: url: is undefined, not a text'],
    ['https://ssp1:the-secret@x', 'connect: options: is a string, not an object'],
    [{ url: new URL('https://ssp1:the-secret@x') }, 'connect: url: is an object, not a text'],
    [{ url: 'https://x', certificate: 'the-secret' }, 'connect: certificate: is a string, not an object'],
    [{ url: 'http://x', username: 'ssp1' }, 'connect: username: no such option; there are url, user,'],
    [{ url: 'http://x', user: 'a', password: 5 }, 'connect: password: missing beside the user'],
    [{ url: 'http://a:the-secret@x' }, 'connect: url: holds a login; pass it as user and password'],
    [{ url: 'https://x', certificate: { cert: 'x' } }, 'connect: certificate.key: is no PEM, as text or bytes'],
    [{ url: 'https://x', certificate: 'x' }, 'connect: certificate: is a string, not an object'],
    [{ url: 'https://x', ca: [] }, 'connect: ca: is no PEM, as text or bytes'],
    [{ url: 'http://x', timeout: 0 }, 'connect: timeout: 0 is no number of milliseconds from 1 to 2147483647'],
    [{ url: 'http://x', patience: Number.NaN }, 'connect: patience: NaN is no number of milliseconds from 0 to'],
  ])('connect(%j)', (options, message) => {
    const call = () => connect(options as unknown as Parameters<typeof connect>[0]);
    expect(call).toThrow(WrongUseError);
    expect(call).toThrow(message);
    expect(call).not.toThrow('the-secret');
  });
});

describe('an item in the middle of a bulk that is no change', () => {
  it('is named by its place among all', async () => {
    const { bulk } = await import('./bulk.js');
    const sent: number[] = [];
    const parts = bulk([add, add, add, 'x'] as never, { perRequest: 2, from: 10 }, async (items) => {
      sent.push(items.length);
      const outcome = { code: 1000, message: '', applied: items.length, verdicts: [], isIndexed: true };
      return { outcome, settled: false };
    });
    const told: number[] = [];
    const read = async () => {
      for await (const { first } of parts) told.push(first);
    };
    await expect(read()).rejects.toThrow('bulk: items[13]: x is no object with verb and subject');
    expect([sent, told]).toEqual([[2], [10]]);
  });
});
