/** What a client sees of a registry whose requests fail as a scenario says, and what the registry has afterwards. */

import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { readScenario } from '../../src/simulator/scenario.js';
import { simulate } from '../../src/simulator/simulator.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, envelope, getRequest, objKey, readAnswer } from '../support/message.js';
import type { UserName } from '../support/server.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
afterEach(() => server.close());

const NAME = 'DG_WEST';
const key = `destGrp:iana-en:222:${NAME}`;

async function simulated(...rules: object[]): Promise<void> {
  const disturb = simulate(readScenario('scenario.json', JSON.stringify({ rules })));
  // A request that waits for an hour would hold up the end of the server for as long as that is.
  server = await startServer({ disturb, settings: { SPPP_DRAIN_TIMEOUT: '1000' } });
}

const add = (...names: string[]) => addRequest(...names.map((name) => destGrp(name)));
const status = envelope('<s:spppServerStatusRequest/>');

async function post(xml: string, path = '/sppp', as: UserName = 'ssp2r') {
  const received = await server.post(xml, { path, as });
  return { ...received, answer: received.status === 200 ? readAnswer(received.text) : undefined };
}

/** The names of the destination groups that are there. */
async function stored(): Promise<string[]> {
  const rows = await server.sql<{ name: string }>('SELECT name FROM sppp_api.destination_group ORDER BY name');
  return rows.map(({ name }) => name);
}

async function journal() {
  return server.sql('SELECT code, committed, http_status, message FROM sppp_api.transaction ORDER BY received_at');
}

describe('a scenario', () => {
  it('answers an overall code as often as it says, and nothing is stored before', async () => {
    await simulated({ keys: [key], answer: 2300, times: 2, retryAfter: 7 });
    for (const _time of [1, 2]) {
      const { answer, headers } = await post(add('OTHER', NAME), '/sppp/partial');
      expect(answer).toMatchObject({
        code: 2300,
        msg: 'System temporarily unavailable (simulated by rules[0])',
        details: [],
      });
      expect(headers['retry-after']).toBe('7');
      expect(await stored()).toEqual([]);
    }
    expect((await post(add('OTHER'))).answer?.code).toBe(1000);
    expect((await post(add('OTHER', NAME), '/sppp/partial')).answer?.code).toBe(1000);
    expect(await stored()).toEqual([NAME, 'OTHER']);
    expect((await journal()).map(({ code }) => code)).toEqual([2300, 2300, 1000, 1000]);
  });

  it.each([2000, 2002, 2100, 2301])('answers %i to every request, also such as have no objects', async (code) => {
    await simulated({ answer: code });
    expect((await post(status)).answer?.code).toBe(code);
    expect((await post(add(NAME))).answer?.code).toBe(code);
    expect(await stored()).toEqual([]);
  });

  it('is about some operations only', async () => {
    await simulated({ operations: ['submitDelRqst'], answer: 2301 });
    expect((await post(add(NAME))).answer?.code).toBe(1000);
    expect((await post(delRequest(objKey('DestGrp', NAME)))).answer?.code).toBe(2301);
    expect(await stored()).toEqual([NAME]);
  });

  it.each([2101, 2102, 2103])('lets one object fail with %i by the rules of the mode', async (code) => {
    await simulated({ keys: [key], answer: code });
    const { answer } = await post(add('FIRST', NAME, 'THIRD'), '/sppp/partial');
    expect(answer).toMatchObject({
      code: 2100,
      details: [{ code, failure: { index: '2', attrName: 'dgName', attrVal: NAME } }],
    });
    expect(await stored()).toEqual(['FIRST', 'THIRD']);
    expect((await post(add('FOURTH', NAME))).answer).toMatchObject({ code: 2100, details: [{ code }] });
    expect(await stored()).toEqual(['FIRST', 'THIRD']);
    expect((await post(delRequest(objKey('DestGrp', NAME)))).answer).toMatchObject({ details: [{ code }] });
    expect((await post(getRequest(objKey('DestGrp', NAME)))).answer?.code).toBe(code);
  });

  it('answers with an HTTP status and Retry-After', async () => {
    await simulated(
      { keys: [key], http: 429, times: 1, retryAfter: 3 },
      { operations: ['submitServerStatusRqst'], http: 503, times: 1 },
    );
    const refused = await post(add('OTHER', NAME));
    expect(refused).toMatchObject({ status: 429, text: 'It is simulated by rules[0].\n' });
    expect(refused.headers['retry-after']).toBe('3');
    expect(await stored()).toEqual([]);
    expect((await post(status)).status).toBe(503);
    expect((await post(status)).answer?.code).toBe(1000);
    expect((await post(add('OTHER', NAME))).answer?.code).toBe(1000);
    expect((await journal()).map(({ http_status }) => http_status)).toEqual([429, 503, null, null]);
  });

  it('cuts the connection before the commit: nothing is stored', async () => {
    await simulated({ keys: [key], cut: 'beforeCommit', times: 1 });
    await expect(post(add('OTHER', NAME))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await stored()).toEqual([]);
    await expect.poll(journal).toMatchObject([{ code: null, committed: false }]);
    expect((await post(add('OTHER', NAME))).answer?.code).toBe(1000);
  });

  it('cuts the connection after the commit: everything is stored', async () => {
    await simulated({ keys: [key], cut: 'afterCommit', times: 1 });
    await expect(post(add('OTHER', NAME))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await stored()).toEqual([NAME, 'OTHER']);
    expect(await journal()).toMatchObject([{ code: 1000, committed: true }]);
    expect((await post(add('OTHER', NAME))).answer?.code).toBe(1000);
  });

  it('lets a client wait whose objects are stored, until it leaves', async () => {
    await simulated({ keys: [key], delay: 3_600_000, times: 1 }, { keys: [key], delay: 1 });
    const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
    const url = `${server.url}/sppp`;
    await client.send(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: status });
    const authorization = client.authorization(url, 'POST');
    const waiting = request(url, { method: 'POST', headers: { 'content-type': 'text/xml', authorization } });
    const ended = once(waiting, 'response').then(
      () => 'answered',
      () => 'left',
    );
    waiting.end(add(NAME));
    await expect.poll(stored).toEqual([NAME]);
    expect((await post(add(NAME))).answer?.code).toBe(1000);
    waiting.destroy(new Error('enough'));
    expect(await ended).toBe('left');
  });

  it('uses its rules in their order, one for a request', async () => {
    await simulated(
      { keys: [key], answer: 2300, times: 1 },
      { keys: [key], cut: 'afterCommit', times: 1 },
      { keys: [key], http: 500, times: 1 },
    );
    expect((await post(add(NAME))).answer?.code).toBe(2300);
    await expect(post(add(NAME))).rejects.toThrow();
    expect((await post(add(NAME))).status).toBe(500);
    expect((await post(add(NAME))).answer?.code).toBe(1000);
  });

  it('is used up exactly, however many requests come at once', async () => {
    await simulated({ keys: [key], answer: 2300, times: 5 });
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await post(add(NAME))).answer?.code));
    expect(codes.filter((code) => code === 2300)).toHaveLength(5);
    expect(codes.filter((code) => code === 1000)).toHaveLength(15);
  });

  it('leaves a request alone that is refused by itself, and a stranger', async () => {
    await simulated({ answer: 2300, times: 1 });
    expect((await post(envelope('<s:spppAddRequest/>'))).answer?.code).toBe(2000);
    expect((await fetch(`${server.url}/sppp`, { method: 'POST', body: status })).status).toBe(401);
    expect((await post(status)).answer?.code).toBe(2300);
    expect((await post(status)).answer?.code).toBe(1000);
  });
});
