/** Connections that are dead although nothing has closed them: behind a proxy that stops forwarding. */

import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../support/database.js';
import { send } from '../support/digest-client.js';
import { lookupPath, lookups } from '../support/lookup.js';
import { addRequest, destGrp, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { type StallingProxy, startStallingProxy, type Way } from '../support/stalling-proxy.js';
import '../support/long-timeouts.js';

/**
 * Shorter than usual, so that the tests need not wait as long. Answers have longer: on a busy machine the connection of the
 * questions, which dies too, is only just replaced within five seconds.
 */
const silence = {
  connections: { interval: 100, silence: 800, answer: 10_000, grace: 500 },
  listening: { check: 200, answer: 800, trust: 1500, reconnect: 100, read: 10_000 },
};

let proxy: StallingProxy;
let server: TestServer;
/** To the same database, past the proxy. */
let direct: pg.Client;
/** Another one: what the first does not notice while it holds locks. */
let observer: pg.Client;

beforeAll(async () => {
  const database = await createDatabase();
  proxy = await startStallingProxy(database.url);
  const drop = async () => {
    await proxy.close();
    await database.drop();
  };
  server = await startServer({ database: { url: proxy.url, drop }, silence });
  [direct, observer] = [database.url, database.url].map((connectionString) => new pg.Client({ connectionString })) as [
    pg.Client,
    pg.Client,
  ];
  await direct.connect();
  await observer.connect();
  expect(await codeOf(addRequest(destGrp('ONE'), tn('12025550000', ['ONE'])))).toBe(1000);
});
afterEach(async () => {
  await proxy.refuse(false);
  proxy.heal();
  await direct.query('ROLLBACK');
  await works();
});
afterAll(async () => {
  await direct.end();
  await observer.end();
  await server.close();
});

/** The code of an answer, else its HTTP status. */
async function codeOf(xml: string): Promise<number> {
  const { status, text } = await server.post(xml);
  return status === 200 ? readAnswer(text).code : status;
}

let last = 12_025_560_000;
/** An add of a number that is not there yet. */
function newNumber(): { readonly number: string; readonly xml: string } {
  last += 1;
  return { number: String(last), xml: addRequest(tn(String(last), ['ONE'])) };
}

/** Until changes succeed again. */
async function works(): Promise<void> {
  await expect.poll(() => codeOf(newNumber().xml), { timeout: 60_000 }).toBe(1000);
}

async function isThere(number: string): Promise<boolean> {
  const { rowCount } = await observer.query('SELECT FROM sppp.public_identifier WHERE value = $1', [number]);
  return rowCount === 1;
}

/** Sessions of the server in this state. */
async function sessions(where: string): Promise<number[]> {
  const { rows } = await observer.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sppp' AND ${where}`,
  );
  return rows.map(({ pid }) => pid);
}

const waitForLock = "wait_event_type = 'Lock'";

/** What a lost connection gives, before a request has asked for its commit or after that. */
const lost = [2300, 503];

describe('a connection that no longer forwards', () => {
  it.each<[string, Way[]]>([
    ['in both directions', ['there', 'back']],
    ['to the database', ['there']],
    ['from the database', ['back']],
  ])('%s when an add begins: the add ends, whole or not at all, and others succeed', async (_, ways) => {
    const { number, xml } = newNumber();
    proxy.forget(ways);
    const code = await codeOf(xml);
    expect([1000, ...lost]).toContain(code);
    expect(await isThere(number)).toBe(code === 1000);
  });

  it('while a request waits in the database: it is waited for as long as PostgreSQL works, and its answer is true', async () => {
    await direct.query('BEGIN');
    await direct.query(`SELECT FROM sppp.destination_group WHERE name = 'ONE' FOR UPDATE`);
    const [number = '', ...more] = [newNumber(), newNumber()].map((one) => one.number);
    const added = codeOf(addRequest(...[number, ...more].map((each) => tn(each, ['ONE']))));
    let hasEnded = false;
    added.finally(() => {
      hasEnded = true;
    });
    await expect.poll(() => sessions(waitForLock)).toHaveLength(1);
    const [pid] = await sessions(waitForLock);
    proxy.forget();
    // The connection of the questions is forgotten too; that it was opened again says that there were questions.
    await expect.poll(() => hasAsked(), { timeout: 30_000 }).toBe(true);
    expect([hasEnded, await sessions(waitForLock)]).toEqual([false, [pid]]);
    await direct.query('ROLLBACK');
    const code = await added;
    expect([1000, ...lost]).toContain(code);
    expect(await isThere(number)).toBe(code === 1000);
  });

  it('in the middle of a COPY: nothing of the request is stored, and PostgreSQL ends the session with its locks', async () => {
    const numbers = Array.from({ length: 20_000 }, (_, n) => tn(String(13_035_550_000 + n), ['ONE']));
    proxy.forgetAt(/COPY sppp\.public_identifier/);
    expect(lost).toContain(await codeOf(addRequest(...numbers)));
    expect(await isThere('13035550000')).toBe(false);
    await expect.poll(() => sessions(`query LIKE '%COPY sppp.%' AND state <> 'idle'`)).toEqual([]);
    expect(await codeOf(addRequest(...numbers))).toBe(1000);
  });

  it('takes the idle ones with it, so that the next request meets none of them', async () => {
    const { pool } = server.deps.database;
    const taken = await Promise.all([1, 2, 3].map(() => pool.connect()));
    for (const client of taken) client.release();
    await expect.poll(() => pool.idleCount).toBeGreaterThanOrEqual(3);
    proxy.forget();
    expect([1000, ...lost]).toContain(await codeOf(newNumber().xml));
    // The node itself may have used one of them meanwhile, each second: that one goes by itself.
    await expect
      .poll(() => taken.map((client) => Reflect.get(client, 'connection').stream.destroyed))
      .toEqual([true, true, true]);
  });

  it('to a database that refuses new ones: requests end', async () => {
    await proxy.refuse(true);
    proxy.forget();
    const { number, xml } = newNumber();
    expect(lost).toContain(await codeOf(xml));
    expect(await isThere(number)).toBe(false);
  });

  it('of look-ups: those under way fail soon, and the next are answered', async () => {
    const asked = lookups(server);
    const path = lookupPath('+12025550000', { asker: 'iana-en:111' });
    expect((await asked.send('ssp1', path)).status).toBe(200);
    proxy.forget();
    const { status } = await asked.send('ssp1', path);
    expect([200, 503]).toContain(status);
    await expect.poll(async () => (await asked.send('ssp1', path)).status).toBe(200);
  });
});

/** Whether the server has asked about its sessions, on a connection that is open now. */
async function hasAsked(): Promise<boolean> {
  const { rowCount } = await observer.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sppp health'
        AND query LIKE '%isAtWork%'`,
  );
  return (rowCount ?? 0) > 0;
}

describe('a login that was revoked while the listening connection was dead', () => {
  it.each<[string, Way[]]>([
    ['in both directions', ['there', 'back']],
    ['to the database', ['there']],
    ['from the database', ['back']],
  ])('%s is refused, and never let in from memory after the time of trust', async (_, ways) => {
    const { credentials } = server.deps;
    const find = () => credentials.find('ssp3', new Date());
    const isRemembered = async () => {
      const found = find();
      await found;
      return found !== undefined && !(found instanceof Promise);
    };
    await expect.poll(isRemembered).toBe(true);
    proxy.forget(ways);
    await direct.query(`UPDATE sppp.credential SET revoked_at = now() WHERE username = 'ssp3'`);
    const revoked = performance.now();
    try {
      let remembered = 0;
      const isOut = async () => {
        const found = find();
        if (found !== undefined && !(found instanceof Promise)) {
          remembered = performance.now() - revoked;
          return false;
        }
        return (await Promise.resolve(found).catch(() => 'unknown')) === undefined;
      };
      await expect.poll(isOut, { interval: 20 }).toBe(true);
      expect(remembered).toBeLessThan(silence.listening.trust);
    } finally {
      await direct.query(`UPDATE sppp.credential SET revoked_at = NULL WHERE username = 'ssp3'`);
    }
  });
});

describe('the answers to a load balancer, each within a second', () => {
  async function health(path: string): Promise<readonly [number, string, boolean]> {
    const before = performance.now();
    const { status, text } = await send(`${server.url}/health${path}`);
    return [status, (JSON.parse(text) as { status: string }).status, performance.now() - before < 1000];
  }

  const down = [
    [200, 'ok', true],
    [503, 'no database', true],
    [503, 'no database', true],
  ];

  async function all() {
    return [await health('/live'), await health('/write'), await health('/lookup')];
  }

  it('with a database', async () => {
    await expect.poll(all).toEqual([
      [200, 'ok', true],
      [200, 'ok', true],
      [200, 'ok', true],
    ]);
    expect((await send(`${server.url}/health/write`, { method: 'HEAD' })).status).toBe(200);
  });

  it('with connections that are half-open', async () => {
    proxy.stall();
    await expect.poll(all).toEqual(down); // An answer is reused for a tenth of a second.
    proxy.heal();
    await expect.poll(() => health('/write')).toEqual([200, 'ok', true]);
  });

  it('with a database that refuses connections', async () => {
    await proxy.refuse(true);
    proxy.forget();
    await expect.poll(all).toEqual(down); // An answer is reused for a tenth of a second.
    expect((await send(`${server.url}/health/write`, { method: 'HEAD' })).status).toBe(503);
  });
});
