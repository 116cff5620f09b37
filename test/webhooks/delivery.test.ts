/** Events reach webhooks, signed so that the package of the specification verifies them. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addWebhook } from '../../src/registry/webhooks/webhooks.js';
import { newSecret, secretText } from '../../src/webhooks/signature.js';
import { silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import { authority, type Receiver, startReceiver } from '../support/webhook-receiver.js';
import { publishFor } from '../support/webhooks.js';

const TIMEOUT_MS = 120_000;
const wait = { timeout: 10_000, interval: 50 };

let folder: string;
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-webhooks-'));
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  server = await startServer({
    settings: { SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: join(folder, 'ca.pem') },
  });
  await silenceCauses(server);
  receiver = await startReceiver();
}, TIMEOUT_MS);
afterAll(async () => {
  await receiver?.close();
  await server?.close();
  await rm(folder, { recursive: true });
});

async function idOf(orgId: string): Promise<number> {
  const [row] = await server.sql<{ id: number }>('SELECT id FROM sppp.organization WHERE org_id = $1', [orgId]);
  return row?.id ?? 0;
}

it('an event is delivered as a CloudEvent, signed', { timeout: TIMEOUT_MS }, async () => {
  const secret = newSecret();
  const owner = await idOf('iana-en:225');
  const made = await addWebhook(server.deps.database.pool, owner, { url: receiver.url, types: null, secret }, 10);
  const [position] = await publishFor(server, [{ organization: 'iana-en:225', subject: 'offer 1', data: { a: 'ü' } }]);
  await vi.waitFor(() => expect(receiver.received.length).toBe(1), wait);
  const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
  expect(headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': `evt_${position}_${made?.id}`,
  });
  const verified = new Verifier(secretText(secret)).verify(body, headers as Record<string, string>);
  expect(verified).toMatchObject({
    specversion: '1.0',
    id: String(position),
    type: 'sppp.offer.made.v1',
    subject: 'offer 1',
    sppporganization: 'iana-en:225',
    data: { a: 'ü' },
  });
  await vi.waitFor(async () => {
    const rows = await server.sql('SELECT state, attempts, http_status FROM sppp.webhook_delivery');
    expect(rows).toEqual([{ state: 'delivered', attempts: 1, http_status: 204 }]);
  }, wait);
});
