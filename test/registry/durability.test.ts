/** An acknowledged request is in the database, with its journal row, before the answer leaves. */

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullSet } from '../support/full-set.js';
import { addRequest, delRequest, destGrp, getRequest, objKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let elsewhere: pg.Client;

beforeAll(async () => {
  server = await startServer();
  elsewhere = new pg.Client({ connectionString: server.databaseUrl });
  await elsewhere.connect();
});
afterAll(async () => {
  await elsewhere.end();
  await server.close();
});

const journalOf = async (serverTransId: string | undefined) =>
  (
    await elsewhere.query(
      `SELECT operation, mode, code, message, objects, failed, registrar, username, duration IS NOT NULL AS answered
         FROM sppp_api.transaction WHERE server_trans_id = $1`,
      [serverTransId],
    )
  ).rows;

describe('when the answer arrives', () => {
  it('another connection sees the objects and the journal row', async () => {
    const answer = readAnswer((await server.post(addRequest(...fullSet()))).text);
    expect(await journalOf(answer.serverTransId)).toEqual([
      {
        operation: 'submitAddRqst',
        mode: 'atomic',
        code: 1000,
        message: 'Request succeeded',
        objects: 6,
        failed: 0,
        registrar: 'iana-en:223',
        username: 'ssp2r',
        answered: true,
      },
    ]);
    const written = await elsewhere.query(
      `SELECT DISTINCT last_written_by AS id FROM (SELECT last_written_by FROM sppp_api.destination_group
         UNION ALL SELECT last_written_by FROM sppp_api.public_identifier
         UNION ALL SELECT last_written_by FROM sppp_api.sed_record
         UNION ALL SELECT last_written_by FROM sppp_api.sed_group) t`,
    );
    expect(written.rows).toEqual([{ id: answer.serverTransId }]);
  });

  it('another connection sees the deletion', async () => {
    const answer = readAnswer((await server.post(delRequest(objKey('DestGrp', 'FULL_DG')))).text);
    expect(answer.code).toBe(1000);
    expect((await elsewhere.query('SELECT FROM sppp.destination_group')).rowCount).toBe(0);
  });

  it('another connection sees the journal row of a request that was refused, rolled back or a query', async () => {
    const refused = readAnswer((await server.post(addRequest(tn('1', ['NOWHERE'])))).text);
    expect(await journalOf(refused.serverTransId)).toMatchObject([{ code: 2100, objects: 1, failed: 1 }]);
    const broken = readAnswer((await server.post(addRequest('<obj/>'))).text);
    expect(await journalOf(broken.serverTransId)).toMatchObject([{ code: 2000 }]);
    await server.post(getRequest(objKey('DestGrp', 'FULL_DG')));
    const { rows } = await elsewhere.query('SELECT operation, code FROM sppp.transaction ORDER BY id DESC LIMIT 1');
    expect(rows).toEqual([{ operation: 'submitGetRqst', code: 1000 }]);
  });

  it('no journal row is open, as if its request had no answer', async () => {
    expect((await elsewhere.query('SELECT FROM sppp.transaction WHERE code IS NULL')).rowCount).toBe(0);
  });
});

describe('while the commit has not ended', () => {
  it('there is no answer, and no connection sees the objects', async () => {
    // The commit of a request waits for a lock that we hold.
    await elsewhere.query(
      `CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN PERFORM pg_advisory_xact_lock(7877); RETURN NULL; END $$`,
    );
    await elsewhere.query(
      `CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON sppp.destination_group DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION public.wait()`,
    );
    await elsewhere.query('SELECT pg_advisory_lock(7877)');
    let isAnswered = false;
    const answered = server.post(addRequest(destGrp('COMMITTED'))).then((received) => {
      isAnswered = true;
      return received;
    });
    // The columns of pg_stat_activity are not of one moment, so the test polls until both are true.
    const waiting = `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                      WHERE a.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted
                        AND a.query = 'COMMIT'`;
    while ((await elsewhere.query(waiting)).rowCount === 0) await delay(5);
    // Others are served meanwhile; an answer that was sent before the commit would have arrived by then.
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.post(getRequest(objKey('DestGrp', 'COMMITTED')), { as: 'ssp2r' });
    expect(isAnswered).toBe(false);
    expect((await elsewhere.query(`SELECT FROM sppp.destination_group WHERE name = 'COMMITTED'`)).rowCount).toBe(0);
    await elsewhere.query('SELECT pg_advisory_unlock(7877)');
    expect(readAnswer((await answered).text).code).toBe(1000);
    expect((await elsewhere.query(`SELECT FROM sppp.destination_group WHERE name = 'COMMITTED'`)).rowCount).toBe(1);
  });
});
