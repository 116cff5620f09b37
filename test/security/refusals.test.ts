/** sppp_api.refusal counts refusals without a journal row: by hour, in bounded space, and without guessed names. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purgeRefusals } from '../../src/registry/journal/purge.js';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { DigestClient, send } from '../support/digest-client.js';
import { envelope } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const status = envelope('<s:spppServerStatusRequest/>');
const soap = { 'content-type': 'text/xml' };
let now = Date.now() + 60_000;
let server: TestServer;

beforeAll(async () => {
  const settings = { SPPP_RATE_REQUESTS: '3/3600', SPPP_RATE_ADDRESS_REQUESTS: '100/60' };
  server = await startServer({ settings, clock: () => new Date(now) });
});
afterAll(() => server.close());

async function counted() {
  await server.deps.refusals.flush();
  return server.sql(
    `SELECT status, reason, registrar, username, host(address) AS address, refusals::int FROM sppp_api.refusal
      ORDER BY status, reason, username NULLS LAST`,
  );
}

const local = { address: '127.0.0.1' };
const unknown = { registrar: null, username: null };

describe('sppp_api.refusal', () => {
  it('counts wrong passwords, lockouts, faults of the login, and exceeded rates', async () => {
    const guess = async (username: string, times: number) => {
      const client = new DigestClient({ username, password: 'guess' });
      for (let n = 0; n < times; n++)
        await client.send(`${server.url}/sppp`, { method: 'POST', headers: soap, body: '' });
    };
    await guess('ssp1', 12);
    await guess('my-password-in-the-wrong-field', 2);
    const challenge = await send(`${server.url}/sppp`, { method: 'POST', headers: soap, body: '' });
    const forged = authorization({ nonce: Buffer.alloc(48, 7).toString('base64url') });
    await send(`${server.url}/sppp`, { method: 'POST', headers: { ...soap, authorization: forged }, body: '' });
    const astray = authorization({ nonce: nonceOf(challenge), uri: '/elsewhere' });
    await send(`${server.url}/sppp`, { method: 'POST', headers: { ...soap, authorization: astray }, body: '' });
    for (let n = 0; n < 15; n++) await server.post(status, { as: 'ssp4' });
    expect(await counted()).toEqual([
      { status: 400, reason: 'misdirected', ...unknown, ...local, refusals: 1 },
      { status: 401, reason: 'forged', ...unknown, ...local, refusals: 1 },
      { status: 401, reason: 'missing', ...unknown, ...local, refusals: 4 }, // The first requests of Digest clients.
      { status: 401, reason: 'wrong', registrar: 'iana-en:111', username: 'ssp1', ...local, refusals: 10 },
      { status: 401, reason: 'wrong', ...unknown, ...local, refusals: 2 },
      { status: 429, reason: 'throttled', registrar: 'iana-en:111', username: 'ssp1', ...local, refusals: 2 },
      { status: 429, reason: 'tooMany', registrar: 'iana-en:226', username: null, ...local, refusals: 2 },
    ]);
    // The ten before those two were answered in SPPP, and are in the journal.
    expect(await server.sql('SELECT registrar, throttled::int FROM sppp_api.throttle')).toEqual([
      { registrar: 'iana-en:226', throttled: 10 },
    ]);
  });

  it('adds to existing counts, and starts anew with the hour', async () => {
    const missing = () => send(`${server.url}/sppp`, { method: 'POST', headers: soap, body: '' });
    now += 60_000;
    await missing();
    await counted();
    await missing();
    await counted();
    const rows = () =>
      server.sql(`SELECT refusals::int FROM sppp_api.refusal WHERE reason = 'missing' ORDER BY hour, refusals`);
    const before = await rows();
    now += 3_600_000;
    await missing();
    await counted();
    const after = await rows();
    expect(after).toEqual([...before, { refusals: 1 }]);
  });

  it('stores no user name without a credential', async () => {
    const [row] = await server.sql<{ text: string }>('SELECT string_agg(r::text, $1) AS text FROM sppp.refusal r', [
      '',
    ]);
    expect(row?.text).not.toContain('my-password');
  });

  it('is written at intervals, and when the server stops', async () => {
    const brief = await startServer();
    await send(`${brief.url}/sppp`, { method: 'POST', headers: soap, body: '' });
    const { refusals, database } = brief.deps;
    await refusals.flush();
    const { rows } = await database.pool.query('SELECT refusals::int FROM sppp_api.refusal');
    expect(rows).toEqual([{ refusals: 1 }]);
    await brief.close();
  });

  it('drops old counts', async () => {
    const [{ n } = { n: 0 }] = await server.sql<{ n: number }>('SELECT count(*)::int AS n FROM sppp.refusal');
    expect(n).toBeGreaterThan(0);
    const { pool } = server.deps.database;
    expect(await purgeRefusals(pool, new Date(now), 1)).toBe(0);
    expect(await purgeRefusals(pool, new Date(now + 2 * 86_400_000), 1)).toBe(n);
    expect(await server.sql('SELECT * FROM sppp_api.refusal')).toEqual([]);
  });
});
