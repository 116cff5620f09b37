/** Look-ups from a real standby: as fast and as right as the primary's, never older than is allowed, and nothing is written. */

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { readConfig } from '../../src/config.js';
import { openDeps, openLookups } from '../../src/deps.js';
import type { Server } from '../../src/listener.js';
import type { Lookups } from '../../src/lookup/lookups.js';
import { type LookupDeps, openLookupDeps } from '../../src/lookup-deps.js';
import { serveLookups } from '../../src/lookup-server.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { startBeating } from '../../src/registry/connection/beat.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { STANDBY_AGE } from '../../src/registry/connection/standby-age.js';
import { resolve } from '../../src/registry/resolve/resolve.js';
import { serve } from '../../src/server.js';
import { countStatements, oneGroup, shown } from '../support/cached-lookups.js';
import { createDatabase } from '../support/database.js';
import { DigestClient } from '../support/digest-client.js';
import { lookupPath } from '../support/lookup.js';
import '../support/long-timeouts.js';
import { orgs } from '../support/random-registry.js';
import { writeRegistry } from '../support/resolve-model.js';
import { eventually, type Replication, startReplication } from '../support/standby.js';

const [rant = '', asker = ''] = orgs;
const numbers = ['12025550100', '12025550101', '12025551200'];
const log = pino({ level: 'silent' });
/** Long enough for a busy machine, where beats come late. */
const MAX_AGE_MS = 6000;

let replication: Replication;
let database: Database;
let writer: pg.Client;
let stopBeating: () => Promise<void>;
beforeAll(async () => {
  replication = await startReplication();
  database = await openDatabase(replication.primary.url, { durable: false, maxConnections: 3 });
  writer = new pg.Client({ connectionString: replication.primary.url });
  writer.on('error', () => undefined); // the primary ends before it
  await writer.connect();
  await writeRegistry(writer, oneGroup(...numbers));
  const { prisma } = database;
  await addOrganization(prisma, asker, '');
  await addGrant(prisma, asker, asker);
  for (const username of ['u1', 'u2']) {
    await addCredential(prisma, { registrar: asker, username, label: '', ...secretsOf(username, username) });
  }
  stopBeating = startBeating(database.pool);
  await replication.catchUp();
});
afterAll(async () => {
  await stopBeating?.();
  await writer?.end();
  await database?.close();
  await replication?.close();
});

const write = async (sql: string) => {
  await writer.query(sql);
  await replication.catchUp();
};
const rename = (target: string) => `UPDATE sppp.sed_record SET regx_repl = '${target}:\\1'`;
const targetsOf = async (lookups: Lookups, identifier = `+${numbers[0]}`) =>
  shown(await lookups.ask({ identifier, asker })).map(({ finalUri }) => finalUri);
const open = (url: string, maxAge = 60_000) => {
  const config = readConfig({ SPPP_LOOKUP_MAX_AGE: String(maxAge) });
  return openLookupDeps(config, { databaseUrl: url, log });
};

describe('kept answers on a standby', () => {
  let deps: LookupDeps;
  beforeEach(async () => {
    deps = await open(replication.standby.url);
  });
  afterEach(() => deps.close());

  it('are those of the primary after each change, and need no further statement between', async () => {
    const { lookups } = deps;
    await lookups.warmUp();
    const counted = countStatements();
    for (let n = 0; n < 5; n++) {
      await write(rename(`a${n}`));
      if (n % 2 === 1) await write(`UPDATE sppp.destination_group_member SET position = position`);
      for (const number of numbers) {
        const identifier = `+${number}`;
        const expected = (await resolve(writer, { identifier, asker })).map(({ finalUri }) => finalUri);
        expect(expected).toEqual([`a${n}:${identifier}`]);
        expect(await targetsOf(lookups, identifier)).toEqual(expected);
      }
    }
    expect(counted.of('answers')).toBeLessThan(15); // numbers with the same route key share an answer
    const before = counted.of('answers');
    for (let n = 0; n < 20; n++) await targetsOf(lookups, `+${numbers[n % 3]}`);
    expect(counted.of('answers')).toBe(before);
    counted.stop();
  });

  it('are dropped by a transaction that was in progress when they were read, however many have ended since', async () => {
    const { lookups } = deps;
    await write(rename('before'));
    const late = new pg.Client({ connectionString: replication.primary.url });
    await late.connect();
    try {
      await late.query(`BEGIN; ${rename('late')}`);
      const [{ xid = '' } = {}] = (await late.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid')).rows;
      await write("UPDATE sppp.organization SET name = 'a later transaction that ends earlier'");
      for (let n = 0; n < 3; n++) expect(await targetsOf(lookups)).toEqual([`before:+${numbers[0]}`]);
      // PostgreSQL knows on the standby that something is in progress, but not what.
      const [snapshot] = await replication.onStandby<{ xmin: string; xip: string }>(
        `SELECT pg_snapshot_xmin(s)::text AS xmin, (SELECT count(*) FROM pg_snapshot_xip(s))::text AS xip
         FROM pg_current_snapshot() AS s`,
      );
      expect(snapshot).toEqual({ xmin: xid, xip: '0' });
      await late.query('COMMIT');
    } finally {
      await late.end();
    }
    await replication.catchUp();
    expect(await targetsOf(lookups)).toEqual([`late:+${numbers[0]}`]);
  });

  it('are never older than the standby while transactions of all lengths commit', async () => {
    const { lookups } = deps;
    const clients = await Promise.all(
      [0, 1, 2].map(async () => {
        const client = new pg.Client({ connectionString: replication.primary.url });
        await client.connect();
        return client;
      }),
    );
    await write(rename('0'));
    let isOver = false;
    const stale: string[] = [];
    const asking = [0, 1, 2, 3].map(async () => {
      while (!isOver) {
        const [{ n: seen = 0 } = {}] = await replication.onStandby<{ n: number }>(
          "SELECT split_part(regx_repl, ':', 1)::int AS n FROM sppp.sed_record",
        );
        const [target = ''] = await targetsOf(lookups);
        if (Number.parseInt(target ?? '', 10) < seen) stale.push(`${target} after ${seen}`);
      }
    });
    for (let n = 1; n <= 60; n++) {
      const client = clients[n % 3];
      if (client === undefined) break;
      // Others begin before it and end after it.
      await clients[(n + 1) % 3]?.query('BEGIN; SELECT pg_current_xact_id()');
      await client.query(rename(String(n)));
      await clients[(n + 1) % 3]?.query('COMMIT');
    }
    await replication.catchUp();
    isOver = true;
    await Promise.all(asking);
    expect(stale).toEqual([]);
    expect(await targetsOf(lookups)).toEqual([`60:+${numbers[0]}`]);
    for (const client of clients) await client.end();
  });
});

it('with synchronous_commit=remote_apply a look-up follows each write at once', async () => {
  await replication.onPrimary("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await replication.onPrimary('SELECT pg_reload_conf()');
  await eventually(async () => {
    const rows = await replication.onPrimary("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
    return rows.length === 1;
  });
  const deps = await open(replication.standby.url);
  try {
    await writer.query('SET synchronous_commit = remote_apply');
    for (let n = 0; n < 20; n++) {
      await writer.query(rename(`r${n}`));
      expect(await targetsOf(deps.lookups)).toEqual([`r${n}:+${numbers[0]}`]);
    }
  } finally {
    await writer.query('RESET synchronous_commit');
    await deps.close();
    await replication.onPrimary('ALTER SYSTEM RESET synchronous_standby_names');
    await replication.onPrimary('SELECT pg_reload_conf()');
  }
});

describe('a server of look-ups alone', () => {
  let deps: LookupDeps;
  let server: Server;
  const client = new DigestClient({ username: 'u1', password: 'u1' });
  const ask = (path = lookupPath(`+${numbers[0]}`, { asker })) =>
    client.send(server.url + path, { method: 'GET', headers: {} });
  const statusOf = async () => (await ask()).status;
  const health = async () => (await fetch(`${server.url}/health`)).status;
  beforeAll(async () => {
    const config = readConfig({
      ...{ SPPP_PORT: '0', SPPP_METRICS_PORT: '0', SPPP_LOOKUP_MAX_AGE: String(MAX_AGE_MS) },
      SPPP_RATE_HEALTH: 'off',
    });
    deps = await openLookupDeps(config, { databaseUrl: replication.standby.url, log });
    server = await serveLookups(deps);
    await eventually(async () => (await health()) === 200);
  });
  afterEach(() => replication.resumeReplay());
  afterAll(async () => {
    await server.close();
    await deps.close();
  });

  it('answers as the primary does, with the login of the registry', async () => {
    await write(rename('http'));
    const { status, text } = await ask();
    expect(status, text).toBe(200);
    expect((JSON.parse(text) as { records: { finalUri: string }[] }).records.map(({ finalUri }) => finalUri)).toEqual([
      `http:+${numbers[0]}`,
    ]);
    expect((await ask(lookupPath('+1', { asker: rant }))).status).toBe(403);
    expect((await fetch(server.url + lookupPath('+1', { asker }))).status).toBe(401);
  });

  it.each(['/sppp', '/sppp/partial', '/sppp/validate/', '/sppp?wsdl', '/objects', '/transaction', '/operator/status'])(
    'says of %s that another node has it',
    async (path) => {
      const answer = await fetch(server.url + path, { method: 'POST', body: '<S:Envelope/>' });
      expect(answer.status).toBe(421);
      expect(await answer.text()).toMatch(/^This node answers look-ups only .* another node of the registry\.\n$/);
    },
  );

  it('has the other resources that need no primary, and no more', async () => {
    expect((await fetch(`${server.url}/about`)).status).toBe(200);
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(paths).sort()).toEqual([
      '/about',
      '/feed',
      '/health',
      '/health/live',
      '/health/lookup',
      '/health/write',
      '/lookup/{identifier}',
    ]);
    expect((await fetch(`${server.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(server.url + lookupPath('+1', { asker }), { method: 'PUT' })).status).toBe(405);
  });

  it('has feeds of the standby, whose cursors go on there', async () => {
    const feedOf = async (since = '') => {
      const { status, text } = await ask(`/feed?asker=${encodeURIComponent(asker)}${since && `&since=${since}`}`);
      expect(status, text).toBe(200);
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { put?: string | number; end?: string; regxRepl?: string });
    };
    await write(rename('feed'));
    const whole = await feedOf();
    expect(whole.filter(({ put }) => put === 'SedRec').map(({ regxRepl }) => regxRepl)).toEqual(['feed:\\1']);
    const since = whole.at(-1)?.end ?? '';
    expect((await feedOf(since)).at(-1)).toMatchObject({ put: 0, removed: 0 });
    expect((await ask(`/feed?asker=${encodeURIComponent(rant)}`)).status).toBe(403);
    expect((await ask(`/feed?asker=${encodeURIComponent(asker)}&since=none`)).status).toBe(400);
    const lost = since.replace(/^1\.\d+/, '1.1');
    expect((await ask(`/feed?asker=${encodeURIComponent(asker)}&since=${lost}`)).status).toBe(410);
  });

  it('lets a login in no longer than 5 s and the age of the standby after it was revoked', async () => {
    const other = new DigestClient({ username: 'u2', password: 'u2' });
    const path = lookupPath('+1', { asker });
    const status = async () => (await other.send(server.url + path, { method: 'GET', headers: {} })).status;
    expect(await status()).toBe(200);
    await write("UPDATE sppp.credential SET revoked_at = now() WHERE username = 'u2'");
    const since = performance.now();
    await eventually(async () => (await status()) === 401);
    expect(performance.now() - since).toBeLessThan(5000);
  });

  it('answers 503 while replay is paused for longer than is allowed, and goes on after that', async () => {
    await write(rename('seen'));
    expect(await statusOf()).toBe(200);
    await replication.pauseReplay();
    await writer.query(rename('unseen'));
    const seen = new Set<string>();
    await eventually(async () => {
      const { status, text } = await ask();
      if (status === 200) seen.add(text);
      return status === 503;
    });
    expect([...seen].filter((text) => !text.includes('"finalUri":"seen:'))).toEqual([]);
    expect(await health()).toBe(503);
    expect((await ask(`/feed?asker=${encodeURIComponent(asker)}`)).status).toBe(503);
    const metrics = await (await fetch(server.metricsUrl ?? '')).text();
    expect(Number(/^sppp_lookup_data_age_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(MAX_AGE_MS / 1000);
    await replication.resumeReplay();
    await eventually(async () => (await statusOf()) === 200);
    expect((await ask()).text).toContain('unseen:');
    await eventually(async () => (await health()) === 200);
  });

  it('answers 503 when the standby is cut off from its primary, although it has replayed all that it has', async () => {
    await replication.disconnect();
    await eventually(async () => (await statusOf()) === 503);
    const [replayed] = await replication.onStandby<{ isAll: boolean }>(
      'SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AS "isAll"',
    );
    expect(replayed).toEqual({ isAll: true });
    await replication.reconnect();
    await eventually(async () => (await statusOf()) === 200);
  });

  it('stays as young as its standby while nobody writes', async () => {
    const until = performance.now() + MAX_AGE_MS + 1500;
    while (performance.now() < until) {
      expect(await statusOf()).toBe(200);
      await delay(200);
    }
  });
});

it('a standby that is too old is passed over for the next host, such as the primary', async () => {
  const { primary, standby } = replication;
  const url = replication.url(standby, primary, { target_session_attrs: 'prefer-standby' });
  const deps = await open(url, MAX_AGE_MS);
  try {
    await write(rename('both'));
    expect(await targetsOf(deps.lookups)).toEqual([`both:+${numbers[0]}`]);
    await replication.pauseReplay();
    await writer.query(rename('primary'));
    await eventually(async () => (await targetsOf(deps.lookups)).includes(`primary:+${numbers[0]}`));
    await writer.query(rename('primary again'));
    expect(await targetsOf(deps.lookups)).toEqual([`primary again:+${numbers[0]}`]);
  } finally {
    await replication.resumeReplay();
    await replication.catchUp();
    await deps.close();
  }
});

describe('sppp serve with LOOKUP_DATABASE_URL', () => {
  const config = readConfig({ SPPP_PORT: '0', SPPP_DATABASE_CONNECTIONS: '6' });

  it('looks up there, changes elsewhere, and shows the age', async () => {
    const { primary, standby } = replication;
    const databases = { databaseUrl: primary.url, lookupDatabaseUrl: standby.url };
    const deps = await openDeps(config, { ...databases, log, durable: false });
    const server = await serve(deps);
    try {
      await write(rename('old'));
      await replication.pauseReplay();
      await deps.database.pool.query(rename('new'));
      expect(await targetsOf(deps.lookups)).toEqual([`old:+${numbers[0]}`]);
      await replication.resumeReplay();
      await replication.catchUp();
      expect(await targetsOf(deps.lookups)).toEqual([`new:+${numbers[0]}`]);
      expect(deps.lookups.dataAge).toBeLessThan(60);
      const { rows } = await deps.lookupDatabase.pool.query<{ is: boolean }>('SELECT pg_is_in_recovery() AS is');
      expect(rows).toEqual([{ is: true }]);
      await expect(deps.lookupDatabase.pool.query(rename('never'))).rejects.toThrow(/read-only|recovery/);
    } finally {
      await server.close();
      await deps.close();
    }
  });

  it('refuses another registry there', async () => {
    const other = await createDatabase();
    try {
      const databases = { databaseUrl: replication.primary.url, lookupDatabaseUrl: other.url };
      await expect(openDeps(config, { ...databases, log, durable: false })).rejects.toThrow(
        'LOOKUP_DATABASE_URL: it is not the registry of DATABASE_URL, nor a standby of it',
      );
    } finally {
      await other.drop();
    }
  });
});

it('a standby that was started anew without its primary is as old as the last commit that it has', async () => {
  await replication.disconnect();
  const since = performance.now();
  await replication.restartStandby();
  const deps = await open(replication.standby.url, 1000);
  try {
    await eventually(async () => performance.now() - since > 1100);
    const seconds = (performance.now() - since) / 1000;
    const [state] = await replication.onStandby<{ age: number | null }>(`SELECT ${STANDBY_AGE} AS age`);
    expect(state?.age ?? Number.POSITIVE_INFINITY).toBeGreaterThan(seconds); // null: it has replayed no commit yet
    await expect(targetsOf(deps.lookups)).rejects.toThrow('it is a standby');
  } finally {
    await deps.close();
    await replication.reconnect();
    await replication.catchUp();
  }
});

it('a standby that has replayed no commit, and does not see its primary, does not know its age', async () => {
  // The primary has neither, and only has to be taken for a standby.
  const asStandby = STANDBY_AGE.replace('NOT pg_catalog.pg_is_in_recovery()', 'false');
  expect(asStandby).not.toBe(STANDBY_AGE);
  expect(await replication.onPrimary(`SELECT ${asStandby} AS age`)).toEqual([{ age: null }]);
  expect(await replication.onPrimary(`SELECT ${STANDBY_AGE} AS age`)).toEqual([{ age: 0 }]);
});

it('look-ups go on, with their caches, when the standby becomes the primary', async () => {
  const deps = await open(replication.standby.url);
  const lookups = openLookups(deps.config, deps.database, () => undefined);
  try {
    await write(rename('before'));
    expect(await targetsOf(lookups)).toEqual([`before:+${numbers[0]}`]);
    await stopBeating();
    await replication.primary.stop();
    await replication.onStandby('SELECT pg_promote()');
    expect(await targetsOf(lookups)).toEqual([`before:+${numbers[0]}`]);
    for (let n = 0; n < 5; n++) {
      await replication.onStandby(rename(`p${n}`));
      expect(await targetsOf(lookups)).toEqual([`p${n}:+${numbers[0]}`]);
    }
    await lookups.checkAge();
    expect(lookups.dataAge).toBeLessThan(5);
  } finally {
    await lookups.close();
    await deps.close();
  }
});
