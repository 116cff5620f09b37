import { rate, type ValuesOf } from './setting.js';

const serve = ['serve', 'demo'] as const;

/**
 * The rates of one registrar and of one address on one node (RFC 7877 §9.3). The defaults lie above the capacity of a
 * node: they stop runaway clients, and operators set them lower.
 */
export const rates = {
  requests: rate({
    name: 'SPPP_RATE_REQUESTS',
    default: '600000/60',
    unit: 'requests/seconds',
    meaning: 'Requests of one registrar',
    usedBy: serve,
    whenHit: '2300 with `Retry-After`; 429 after ten in a row',
  }),
  objects: rate({
    name: 'SPPP_RATE_OBJECTS',
    default: '60000000/60',
    unit: 'objects/seconds',
    meaning: 'Objects and keys that one registrar sends',
    usedBy: serve,
    whenHit: 'the same',
  }),
  undone: rate({
    name: 'SPPP_RATE_UNDONE',
    default: '6000000/60',
    unit: 'objects/seconds',
    meaning:
      'Objects of one registrar that were undone because another one in their request failed (RFC 7877 §9.3.2), `/sppp/validate` not counted',
    usedBy: serve,
    whenHit: 'the same',
  }),
  addressRequests: rate({
    name: 'SPPP_RATE_ADDRESS_REQUESTS',
    default: '600000/60',
    unit: 'requests/seconds',
    meaning: 'Requests from one address, `/health` not counted. An IPv6 address counts by its first 64 bits',
    usedBy: serve,
    whenHit: 'HTTP 429 with `Retry-After`',
  }),
  addressObjects: rate({
    name: 'SPPP_RATE_ADDRESS_OBJECTS',
    default: '60000000/60',
    unit: 'objects/seconds',
    meaning: 'Objects and keys sent from one address',
    usedBy: serve,
    whenHit: 'HTTP 429 with `Retry-After`',
  }),
  health: rate({
    name: 'SPPP_RATE_HEALTH',
    default: '6000/60',
    unit: 'requests/seconds',
    meaning: 'Requests for `/health` from one address',
    usedBy: serve,
    whenHit: 'HTTP 429',
  }),
} as const;

export type Rates = ValuesOf<typeof rates>;
