import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayLookUp } from '../authority/may.js';
import { answerOf } from '../lookup/answer.js';
import { TooOldError } from '../lookup/data-age.js';
import type { LookupResult, Lookups } from '../lookup/lookups.js';
import { zoneText } from '../lookup/naptr.js';
import { type Format, formats, readLookup } from '../lookup/question.js';
import { rtJsonOf } from '../lookup/rtjson.js';
import { mediaTypes } from '../lookup/schema.js';
import { GAP, Template, tagOf } from '../lookup/template.js';
import { type Question, tookTooLong } from '../registry/resolve/resolve.js';
import type { RouteAnswer } from '../registry/resolve/route-answers.js';
import type { Activity } from './activity.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusedError } from './http-refused.js';
import { lookupSchema } from './lookup-schema.js';
import { sendFault } from './parameter-fault.js';
import { readsParameters } from './route-schema.js';
import { readWeightedList } from './weighted-list.js';

interface LookupParts {
  readonly lookups: Lookups;
  readonly activity: Pick<Activity, 'lookedUp'>;
  readonly authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>;
}

/**
 * `GET /lookup/{identifier}`: which session establishment data an organization gets for an identifier, from a source
 * (RFC 7877 §6.3). A registrar with a grant to look up for that organization may name it as the asker.
 */
export function addLookupRoute(app: FastifyInstance, { lookups, activity, authenticate }: LookupParts): void {
  app.get<{ Params: { '*': string }; Querystring: Record<string, unknown> }>(
    '/lookup/*',
    { schema: lookupSchema, ...readsParameters },
    async (request, reply) => {
      const found = authenticate(request);
      const { caller } = found instanceof Promise ? await found : found;
      const read = readLookup(request.params['*'], request.query);
      if ('rule' in read) return sendFault(reply, read);
      const { question } = read;
      const format = read.format ?? formatOf(request.headers.accept);
      if (!mayLookUp(caller, question.asker)) throw new HttpRefusedError(403, 'No grant to look up for this asker.');
      if (format === undefined) throw new HttpRefusedError(406, `Formats: ${Object.values(mediaTypes).join(', ')}.`);
      const result = await lookups.ask(question).catch((error: unknown) => {
        activity.lookedUp(caller.registrarId, 'refused');
        return refuseForNow(error);
      });
      activity.lookedUp(caller.registrarId, result.answer.seds.length === 0 ? 'nothing' : 'found');
      return send(request, reply, format, write(reply, format, question, result));
    },
  );
}

function refuseForNow(error: unknown): never {
  const later = { 'retry-after': '1' };
  if (tookTooLong(error)) throw new HttpRefusedError(503, 'The look-up took longer than is allowed.', later);
  if (error instanceof TooOldError) throw new HttpRefusedError(503, 'The data of look-ups are too old.', later);
  throw error;
}

/** An answer as text, and its version. */
interface Written {
  readonly text: string;
  readonly tag: string;
}

const JSON_TYPE = 'application/json';

/** Texts of cached answers, each of which is for one asker. */
const templates = new WeakMap<RouteAnswer, Template>();

function write(
  reply: FastifyReply,
  format: Format,
  { identifier, asker }: Question,
  { answer, subject }: LookupResult,
): Written {
  switch (format) {
    case 'json': {
      let template = templates.get(answer);
      if (template === undefined) {
        template = new Template(
          String(reply.serializeInput({ ...answerOf(GAP, asker, GAP, answer.seds) }, '200', JSON_TYPE)),
        );
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
 * The tag is made from the answer. A version of all data would be cheaper to compare, but changes with every request; the
 * highest transaction id is no version, as transactions do not commit in the order of their ids.
 */
function send(request: FastifyRequest, reply: FastifyReply, format: Format, { text, tag }: Written): FastifyReply {
  const etag = `"${format}-${tag}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache').header('vary', 'accept, authorization');
  if (hasAnswer(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.header('content-type', mediaTypes[format]).send(text);
}

/** Whether the client has the answer with this tag (RFC 9110 §13.1.2). */
function hasAnswer(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** The first format of those that an Accept header prefers; JSON without one (RFC 9110 §12.5.1). */
function formatOf(header: string | undefined): Format | undefined {
  if (header === undefined || header.trim() === '') return 'json';
  const ranges = readWeightedList(header);
  const qualityOf = (format: Format) => {
    const [type = ''] = mediaTypes[format].split(';');
    const names = [type, `${type.split('/')[0]}/*`, '*/*'];
    return names.map((name) => ranges.find((range) => range.name === name)).find(Boolean)?.weight ?? 0;
  };
  const [best] = formats
    .map((format) => ({ format, quality: qualityOf(format) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return best?.format;
}
