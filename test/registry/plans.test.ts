/** How often PostgreSQL plans a statement: those of small requests once for each connection, with what their triggers ask. */

import type { ClientBase } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectDone } from '../support/carrier.js';
import { askServer, createDatabase } from '../support/database.js';
import { addRequest, destGrp, getRequest, numberKey, readAnswer, tn } from '../support/message.js';
import { party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

/** So many that a plan for ten of them looks dear beside one for one. */
const NUMBERS = 20_000;
/** A plan that suits all values is made after five that suit one. */
const LEARNING = 7;
/**
 * Requests that are looked at, until one needs no plan. Statistics that the server's own work changes may have plans made anew, and
 * while its jobs at the start use the connection that knows all plans, a request gets one that learns them yet.
 */
const LOOKED_AT = 40;

let server: TestServer;
/** Where plans were made: the functions that asked for them, if any. */
let planned: string[] = [];

beforeAll(async () => {
  const database = await createDatabase();
  // Before the server connects, so that each of its connections has them.
  const name = new URL(database.url).pathname.slice(1);
  await askServer(`ALTER DATABASE "${name}" SET log_planner_stats = on`);
  await askServer(`ALTER DATABASE "${name}" SET client_min_messages = log`);
  server = await startServer({ database });
  const seen = new WeakSet<ClientBase>();
  server.deps.database.pool.on('acquire', (client) => {
    if (seen.has(client)) return;
    seen.add(client);
    client.on('notice', ({ message, where = 'the statement itself' }) => {
      if (message === 'PLANNER STATISTICS') planned.push(where);
    });
  });
  expectDone(await party(server, 'ssp2r').add(destGrp('DG_EAST'), destGrp('DG_WEST')));
  await server.sql(
    `WITH request AS (
       INSERT INTO sppp.transaction (server_trans_id, registrar_id, operation, mode, received_at)
       SELECT gen_random_uuid(), id, 'submitAddRqst', 'atomic', now()
         FROM sppp.organization, generate_series(1, $1) WHERE org_id = 'iana-en:223' RETURNING id),
     number AS (
       INSERT INTO sppp.public_identifier (transaction_id, rant_id, kind, value)
       SELECT request.id, rant.id, 'TN', ($2::bigint + row_number() OVER ())::text
         FROM request, sppp.organization rant WHERE rant.org_id = 'iana-en:222' RETURNING id)
     INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
     SELECT number.id, g.id, 0 FROM number, sppp.destination_group g WHERE g.name = 'DG_EAST'`,
    [NUMBERS, numberAt(-1)],
  );
  await server.sql('ANALYZE');
}, 120_000);
afterAll(() => server.close());

function numberAt(n: number): string {
  return String(12_025_550_000 + n);
}

async function post(xml: string): Promise<void> {
  const { text } = await server.post(xml, { as: 'ssp2r' });
  expect(readAnswer(text).code).toBe(1000);
}

it.each<[string, (n: number) => string]>([
  ['Add of a new number', (n) => addRequest(tn(String(13_035_550_000 + n), ['DG_EAST']))],
  ['Add of a number that is there', (n) => addRequest(tn(numberAt(n), [n % 2 === 0 ? 'DG_EAST' : 'DG_WEST']))],
  ['Add of a number that moves to another group', (n) => addRequest(tn(numberAt(0), [n % 2 ? 'DG_EAST' : 'DG_WEST']))],
  ['Get of a number', (n) => getRequest(numberKey('TN', numberAt(n)))],
])('%s', async (_, xml) => {
  for (let n = 0; n < LEARNING; n++) await post(xml(n));
  let least: string[] | undefined;
  for (let n = 0; n < LOOKED_AT && least?.length !== 0; n++) {
    planned = [];
    await post(xml(LEARNING + n));
    if (least === undefined || planned.length < least.length) least = planned;
  }
  expect(least).toEqual([]);
});
