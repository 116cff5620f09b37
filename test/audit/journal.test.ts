/** The journal records caller, operation and result of each request, refused ones too. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestClient, send } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, envelope, getRequest, objKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ settings: { SPPP_MAX_BODY_BYTES: '200000' } });
});
afterAll(() => server.close());

type Row = Record<string, unknown>;

const rowOf = async (serverTransId: string): Promise<Row | undefined> =>
  (
    await server.sql(`SELECT *, duration >= '0s' AS timed FROM sppp_api.transaction WHERE server_trans_id = $1`, [
      serverTransId,
    ])
  )[0];
const latest = async (): Promise<Row | undefined> =>
  (
    await server.sql(
      'SELECT v.* FROM sppp_api.transaction v JOIN sppp.transaction t USING (server_trans_id) ORDER BY t.id DESC LIMIT 1',
    )
  )[0];
const count = async () =>
  (await server.sql<{ n: number }>('SELECT count(*)::int AS n FROM sppp.transaction'))[0]?.n ?? -1;

async function asked(xml: string, path = '/sppp'): Promise<Row | undefined> {
  const { text } = await server.post(xml, { path, headers: { 'user-agent': 'carrier/1.0' } });
  const { serverTransId } = readAnswer(text);
  return serverTransId === undefined ? { ...(await latest()), timed: true } : rowOf(serverTransId);
}

const who = {
  registrar: 'iana-en:223',
  username: 'ssp2r',
  remote_address: '127.0.0.1',
  user_agent: 'carrier/1.0',
  timed: true,
};

describe('a readable request', () => {
  it('is recorded with its sender, operation and result', async () => {
    const row = await asked(addRequest(destGrp('AUDIT_A'), destGrp('AUDIT_B')));
    expect(row).toMatchObject({
      ...who,
      operation: 'submitAddRqst',
      mode: 'atomic',
      code: 1000,
      objects: 2,
      failed: 0,
      committed: true,
      codes: null,
      http_status: null,
      certificate: null,
    });
  });

  it('that fails and is undone is recorded as not committed', async () => {
    const row = await asked(delRequest(objKey('DestGrp', 'AUDIT_A'), objKey('DestGrp', 'NOT_THERE')));
    expect(row).toMatchObject({ ...who, code: 2100, objects: 2, failed: 1, committed: false, codes: { 2102: 1 } });
  });

  it('that keeps its valid objects is recorded as committed, with the number of objects for each code', async () => {
    const objs = [
      destGrp('AUDIT_C'),
      destGrp('x'),
      destGrp('y'),
      destGrp('AUDIT_D', { rant: 'iana-en:111' }),
      tn('1', ['NONE']),
    ];
    const row = await asked(addRequest(...objs), '/sppp/partial');
    const codes = { 2101: 2, 2102: 1, 2103: 1 };
    expect(row).toMatchObject({ ...who, mode: 'partial', code: 2100, objects: 5, failed: 4, committed: true, codes });
  });

  it('that is a validation is recorded as not committed', async () => {
    const row = await asked(addRequest(destGrp('AUDIT_E')), '/sppp/validate');
    expect(row).toMatchObject({ ...who, mode: 'validate', code: 1000, committed: false });
  });

  it('that is a query, or is refused as a whole, is recorded too', async () => {
    const own = getRequest(objKey('DestGrp', 'AUDIT_A'));
    expect(await asked(own)).toMatchObject({
      ...who,
      operation: 'submitGetRqst',
      code: 1000,
      committed: false,
    });
    const foreign = getRequest(objKey('DestGrp', 'AUDIT_A', 'iana-en:111'));
    expect(await asked(foreign)).toMatchObject({ code: 2103, objects: 1, failed: 1, codes: { 2103: 1 } });
    expect(await asked(envelope('<s:spppAddRequest><nonsense/></s:spppAddRequest>'))).toMatchObject({
      code: 2000,
      codes: null,
    });
  });

  it('of a single number, sent with others at the same time, has a row of its own', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => `1555${n + 100}`);
    const rows = await Promise.all(numbers.map((number) => asked(addRequest(tn(number)))));
    for (const row of rows) expect(row).toMatchObject({ ...who, code: 1000, objects: 1, committed: true });
    expect(new Set(rows.map((row) => row?.server_trans_id)).size).toBe(20);
  });
});

describe('an unreadable request of a known caller', () => {
  it.each([
    ['not well-formed', '<a><b></a>', {}, 500],
    ['of another media type', '{}', { 'content-type': 'application/json' }, 415],
    ['of an unknown coding', 'x', { 'content-encoding': 'br' }, 415],
    ['longer than the limit', 'x'.repeat(200_001), {}, 413],
    ['of damaged gzip', gzipSync(addRequest(destGrp('AUDIT_A'))).subarray(0, -9), { 'content-encoding': 'gzip' }, 400],
  ])('%s, is recorded without a code, but with the HTTP status', async (_, body, headers, status) => {
    const answer = await server.post(body, { headers: { 'user-agent': 'carrier/1.0', ...headers } });
    expect(answer.status).toBe(status);
    const row = await latest();
    const { timed: _timed, ...whose } = who;
    expect(row).toMatchObject({ ...whose, operation: null, code: null, http_status: status, committed: false });
    expect(String(row?.message).length).toBeGreaterThan(5);
    // The answer names the transaction, for a registrar with a trace level.
    expect(String(answer.headers['sppp-trace'])).toContain(String(row?.server_trans_id));
  });

  it('whose connection was cut is recorded without a status', async () => {
    const before = await count();
    const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
    await client.send(`${server.url}/sppp`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: 'x' });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = [
      'POST /sppp HTTP/1.1',
      `Host: ${hostname}`,
      'Content-Type: text/xml',
      'Content-Length: 1000',
      `Authorization: ${client.authorization(`${server.url}/sppp`, 'POST')}`,
      'Expect: 100-continue',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await once(socket, 'data'); // The server asks for the body of a client that it knows.
    socket.end(addRequest(destGrp('CUT')).slice(0, 300));
    await expect.poll(count).toBe(before + 2);
    expect(await latest()).toMatchObject({
      code: null,
      http_status: null,
      message: 'the connection was lost',
      committed: false,
    });
    expect(await server.sql(`SELECT FROM sppp_api.destination_group WHERE name = 'CUT'`)).toEqual([]);
  });
});

it('a request without authentication is not recorded, so that strangers cannot fill the journal', async () => {
  const before = await count();
  const wrong = new DigestClient({ username: 'ssp2r', password: 'wrong' });
  const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: addRequest(destGrp('AUDIT_A')) };
  expect((await wrong.send(`${server.url}/sppp`, sent)).status).toBe(401);
  expect((await send(`${server.url}/sppp`, sent)).status).toBe(401);
  expect(await count()).toBe(before);
});

it('the client certificate is recorded by its fingerprint only', async () => {
  const fingerprint = createHash('sha256').update('certificate').digest('hex');
  const insert = `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at, certificate)
                  VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now(), $1)`;
  await server.sql(insert, [fingerprint]);
  await expect(server.sql(insert, ['CN=somebody'])).rejects.toThrow(/check/);
});
