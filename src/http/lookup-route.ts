import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayLookUp } from '../authority/may.js';
import { answerOf } from '../lookup/answer.js';
import type { Found, Lookups } from '../lookup/lookups.js';
import { zoneText } from '../lookup/naptr.js';
import { mediaTypes, openApi } from '../lookup/openapi.js';
import { type QuestionFault, readQuestion } from '../lookup/question.js';
import { rtJsonOf } from '../lookup/rtjson.js';
import { answerSchema, type Format, formats } from '../lookup/schema.js';
import { GAP, Template, tagOf } from '../lookup/template.js';
import { type Question, tookTooLong } from '../registry/resolve/resolve.js';
import type { RouteAnswer } from '../registry/resolve/route-answers.js';
import type { Admitted } from './authenticate.js';
import { CachedDocument } from './document-cache.js';
import { HttpRefusal } from './http-refusal.js';
import { readWeightedList } from './weighted-list.js';

/** Seen from src/http and from dist/http alike. */
const PACKAGE = new URL('../../package.json', import.meta.url);

/**
 * Look-ups: which session establishment data an organization gets for an identifier, from a source (RFC 7877 §6.3).
 * Whoever has a grant to look up for that organization may ask as it.
 */
export function addLookupRoute(
  app: FastifyInstance,
  lookups: Lookups,
  authenticate: (request: FastifyRequest) => Promise<Admitted>,
): void {
  app.get<{ Params: { '*': string }; Querystring: Record<string, unknown> }>(
    '/lookup/*',
    { schema: { response: { 200: answerSchema } } },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const { format: named, ...parameters } = request.query;
      const question = readQuestion(request.params['*'], parameters);
      if ('rule' in question) return refuse(reply, question);
      const format = named === undefined ? formatOf(request.headers.accept) : formats.find((each) => each === named);
      if (format === undefined && named !== undefined) {
        return refuse(reply, { field: 'format', value: String(named), rule: `one of ${formats.join(', ')}` });
      }
      if (!mayLookUp(caller, question.asker)) throw new HttpRefusal(403, 'No grant to look up for this asker.');
      if (format === undefined) throw new HttpRefusal(406, `Formats: ${Object.values(mediaTypes).join(', ')}.`);
      return send(request, reply, format, write(reply, format, question, await ask(lookups, question)));
    },
  );

  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const document = new CachedDocument(JSON.stringify(openApi(version)), mediaTypes.json);
  app.get('/openapi.json', (request, reply) => document.send(request, reply.header('cache-control', 'max-age=300')));
}

function refuse(reply: FastifyReply, fault: QuestionFault): FastifyReply {
  return reply
    .code(400)
    .header('content-type', mediaTypes.json)
    .send(Buffer.from(JSON.stringify(fault)));
}

async function ask(lookups: Lookups, question: Question): Promise<Found> {
  try {
    return await lookups.ask(question);
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw new HttpRefusal(503, 'The look-up took longer than it may.', { 'retry-after': '1' });
  }
}

/** A text of an answer, and what versions it. */
interface Written {
  readonly text: string;
  readonly tag: string;
}

/** Answers that are kept are written once, for one asker each. */
const templates = new WeakMap<RouteAnswer, Template>();

function write(reply: FastifyReply, format: Format, { identifier, asker }: Question, found: Found): Written {
  const { answer, subject } = found;
  switch (format) {
    case 'json': {
      let template = templates.get(answer);
      if (template === undefined) {
        template = new Template(String(reply.code(200).serialize(answerOf(GAP, asker, GAP, answer.seds))));
        templates.set(answer, template);
      }
      return { text: template.fill(identifier, subject), tag: template.tag };
    }
    case 'rtjson':
      return tagged(JSON.stringify(rtJsonOf(answer.seds, subject)));
    case 'naptr':
      return tagged(zoneText(identifier, answer.seds));
  }
}

function tagged(text: string): Written {
  return { text, tag: tagOf(text) };
}

/**
 * The tag is made of the answer. What versions all data would be cheaper to compare, but changes with every request of
 * anybody, and the highest transaction id is not one: transactions do not commit in the order of their ids.
 */
function send(request: FastifyRequest, reply: FastifyReply, format: Format, { text, tag }: Written): FastifyReply {
  const etag = `"${format}-${tag}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache').header('vary', 'accept, authorization');
  if (isTold(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.header('content-type', mediaTypes[format]).send(text);
}

/** Whether the client has the answer already (RFC 9110 §13.1.2). */
function isTold(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** The first format that an Accept header prefers; JSON for whoever takes anything (RFC 9110 §12.5.1). */
function formatOf(header: string | undefined): Format | undefined {
  if (header === undefined || header.trim() === '') return 'json';
  const ranges = readWeightedList(header);
  const qualityOf = (format: Format) => {
    const [type = ''] = mediaTypes[format].split(';');
    const wide = [type, `${type.split('/')[0]}/*`, '*/*'];
    return wide.map((name) => ranges.find((range) => range.name === name)).find(Boolean)?.weight ?? 0;
  };
  const [best] = formats
    .map((format) => ({ format, quality: qualityOf(format) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return best?.format;
}
