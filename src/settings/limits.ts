import { type ValuesOf, wholeNumber } from './setting.js';

const serve = ['serve', 'demo'] as const;

/** One process needs as many for requests: half of them for itself, journal rows and a second registrar. */
export const LEAST_DATABASE_CONNECTIONS = 6;

const requestTimeout = wholeNumber({
  name: 'SPPP_REQUEST_TIMEOUT',
  default: 300_000,
  min: 100,
  unit: 'ms',
  meaning: 'Time for a whole request to arrive',
  usedBy: serve,
  whenHit: 'HTTP 408, connection closed; nothing is applied',
});

/** Limits of one request, of one client and of all clients together. */
export const limits = {
  objects: wholeNumber({
    name: 'SPPP_MAX_OBJECTS',
    default: 100_000,
    min: 1,
    unit: 'objects',
    meaning: 'Objects and keys in one request, of every operation',
    usedBy: serve,
    whenHit: '2001 with `MaxSupported:` and the number; nothing is applied',
  }),
  wireBytes: wholeNumber({
    name: 'SPPP_MAX_BODY_BYTES',
    default: 67_108_864,
    min: 1024,
    unit: 'bytes',
    meaning: 'Body of a request as it is sent (`wireBytes`)',
    usedBy: serve,
    whenHit: 'HTTP 413, before the body is read if its `Content-Length` exceeds the limit; nothing is applied',
  }),
  plainBytes: wholeNumber({
    name: 'SPPP_MAX_INFLATED_BYTES',
    default: 268_435_456,
    min: 1024,
    unit: 'bytes',
    meaning:
      'Body of a request after gunzip (`plainBytes`), and in characters the text that its references (`href`) repeat',
    usedBy: serve,
    whenHit: 'HTTP 413, for references 2000; nothing is applied',
  }),
  extension: wholeNumber({
    name: 'SPPP_MAX_EXTENSION',
    default: 16_384,
    min: 0,
    unit: 'characters',
    meaning: 'Content of one `ext` element',
    usedBy: serve,
    whenHit: '2101 `AttrName:ext` for that object',
  }),
  headersTimeout: wholeNumber({
    name: 'SPPP_HEADERS_TIMEOUT',
    default: 10_000,
    min: 100,
    notAbove: requestTimeout,
    unit: 'ms',
    meaning: 'Time for the headers of a request to arrive',
    usedBy: serve,
    whenHit: 'HTTP 408, connection closed',
  }),
  requestTimeout,
  stallTimeout: wholeNumber({
    name: 'SPPP_STALL_TIMEOUT',
    default: 30_000,
    min: 100,
    unit: 'ms',
    meaning: 'Time between two pieces of a body',
    usedBy: serve,
    whenHit: 'HTTP 408, connection closed; nothing is applied',
  }),
  minRate: wholeNumber({
    name: 'SPPP_LEAST_RATE',
    default: 32_768,
    min: 0,
    max: 1_000_000_000,
    unit: 'bytes a second',
    meaning:
      'Speed at which a client reads an answer or a feed, on average of `SPPP_STALL_TIMEOUT`; 0: one byte in that time is enough',
    usedBy: serve,
    whenHit: 'Connection closed',
  }),
  answerTimeout: wholeNumber({
    name: 'SPPP_ANSWER_TIMEOUT',
    default: 1_800_000,
    min: 100,
    unit: 'ms',
    meaning: 'Time for a client to read a long answer',
    usedBy: serve,
    whenHit: 'Connection closed; the request is carried out nevertheless, see `GET /transaction`',
  }),
  drainTimeout: wholeNumber({
    name: 'SPPP_DRAIN_TIMEOUT',
    default: 30_000,
    min: 0,
    unit: 'ms',
    meaning: 'Time for requests in progress to end when the server shuts down',
    usedBy: serve,
    whenHit: 'Connection closed; nothing of the request is applied, unless its commit has begun',
  }),
  commitTimeout: wholeNumber({
    name: 'SPPP_COMMIT_TIMEOUT',
    default: 120_000,
    min: 1000,
    max: 3_600_000,
    unit: 'ms',
    meaning:
      'Time to find out whether a commit was done, after its connection to the database broke; longer than a failover takes',
    usedBy: serve,
    whenHit:
      'Connection closed without an answer; the request is carried out completely or not at all, see `GET /transaction`',
  }),
  feeds: wholeNumber({
    name: 'SPPP_FEEDS',
    default: 2,
    min: 1,
    max: 1000,
    unit: 'pulls',
    meaning:
      'Feeds and lists of objects pulled at once, at most one of them by one registrar; each holds a database connection',
    usedBy: serve,
    whenHit: 'HTTP 503 with `Retry-After`',
  }),
  feedTimeout: wholeNumber({
    name: 'SPPP_FEED_TIMEOUT',
    default: 3_600_000,
    min: 100,
    unit: 'ms',
    meaning: 'Time for one pull of a feed, or of a list of objects',
    usedBy: serve,
    whenHit: 'Connection closed; a pull without its last line is void',
  }),
  databaseConnections: wholeNumber({
    name: 'SPPP_DATABASE_CONNECTIONS',
    default: 12,
    min: LEAST_DATABASE_CONNECTIONS,
    max: 1000,
    unit: 'connections',
    meaning: 'Connections to the database for requests',
    usedBy: serve,
    whenHit: 'Requests wait for a connection, up to 30,000 ms',
  }),
  unread: {
    perRegistrar: wholeNumber({
      name: 'SPPP_UNREAD_PER_REGISTRAR',
      default: 33_554_432,
      min: 0,
      unit: 'bytes',
      meaning: 'Answers that one registrar has not read yet, compressed',
      usedBy: serve,
      whenHit:
        '2300, and nothing is applied, for further requests and for one whose answer exceeds the limit while it is carried out',
    }),
    inAll: wholeNumber({
      name: 'SPPP_UNREAD_IN_ALL',
      default: 134_217_728,
      min: 0,
      unit: 'bytes',
      meaning: 'Answers that all registrars have not read yet, compressed',
      usedBy: serve,
      whenHit: 'the same',
    }),
  },
  bulk: {
    inAll: wholeNumber({
      name: 'SPPP_BULK_IN_ALL',
      default: 4,
      min: 1,
      unit: 'requests',
      meaning: 'Large requests in progress',
      usedBy: serve,
      whenHit: 'The next ones wait',
    }),
    perRegistrar: wholeNumber({
      name: 'SPPP_BULK_PER_REGISTRAR',
      default: 2,
      min: 1,
      unit: 'requests',
      meaning: 'Large requests of one registrar in progress; at most one less than its database connections',
      usedBy: serve,
      whenHit: 'Its next ones wait; those of others overtake them',
    }),
    waiting: wholeNumber({
      name: 'SPPP_BULK_WAITING',
      default: 64,
      min: 0,
      unit: 'requests',
      meaning: 'Large requests that wait; one registrar has at most half of the places that the others leave',
      usedBy: serve,
      whenHit: '2300; nothing is applied',
    }),
  },
} as const;

export type Limits = ValuesOf<typeof limits>;
