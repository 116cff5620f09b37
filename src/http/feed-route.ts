import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { mayRead } from '../authority/may.js';
import { type FeedFault, feed, isFault } from '../registry/feed/feed.js';
import type { Admitted } from './authenticate.js';
import { feedSchema } from './feed-schema.js';
import { HttpRefusedError } from './http-refused.js';
import type { Pulls } from './pulls.js';

/** Kinds of objects in a feed. A registrar may follow as an organization if it may read all of them for it. */
const nouns = ['DestGrp', 'PubId', 'SedRec', 'SedGrp', 'EgrRte'] as const;

interface Query {
  readonly asker: string;
  readonly since?: string;
}

/**
 * `GET /feed`: the objects that an organization may see, all or the changes since a cursor, as lines of JSON (docs/feeds.md).
 *
 * @param maxAge seconds by which the database, a standby, may be older than its primary
 */
export function addFeedRoute(
  app: FastifyInstance,
  pool: Pool,
  pulls: Pulls,
  authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>,
  maxAge?: number,
): void {
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  app.get<{ Querystring: Query }>(
    '/feed',
    {
      exposeHeadRoute: false,
      schema: feedSchema,
      onRequest: async (request) => {
        admitted.set(request, await authenticate(request));
      },
    },
    async (request, reply) => {
      const { asker, since } = request.query;
      const caller = admitted.get(request)?.caller;
      if (caller === undefined || nouns.some((noun) => mayRead(caller, noun, asker) !== undefined)) {
        throw new HttpRefusedError(403, 'No grant to read all objects as this asker.');
      }
      return pulls.send(request, reply, caller, 'feed', () => faultless(feed(pool, { asker, since }, maxAge)));
    },
  );
}

/** The text of a feed; throws its fault, if it has one. */
async function* faultless(items: AsyncGenerator<string | FeedFault, undefined>): AsyncGenerator<string, void> {
  for await (const item of items) {
    if (isFault(item)) throw refusalOf(item);
    yield item;
  }
}

function refusalOf({ fault, reason }: FeedFault): HttpRefusedError {
  if (fault === 'later') return new HttpRefusedError(503, reason, { 'retry-after': '1' });
  return new HttpRefusedError(fault === 'gone' ? 410 : 400, reason);
}
