/** Several hosts in DATABASE_URL, with a real standby: each connection finds the server that it wants. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { readConfig } from '../../src/config.js';
import { openDeps } from '../../src/deps.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { connect, connectionOf, connectionTo } from '../../src/registry/connection/connect.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { isPassing } from '../../src/registry/connection/database-error.js';
import { reach } from '../../src/registry/connection/reach.js';
import { serve } from '../../src/server.js';
import { DigestClient } from '../support/digest-client.js';
import '../support/long-timeouts.js';
import { eventually, type Replication, startReplication } from '../support/standby.js';

let replication: Replication;
let silent: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  replication = await startReplication();
  silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  silent?.close();
  await replication?.close();
});

/** Nothing listens there. */
const NOBODY = '127.0.0.1:1';
const hostOf = ({ url }: { url: string }) => new URL(url).host;
const silentHost = () => `127.0.0.1:${(silent.address() as AddressInfo).port}`;
const urlOf = (hosts: readonly string[], query = '') => {
  const { username, password, pathname } = new URL(replication.primary.url);
  return `postgresql://${username}:${password}@${hosts.join()}${pathname}?sslmode=disable${query}`;
};
const kindOf = async (url: string) => {
  const client = await connect(connectionTo(url), 'test');
  try {
    const { rows } = await client.query<{ isStandby: boolean }>('SELECT pg_is_in_recovery() AS "isStandby"');
    return rows[0]?.isStandby === true ? 'standby' : 'primary';
  } finally {
    await client.end();
  }
};
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a connection', () => {
  it('takes the first host that lets it in and may write, as the attribute is read-write for several hosts', async () => {
    const { primary, standby } = replication;
    for (const hosts of [
      [hostOf(primary), hostOf(standby)],
      [hostOf(standby), hostOf(primary)],
      [NOBODY, hostOf(standby), hostOf(primary)],
      ['no.such.host.invalid', hostOf(primary)],
    ]) {
      expect(await kindOf(urlOf(hosts)), String(hosts)).toBe('primary');
    }
  });

  it.each([
    ['any', 'standby'],
    ['read-write', 'primary'],
    ['read-only', 'standby'],
    ['primary', 'primary'],
    ['standby', 'standby'],
    ['prefer-standby', 'standby'],
  ])('target_session_attrs=%s takes a %s where a standby is first', async (attribute, kind) => {
    const hosts = [hostOf(replication.standby), hostOf(replication.primary)];
    expect(await kindOf(urlOf(hosts, `&target_session_attrs=${attribute}`))).toBe(kind);
  });

  it.each([
    ['any', 'primary'],
    ['read-only', 'standby'],
    ['standby', 'standby'],
    ['prefer-standby', 'standby'],
  ])('target_session_attrs=%s takes a %s where the primary is first', async (attribute, kind) => {
    const hosts = [hostOf(replication.primary), hostOf(replication.standby)];
    expect(await kindOf(urlOf(hosts, `&target_session_attrs=${attribute}`))).toBe(kind);
  });

  it('with prefer-standby takes the primary if there is no standby', async () => {
    const hosts = [NOBODY, hostOf(replication.primary)];
    expect(await kindOf(urlOf(hosts, '&target_session_attrs=prefer-standby'))).toBe('primary');
  });

  it('tries every address of a name', async () => {
    // localhost may have ::1 as well, where nobody listens.
    const { port } = new URL(replication.primary.url);
    expect(await kindOf(urlOf([NOBODY, `localhost:${port}`]))).toBe('primary');
  });

  it('gives each host its own time, and tries one that was late behind the others', async () => {
    const url = urlOf([silentHost(), hostOf(replication.primary)], '&connect_timeout=1');
    const to = connectionTo(url);
    const before = sockets.size;
    for (let n = 0; n < 3; n++) await (await connect(to, 'test')).end();
    expect(sockets.size - before).toBe(1);
  });

  it('names each host and why it was not taken', async () => {
    const { standby, primary } = replication;
    const url = urlOf([NOBODY, silentHost(), hostOf(standby)], '&connect_timeout=1');
    await expect(reach(url)).rejects.toThrow(
      `DATABASE_URL: no host can be used: ${NOBODY}: connect ECONNREFUSED ${NOBODY}; ${silentHost()}: nothing that speaks as PostgreSQL answered in time; ${hostOf(standby)}: it is a standby, and target_session_attrs is read-write`,
    );
    await expect(reach(urlOf([hostOf(primary)], '&target_session_attrs=standby'), 'lookups')).rejects.toThrow(
      `LOOKUP_DATABASE_URL: ${hostOf(primary)}: it is a primary, and target_session_attrs is standby`,
    );
    const failure = await failureOf(connect(connectionTo(url), 'test'));
    expect(isPassing(failure)).toBe(true);
    expect(String(failure)).not.toContain(new URL(primary.url).password);
  });

  it('ends the search at a host that refuses the login, as libpq does', async () => {
    const { standby, primary } = replication;
    const wrong = urlOf([hostOf(standby), hostOf(primary)]).replace(/:[^:@]+@/, ':wrong-password@');
    await expect(reach(wrong)).rejects.toThrow(
      new RegExp(`^DATABASE_URL: ${hostOf(standby)}: password authentication failed for user "sppp"$`),
    );
  });

  it('settles a TLS mode that the hosts have, and what it asks for, in the URL', async () => {
    const { standby, primary } = replication;
    const url = urlOf([NOBODY, hostOf(standby), hostOf(primary)]).replace('sslmode=disable', 'sslmode=prefer');
    const settled = await reach(url);
    expect(settled).toBe(`${url}&sslmode=disable&target_session_attrs=read-write`);
    expect(await kindOf(settled)).toBe('primary');
  });
});

describe('a pool', () => {
  it('connects each of its clients to the host that it wants, and so does a second pool like it', async () => {
    const { standby, primary } = replication;
    const database = await openDatabase(urlOf([NOBODY, hostOf(standby), hostOf(primary)]), {
      durable: false,
      maxConnections: 5,
    });
    const second = new pg.Pool({ ...connectionOf(database.pool), max: 2 });
    try {
      const ask = (pool: pg.Pool) => pool.query('SELECT pg_is_in_recovery() AS is, pg_sleep(0.05)');
      const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => ask(n > 5 ? second : database.pool)));
      expect(answers.map(({ rows }) => (rows[0] as { is: boolean }).is)).toEqual(Array(7).fill(false));
      expect(database.pool.totalCount).toBe(5);
      await database.prisma.organization.findFirst();
      await addOrganization(database.prisma, 'iana-en:1', '');
    } finally {
      await second.end();
      await database.close();
    }
  });

  it('gives up in time if no host answers, and is empty again', async () => {
    const pool = new pg.Pool({
      ...connectionTo(urlOf([silentHost(), silentHost(), silentHost()])),
      max: 1,
      connectionTimeoutMillis: 300,
    });
    for (let n = 0; n < 2; n++) expect(await failureOf(pool.query('SELECT 1'))).toBeInstanceOf(Error);
    expect(pool.totalCount).toBe(0);
    await pool.end();
  });

  it('fails with a passing error while there is no primary', async () => {
    const pool = new pg.Pool({ ...connectionTo(urlOf([NOBODY, hostOf(replication.standby)])), max: 1 });
    expect(isPassing(await failureOf(pool.query('SELECT 1')))).toBe(true);
    await pool.end();
  });
});

it('a server goes on with the promoted standby: requests, logins, health', async () => {
  const { primary, standby } = replication;
  const config = readConfig({ SPPP_PORT: '0', SPPP_DATABASE_CONNECTIONS: '6' });
  const deps = await openDeps(config, {
    databaseUrl: await reach(urlOf([hostOf(primary), hostOf(standby)])),
    log: pino({ level: 'silent' }),
    durable: false,
  });
  const server = await serve(deps);
  try {
    const { prisma } = deps.database;
    await addOrganization(prisma, 'iana-en:7', '');
    await addGrant(prisma, 'iana-en:7', 'iana-en:7');
    await addCredential(prisma, { registrar: 'iana-en:7', username: 'u7', label: '', ...secretsOf('u7', 'u7') });
    const client = new DigestClient({ username: 'u7', password: 'u7' });
    const add = async (name: string) => {
      const body = addDestGrp('iana-en:7', name);
      const headers = { 'content-type': 'text/xml; charset=utf-8' };
      const { status, text } = await client.send(`${server.url}/sppp`, { method: 'POST', headers, body });
      return status === 200 && text.includes('<code>1000</code>');
    };
    expect(await add('BEFORE')).toBe(true);
    await replication.catchUp();
    await primary.stop();
    expect(await add('AWAY')).toBe(false);
    expect(await failureOf(reach(urlOf([hostOf(primary), hostOf(standby)])))).toBeInstanceOf(Error);
    await replication.onStandby('SELECT pg_promote()');
    await eventually(() => add('AFTER'));
    const names = await replication.onStandby<{ name: string }>(
      'SELECT name FROM sppp.destination_group ORDER BY name',
    );
    expect(names.map(({ name }) => name)).toEqual(['AFTER', 'BEFORE']);
    await eventually(async () => (await fetch(`${server.url}/health`)).status === 200);
    await replication.onStandby("UPDATE sppp.credential SET revoked_at = now() WHERE username = 'u7'");
    await eventually(async () => {
      const { status } = await client.send(`${server.url}/lookup/1?asker=iana-en:7`, { method: 'GET', headers: {} });
      return status === 401;
    });
  } finally {
    await server.close();
    await deps.close();
  }
});

function addDestGrp(rant: string, name: string): string {
  return `<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><S:Body><s:spppAddRequest><obj xsi:type="b:DestGrpType">
    <b:rant>${rant}</b:rant><b:rar>${rant}</b:rar><b:dgName>${name}</b:dgName></obj></s:spppAddRequest></S:Body></S:Envelope>`;
}
