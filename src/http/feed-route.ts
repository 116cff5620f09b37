import { addAbortSignal, PassThrough, pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { mayRead } from '../authority/may.js';
import { feed, isFault } from '../registry/feed/feed.js';
import type { Admitted } from './authenticate.js';
import { feedSchema } from './feed-schema.js';
import { HttpRefusedError } from './http-refused.js';
import { readsGzip } from './weighted-list.js';

/** Kinds of objects in a feed. A registrar may follow as an organization if it may read all of them for it. */
const nouns = ['DestGrp', 'PubId', 'SedRec', 'SedGrp', 'EgrRte'] as const;

export interface FeedLimits {
  /** Feeds that are sent at once; each holds a connection to the database. */
  readonly feeds: number;
  /** Milliseconds that one may take in all: the database keeps the state that it shows for that long. */
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

/** `GET /feed`: the objects that an organization may see, all or the changes since a cursor, as lines of JSON (docs/feeds.md). */
export function addFeedRoute(
  app: FastifyInstance,
  pool: Pool,
  limits: FeedLimits,
  authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>,
): Feeds {
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  const underWay = new Set<number>();
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
      const { registrarId } = caller;
      if (underWay.has(registrarId) || underWay.size >= limits.feeds) {
        const reason = underWay.has(registrarId)
          ? 'A feed of this registrar is being sent'
          : 'The limit of feeds at once is reached';
        throw new HttpRefusedError(503, `${reason}.`, { 'retry-after': '5' });
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
          throw new HttpRefusedError(first.fault === 'gone' ? 410 : 400, first.reason);
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

/** The stream of a feed; a client that disconnects or takes too long ends it. */
function stream(first: string, rest: AsyncGenerator<unknown>, late: AbortSignal, ended: () => void): Readable {
  const lines = addAbortSignal(late, new PassThrough());
  lines.write(first);
  pipeline(Readable.from(rest), lines, ended);
  return lines;
}

function send(request: FastifyRequest, reply: FastifyReply, lines: Readable): FastifyReply {
  reply
    .header('content-type', 'application/x-ndjson; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('vary', 'accept-encoding');
  if (!readsGzip(request.headers['accept-encoding'])) return reply.send(lines);
  return reply.header('content-encoding', 'gzip').send(pipeline(lines, createGzip(), () => undefined));
}
