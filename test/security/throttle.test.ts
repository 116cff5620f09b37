/** Requests over a rate get a time to wait, without an effect on other clients (RFC 7877 §9.3). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, envelope, getRequest, objKey, readAnswer } from '../support/message.js';
import { type PostOptions, startServer, type TestServer } from '../support/server.js';

const status = envelope('<s:spppServerStatusRequest/>');

let now: number;
const clock = () => new Date(now);

async function start(settings: Record<string, string>): Promise<TestServer> {
  return startServer({ settings, clock });
}

beforeAll(() => {
  now = Date.now() + 60_000;
});

async function codeOf(server: TestServer, xml: string, options?: PostOptions) {
  const { status: http, headers, text } = await server.post(xml, options);
  const wait = headers['retry-after'];
  return { http, ...(http === 200 ? { code: readAnswer(text).code } : {}), ...(wait ? { wait: Number(wait) } : {}) };
}

const good = { http: 200, code: 1000 };

describe('requests of a registrar', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start({ SPPP_RATE_REQUESTS: '4/60' });
  });
  afterAll(() => server.close());

  it('over its rate get 2300 with the time to wait, then 429 with the body unread; others are served', async () => {
    for (let n = 0; n < 4; n++) expect(await codeOf(server, status)).toEqual(good);
    for (let n = 0; n < 10; n++) {
      expect(await codeOf(server, addRequest(destGrp('TOO_MUCH')))).toEqual({ http: 200, code: 2300, wait: 15 });
    }
    expect(await codeOf(server, status)).toEqual({ http: 429, wait: 15 });
    expect(await codeOf(server, status, { as: 'ssp3' })).toEqual(good);
    expect(await server.sql(`SELECT name FROM sppp_api.destination_group WHERE name = 'TOO_MUCH'`)).toEqual([]);
  });

  it('get the reason in the message, in every mode and operation', async () => {
    now += 15_000;
    expect(await codeOf(server, status)).toEqual(good);
    for (const path of ['/sppp', '/sppp/partial', '/sppp/validate']) {
      const { text } = await server.post(getRequest(objKey('DestGrp', 'X_X')), { path });
      expect(readAnswer(text)).toMatchObject({
        code: 2300,
        msg: 'System temporarily unavailable (throttled: too many requests, come back in 15 s)',
      });
    }
  });

  it('that were refused are in the journal, and in a view by registrar and hour', async () => {
    const rows = await server.sql(
      `SELECT registrar, sum(unavailable)::int AS unavailable, sum(throttled)::int AS throttled FROM sppp_api.throttle GROUP BY 1`,
    );
    expect(rows).toEqual([{ registrar: 'iana-en:223', unavailable: 13, throttled: 13 }]);
  });

  it('are accepted again after that time', async () => {
    now += 60_000;
    for (let n = 0; n < 4; n++) expect(await codeOf(server, status)).toEqual(good);
  });
});

it('objects of a registrar are counted, in any number of requests', async () => {
  const server = await start({ SPPP_RATE_OBJECTS: '10/10' });
  try {
    const many = Array.from({ length: 15 }, (_, n) => destGrp(`OBJ_${n}`));
    expect(await codeOf(server, addRequest(...many))).toEqual(good); // The server knows the cost afterwards.
    expect(await codeOf(server, status)).toEqual({ http: 200, code: 2300, wait: 6 });
    now += 6000;
    expect(await codeOf(server, status)).toEqual(good);
  } finally {
    await server.close();
  }
});

describe('an undone request', () => {
  const bad = (n: number) => addRequest(...Array.from({ length: n }, (_, i) => destGrp(`UNDO_${i}`)), destGrp('x'));
  let server: TestServer;
  beforeAll(async () => {
    server = await start({ SPPP_RATE_UNDONE: '20/20' });
  });
  afterAll(() => server.close());

  it('repeated (RFC 7877 §9.3.2) slows its registrar down', async () => {
    expect(await codeOf(server, bad(9))).toMatchObject({ code: 2100 });
    expect(await codeOf(server, bad(19))).toMatchObject({ code: 2100 });
    const { text } = await server.post(status);
    expect(readAnswer(text)).toMatchObject({ code: 2300, msg: expect.stringContaining('rolled back') });
  });

  it.each<[string, string, PostOptions]>([
    ['partial success keeps what it can', bad(100), { path: '/sppp/partial' }],
    ['a dry run is meant to be undone', bad(100), { path: '/sppp/validate' }],
    [
      'a query changes nothing',
      getRequest(...Array.from({ length: 50 }, () => objKey('DestGrp', 'NONE', 'iana-en:1'))),
      {},
    ],
  ])('%s: not counted', async (_, xml, options) => {
    for (let n = 0; n < 2; n++) expect((await codeOf(server, xml, { as: 'ssp3', ...options })).code).not.toBe(2300);
    expect(await codeOf(server, status, { as: 'ssp3' })).toEqual(good);
  });

  it('whose message breaks off is counted as well', async () => {
    const whole = addRequest(
      ...Array.from({ length: 60 }, (_, n) => destGrp(`BROKEN_${n}`, { rant: 'iana-en:226', rar: 'iana-en:226' })),
    );
    expect((await server.post(whole.slice(0, -30), { as: 'ssp4' })).status).toBe(500);
    expect(await codeOf(server, status, { as: 'ssp4' })).toMatchObject({ code: 2300 });
  });

  it('of deletes that find nothing is counted, too', async () => {
    const keys = Array.from({ length: 41 }, (_, n) => objKey('DestGrp', `GONE_${n}`, 'iana-en:111'));
    expect(await codeOf(server, delRequest(...keys), { as: 'ssp1' })).toMatchObject({ code: 2100 });
    expect(await codeOf(server, status, { as: 'ssp1' })).toMatchObject({ code: 2300 });
  });
});

describe('an address', () => {
  it('over its rate is refused before any other check; /health still answers', async () => {
    const server = await start({ SPPP_RATE_ADDRESS_REQUESTS: '5/10' });
    try {
      for (let n = 0; n < 5; n++) expect((await send(`${server.url}/sppp?wsdl`)).status).toBe(200);
      for (const path of ['/sppp?wsdl', '/about', '/elsewhere']) {
        const { status: code, headers } = await send(server.url + path);
        expect({ code, wait: headers['retry-after'] }).toEqual({ code: 429, wait: '2' });
      }
      expect((await send(`${server.url}/sppp`, { method: 'POST', body: status })).status).toBe(429);
      expect((await send(`${server.url}/health`)).status).toBe(200);
      now += 2000;
      expect((await send(`${server.url}/about`)).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it('over its rate of objects must wait, for all of its registrars', async () => {
    const server = await start({ SPPP_RATE_ADDRESS_OBJECTS: '10/10' });
    try {
      const many = Array.from({ length: 15 }, (_, n) => destGrp(`OBJ_${n}`));
      expect(await codeOf(server, addRequest(...many))).toEqual(good);
      expect(await codeOf(server, status, { as: 'ssp3' })).toEqual({ http: 429, wait: 6 });
    } finally {
      await server.close();
    }
  });
});
