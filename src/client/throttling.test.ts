/** Servers that ask their clients to come later, in each way of RFC 9110 §10.2.3: real sockets, no server of ours. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Connection, connect } from './connect.js';

interface Said {
  readonly status: number;
  readonly retryAfter?: string;
}

let server: Server | undefined;
let connection: Connection | undefined;
let asked = 0;

afterEach(() => {
  connection?.close();
  server?.close();
  server?.closeAllConnections();
  asked = 0;
});

/** A connection to a server that says these in turn, the last one again and again. */
async function opened(patience: number, ...said: readonly Said[]): Promise<Connection> {
  server = createServer((request, response) => {
    const { status, retryAfter } = said[Math.min(asked++, said.length - 1)] as Said;
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    request.resume().on('end', () => response.writeHead(status, headers).end('later'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  connection = connect({ url: `http://127.0.0.1:${port}`, patience });
  return connection;
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
const errorOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe('a request that is to come later', () => {
  it.each([
    ['429 with no seconds', { status: 429, retryAfter: '0' }],
    ['503 with a date that is past', { status: 503, retryAfter: inSeconds(-60) }],
    ['503 without a time', { status: 503 }],
    ['429 with a time that is none', { status: 429, retryAfter: 'soon' }],
  ])('comes again by itself: %s', async (_, said) => {
    const answer = await (await opened(60_000, said, said, { status: 200 })).httpGet('/objects');
    expect([answer.status, await answer.text(), asked]).toEqual([200, 'later', 3]);
  });

  it.each([
    ['seconds', () => '3600', 3600],
    ['a date', () => inSeconds(3600), 3600],
    ['seconds without end', () => '999999999', 999_999_999],
  ])('for longer than there is patience ends at once, with the time in seconds: %s', async (_, retryAfter, seconds) => {
    const error = await errorOf((await opened(1000, { status: 429, retryAfter: retryAfter() })).status());
    expect(error).toMatchObject({ name: 'ThrottledError', message: 'HTTP 429: later', isRetrySafe: true });
    const { retryAfter: told } = error as { retryAfter: number };
    expect(Math.abs(told - seconds)).toBeLessThan(20);
    expect(asked).toBe(1);
  });

  it('has one patience for all its waits', async () => {
    const error = await errorOf((await opened(600, { status: 429, retryAfter: '0' })).status());
    expect(error).toMatchObject({ name: 'ThrottledError', retryAfter: 0 });
    // Two waits of 250 ms fit.
    expect(asked).toBe(3);
  });

  it('does not wait without patience', async () => {
    const error = await errorOf((await opened(0, { status: 503 })).httpGet('/objects'));
    expect([error, asked]).toMatchObject([{ name: 'ThrottledError', retryAfter: undefined }, 1]);
  });
});

describe('a bulk that waits for a server before its first request', () => {
  const items = [{ verb: 'add', subject: { kind: 'DestGrpType', rant: 'a:1', rar: 'a:1', dgName: 'DG' } }] as const;

  it('is stopped by its signal', async () => {
    const waiting = await opened(60_000, { status: 503, retryAfter: '50' });
    const stop = new AbortController();
    const first = waiting.bulk(items, { signal: stop.signal }).next();
    await expect.poll(() => asked).toBe(1);
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(asked).toBe(1);
  });

  it('does not stop the others that wait with it', async () => {
    const waiting = await opened(3000, { status: 503, retryAfter: '2' }, { status: 404 });
    const stop = new AbortController();
    const stopped = waiting.bulk(items, { signal: stop.signal }).next();
    const other = errorOf(waiting.add([items[0].subject]));
    await expect.poll(() => asked).toBe(1);
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect(await other).toMatchObject({ name: 'HttpStatusError', status: 404 });
  });
});
