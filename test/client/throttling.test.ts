/** The limits of a real server, as the client library meets them. */

import { afterEach, describe, expect, it } from 'vitest';
import { type ChangeItem, type Connection, connect } from '../../src/client/connect.js';
import { type ServerOptions, startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
const groups = (count: number): ChangeItem[] =>
  Array.from({ length: count }, (_, index) => ({
    verb: 'add',
    subject: { kind: 'DestGrpType', ...own, dgName: `DG_${index}` },
  }));

let server: TestServer;
let connection: Connection;

afterEach(async () => {
  connection.close();
  await server.close();
});

async function started(options: ServerOptions, patience?: number, password = 'ssp2r'): Promise<void> {
  server = await startServer(options);
  connection = connect({ url: server.url, user: 'ssp2r', password, patience });
}

const stored = async () => (await server.sql('SELECT 1 FROM sppp.destination_group')).length;
const errorOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);

/** A server whose time stands still, so that its limits last. */
const frozen = () => {
  const now = new Date(Date.now() + 60_000);
  return () => now;
};

describe('a limit of the server', () => {
  it('that lasts longer than the patience ends a call with the time to wait, and nothing of it is done', async () => {
    await started({ settings: { SPPP_RATE_OBJECTS: '3/600' }, clock: frozen() }, 1000);
    expect(await connection.batch(groups(3))).toMatchObject({ code: 1000 });
    const error = await errorOf(connection.batch(groups(6)));
    expect(error).toMatchObject({
      name: 'ThrottledError',
      message: expect.stringMatching(/^2300 /),
      isRetrySafe: true,
    });
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(1);
    expect(await stored()).toBe(3);
  });

  it('is waited for by a bulk until its signal stops it: what was done before is told', async () => {
    await started({ settings: { SPPP_RATE_OBJECTS: '4/300' }, clock: frozen() });
    const stop = new AbortController();
    const waits: number[] = [];
    const onThrottled = (wait: number) => {
      waits.push(wait);
      stop.abort(new Error('enough'));
    };
    const told: number[] = [];
    const work = async () => {
      const options = { perRequest: 2, atOnce: 1, onThrottled, signal: stop.signal };
      for await (const { first, outcome } of connection.bulk(groups(10), options)) told.push(first + outcome.applied);
    };
    await expect(work()).rejects.toThrow('enough');
    expect(waits).toHaveLength(1);
    expect([told, await stored()]).toEqual([told.map((_, index) => 2 * (index + 1)), 2 * told.length]);
    expect(told.length).toBeGreaterThan(0);
  });

  it('for wrong passwords is told with its time', async () => {
    await started({}, 1000, 'not-the-secret');
    for (let guesses = 0; guesses < 10; guesses++) {
      expect(await errorOf(connection.status())).toMatchObject({ name: 'LoginRefusedError', status: 401 });
    }
    const error = await errorOf(connection.status());
    expect(error).toMatchObject({ name: 'ThrottledError', message: expect.stringMatching(/^HTTP 429: /) });
    const { retryAfter } = error as { retryAfter: number };
    expect(retryAfter).toBeGreaterThan(1);
    expect(retryAfter).toBeLessThanOrEqual(60);
  });
});
