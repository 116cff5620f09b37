import { listFilterSchema } from '../operations/list-filter.js';
import { digest, faultRefusal, noLogin, refusal, tags } from './route-schema.js';

/** Schema of `GET /objects`; docs/clients.md describes the lines. */
export const objectsSchema = {
  tags: [tags.objects],
  operationId: 'objects',
  summary: 'Everything that a registrar may read, in the order of its keys, as lines of JSON',
  security: digest,
  querystring: listFilterSchema,
  response: {
    200: {
      description: 'The objects of one state of the registry; the list is whole when its last line has the member end',
      content: { 'application/x-ndjson': { schema: { type: 'string', description: 'One JSON object per line' } } },
    },
    400: faultRefusal('A parameter breaks a rule'),
    401: noLogin,
    503: refusal('A pull of the same registrar, or as many as are allowed, are under way'),
  },
} as const;
