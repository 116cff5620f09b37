/** No secret leaves its place: this test searches the output of a server at the lowest log level for each one in use. */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { readConfig } from '../../src/config.js';
import { openDeps } from '../../src/deps.js';
import { addCredential } from '../../src/registry/access/administration.js';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { send } from '../support/digest-client.js';
import { collectLog, type LogLine } from '../support/log-lines.js';
import { addRequest, destGrp } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const password = 'Kx9-lower-garden-47-öffnen';
const guess = 'Zq3-guessed-password-11';
const databaseRole = `sppp_secret_${process.pid}`;
const databasePassword = 'Db5-secret-of-the-pool-82';
const soap = { 'content-type': 'text/xml; charset=utf-8' };

let server: TestServer;
let lines: LogLine[];
let secrets: [string, string][];
const responses: string[] = [];

beforeAll(async () => {
  server = await startServer();
  lines = collectLog(server.deps.log);
  server.deps.log.level = 'trace';
  const { prisma } = server.deps.database;
  const hashes = secretsOf('secretive', password);
  await addCredential(prisma, { registrar: 'iana-en:223', username: 'secretive', label: '', ...hashes });
  await server.sql(`CREATE ROLE ${databaseRole} LOGIN PASSWORD '${databasePassword}'`);
  const keys = await server.sql<{ name: string; value: Buffer }>('SELECT name, value FROM sppp.server_key');
  expect(keys.length).toBeGreaterThan(0);
  secrets = [
    ['the password', password],
    ['a wrong password', guess],
    ['the MD5 hash of the password', hashes.ha1Md5],
    ['the SHA-256 hash of the password', hashes.ha1Sha256],
    ['the password of the database', databasePassword],
    ...keys.flatMap(({ name, value }): [string, string][] =>
      (['hex', 'base64', 'base64url'] as const).map((form) => [`the key ${name} in ${form}`, value.toString(form)]),
    ),
  ];
});
afterAll(async () => {
  await server.sql(`DROP OWNED BY ${databaseRole}`);
  await server.sql(`DROP ROLE ${databaseRole}`);
  await server.close();
});

async function post(given: {
  password?: string;
  nc?: string;
  nonce?: string;
  headers?: Record<string, string>;
  body?: string;
}) {
  const challenge = await send(`${server.url}/sppp`, { method: 'POST', headers: soap, body: '' });
  const header = authorization({ username: 'secretive', password, nonce: nonceOf(challenge), ...given });
  responses.push(/response="([0-9a-f]+)"/.exec(header)?.[1] ?? '');
  const headers = { ...soap, authorization: header, ...given.headers };
  return send(`${server.url}/sppp`, { method: 'POST', headers, body: given.body ?? addRequest(destGrp('SECRETIVE')) });
}

describe('every outcome', () => {
  it('is logged without secrets: accepted, refused and unreadable requests, and failures of the database', async () => {
    expect((await post({})).status).toBe(200);
    expect((await post({ password: guess })).status).toBe(401);
    expect((await post({ nonce: 'forged' })).status).toBe(401);
    expect((await post({ body: '<x' })).status).toBe(500);
    expect((await post({ headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    const basic = Buffer.from(`secretive:${password}`).toString('base64');
    expect((await post({ headers: { authorization: `Basic ${basic}` } })).status).toBe(401);
    secrets.push(['a Basic header', basic]);
    expect((await send(`${server.url}/sppp?password=${guess}`)).status).toBe(404);

    // A broken statement, in the middle of a request, and connections that break.
    await server.sql('ALTER TABLE sppp.destination_group RENAME TO mislaid');
    await post({});
    await server.sql('ALTER TABLE sppp.mislaid RENAME TO destination_group');
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'sppp'`,
    );
    await post({});

    // A pool with a password of its own, whose idle connection is cut.
    const own = new URL(server.databaseUrl);
    await server.sql(`GRANT USAGE ON SCHEMA sppp TO ${databaseRole}`);
    await server.sql(`GRANT ALL ON ALL TABLES IN SCHEMA sppp TO ${databaseRole}`);
    own.username = databaseRole;
    own.password = databasePassword;
    const deps = await openDeps(readConfig({}), {
      databaseUrl: own.href,
      log: server.deps.log,
      durable: false,
    });
    const before = lines.length;
    const { pool } = deps.database;
    await Promise.all([pool.query('SELECT pg_sleep(0.05)'), pool.query('SELECT pg_sleep(0.05)')]); // Idle from now on.
    await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [databaseRole]);
    while (!lines.slice(before).some(({ msg }) => msg === 'database connection lost'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await deps.close();
    own.password = guess;
    const error = await openDeps(readConfig({}), { databaseUrl: own.href, log: server.deps.log }).catch(
      (e: unknown) => e,
    );
    server.deps.log.error({ err: error }, 'as the command line would log it');

    const written = JSON.stringify(lines);
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['answered', 'request failed', 'database connection lost']),
    );
    const found = [...secrets, ...responses.map((each) => ['a Digest response', each] as const)].filter(
      ([, secret]) => written.includes(secret) || written.includes(JSON.stringify(secret).slice(1, -1)),
    );
    expect(found.map(([what]) => what)).toEqual([]);
    expect(written).not.toMatch(/authorization/i);
  });

  it('leaves none in the journal and in the views', async () => {
    const [row] = await server.sql<{ text: string }>(
      `SELECT string_agg(query_to_xml(format('SELECT * FROM sppp_api.%I', table_name), true, true, '')::text, '') AS text
         FROM information_schema.views WHERE table_schema = 'sppp_api'`,
    );
    expect(row?.text).toContain('secretive');
    expect(secrets.filter(([, secret]) => row?.text.includes(secret)).map(([what]) => what)).toEqual([]);
  });

  it('leaves none in the command line of a process', ({ skip }) => {
    skip(process.platform !== 'linux', 'command lines are read from /proc');
    const embedded = new URL(inject('postgresUrl')).password;
    const searched = [...secrets.map(([, secret]) => secret), ...(embedded === '' ? [] : [embedded])];
    const commandLines = readdirSync('/proc')
      .filter((entry) => /^[0-9]+$/.test(entry))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return ''; // It has ended meanwhile.
        }
      });
    expect(commandLines.filter((line) => line.includes('vitest') || line.includes('node')).length).toBeGreaterThan(0);
    expect(commandLines.filter((line) => searched.some((secret) => line.includes(secret)))).toEqual([]);
  });
});

describe('a secret setting', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sppp-secret-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['\n', '\r\n', ''])('may be in a file, without its last line end', async (end) => {
    const file = join(folder, 'url');
    await writeFile(file, `postgresql://u:p@db/sppp${end}`);
    expect(readConfig({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgresql://u:p@db/sppp');
  });

  it('is refused by the name of its file, without its content', async () => {
    const file = join(folder, 'both');
    await writeFile(file, 'postgresql://u:hidden@db/sppp');
    const both = () => readConfig({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgresql://u:hidden@db/sppp' });
    expect(both).toThrow(`DATABASE_URL_FILE=${file}: not together with DATABASE_URL`);
    expect(both).not.toThrow(/hidden/);
    await writeFile(file, '\n');
    expect(() => readConfig({ DATABASE_URL_FILE: file })).toThrow('a file that is not empty');
    expect(() => readConfig({ DATABASE_URL_FILE: join(folder, 'none') })).toThrow(/DATABASE_URL_FILE=.*ENOENT/);
  });

  it('opens the database from its file', async () => {
    const file = join(folder, 'real');
    await writeFile(file, server.databaseUrl);
    const { databaseUrl } = readConfig({ DATABASE_URL_FILE: file });
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.end();
  });
});
