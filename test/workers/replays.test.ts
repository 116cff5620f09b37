/** A header is good once, at whichever worker. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Serving } from '../support/command-line.js';
import { send } from '../support/digest-client.js';
import { envelope } from '../support/message.js';
import { once, post, userOf, WorkersStand } from '../support/workers.js';

let stand: WorkersStand;
let serving: Serving;
beforeAll(async () => {
  stand = await WorkersStand.open();
  serving = await stand.start(['serve']);
}, 300_000);
afterAll(async () => {
  await serving.end('SIGTERM');
  await stand.close();
}, 120_000);

it('a header is good once, at whichever worker it comes in again', async () => {
  const url = serving.url ?? '';
  const client = userOf();
  const body = envelope('<s:spppServerStatusRequest/>');
  expect((await post(client, url, body)).status).toBe(200);
  const headers = { ...once, 'content-type': 'text/xml', authorization: client.authorization(url, 'POST') };
  const statuses: number[] = [];
  for (let sent = 0; sent < 4; sent++) statuses.push((await send(url, { method: 'POST', headers, body })).status);
  expect(statuses).toEqual([200, 401, 401, 401]);
});
