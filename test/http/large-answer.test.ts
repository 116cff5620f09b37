import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

/** The server sends answers with many details piece by piece. */

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const toNothing = addRequest(
  ...Array.from({ length: 8000 }, (_, index) => tn(`1202${1_000_000 + index}`, ['NOWHERE'])),
);

it('an answer with a detail for each of 8,000 objects arrives whole, also as gzip', async () => {
  for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
    const { text } = await server.post(toNothing, { path: '/sppp/validate', headers });
    const { details, msg } = readAnswer(text);
    expect(msg).toBe('Command invalid (partial success, 0 of 8000 applied)');
    expect(details).toHaveLength(8000);
    expect(details.every(({ code }) => code === 2102)).toBe(true);
  }
});

it('a client that does not read its answer delays no other', async () => {
  const url = `${server.url}/sppp/validate`;
  const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
  await client.send(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' });
  const deaf = request(url, {
    method: 'POST',
    headers: { 'content-type': 'text/xml', authorization: client.authorization(url, 'POST') },
  });
  deaf.on('response', (response) => response.pause());
  deaf.on('error', () => undefined);
  deaf.end(toNothing);
  await delay(500);
  const { text } = await server.post(addRequest(tn('12025550001')));
  expect(readAnswer(text).code).toBe(1000);
  deaf.destroy();
});
