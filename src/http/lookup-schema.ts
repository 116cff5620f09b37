import { answerSchema, identifierSchema, querySchema, rtJsonSchema } from '../lookup/schema.js';
import { digest, faultRefusal, noLogin, refusal, tags } from './route-schema.js';

/** Schema of `GET /lookup/{identifier}`. */
export const lookupSchema = {
  tags: [tags.lookup],
  operationId: 'lookup',
  summary: 'Session establishment data for an identifier (RFC 7877 §6.3), in the order in which a client tries them',
  security: digest,
  params: { type: 'object', properties: { identifier: identifierSchema } },
  querystring: querySchema,
  headers: { type: 'object', properties: { 'If-None-Match': { type: 'string' } } },
  response: {
    200: {
      description: 'The records; none if there is nothing, or nothing that the asker may see',
      headers: { ETag: { description: 'Version of this answer', type: 'string' } },
      content: {
        'application/json': { schema: answerSchema },
        'application/vnd.kamailio.rtjson+json': { schema: rtJsonSchema },
        'text/dns': { schema: { type: 'string', description: 'NAPTR and NS records as lines of a zone file' } },
      },
    },
    304: { description: 'The client has the current answer', type: 'null' },
    400: faultRefusal('A parameter breaks a rule'),
    401: noLogin,
    403: refusal('No grant to look up for the asker'),
    406: refusal('The client accepts none of the formats'),
    503: refusal('The database cannot be reached, or the look-up took too long'),
  },
} as const;
