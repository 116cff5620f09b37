/** The small requests of one registrar delay no other registrar. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { addRequest, destGrp, getRequest, objKey, type ReadAnswer, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const neighbour = { rant: 'iana-en:225', rar: 'iana-en:225' };

beforeAll(async () => {
  server = await startServer();
  await server.post(addRequest(destGrp('HELD')));
});
afterAll(() => server.close());

/** Holds a lock that the requests of a registrar need, while the work runs. */
async function whileHeld(work: () => Promise<void>): Promise<void> {
  const holder = await server.deps.database.pool.connect();
  try {
    await holder.query(`BEGIN; SELECT FROM sppp.destination_group WHERE name_key = 'held' FOR UPDATE`);
    await work();
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

async function post(xml: string, as: 'ssp2r' | 'ssp3' = 'ssp2r'): Promise<ReadAnswer> {
  return readAnswer((await server.post(xml, { as })).text);
}

/** Connections that wait for a lock. */
async function waiting(): Promise<number> {
  const rows = await server.sql(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length;
}

/** All requests of another registrar end while those of the first are blocked, each within 5 s. */
async function expectServed(round: number): Promise<void> {
  for (const xml of [
    addRequest(tn(`1303555000${round}`, [], neighbour)),
    addRequest(destGrp(`DG_${round}`, neighbour), tn(`1303555001${round}`, [`DG_${round}`], neighbour)),
    getRequest(objKey('DestGrp', `DG_${round}`, 'iana-en:225')),
  ]) {
    const since = performance.now();
    expect((await post(xml, 'ssp3')).code).toBe(1000);
    expect(performance.now() - since).toBeLessThan(5000);
  }
}

it('many blocked requests leave connections to others', async () => {
  let sent: Promise<ReadAnswer>[] = [];
  await whileHeld(async () => {
    sent = Array.from({ length: 60 }, (_, n) =>
      post(addRequest(tn(`1202555${1000 + n}`, ['HELD']), tn(`1202556${1000 + n}`, ['HELD']))),
    );
    await expect.poll(waiting).toBeGreaterThan(1);
    await expectServed(1);
  });
  expect((await Promise.all(sent)).map(({ code }) => code)).toEqual(sent.map(() => 1000));
});

it('blocked requests of single numbers leave commits to others', async () => {
  let sent: Promise<ReadAnswer>[] = [];
  await whileHeld(async () => {
    sent = Array.from({ length: 60 }, (_, n) => post(addRequest(tn(`1202557${1000 + n}`, ['HELD']))));
    await expect.poll(waiting).toBeGreaterThan(1);
    await expectServed(2);
  });
  expect((await Promise.all(sent)).map(({ code }) => code)).toEqual(sent.map(() => 1000));
});
