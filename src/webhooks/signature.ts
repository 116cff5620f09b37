import { createHmac, randomBytes } from 'node:crypto';

/** Bytes of a new secret; the specification wants 24 to 64. */
const SECRET_BYTES = 32;

const PREFIX = 'whsec_';

/** A new secret. */
export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** A secret as its owner gets it, once (Standard Webhooks: `whsec_` and base64). */
export function secretText(secret: Buffer): string {
  return PREFIX + secret.toString('base64');
}

/** A message to a webhook; the id is the same in each attempt. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

/** The headers that sign a message (Standard Webhooks), with each of the secrets. */
export function signed({ id, body }: Message, secrets: readonly Buffer[], at: Date): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `v1,${mac}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
