import { digest, noLogin, refusal, tags } from './route-schema.js';

/** Schema of `GET /feed`; docs/feeds.md describes the lines. */
export const feedSchema = {
  tags: [tags.feed],
  operationId: 'feed',
  summary: 'What an organization may see, whole or since a cursor, as lines of JSON',
  security: digest,
  querystring: {
    type: 'object',
    required: ['asker'],
    properties: {
      asker: {
        type: 'string',
        maxLength: 255,
        description: 'Organization id of the follower; the caller needs a grant to read all of its objects',
      },
      since: {
        type: 'string',
        maxLength: 65_536,
        description: 'Cursor from the last line of the pull before; a snapshot without it',
      },
    },
  },
  response: {
    200: {
      description: 'A feed; it is complete when its last line has the member end',
      content: { 'application/x-ndjson': { schema: { type: 'string', description: 'One JSON object per line' } } },
    },
    400: refusal('No asker, or no cursor of this organization'),
    401: noLogin,
    403: refusal('No grant to read all objects of the asker'),
    410: refusal('The cursor is too old, or of another database or its past: a new snapshot is needed'),
    503: refusal(
      'As many feeds as are allowed are under way, or the data here are older than the cursor or than allowed',
    ),
  },
} as const;
