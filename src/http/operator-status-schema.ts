const name = { type: 'string' };
const nameOrNull = { type: ['string', 'null'] };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'string', format: 'date-time' };

function object(properties: Readonly<Record<string, object>>) {
  return { type: 'object', required: Object.keys(properties), additionalProperties: false, properties };
}

const waitingLine = object({ running: count, waiting: count });

const queues = object({
  bulk: waitingLine,
  bulkReads: waitingLine,
  groupCommitWaiting: count,
  databaseWaiting: count,
  feeds: count,
  unreadAnswerBytes: count,
});

/** The answer to GET /operator/status, as JSON Schema. */
export const operatorStatusSchema = object({
  system: name,
  node: nameOrNull,
  startedAt: time,
  uptimeSeconds: count,
  versions: object({ server: name, node: name, postgresql: name, migration: name }),
  settings: {
    type: 'array',
    items: object({
      name,
      value: nameOrNull,
      source: { type: 'string', enum: ['environment', 'file', 'default'] },
      isSecret: { type: 'boolean' },
    }),
  },
  sizes: object({
    databaseBytes: count,
    tables: {
      type: 'array',
      items: object({ table: name, rows: { type: ['integer', 'null'], minimum: 0 }, bytes: count }),
    },
  }),
  nodes: {
    type: 'array',
    items: object({ name, version: name, address: nameOrNull, processes: count, since: time }),
  },
  connections: {
    type: 'array',
    items: object({ program: name, address: nameOrNull, count, since: time }),
  },
  certificate: { anyOf: [object({ fingerprint: name, notAfter: time }), { type: 'null' }] },
  queues,
  workers: {
    type: 'array',
    items: object({ number: count, pid: count, startedAt: time, queues: { anyOf: [queues, { type: 'null' }] } }),
  },
  lookups: object({ dataAgeSeconds: { type: ['number', 'null'], minimum: 0 } }),
});
