import { Webhook as Verifier } from 'standardwebhooks';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import type { Database } from '../../src/registry/connection/database.js';
import { startReceiver } from './webhook-receiver.js';
import { makeWebhook } from './webhooks.js';

/** A webhook whose program verifies each message, and knows by its id whether it has it already. */
export interface VerifiedWebhook {
  /** By the ids of the messages. */
  readonly events: ReadonlyMap<string, CloudEvent>;
  /** How many messages came, also again. */
  readonly messages: number;
  /** Why messages were not believed. */
  readonly faults: readonly unknown[];
  close(): Promise<void>;
}

/** Makes a webhook of an organization, for events of all types. */
export async function openVerifiedWebhook(
  database: Pick<Database, 'pool'>,
  sql: Parameters<typeof makeWebhook>[0]['sql'],
  organization: string,
): Promise<VerifiedWebhook> {
  const receiver = await startReceiver();
  const { secret } = await makeWebhook({ deps: { database }, sql }, organization, receiver.url);
  const verifier = new Verifier(secret);
  const events = new Map<string, CloudEvent>();
  const faults: unknown[] = [];
  receiver.answer = (response, { headers, body }) => {
    try {
      const event = verifier.verify(body, headers as Record<string, string>) as CloudEvent;
      events.set(String(headers['webhook-id']), event);
    } catch (error) {
      faults.push(error);
    }
    response.writeHead(204).end();
  };
  return {
    ...{ events, faults, close: receiver.close },
    get messages() {
      return receiver.received.length;
    },
  };
}
