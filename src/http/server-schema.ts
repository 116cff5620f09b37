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

const health = record({ status: text('`ok`, or `no database`') });

/** Schema of `GET /health`. */
export const healthSchema = {
  tags: [tags.server],
  operationId: 'health',
  summary: 'Whether requests can be answered now',
  response: {
    200: { description: 'Requests can be answered', ...health },
    429: refusal('The address asks too often'),
    503: { description: 'The database cannot be reached', ...health },
  },
} as const;
