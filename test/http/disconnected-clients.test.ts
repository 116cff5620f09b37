/** Requests whose clients disconnect before the answer: nothing of them stays, and they hold no resources. */

import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { send } from '../support/digest-client.js';
import { addRequest, destGrp, getRequest, numberKey, objKey, readAnswer, tn } from '../support/message.js';
import { as, batchRequest } from '../support/peering.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
let holder: PoolClient;
let isHeld: boolean;
let isClosed: boolean;
const left: RawConnection[] = [];

beforeEach(async () => {
  server = await startServer({ settings: { SPPP_DRAIN_TIMEOUT: '1500', SPPP_METRICS_PORT: '0' } });
  await server.post(addRequest(destGrp('HELD'), destGrp('FREE')));
  holder = await server.deps.database.pool.connect();
  await holder.query(`BEGIN; SELECT FROM sppp.destination_group WHERE name_key = 'held' FOR UPDATE`);
  isHeld = true;
  isClosed = false;
});
afterEach(async () => {
  for (const connection of left.splice(0)) connection.close();
  await letGo();
  if (!isClosed) await server.close();
});

async function letGo(): Promise<void> {
  if (!isHeld) return;
  isHeld = false;
  await holder.query('ROLLBACK');
  holder.release();
}

/** Sends a whole request without waiting for the answer. */
async function begin(body: string, path = '/sppp'): Promise<RawConnection> {
  const challenge = await send(server.url + path, { method: 'POST' });
  const connection = await RawConnection.open(server.url);
  left.push(connection);
  connection.writeHead('POST', path, {
    'Content-Type': 'text/xml',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: authorization({ nonce: nonceOf(challenge), uri: path }),
  });
  connection.write(body);
  return connection;
}

/** Connections that wait for a lock. */
async function waiting(): Promise<number> {
  const rows = await server.sql(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length;
}

/** Requests of one number each that have entered the queue and are not finished. */
async function waitingForCommit(): Promise<number> {
  const { text } = await send(server.metricsUrl ?? '');
  return Number(/^sppp_group_commit_waiting (\d+)$/m.exec(text)?.[1]);
}

/** The journal rows of requests without an answer. */
async function unanswered() {
  return server.sql('SELECT operation, code, committed, message FROM sppp.transaction WHERE code IS NULL ORDER BY id');
}

const message = 'the client disconnected before the end; nothing was done';
const numbers = Array.from({ length: 3000 }, (_, index) => `1202${String(index).padStart(7, '0')}`);

const requests: Record<string, readonly [body: string, operation: string, path?: string]> = {
  'of one number': [addRequest(tn('12025550001', ['HELD'])), 'submitAddRqst'],
  'of several': [addRequest(tn('12025550001', ['FREE']), tn('12025550002', ['HELD'])), 'submitAddRqst'],
  'in partial mode': [addRequest(tn('12025550001', ['HELD']), destGrp('NEW')), 'submitAddRqst', '/sppp/partial'],
  'of thousands': [addRequest(...numbers.map((number) => tn(number, ['HELD']))), 'submitAddRqst'],
  'that deletes': [
    batchRequest(as('addObj', tn('12025550001', ['FREE'])), as('delObj', objKey('DestGrp', 'HELD'))),
    'submitBatchRqst',
  ],
};

describe('a client that disconnects', () => {
  it.each(Object.entries(requests))('ends its request: one %s', async (_, [body, operation, path]) => {
    const connection = await begin(body, path);
    await expect.poll(waiting).toBe(1);
    connection.close();
    await expect.poll(unanswered).toHaveLength(1);
    const [logged] = await unanswered();
    // The server may not have read the end of a large request yet.
    const isUnread = logged?.operation === null && body.length > 100_000;
    const lost = { operation: null, code: null, committed: false, message: 'the connection was lost' };
    expect(logged).toEqual(isUnread ? lost : { operation, code: null, committed: false, message });
    await expect.poll(waiting).toBe(0);
    await letGo();
    const got = await server.post(getRequest(numberKey('TN', '12025550001'), objKey('DestGrp', 'NEW')));
    expect(readAnswer(got.text).resultObjs).toEqual([]);
    expect(readAnswer((await server.post(addRequest(tn('12025550001', ['HELD'])))).text).code).toBe(1000);
  });

  it('ends its query as well', async () => {
    await letGo();
    const locker = await server.deps.database.pool.connect();
    await locker.query('BEGIN; LOCK TABLE sppp.destination_group IN ACCESS EXCLUSIVE MODE');
    const connection = await begin(getRequest(objKey('DestGrp', 'HELD')));
    await expect.poll(waiting).toBe(1);
    connection.close();
    await expect.poll(waiting).toBe(0);
    await locker.query('ROLLBACK');
    locker.release();
    await expect.poll(unanswered).toEqual([{ operation: 'submitGetRqst', code: null, committed: false, message }]);
  });

  it('does not affect the requests that share a commit with it', async () => {
    // Two groups are in progress; the other requests wait, and share the next commit.
    const first = await Promise.all(['12025550001', '12025550002'].map((n) => begin(addRequest(tn(n, ['HELD'])))));
    await expect.poll(waiting).toBe(2);
    const others = await Promise.all(
      ['12025550003', '12025550004', '12025550005'].map((n) => begin(addRequest(tn(n, ['FREE'])))),
    );
    await expect.poll(waitingForCommit).toBe(5);
    first[0]?.close();
    others[1]?.close();
    expect(readAnswer((await (others[0] as RawConnection).answer()).body).code).toBe(1000);
    expect(readAnswer((await (others[2] as RawConnection).answer()).body).code).toBe(1000);
    await letGo();
    expect(readAnswer((await (first[1] as RawConnection).answer()).body).code).toBe(1000);
    await expect.poll(unanswered).toHaveLength(2);
    const rows = await server.sql('SELECT value FROM sppp.public_identifier ORDER BY value');
    expect(rows).toEqual(['12025550002', '12025550003', '12025550005'].map((value) => ({ value })));
  });

  it('frees its place for waiting requests', async () => {
    // More requests than one registrar may have in progress.
    const body = addRequest(tn('12025550001', ['HELD']), tn('12025550002', ['HELD']));
    const connections = await Promise.all(Array.from({ length: 12 }, () => begin(body)));
    await expect.poll(waiting).toBe(2);
    for (const connection of connections) connection.close();
    await expect.poll(unanswered).toHaveLength(12);
    expect(readAnswer((await server.post(addRequest(tn('12025550001', ['FREE'])))).text).code).toBe(1000);
  });
});

describe('the shutdown of a server', () => {
  it('finishes a request that was read whole, even if its client has disconnected', async () => {
    const connection = await begin(addRequest(tn('12025550001', ['HELD']), tn('12025550002', [])));
    await expect.poll(waiting).toBe(1);
    const rows = spyOnEnd();
    isClosed = true;
    const closed = server.close();
    await delay(100);
    connection.close();
    await delay(300);
    await letGo();
    await closed;
    expect(await rows()).toEqual([{ value: '12025550001' }, { value: '12025550002' }]);
  });

  it('aborts requests that take longer, and journals them', async () => {
    await begin(addRequest(tn('12025550001', ['HELD']), tn('12025550002', [])));
    await expect.poll(waiting).toBe(1);
    const rows = spyOnEnd('SELECT message FROM sppp.transaction WHERE code IS NULL');
    const since = performance.now();
    isClosed = true;
    const closed = server.close();
    await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
    await letGo();
    await closed;
    expect(performance.now() - since).toBeLessThan(15_000);
    expect(await rows()).toEqual([{ message }]);
  });
});

/** A query of the database after the end of the server, before the database is dropped. */
function spyOnEnd(question = 'SELECT value FROM sppp.public_identifier ORDER BY value'): () => Promise<unknown[]> {
  const { pool } = server.deps.database;
  const end = pool.end.bind(pool);
  let logged: unknown[] = [];
  pool.end = async () => {
    logged = (await pool.query(question)).rows;
    await end();
  };
  return async () => logged;
}
