/** The search in the log of every test's server detects a secret. */

import { expect, it } from 'vitest';
import { startServer } from '../support/server.js';

it.each<[string, (known: { hash: string; key: Buffer }) => unknown]>([
  ['the hash of a password', ({ hash }) => ({ credential: { ha1: hash } })],
  ['a key of the server', ({ key }) => ({ key: key.toString('base64') })],
  ['an Authorization header', () => ({ headers: { authorization: 'Digest username="x"' } })],
  ['an answer of Digest', () => 'got response="0123456789abcdef0123456789abcdef"'],
])('%s in a log line makes the test fail that closes its server', async (_, line) => {
  const server = await startServer();
  const [known] = await server.sql<{ hash: string; key: Buffer }>(
    'SELECT (SELECT ha1_sha256 FROM sppp.credential LIMIT 1) AS hash, (SELECT value FROM sppp.server_key LIMIT 1) AS key',
  );
  server.deps.log.debug(line(known ?? { hash: '', key: Buffer.alloc(0) }));
  await expect(server.close()).rejects.toThrow('a secret was logged');
});
