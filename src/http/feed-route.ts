import { addAbortSignal, PassThrough, pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { mayRead } from '../authority/may.js';
import { feedQuerySchema } from '../lookup/schema.js';
import { feed, isFault } from '../registry/feed/feed.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusal } from './http-refusal.js';
import { readsGzip } from './weighted-list.js';

/** What a feed is made of: whoever may read all of it as an organization's registrar may follow as it. */
const nouns = ['DestGrp', 'PubId', 'SedRec', 'SedGrp', 'EgrRte'] as const;

export interface FeedLimits {
  /** Pulls under way; each holds a connection to the database. */
  readonly feeds: number;
  /** Milliseconds that one may take in all: for that long the database keeps the state that it shows. */
  readonly feedTimeout: number;
}

interface Query {
  readonly asker: string;
  readonly since?: string;
}

/** Feeds that are being sent. */
export interface Feeds {
  readonly running: number;
}

/** Feeds: what an organization may see, whole or since a cursor, as lines of JSON (docs/feeds.md). */
export function addFeedRoute(
  app: FastifyInstance,
  pool: Pool,
  limits: FeedLimits,
  authenticate: (request: FastifyRequest) => Promise<Admitted>,
): Feeds {
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  const underWay = new Set<number>();
  app.get<{ Querystring: Query }>(
    '/feed',
    {
      exposeHeadRoute: false,
      schema: { querystring: feedQuerySchema },
      onRequest: async (request) => {
        admitted.set(request, await authenticate(request));
      },
    },
    async (request, reply) => {
      const { asker, since } = request.query;
      const caller = admitted.get(request)?.caller;
      if (caller === undefined || nouns.some((noun) => mayRead(caller, noun, asker) !== undefined)) {
        throw new HttpRefusal(403, 'No grant to read everything of this asker.');
      }
      const { registrarId } = caller;
      if (underWay.has(registrarId) || underWay.size >= limits.feeds) {
        const whose = underWay.has(registrarId)
          ? 'A feed of yours is under way'
          : 'As many feeds as may be are under way';
        throw new HttpRefusal(503, `${whose}.`, { 'retry-after': '5' });
      }
      underWay.add(registrarId);
      const lines = feed(pool, { asker, since });
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), limits.feedTimeout);
      const ended = () => {
        clearTimeout(timer);
        underWay.delete(registrarId);
      };
      try {
        const { value: first } = await lines.next();
        if (isFault(first)) {
          await lines.return(undefined);
          throw new HttpRefusal(first.fault === 'gone' ? 410 : 400, first.reason);
        }
        return send(request, reply, stream(first ?? '', lines, late.signal, ended));
      } catch (error) {
        ended();
        throw error;
      }
    },
  );
  return {
    get running() {
      return underWay.size;
    },
  };
}

/** The first lines and those that follow; a reader that goes away, or takes too long, ends the feed. */
function stream(first: string, rest: AsyncGenerator<unknown>, late: AbortSignal, ended: () => void): Readable {
  const whole = addAbortSignal(late, new PassThrough());
  whole.write(first);
  pipeline(Readable.from(rest), whole, ended);
  return whole;
}

function send(request: FastifyRequest, reply: FastifyReply, lines: Readable): FastifyReply {
  reply
    .header('content-type', 'application/x-ndjson; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('vary', 'accept-encoding');
  if (!readsGzip(request.headers['accept-encoding'])) return reply.send(lines);
  return reply.header('content-encoding', 'gzip').send(pipeline(lines, createGzip(), () => undefined));
}
