/** Operators over HTTP: roles and resources, failed logins, removed logins, and the separation from registrars. */

import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { operatorStatusSchema } from '../../src/http/operator-status-schema.js';
import { answeringOf } from '../../src/http/sppp-trace-header.js';
import { type OperatorRole, operatorRoles } from '../../src/model/operator-role.js';
import { addCertificate, addCredential, revokeCredential } from '../../src/registry/access/administration.js';
import { addOperator, removeOperator } from '../../src/registry/access/operators.js';
import { endFormerPassword, rotatePassword } from '../../src/registry/access/password-rotation.js';
import { purgeOperatorRequests } from '../../src/registry/journal/purge.js';
import { DigestClient, send } from '../support/digest-client.js';
import { envelope } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const STATUS = '/operator/status';
const status = envelope('<s:spppServerStatusRequest/>');
const soap = { 'content-type': 'text/xml; charset=utf-8' };
const settings = { SPPP_NODE_ID: 'a', SPPP_KEEP_REQUESTS_KEY: '5ec4e7'.repeat(11).slice(0, 64) };

/** Changes are heard of within this time. */
const AT_ONCE = { timeout: 1000, interval: 20 };

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ settings });
  for (const role of operatorRoles) await add(role, `${role}-password`, role);
});
afterAll(() => server.close());

const prisma = () => server.deps.database.prisma;

function add(username: string, password: string, role: OperatorRole): Promise<void> {
  return addOperator(prisma(), { username, role, ...secretsOf(username, password) });
}

function get(path: string, username: string, password = `${username}-password`, method = 'GET') {
  return new DigestClient({ username, password }).send(server.url + path, { method });
}

async function refusals(username: string) {
  await server.deps.refusals.flush();
  return server.sql(
    `SELECT status, reason, registrar, refusals::int FROM sppp_api.refusal WHERE username = $1 ORDER BY status, reason`,
    [username],
  );
}

describe('GET /operator/status', () => {
  it.each(operatorRoles)('is answered to the role %s, and is not cached', async (role) => {
    const { status: code, headers } = await get(STATUS, role);
    expect(code).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it('matches its schema, and has the members of the documentation', async () => {
    const { text } = await get(STATUS, 'viewer');
    const judge = Fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false, strict: true } } });
    judge.post('/', { schema: { body: operatorStatusSchema } }, async () => 'valid');
    const judged = await judge.inject({ method: 'POST', url: '/', payload: JSON.parse(text) });
    expect(judged.body).toBe('valid');
    const strange = await judge.inject({ method: 'POST', url: '/', payload: { ...JSON.parse(text), strange: 1 } });
    expect(strange.statusCode).toBe(400);
    const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const [, printed = '{}'] = /```json\n([\s\S]*?)\n```/.exec(page) ?? [];
    const shape = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.slice(0, 1).map(shape);
      if (typeof value !== 'object' || value === null) return null;
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shape(each)]));
    };
    expect(shape(JSON.parse(text))).toEqual(shape(JSON.parse(printed)));
  });

  it('has versions, settings, sizes and queues of this node', async () => {
    await server.sql('ANALYZE sppp.organization');
    const statusBody = JSON.parse((await get(STATUS, 'viewer')).text);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const [database] = await server.sql<{ version: string; migration: string }>(
      `SELECT current_setting('server_version') AS version,
              (SELECT max(migration_name) FROM public._prisma_migrations) AS migration`,
    );
    expect(statusBody.versions).toEqual({
      server: version,
      node: process.versions.node,
      postgresql: database?.version,
      migration: database?.migration,
    });
    expect(statusBody).toMatchObject({ system: 'sppp-server', node: 'a', settings: expect.any(Array) });
    const shown = { name: 'SPPP_NODE_ID', value: 'a', source: 'environment', isSecret: false };
    expect(statusBody.settings).toContainEqual(shown);
    expect(statusBody.settings).toContainEqual({
      ...shown,
      name: 'SPPP_MAX_OBJECTS',
      value: '100000',
      source: 'default',
    });
    expect(Math.abs(Date.now() - Date.parse(statusBody.startedAt) - statusBody.uptimeSeconds * 1000)).toBeLessThan(
      60_000,
    );
    const organizations = statusBody.sizes.tables.find(({ table }: { table: string }) => table === 'organization');
    expect(organizations).toMatchObject({ rows: 5 });
    const sizes = statusBody.sizes.tables.map(({ bytes }: { bytes: number }) => bytes);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(statusBody.queues.bulk).toEqual({ running: 0, waiting: 0 });
    const ofServer = statusBody.connections.filter(({ program }: { program: string }) => program === 'sppp');
    expect(ofServer).toEqual([
      expect.objectContaining({ count: expect.any(Number), since: expect.stringMatching(/Z$/) }),
    ]);
    expect(statusBody.certificate).toBeNull();
    expect(statusBody.nodes).toEqual([
      {
        ...{ name: answeringOf(server.deps.config.identity).node, version: statusBody.versions.server, processes: 1 },
        ...{ address: expect.any(String), since: expect.stringMatching(/Z$/) },
      },
    ]);
  });

  it('has no secrets: neither keys nor hashes of passwords', async () => {
    const { text } = await get(STATUS, 'administrator');
    const hashes = await server.sql<{ ha1_md5: string; ha1_sha256: string }>(
      'SELECT ha1_md5, ha1_sha256 FROM sppp.credential',
    );
    for (const secret of [settings.SPPP_KEEP_REQUESTS_KEY, ...hashes.flatMap((row) => Object.values(row))]) {
      expect(text).not.toContain(secret);
    }
    const key = { name: 'SPPP_KEEP_REQUESTS_KEY', value: '(set)', source: 'environment', isSecret: true };
    expect(JSON.parse(text).settings).toContainEqual(key);
  });

  it('is refused without a login, with a challenge', async () => {
    const { status: code, headers } = await send(server.url + STATUS);
    expect([code, String(headers['www-authenticate'])]).toEqual([401, expect.stringContaining('Digest')]);
  });

  it('has no other method', async () => {
    const { status: code, headers } = await send(server.url + STATUS, { method: 'POST' });
    expect([code, headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});

describe('a request of an operator', () => {
  it('is recorded with the operator, its role and its address', async () => {
    await add('recorded', 'recorded-password', 'viewer');
    await get(`${STATUS}?from=there`, 'recorded');
    await add('recorded', 'recorded-password', 'administrator');
    await expect
      .poll(async () => await server.deps.credentials.find('recorded', new Date()))
      .toMatchObject({
        role: 'administrator',
      });
    await get(`${STATUS}?${'x'.repeat(5000)}`, 'recorded');
    const rows = await server.sql(
      `SELECT role, method, target, host(address) AS address FROM sppp_api.operator_request
        WHERE username = 'recorded' ORDER BY received_at`,
    );
    expect(rows).toEqual([
      { role: 'viewer', method: 'GET', target: `${STATUS}?from=there`, address: '127.0.0.1' },
      {
        role: 'administrator',
        method: 'GET',
        target: `${STATUS}?${'x'.repeat(5000)}`.slice(0, 1000),
        address: '127.0.0.1',
      },
    ]);
  });

  it('is deleted with the journal', async () => {
    const { pool } = server.deps.database;
    const now = new Date();
    expect(await purgeOperatorRequests(pool, now, 1)).toBe(0);
    const [{ n } = { n: 0 }] = await server.sql<{ n: number }>('SELECT count(*)::int AS n FROM sppp.operator_request');
    expect(n).toBeGreaterThan(0);
    expect(await purgeOperatorRequests(pool, new Date(now.getTime() + 2 * 86_400_000), 1)).toBe(n);
  });
});

describe('registrars and operators', () => {
  it('a registrar’s login is refused on resources of operators, and counted', async () => {
    const { status: code, text } = await get(STATUS, 'ssp1', 'ssp1');
    expect([code, text]).toEqual([403, "This login is a registrar's; this resource is for operators.\n"]);
    expect(await refusals('ssp1')).toEqual([
      { status: 403, reason: 'notOperator', registrar: 'iana-en:111', refusals: 1 },
    ]);
  });

  it.each([
    ['POST', '/sppp'],
    ['POST', '/sppp/partial'],
    ['POST', '/sppp/validate'],
    ['GET', '/lookup/12025550100?asker=iana-en:111'],
    ['GET', '/feed?asker=iana-en:111'],
    ['GET', '/transaction/none'],
    ['GET', '/transaction?clientTransId=a'],
  ])('an administrator’s login is refused on %s %s', async (method, path) => {
    const client = new DigestClient({ username: 'administrator', password: 'administrator-password' });
    const body = method === 'POST' ? status : undefined;
    const { status: code, text } = await client.send(server.url + path, { method, headers: soap, body });
    expect([code, text]).toEqual([403, "This login is an operator's; this resource is for registrars.\n"]);
  });

  it('an administrator’s refused login is counted, and leaves no row in the journal', async () => {
    expect(await refusals('administrator')).toEqual([
      { status: 403, reason: 'notRegistrar', registrar: null, refusals: 7 },
    ]);
    expect(await server.sql('SELECT FROM sppp.transaction WHERE registrar_id IS NULL')).toEqual([]);
  });

  it('never share a user name', async () => {
    await expect(add('ssp1', 'another-password', 'viewer')).rejects.toThrow("user name 'ssp1': belongs to a registrar");
    const credential = { registrar: 'iana-en:111', username: 'viewer', ...secretsOf('viewer', 'another') };
    const refused = "user name 'viewer': belongs to an operator; see sppp operator";
    await expect(addCredential(prisma(), credential)).rejects.toThrow(refused);
    await expect(revokeCredential(prisma(), 'viewer', new Date())).rejects.toThrow(refused);
    const rotation = { ...secretsOf('viewer', 'another'), formerValidUntil: new Date() };
    await expect(rotatePassword(prisma(), 'viewer', rotation, new Date())).rejects.toThrow(refused);
    await expect(endFormerPassword(prisma(), 'viewer')).rejects.toThrow(refused);
    await expect(addCertificate(prisma(), 'viewer', { fingerprint: 'a'.repeat(64) })).rejects.toThrow(refused);
    await expect(removeOperator(prisma(), 'ssp1', new Date())).rejects.toThrow('belongs to a registrar');
    expect((await get(STATUS, 'viewer')).status).toBe(200);
  });

  it('never share one, even if both are created at the same moment', async () => {
    for (let n = 0; n < 10; n++) {
      const username = `twin ${n}`;
      const made = await Promise.allSettled([
        add(username, 'of-the-operator', 'administrator'),
        addCredential(prisma(), { registrar: 'iana-en:111', username, ...secretsOf(username, 'of-the-registrar') }),
      ]);
      expect(made.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
      const [row] = await server.sql('SELECT role, registrar_id, ha1_sha256 FROM sppp.credential WHERE username = $1', [
        username,
      ]);
      const owner = made[0].status === 'fulfilled' ? 'operator' : 'registrar';
      expect(row?.ha1_sha256).toBe(secretsOf(username, `of-the-${owner}`).ha1Sha256);
    }
  });
});

describe('an operator’s login', () => {
  it('ends within a second after its removal, and its user name stays an operator’s', async () => {
    await add('leaving', 'leaving-password', 'operator');
    expect((await get(STATUS, 'leaving')).status).toBe(200);
    await removeOperator(prisma(), 'leaving', new Date());
    await expect.poll(async () => (await get(STATUS, 'leaving')).status, AT_ONCE).toBe(401);
    const credential = { registrar: 'iana-en:111', username: 'leaving', ...secretsOf('leaving', 'another') };
    await expect(addCredential(prisma(), credential)).rejects.toThrow('belongs to an operator');
    await add('leaving', 'back-again', 'viewer');
    await expect.poll(async () => (await get(STATUS, 'leaving', 'back-again')).status, AT_ONCE).toBe(200);
  });

  it('has one password: a new one replaces the old one within a second', async () => {
    await add('changing', 'first-password', 'viewer');
    expect((await get(STATUS, 'changing', 'first-password')).status).toBe(200);
    await add('changing', 'second-password', 'viewer');
    await expect.poll(async () => (await get(STATUS, 'changing', 'first-password')).status, AT_ONCE).toBe(401);
    expect((await get(STATUS, 'changing', 'second-password')).status).toBe(200);
  });

  it('is locked out after ten wrong passwords, of this user name alone', async () => {
    await add('guessed', 'guessed-password', 'viewer');
    for (let n = 0; n < 10; n++) expect((await get(STATUS, 'guessed', `guess ${n}`)).status).toBe(401);
    const { status: code, headers } = await get(STATUS, 'guessed');
    expect([code, Number(headers['retry-after'])]).toEqual([429, expect.any(Number)]);
    expect((await get(STATUS, 'viewer')).status).toBe(200);
    expect(await refusals('guessed')).toEqual([
      { status: 401, reason: 'wrong', registrar: null, refusals: 10 },
      { status: 429, reason: 'throttled', registrar: null, refusals: 1 },
    ]);
  });

  it.each(['', ' around ', 'a"b', 'a\\b', 'a:b', 'a\nb', 'a\0b', 'a\u202eb', 'a\u200bb'])(
    'cannot have the user name %j',
    async (username) => {
      await expect(add(username, 'any-password-at-all', 'viewer')).rejects.toThrow(/^user name '/);
    },
  );

  it.each(['Jürgen Müßig', 'Zoë', "Robert'); DROP TABLE sppp.credential;--", '%s%n', '__proto__', 'a'.repeat(500)])(
    'can have the user name %s',
    async (username) => {
      await add(username, 'any-password-at-all', 'viewer');
      expect((await get(STATUS, username, 'any-password-at-all')).status).toBe(200);
      const [row] = await server.sql('SELECT role FROM sppp_api.operator WHERE username = $1', [username]);
      expect(row).toEqual({ role: 'viewer' });
    },
  );
});

it('an operator has the rate of a registrar, counted separately', async () => {
  const slow = await startServer({ settings: { SPPP_RATE_REQUESTS: '3/3600' } });
  try {
    for (const username of ['hasty', 'patient']) {
      const operator = { username, role: 'viewer', ...secretsOf(username, username) } as const;
      await addOperator(slow.deps.database.prisma, operator);
    }
    const ask = async (username: string) => {
      const client = new DigestClient({ username, password: username });
      return (await client.send(slow.url + STATUS, { method: 'GET' })).status;
    };
    const codes: number[] = [];
    for (let n = 0; n < 4; n++) codes.push(await ask('hasty'));
    expect(codes).toEqual([200, 200, 200, 429]);
    expect(await ask('patient')).toBe(200);
  } finally {
    await slow.close();
  }
});
