import { claimEvents } from './claim-events.js';
import type { EventType } from './event-type.js';
import { expiryEvents } from './expiry-events.js';
import { objectEvents } from './object-events.js';
import { offerEvents } from './offer-events.js';
import { organizationEvents } from './organization-events.js';
import { webhookEvents } from './webhook-events.js';

/** All kinds of events that a registry tells; docs/events.md and `GET /events/schemas/…` are made from them. */
export const eventTypes: readonly EventType[] = [
  ...offerEvents,
  ...claimEvents,
  ...objectEvents,
  ...organizationEvents,
  ...expiryEvents,
  ...webhookEvents,
];
