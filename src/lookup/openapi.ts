import { answerSchema, faultSchema, feedQuerySchema, querySchema, rtJsonSchema } from './schema.js';

/** Media types of the answers, by format. */
export const mediaTypes = {
  json: 'application/json; charset=utf-8',
  rtjson: 'application/vnd.kamailio.rtjson+json; charset=utf-8',
  naptr: 'text/dns; charset=utf-8',
} as const;

const refused = (description: string) =>
  ({ description, content: { 'text/plain': { schema: { type: 'string' } } } }) as const;

interface QuerySchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, { readonly description: string }>>;
}

function parametersOf({ required, properties }: QuerySchema) {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description,
    schema,
  }));
}

/** Feeds, the lines of which docs/feeds.md tells in full. */
const feedPath = {
  get: {
    operationId: 'feed',
    summary: 'What an organization may see, whole or since a cursor, as lines of JSON',
    security: [{ digest: [] }],
    parameters: parametersOf(feedQuerySchema),
    responses: {
      200: {
        description: 'A feed; it is whole when its last line has the member end',
        content: { 'application/x-ndjson': { schema: { type: 'string', description: 'One JSON object per line' } } },
      },
      400: refused('No asker, or no cursor of this organization'),
      401: refused('HTTP Digest is needed'),
      403: refused('No grant to read everything of the asker'),
      410: refused('The cursor is too old, or of another database: a new snapshot is needed'),
      503: refused('As many feeds as may be are under way'),
    },
  },
} as const;

/** The look-up and the feeds as an OpenAPI document, made of the schemas that the server itself works by. */
export function openApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'SPPP registry: look-up and feeds',
      version,
      description:
        'Which session establishment data an organization gets for an identifier, from a source (RFC 7877 §6.3).',
    },
    paths: {
      '/lookup/{identifier}': {
        get: {
          operationId: 'lookup',
          summary: 'Session establishment data for an identifier, in the order in which it is to be tried',
          security: [{ digest: [] }],
          parameters: [
            {
              name: 'identifier',
              in: 'path',
              required: true,
              description:
                'Digits with or without +, rn= and digits for a routing number, or a URI, percent-encoded; uri= before one without a scheme',
              schema: { type: 'string' },
            },
            ...parametersOf(querySchema),
            { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } },
          ],
          responses: {
            200: {
              description: 'What was found; nothing, where there is nothing or nothing that the asker may see',
              headers: { ETag: { description: 'Of this answer', schema: { type: 'string' } } },
              content: {
                'application/json': { schema: answerSchema },
                'application/vnd.kamailio.rtjson+json': { schema: rtJsonSchema },
                'text/dns': { schema: { type: 'string', description: 'NAPTR and NS records as lines of a zone file' } },
              },
            },
            304: { description: 'The answer is still the one with this ETag' },
            400: {
              description: 'A parameter that cannot be read',
              content: { 'application/json': { schema: faultSchema } },
            },
            401: refused('HTTP Digest is needed'),
            403: refused('No grant to look up for the asker'),
            406: refused('None of the formats is accepted'),
            503: refused('The database is away, or the look-up took too long'),
          },
        },
      },
      '/feed': feedPath,
    },
    components: { securitySchemes: { digest: { type: 'http', scheme: 'digest' } } },
  };
}
