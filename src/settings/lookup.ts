import { type ValuesOf, wholeNumber } from './setting.js';

const askers = ['serve', 'enum', 'demo'] as const;

/** One process needs as many for look-ups: a quarter of them is for slow ones. */
export const LEAST_LOOKUP_CONNECTIONS = 4;

/** How look-ups use the database and memory. */
export const lookup = {
  connections: wholeNumber({
    name: 'SPPP_LOOKUP_CONNECTIONS',
    default: 4,
    min: LEAST_LOOKUP_CONNECTIONS,
    max: 1000,
    unit: 'connections',
    meaning:
      'Connections to the database for look-ups; a quarter of them is for those that take more than a tenth of their time',
    usedBy: askers,
    whenHit: 'Look-ups wait for a connection, up to 5 s',
  }),
  timeout: wholeNumber({
    name: 'SPPP_LOOKUP_TIMEOUT',
    default: 1000,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'One look-up in the database, patterns included',
    usedBy: askers,
    whenHit: 'HTTP 503 with `Retry-After`, over DNS SERVFAIL, for that look-up alone',
  }),
  maxAge: wholeNumber({
    name: 'SPPP_LOOKUP_MAX_AGE',
    default: 60_000,
    min: 1000,
    max: 86_400_000_000,
    unit: 'ms',
    meaning: 'Time by which the data of a standby may be older than those of its primary',
    usedBy: askers,
    whenHit:
      'Look-ups go to the next host of `LOOKUP_DATABASE_URL`; without one HTTP 503 with `Retry-After`, over DNS SERVFAIL',
  }),
  caches: {
    answerBytes: wholeNumber({
      name: 'SPPP_LOOKUP_KEEP',
      default: 50_000_000,
      min: 0,
      max: 10_000_000_000,
      minUnlessZero: 1_000_000,
      unit: 'bytes',
      meaning: 'Cached answers, with their route keys and sources, about 2 kB an SED record; 0: none',
      usedBy: askers,
      whenHit: 'The answer that was used least recently is dropped',
    }),
    numberBytes: wholeNumber({
      name: 'SPPP_LOOKUP_KEEP_NUMBERS',
      default: 100_000_000,
      min: 0,
      max: 10_000_000_000,
      unit: 'bytes',
      meaning:
        'Cached route keys of numbers: 4 bytes a number, 400 a block of a thousand, 100 and its text for each route key (a set of destination groups); 0: none',
      usedBy: askers,
      whenHit: 'The oldest blocks are dropped',
    }),
  },
} as const;

export type LookupSettings = ValuesOf<typeof lookup>;
