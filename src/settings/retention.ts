import { choice, secret, type ValuesOf, wholeNumber } from './setting.js';

const serve = ['serve', 'demo'] as const;

/** How requests are archived beside their journal rows. */
export const archive = {
  requests: choice({
    name: 'SPPP_KEEP_REQUESTS',
    values: ['on', 'off'],
    meaning: '`on`: each request is archived beside its journal row; `off`: none is',
    usedBy: serve,
  }),
  days: wholeNumber({
    name: 'SPPP_KEEP_REQUESTS_DAYS',
    default: 90,
    min: 1,
    max: 36_500,
    unit: 'days',
    meaning: 'Age of an archived request, and of a record of a failed object',
    usedBy: serve,
    whenHit: 'It is deleted with its partition (docs/operations.md); its journal row stays',
  }),
  maxBytes: wholeNumber({
    name: 'SPPP_KEEP_REQUESTS_BYTES',
    default: 16_777_216,
    min: 1024,
    max: 268_435_456,
    unit: 'bytes',
    meaning: 'One archived request, compressed',
    usedBy: serve,
    whenHit: 'The rest of the request is not archived, and the archived part is marked as incomplete',
  }),
  key: secret({
    name: 'SPPP_KEEP_REQUESTS_KEY',
    rule: '64 hex digits, such as openssl rand -hex 32 makes',
    accepts: (value) => /^[0-9A-Fa-f]{64}$/.test(value),
    meaning: 'Key that encrypts archived requests; without it they are not encrypted',
    usedBy: ['serve', 'demo', 'transaction', 'history'],
  }),
} as const;

/** How requests are archived. */
export interface ArchiveSettings extends ValuesOf<Omit<typeof archive, 'requests'>> {
  readonly isOn: boolean;
}

/** How long other records stay. */
export const retention = {
  journalDays: wholeNumber({
    name: 'SPPP_KEEP_JOURNAL_DAYS',
    default: 3650,
    min: 1,
    max: 36_500,
    unit: 'days',
    meaning: 'Age of a journal row that no object names, and of counts of refusals',
    usedBy: serve,
    whenHit: 'It is deleted; so are the codes and deletions of all requests that are as old',
  }),
  feedDays: wholeNumber({
    name: 'SPPP_FEED_DAYS',
    default: 30,
    min: 1,
    max: 36_500,
    unit: 'days',
    meaning: "Age of a feed's cursor; the server stores removals for this time",
    usedBy: serve,
    whenHit: 'HTTP 410: the follower needs a new snapshot',
  }),
  eventDays: wholeNumber({
    name: 'SPPP_EVENT_DAYS',
    default: 30,
    min: 1,
    max: 3650,
    unit: 'days',
    meaning: 'Age of an event; a consumer that has not read for ten times as long is forgotten',
    usedBy: serve,
    whenHit: 'It is deleted; a consumer that had not acknowledged it gets HTTP 410 once',
  }),
} as const;
