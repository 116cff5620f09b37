/** What operators see of a node in the console. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { ownPackage } from '../../src/own-package.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { issue } from '../support/certificate.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import { sendSecurely } from '../support/tls-client.js';
import '../support/long-timeouts.js';

let server: TestServer;
let key: string;

beforeAll(async () => {
  key = 'ab'.repeat(32);
  server = await startServer({ settings: { SPPP_NODE_ID: 'node-7', SPPP_KEEP_REQUESTS_KEY: key } });
  await addOperator(server.deps.database.prisma, {
    ...{ username: 'viewer', role: 'viewer' },
    ...secretsOf('viewer', 'viewer'),
  });
});
afterAll(() => server.close());

async function statusFor(username: string) {
  const reader = new PageReader(server.url);
  expect((await reader.logIn(username, username)).status).toBe(303);
  return reader.get('/console/status');
}

it('has versions, queues, sizes and settings, and no secret', async () => {
  const { status, text } = await statusFor('viewer');
  expect(status).toBe(200);
  for (const each of [
    'node-7',
    ownPackage().version,
    process.versions.node,
    'public_identifier',
    '0 running, 0 waiting',
    'Connections to the database, those of other nodes too',
  ]) {
    expect(text).toContain(each);
  }
  expect(text).toMatch(/SPPP_NODE_ID<\/td><td[^>]*>node-7<\/td><td[^>]*>environment/);
  expect(text).toMatch(/SPPP_KEEP_REQUESTS_KEY<\/td><td[^>]*>\(set\)/);
  expect(text).not.toContain(key);
});

it('is not there for registrars', async () => {
  const { status, text } = await statusFor('ssp1');
  expect(status).toBe(404);
  expect(text).not.toContain('/console/status');
});

it('shows when its certificate ends', async () => {
  const host = issue({ subject: [['CN', 'registry']], notAfter: new Date('2096-03-04T00:00:00Z') });
  const folder = await mkdtemp(join(tmpdir(), 'sppp-status-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await Promise.all([writeFile(cert, host.cert), writeFile(key, host.key)]);
  const secure = await startServer({ settings: { SPPP_TLS_CERT: cert, SPPP_TLS_KEY: key } });
  try {
    const viewer = { username: 'viewer', role: 'viewer' } as const;
    await addOperator(secure.deps.database.prisma, { ...viewer, ...secretsOf('viewer', 'viewer') });
    const tls = { ca: host.cert };
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const body = new URLSearchParams({ username: 'viewer', password: 'viewer' }).toString();
    const login = await sendSecurely(`${secure.url}/console/login`, { headers, body }, tls);
    const [cookie = ''] = (login.headers['set-cookie']?.[0] ?? '').split(';');
    const { text } = await sendSecurely(`${secure.url}/console/status`, { method: 'GET', headers: { cookie } }, tls);
    expect(text).toContain('Certificate ends');
    expect(text).toContain('2096-03-04');
  } finally {
    await secure.close();
    await rm(folder, { recursive: true });
  }
});
