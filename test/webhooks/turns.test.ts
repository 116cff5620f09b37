/** Webhooks take turns: one to which there is much to send does not keep its place from others. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../support/server.js';
import type { Receiver } from '../support/webhook-receiver.js';
import { type Delivering, makeWebhook, publishFor, startDelivering, WAIT } from '../support/webhooks.js';

const TIMEOUT_MS = 180_000;
const MANY = 300;
let delivering: Delivering;
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  delivering = await startDelivering({ SPPP_WEBHOOKS_AT_ONCE: '1' });
  ({ server, receiver } = delivering);
}, TIMEOUT_MS);
afterAll(() => delivering?.close());

it('one event comes before the rest of many that were there before it', { timeout: TIMEOUT_MS }, async () => {
  await makeWebhook(server, null, receiver.url, ['sppp.offer.made.v1']);
  await makeWebhook(server, null, receiver.url, ['sppp.grant.made.v1']);
  const held: (() => void)[] = [];
  receiver.answer = (response) => held.push(() => response.writeHead(204).end());
  await publishFor(
    server,
    Array.from({ length: MANY }, (_, n) => ({ organization: null, subject: `${n}` })),
  );
  await expect.poll(() => held.length, WAIT).toBeGreaterThan(0);
  await publishFor(server, [{ organization: null, type: 'sppp.grant.made.v1', subject: 'one' }]);
  receiver.answer = (response) => response.writeHead(204).end();
  for (const answer of held) answer();
  const subjects = () => [...new Set(receiver.received.map(({ body }) => JSON.parse(body).subject as string))];
  await expect.poll(() => subjects().length, WAIT).toBe(MANY + 1);
  // Not after all of them; nearly all, if both were about to be sent at the same moment.
  expect(subjects().indexOf('one')).toBeLessThan(MANY - 64);
});
