import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../src/registry/connection/database.js';
import { addWebhook } from '../../src/registry/webhooks/webhooks.js';
import { newSecret, secretText } from '../../src/webhooks/signature.js';
import { publish, silenceCauses } from './published-events.js';
import { startServer, type TestServer } from './server.js';
import { authority, type Receiver, startReceiver } from './webhook-receiver.js';

/** A webhook of a test. */
export interface MadeWebhook {
  readonly id: number;
  readonly secret: string;
}

/** A delivery as the database has it. */
export interface StoredDelivery {
  readonly position: number;
  readonly state: string;
  readonly attempts: number;
  readonly http_status: number | null;
  readonly answer: string | null;
  readonly failure: string | null;
}

/** How tests wait: long, as nothing else depends on it. */
export const WAIT = { timeout: 90_000, interval: 100 } as const;

/** Events for an organization; null: for operators. */
interface EventFor {
  readonly organization: string | null;
  readonly type?: string;
  readonly noun?: string;
  readonly subject?: string;
  readonly data?: object;
}

/** Publishes events in one transaction. Returns their positions. */
export async function publishFor(server: Pick<TestServer, 'sql'>, events: readonly EventFor[]): Promise<number[]> {
  const given = events.map(({ organization, type = 'sppp.offer.made.v1', ...event }) => ({
    ...event,
    type,
    to: organization,
  }));
  const last = await publish(server, ...given);
  return events.map((_, n) => last - events.length + n + 1);
}

/** A file with the authority of all receivers. */
export function authorityFile(): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'sppp-webhooks-'));
  const path = join(folder, 'ca.pem');
  writeFileSync(path, authority.cert);
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}

/** A server that may send to a receiver on this machine, where nothing but the test causes events. */
export interface Delivering {
  readonly server: TestServer;
  readonly receiver: Receiver;
  close(): Promise<void>;
}

export async function startDelivering(settings: Readonly<Record<string, string>> = {}): Promise<Delivering> {
  const ca = authorityFile();
  const receiver = await startReceiver();
  const own = { SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca.path };
  const server = await startServer({ settings: { ...own, ...settings } });
  await silenceCauses(server);
  const close = async () => {
    await server.close();
    await receiver.close();
    ca.remove();
  };
  return { server, receiver, close };
}

/** Makes a webhook of an organization; null: of the operators. */
export async function makeWebhook(
  { deps, sql }: Pick<TestServer, 'sql'> & { readonly deps: { readonly database: Pick<Database, 'pool'> } },
  organization: string | null,
  url: string,
  types: string[] | null = null,
): Promise<MadeWebhook> {
  const [row] = await sql<{ id: number }>('SELECT id FROM sppp.organization WHERE org_id = $1', [organization]);
  const secret = newSecret();
  const made = await addWebhook(deps.database.pool, row?.id ?? null, { url, types, secret }, 1000);
  return { id: made?.id ?? 0, secret: secretText(secret) };
}

/** The deliveries of a webhook, in the order of the events. */
export function deliveriesOf(
  { sql }: Pick<TestServer, 'sql'>,
  { id }: Pick<MadeWebhook, 'id'>,
): Promise<StoredDelivery[]> {
  return sql<StoredDelivery>(
    `SELECT position::integer, state, attempts, http_status, answer, failure FROM sppp.webhook_delivery
      WHERE webhook_id = $1 ORDER BY position`,
    [id],
  );
}

/** Waits until each delivery of a webhook was tried; returns the deliveries. */
export async function triedOf(
  server: Pick<TestServer, 'sql'>,
  webhook: Pick<MadeWebhook, 'id'>,
): Promise<StoredDelivery[]> {
  const tried = async () => (await deliveriesOf(server, webhook)).map(({ attempts }) => attempts > 0);
  await expect.poll(async () => (await tried()).every(Boolean) && (await tried()).length > 0, WAIT).toBe(true);
  return deliveriesOf(server, webhook);
}
