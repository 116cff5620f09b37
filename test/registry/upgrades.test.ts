/**
 * Releases side by side on one database: the first release and this one, this one and a release to come. Carriers send changes
 * all the time, and each of them is answered 1000 and kept.
 */

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { checkSchema } from '../../src/registry/schema/fitness.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { type DurableDatabase, startDurable } from '../deploy/support/durable.js';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { DigestClient, send } from '../support/digest-client.js';
import { askUdp, enumName, NXDOMAIN, SERVFAIL } from '../support/dns-client.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';
import { installRelease, isReleaseMissing } from '../support/released.js';
import { type SchemaFolder, schemaWith } from '../support/schema-folder.js';
import { startServer } from '../support/server.js';

const TIMEOUT_MS = 300_000;
const owner = { rant: 'iana-en:222', rar: 'iana-en:222' };
const login = { username: 'ssp2', password: 'a password of this test' };

let installation: Installation;
beforeAll(async () => {
  installation = await install();
}, TIMEOUT_MS);
afterAll(() => installation?.remove());

/** Carriers that send changes to whichever nodes there are, one after the other, until they are stopped. */
function startCarriers(count: number, urls: () => readonly string[]) {
  let isOver = false;
  const done: string[] = [];
  const carry = async (carrier: number) => {
    const client = new DigestClient(login);
    for (let n = 0; !isOver; n++) {
      const name = `DG_${carrier}_${n}`;
      const nodes = urls();
      const url = nodes[n % nodes.length] ?? '';
      const { status, text } = await client.send(`${url}/sppp`, {
        method: 'POST',
        headers: { 'content-type': 'text/xml' },
        body: addRequest(destGrp(name, owner)),
      });
      if (status !== 200 || readAnswer(text).code !== 1000) throw new Error(`${name} at ${url}: ${status} ${text}`);
      done.push(name);
    }
  };
  const carrying = Promise.all(Array.from({ length: count }, (_, carrier) => carry(carrier)));
  carrying.catch(() => undefined); // is awaited by stop
  return {
    /** Waits until so many more changes are done. */
    more: async (changes: number) => {
      const before = done.length;
      const isFailed = carrying.then(() => undefined);
      while (done.length < before + changes) await Promise.race([delay(20), isFailed]);
    },
    /** All that were acknowledged. Rejects if one of them was not. */
    stop: async () => {
      isOver = true;
      await carrying;
      return done;
    },
  };
}

async function makeLogin(url: string): Promise<void> {
  const { prisma, close } = await openDatabase(url, { maxConnections: 1, durable: false });
  await addOrganization(prisma, owner.rant, '');
  await addGrant(prisma, owner.rar, owner.rant);
  const { username, password } = login;
  await addCredential(prisma, { registrar: owner.rar, username, label: '', ...secretsOf(username, password) });
  await close();
}

async function groupsOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>('SELECT name FROM sppp.destination_group');
  await client.end();
  return rows.map(({ name }) => name);
}

describe.skipIf(isReleaseMissing('test/registry/upgrades.test.ts'))('the first release and this one', () => {
  let release: Installation;
  let database: DurableDatabase;
  beforeAll(async () => {
    [release, database] = await Promise.all([installRelease(), startDurable('empty')]);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await release?.remove();
    await database?.close();
  });

  it('work side by side while carriers go on, and keep all of it', { timeout: TIMEOUT_MS }, async () => {
    const settings = { DATABASE_URL: database.url, SPPP_PORT: '0', SPPP_LOG_LEVEL: 'warn' };
    const urlOf = (serving: Serving) => new URL(serving.url ?? '').origin;
    const old = await Serving.start(release, ['serve'], settings);
    await makeLogin(database.url);
    let nodes = [urlOf(old)];
    const carriers = startCarriers(3, () => nodes);
    await carriers.more(20);

    const refused = await sppp(installation, ['serve'], settings);
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^sppp: DATABASE_URL: the schema is older than this server, it lacks \S+ and \d+ more: run sppp migrate\n$/,
      ),
    });
    const { code, out } = await sppp(installation, ['migrate'], settings);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^(?:migration \S+, for servers from 0\.1\.0 on\n)+(?:SQL file \S+\n)+job queue sppp_jobs, revision \d+\n$/,
    );
    await carriers.more(20);

    const now = await Serving.start(installation, ['serve'], settings);
    nodes = [urlOf(old), urlOf(now)];
    await carriers.more(40);
    nodes = [urlOf(now)];
    await carriers.more(20);
    expect(await old.end('SIGTERM')).toBe(0);
    const done = await carriers.stop();
    expect(await now.end('SIGTERM')).toBe(0);
    expect((await groupsOf(database.url)).sort()).toEqual([...done].sort());
    expect([old.err, now.err]).toEqual(['', '']);
  });
});

describe('this release, on the schema of one to come', () => {
  let folder: SchemaFolder | undefined;
  afterEach(async () => {
    await folder?.remove();
    folder = undefined;
  });

  const check = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await checkSchema(client).finally(() => client.end());
  };
  const healthOf = async (url: string, path = '') => {
    const { status, text } = await send(`${url}/health${path}`);
    return [status, JSON.parse(text).status];
  };

  it('goes on, and starts, if that says that it may', { timeout: TIMEOUT_MS }, async () => {
    folder = await schemaWith({
      '20270101000000_notes': `-- least server: 0.1.0
        ALTER TABLE sppp.destination_group ADD COLUMN note text;
        ALTER TABLE sppp.public_identifier ADD COLUMN note text;
        CREATE TABLE sppp.note (id bigint PRIMARY KEY, note text);`.replaceAll(/^ +/gm, ''),
    });
    const server = await startServer();
    try {
      await makeLogin(server.databaseUrl);
      const carriers = startCarriers(4, () => [server.url]);
      await carriers.more(20);
      expect(await migrate(server.databaseUrl, folder.source, { pause: 50 })).toEqual(['20270101000000_notes']);
      await carriers.more(40);
      const done = await carriers.stop();
      expect(await server.sql(`SELECT name FROM sppp.destination_group WHERE name = ANY ($1)`, [done])).toHaveLength(
        done.length,
      );
      await check(server.databaseUrl);
      expect(await migrate(server.databaseUrl)).toEqual([]); // leaves that of the newer one
      const [count] = await server.sql<{ failed: number }>(
        `SELECT count(*)::int AS failed FROM sppp.transaction WHERE code <> 1000`,
      );
      expect(count).toEqual({ failed: 0 });
      expect(await healthOf(server.url)).toEqual([200, 'ok']);
    } finally {
      await server.close();
    }
  });

  it.each([
    ['-- least server: 99.0.0\n', 'The schema of the database needs server 99.0.0 or newer (20270101000000_less)'],
    ['', 'The database has migration 20270101000000_less, unknown here: it belongs to a newer server'],
  ])('answers nothing, says so, and does not start, if that says otherwise (%j)', async (header, why) => {
    folder = await schemaWith({ '20270101000000_less': `${header}SELECT 1;` });
    const server = await startServer();
    try {
      expect((await server.post(addRequest(destGrp('BEFORE')))).status).toBe(200);
      await migrate(server.databaseUrl, folder.source);
      await expect.poll(() => healthOf(server.url, '/write')).toEqual([503, 'old node']);
      expect(await healthOf(server.url, '/lookup')).toEqual([503, 'old node']);
      expect(await healthOf(server.url)).toEqual([503, 'old node']);
      expect(await healthOf(server.url, '/live')).toEqual([200, 'ok']);
      const { status, text, headers } = await server.post(addRequest(destGrp('AFTER')));
      expect([status, text]).toEqual([503, expect.stringContaining('This node is too old for its database')]);
      expect(headers['retry-after']).toBe('5');
      await expect(check(server.databaseUrl)).rejects.toThrow(`${why}`);
      await expect(check(server.databaseUrl)).rejects.toThrow('and this is 0.1.0: upgrade this node');
      await expect(migrate(server.databaseUrl)).rejects.toThrow(why);
      expect(await server.sql(`SELECT FROM sppp.destination_group WHERE name = 'AFTER'`)).toEqual([]);

      await server.sql(`DELETE FROM public._prisma_migrations WHERE migration_name = '20270101000000_less'`);
      if (header !== '') await server.sql('DELETE FROM public._sppp_least_server');
      await expect.poll(() => healthOf(server.url, '/write')).toEqual([200, 'ok']);
      expect((await server.post(addRequest(destGrp('AFTER')))).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it('makes nodes of look-ups and of ENUM answer nothing, and keeps them from starting', {
    timeout: TIMEOUT_MS,
  }, async () => {
    folder = await schemaWith({ '20270101000000_less': '-- least server: 99.0.0\nSELECT 1;' });
    const server = await startServer();
    const databases = { DATABASE_URL: server.databaseUrl, LOOKUP_DATABASE_URL: server.databaseUrl };
    const settings = { ...databases, SPPP_PORT: '0', SPPP_ENUM_LISTEN: 'iana-en:111=127.0.0.1:0' };
    const commands = [['enum'], ['serve', '--lookups-only']] as const;
    const serving: Serving[] = [];
    try {
      for (const command of commands) serving.push(await Serving.start(installation, command, settings));
      const [ofEnum = '', ofLookups = ''] = serving.map(({ url }) => url ?? '');
      const at = { address: '127.0.0.1', port: Number(new URL(ofEnum).port), family: 'IPv4' };
      const rcode = async () => (await askUdp(at, enumName('12025550100'))).rcode;
      expect(await rcode()).toBe(NXDOMAIN);
      expect((await send(ofLookups.replace('/lookup', '/about'))).status).toBe(200);
      await migrate(server.databaseUrl, folder.source);
      await expect.poll(rcode, { timeout: 60_000 }).toBe(SERVFAIL);
      await expect
        .poll(() => healthOf(ofLookups.replace('/lookup', ''), '/lookup'), { timeout: 60_000 })
        .toEqual([503, 'old node']);
      const { status, text } = await send(ofLookups.replace('/lookup', '/about'));
      expect([status, text]).toEqual([503, expect.stringContaining('This node is too old for its database')]);
      for (const command of commands) {
        const { code, err } = await sppp(installation, command, settings);
        expect([command, code, err]).toEqual([command, 1, expect.stringContaining('upgrade this node')]);
      }
    } finally {
      for (const each of serving) await each.end('SIGTERM');
      await server.close();
    }
  });

  it('refuses the schema of another line of releases', async () => {
    folder = await schemaWith({ '20270101000000_other': '-- least server: 0.1.0\nSELECT 1;' });
    const server = await startServer();
    try {
      await migrate(server.databaseUrl, folder.source);
      await server.sql(`DELETE FROM public._prisma_migrations WHERE migration_name LIKE '%operators'`);
      await expect(migrate(server.databaseUrl)).rejects.toThrow(
        'The database has migration 20270101000000_other, unknown here, and lacks 20261129120000_operators',
      );
    } finally {
      await server.close();
    }
  });
});
