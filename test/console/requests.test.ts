/** What became of requests, the requests as they were sent, and those that are under way. */

import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { failuresPath, keptPath, requestPath } from '../../src/console/paths.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { listUnderWay, purgeUnderWay } from '../../src/registry/journal/requests-under-way.js';
import { carrier, expectDone } from '../support/carrier.js';
import { holdRequest } from '../support/held-request.js';
import { addRequest, delRequest, destGrp, objKey, readAnswer, tn } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const KEY = 'ab'.repeat(32);

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({ settings: { SPPP_KEEP_REQUESTS_KEY: KEY } });
  await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  for (const username of ['olga', 'ssp2r', 'ssp3']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
  expectDone(await carrier(server).add(destGrp('HELD')));
});
afterAll(() => server.close());

const get = (username: string, path: string) => (readers.get(username) as PageReader).get(path);

/** The server's id of the request with this answer. */
const idIn = (text: string) => readAnswer(text).serverTransId ?? '';

describe('the verdicts of a request', () => {
  it('are counted by code, and all failed objects are there as CSV', async () => {
    const bad = Array.from({ length: 150 }, (_, index) => tn(`+1202555${1000 + index}`, ['=NOT_THERE']));
    const message = addRequest(destGrp('THERE'), ...bad);
    const id = idIn((await server.post(message, { path: '/sppp/partial' })).text);
    for (const username of ['ssp2r', 'olga']) {
      const { text } = await get(username, requestPath(id));
      expect(text).toMatch(/>2102<\/td><td[^>]*>Object does not exist<\/td><td[^>]*>150</);
      expect(text).toMatch(/>carried out<\/td><td[^>]*>1</);
      expect(text).toContain('50 more failed objects are on record.');
      const csv = await get(username, failuresPath(id));
      expect(csv.headers['content-disposition']).toBe(`attachment; filename="${id}-failures.csv"`);
      const rows = parse(csv.text, { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];
      expect(rows).toHaveLength(150);
      expect(rows[149]).toMatchObject({ index: '151', verb: 'add', code: '2102', attrVal: "'=NOT_THERE" });
    }
  });

  it('are for its registrar and operators alone', async () => {
    const id = idIn((await server.post(delRequest(objKey('DestGrp', 'NONE')))).text);
    for (const path of [requestPath(id), failuresPath(id), keptPath(id)]) {
      expect((await get('ssp3', path)).status, path).toBe(404);
      expect((await get('ssp2r', path)).status, path).toBe(200);
    }
    for (const path of [failuresPath('x'), keptPath('x')]) expect((await get('olga', path)).status).toBe(404);
  });
});

describe('a request as it was sent', () => {
  const large = addRequest(...Array.from({ length: 200 }, (_, index) => destGrp(`LARGE_${index}`)));

  it.each([
    ['small', addRequest(destGrp('SMALL')), {}],
    ['large', large, {}],
    ['compressed', gzipSync(large), { 'content-encoding': 'gzip' }],
  ])('is a file for its registrar and for operators: %s', async (_, body, headers) => {
    const id = idIn((await server.post(body, { headers })).text);
    const sent = typeof body === 'string' ? body : large;
    for (const username of ['ssp2r', 'olga']) {
      const received = await get(username, keptPath(id));
      expect(received.status).toBe(200);
      expect(received.text).toBe(sent);
      expect(received.headers).toMatchObject({
        'content-type': 'application/xml; charset=utf-8',
        'content-disposition': `attachment; filename="${id}.xml"`,
        'x-content-type-options': 'nosniff',
      });
    }
    const [row] = await server.sql<{ username: string }>(
      `SELECT username FROM sppp_api.operator_request WHERE target = $1`,
      [keptPath(id)],
    );
    expect(row?.username).toBe('olga');
  });

  it('that was encrypted with another key, or is not kept, is not there', async () => {
    const id = idIn((await server.post(addRequest(destGrp('OTHER_KEY')))).text);
    const of = `transaction_id = (SELECT id FROM sppp.transaction WHERE server_trans_id = '${id}')`;
    await server.sql(`UPDATE sppp.transaction_body SET key_print = repeat('0', 32) WHERE ${of}`);
    const { status, text } = await get('olga', keptPath(id));
    expect(status).toBe(409);
    expect(text).toContain('encrypted with another key');
    await server.sql(`DELETE FROM sppp.transaction_body WHERE ${of}`);
    expect((await get('olga', keptPath(id))).status).toBe(404);
    expect((await get('olga', requestPath(id))).text).toContain('not archived');
  });
});

describe('a page of requests', () => {
  it.each(['/console/requests', '/console/running'])('is loaded anew if that is asked for: %s', async (path) => {
    const still = await get('olga', path);
    expect(still.headers.refresh).toBeUndefined();
    expect(still.text).toContain('name="live" value="5"');
    const live = await get('olga', `${path}?live=5`);
    expect(live.headers.refresh).toBe('5');
    expect(live.text).toContain(`<a href="${path}">Stop</a>`);
    expect((await get('olga', `${path}?live=0`)).status).toBe(400);
  });

  it('has a large request while it is under way, for its registrar and operators, and not after', async () => {
    const held = await holdRequest(server, { as: 'ssp2r', dgName: 'HELD', count: 20_000 });
    for (const username of ['olga', 'ssp2r']) {
      await vi.waitFor(
        async () => {
          const { text } = await get(username, '/console/running');
          expect(text).toContain('submitAddRqst, atomic');
          const [, objects = ''] = /data-name="Objects so far">([\d,]+)</.exec(text) ?? [];
          expect(Number(objects.replaceAll(',', ''))).toBeGreaterThan(0);
        },
        { timeout: 120_000, interval: 200 },
      );
    }
    expect((await get('ssp3', '/console/running')).text).not.toContain('submitAddRqst');
    const answer = readAnswer(await held.letGo());
    expect(answer.code).toBe(1000);
    await vi.waitFor(
      async () => expect((await get('olga', '/console/running')).text).not.toContain(answer.serverTransId),
      { timeout: 120_000, interval: 200 },
    );
    await vi.waitFor(async () => expect(await server.sql('SELECT FROM sppp.request_under_way')).toEqual([]), {
      timeout: 120_000,
      interval: 200,
    });
    expect((await get('olga', requestPath(answer.serverTransId ?? ''))).text).toContain('20000, 0 failed');
  });

  it('leaves out those of nodes that are gone, which are deleted', async () => {
    const { pool } = server.deps.database;
    await server.sql(
      `INSERT INTO sppp.request_under_way (server_trans_id, registrar_id, mode, objects, received_at, milliseconds, told_at)
       SELECT gen_random_uuid(), min(id), 'atomic', 7, now(), 60000, now() - interval '31 seconds' FROM sppp.organization`,
    );
    expect(await listUnderWay(pool, undefined, 10)).toEqual([]);
    await purgeUnderWay(pool);
    expect(await server.sql('SELECT FROM sppp.request_under_way')).toEqual([]);
  });
});
