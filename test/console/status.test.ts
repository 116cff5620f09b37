/** What operators see of a node in the console. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { ownPackage } from '../../src/own-package.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
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
