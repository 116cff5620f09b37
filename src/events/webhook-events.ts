import { type EventType, eventType, text } from './event-type.js';

const webhook = { description: 'Number of the webhook', type: 'integer' };
const url = text('Where it leads');

/** Events of webhooks themselves. */
export const webhookEvents: readonly EventType[] = [
  eventType({
    type: 'sppp.webhook.test.v1',
    meaning: 'Somebody asked for a test of a webhook. No other webhook gets it; readers of events do.',
    audience: 'the organization',
    members: { webhook, url },
    subject: 'webhook:3',
    example: { webhook: 3, url: 'https://carrier.example/events' },
  }),
  eventType({
    type: 'sppp.webhook.disabled.v1',
    meaning: 'Nothing more is sent to a webhook, until somebody enables it.',
    audience: 'the organization and the operators',
    members: { webhook, url, reason: text('Why') },
    subject: 'webhook:3',
    example: { webhook: 3, url: 'https://carrier.example/events', reason: 'it answered 410 Gone' },
  }),
];
