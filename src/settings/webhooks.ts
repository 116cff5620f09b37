import { optionalText, type ValuesOf, wholeNumber, words } from './setting.js';

const serve = ['serve', 'demo'] as const;

/** How events are sent to webhooks. */
export const webhooks = {
  networks: words({
    name: 'SPPP_WEBHOOK_NETWORKS',
    rule: 'addresses and ranges, such as 10.20.0.0/16',
    meaning: 'Addresses to which webhooks may lead although they are not public',
    usedBy: serve,
  }),
  nameServers: words({
    name: 'SPPP_WEBHOOK_NAME_SERVERS',
    rule: 'addresses with or without a port, such as 192.0.2.53 or 192.0.2.53:5353',
    meaning: 'DNS servers that are asked for the names in webhooks',
    defaultNote: "the system's",
    usedBy: serve,
  }),
  ca: optionalText({
    name: 'SPPP_WEBHOOK_CA',
    rule: 'a file that can be read',
    meaning:
      'Authorities that webhooks may have their certificates from, as a PEM file; without it, those that Node.js trusts',
    usedBy: serve,
  }),
  most: wholeNumber({
    name: 'SPPP_WEBHOOKS_PER_ORGANIZATION',
    default: 10,
    min: 0,
    max: 1000,
    unit: 'webhooks',
    meaning: 'Webhooks of one organization, and of the operators',
    usedBy: ['serve', 'demo', 'webhook'],
    whenHit: 'HTTP 409; no more are made',
  }),
  atOnce: wholeNumber({
    name: 'SPPP_WEBHOOKS_AT_ONCE',
    default: 64,
    min: 1,
    max: 1000,
    unit: 'webhooks',
    meaning: 'Webhooks that a node sends to at the same time',
    usedBy: serve,
    whenHit: 'Others wait',
  }),
  days: wholeNumber({
    name: 'SPPP_WEBHOOK_DAYS',
    default: 30,
    min: 4,
    max: 36_500,
    unit: 'days',
    meaning: 'Age of a delivery to a webhook',
    usedBy: serve,
    whenHit: 'It is deleted, unless it still waits',
  }),
} as const;

export type WebhookSettings = ValuesOf<typeof webhooks>;
