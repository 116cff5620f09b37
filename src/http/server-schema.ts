import { record, refusal, tags, text, textOrNull } from './route-schema.js';

const texts = (description: string) => ({ type: 'array', items: { type: 'string' }, description }) as const;

/** Schema of `GET /about`. */
export const aboutSchema = {
  tags: [tags.server],
  operationId: 'about',
  summary: 'Who runs this server, and what it speaks',
  response: {
    200: {
      description: 'The server',
      ...record({
        system: text('Name of all nodes together'),
        operator: textOrNull('Name of the operator'),
        contact: textOrNull('How to reach the operator'),
        privacyPolicy: textOrNull("URL of the operator's privacy policy"),
        software: record({ name: text('Name of the software'), version: text('Version of the software') }),
        protocol: record({
          versions: texts('Versions of SPPP'),
          objURI: texts('Namespaces of objects'),
          extURI: texts('Namespaces of extensions'),
        }),
        resources: texts('Paths that take SPPP requests, the one of the RFC first'),
      }),
    },
  },
} as const;

const health = (statuses: string) => record({ status: text(statuses) });

/** Schema of `GET /health`. */
export const healthSchema = {
  tags: [tags.server],
  operationId: 'health',
  summary: 'Whether requests can be answered now',
  response: {
    200: { description: 'Requests can be answered', ...health('`ok`') },
    429: refusal('The address asks too often'),
    503: {
      description: 'The database cannot be reached, or on a node of look-ups alone its data are too old',
      ...health('`no database`, `old data`, or `old node`: the schema of the database is for newer nodes'),
    },
  },
} as const;

/** Schema of `GET /health/live`. */
export const liveSchema = {
  tags: [tags.server],
  operationId: 'live',
  summary: 'Whether this process runs, without its database',
  response: { 200: { description: 'It runs', ...health('`ok`') } },
} as const;

/** Schema of `GET /health/write`. */
export const writeHealthSchema = {
  tags: [tags.server],
  operationId: 'healthOfWrites',
  summary: 'Whether a change could be committed now; answers within a second',
  response: {
    200: { description: 'A change could be committed', ...health('`ok`') },
    503: {
      description: 'No change can be committed',
      ...health(
        '`no database`: it does not answer; `standby`: it takes no changes; `commits wait`: for a standby, for 5 seconds or longer; `look-ups only`: this node takes no changes; `old node`: the schema of the database is for newer nodes',
      ),
    },
  },
} as const;

/** Schema of `GET /health/lookup`. */
export const lookupHealthSchema = {
  tags: [tags.server],
  operationId: 'healthOfLookups',
  summary: 'Whether look-ups can be answered now; answers within a second',
  response: {
    200: { description: 'Look-ups can be answered', ...health('`ok`') },
    503: {
      description: 'Look-ups cannot be answered',
      ...health(
        '`no database`: the database of look-ups does not answer; `old data`: its data are older than SPPP_LOOKUP_MAX_AGE; `old node`: its schema is for newer nodes',
      ),
    },
  },
} as const;
