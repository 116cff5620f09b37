import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { mayRead } from '../authority/may.js';
import { answerOf } from '../lookup/answer.js';
import { zoneText } from '../lookup/naptr.js';
import { mediaTypes, openApi } from '../lookup/openapi.js';
import { faultOf } from '../lookup/question.js';
import { rtJsonOf } from '../lookup/rtjson.js';
import { answerSchema, type Format, formats, querySchema } from '../lookup/schema.js';
import { type Question, resolve, type Sed, tookTooLong } from '../registry/resolve.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusal } from './http-refusal.js';

/** Seen from src/http and from dist/http alike. */
const PACKAGE = new URL('../../package.json', import.meta.url);

interface Query {
  readonly asker: string;
  readonly sourceUri?: string;
  readonly sourceIp?: string;
  readonly rootDomain?: string;
  readonly format?: Format;
}

/**
 * Look-ups: which session establishment data an organization gets for an identifier, from a source (RFC 7877 §6.3).
 * Whoever may read SED records as that organization's registrar may ask as it.
 */
export function addLookupRoute(
  app: FastifyInstance,
  pool: Pool,
  authenticate: (request: FastifyRequest) => Promise<Admitted>,
): void {
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  app.get<{ Params: { '*': string }; Querystring: Query }>(
    '/lookup/*',
    {
      schema: { querystring: querySchema, response: { 200: answerSchema } },
      onRequest: async (request) => {
        admitted.set(request, await authenticate(request));
      },
    },
    async (request, reply) => {
      const { format: named, ...query } = request.query;
      const question = { ...query, identifier: request.params['*'] };
      const format = named ?? formatOf(request.headers.accept);
      const caller = admitted.get(request)?.caller;
      const refused = caller === undefined ? undefined : mayRead(caller, 'SedRec', query.asker);
      if (caller === undefined || refused !== undefined) throw new HttpRefusal(403, 'No grant for this asker.');
      if (format === undefined) throw new HttpRefusal(406, `Formats: ${Object.values(mediaTypes).join(', ')}.`);
      const fault = faultOf(question);
      if (fault !== undefined) throw new HttpRefusal(400, fault);
      return send(request, reply, format, write(reply, format, question, await ask(pool, question)));
    },
  );

  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const document = openApi(version);
  app.get('/openapi.json', async (_request, reply) => reply.header('cache-control', 'max-age=300').send(document));
}

async function ask(pool: Pool, question: Question): Promise<Sed[]> {
  try {
    return await resolve(pool, question);
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw new HttpRefusal(503, 'The look-up took longer than it may.', { 'retry-after': '1' });
  }
}

function write(reply: FastifyReply, format: Format, { identifier, asker }: Question, seds: readonly Sed[]): string {
  switch (format) {
    case 'json':
      return String(reply.code(200).serialize(answerOf(identifier, asker, seds)));
    case 'rtjson':
      return JSON.stringify(rtJsonOf(seds));
    case 'naptr':
      return zoneText(identifier, seds);
  }
}

/**
 * The tag is made of the answer. What versions all data would be cheaper to compare, but changes with every request of
 * anybody, and the highest transaction id is not one: transactions do not commit in the order of their ids.
 */
function send(request: FastifyRequest, reply: FastifyReply, format: Format, text: string): FastifyReply {
  const etag = `"${createHash('sha256').update(`${format}\n${text}`).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache').header('vary', 'accept, authorization');
  if (isTold(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.header('content-type', mediaTypes[format]).send(Buffer.from(text));
}

/** Whether the client has the answer already (RFC 9110 §13.1.2). */
function isTold(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** The first format that an Accept header prefers; JSON for whoever takes anything (RFC 9110 §12.5.1). */
function formatOf(header: string | undefined): Format | undefined {
  if (header === undefined || header.trim() === '') return 'json';
  const ranges = header.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
  });
  const qualityOf = (format: Format) => {
    const [type = ''] = mediaTypes[format].split(';');
    const wide = [type, `${type.split('/')[0]}/*`, '*/*'];
    return wide.map((name) => ranges.find((range) => range.type === name)).find(Boolean)?.quality ?? 0;
  };
  const [best] = formats
    .map((format) => ({ format, quality: qualityOf(format) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return best?.format;
}
