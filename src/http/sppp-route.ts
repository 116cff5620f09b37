import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import type { Limits } from '../config.js';
import type { Mode } from '../operations/change.js';
import { execute, type Registry } from '../operations/execute.js';
import { svcMenu } from '../operations/server-status.js';
import { readContentType, readSoapAction, type SoapContentType } from '../soap/content-type.js';
import { isReadableCharset } from '../soap/encoding.js';
import { faultStatus, SoapFault, writeFault } from '../soap/fault.js';
import { mediaTypes, type SoapVersion } from '../soap/version.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { encodeAnswer, encodeServerStatus } from '../sppp/encode.js';
import type { Answer, Head } from '../sppp/message.js';
import { RequestReader } from '../sppp/read-request.js';
import { RequestRefusal } from '../sppp/request-refusal.js';
import { commandInvalid, type Result } from '../sppp/result.js';
import { bodyCoding, readBody } from './body.js';
import { HttpRefusal } from './http-refusal.js';
import { sendDocument } from './send.js';

/** What a client is told to wait after 2300. */
const RETRY_AFTER_SECONDS = 5;

export interface SpppRoute {
  readonly path: string;
  readonly mode: Mode;
  readonly limits: Limits;
  readonly registry: Registry;
  readonly authenticate: (request: FastifyRequest) => Promise<Caller>;
}

/**
 * The resource that SPPP messages are posted to (RFC 7878 §4): authenticates, reads, carries out, answers. One per
 * processing mode.
 */
export function addSpppRoute(app: FastifyInstance, route: SpppRoute): void {
  app.post(route.path, async (request, reply) => {
    const caller = await route.authenticate(request);
    const contentType = admitBody(request, route.limits);
    if (/^100-continue$/i.test(request.headers.expect ?? '')) reply.raw.writeContinue();
    const body = readBody(request.raw, request.headers, route.limits);
    const reader = new RequestReader(body, { ...defaultXmlLimits, ...route.limits }, contentType.charset);
    try {
      const { head, refused } = await readHead(reader);
      const answer = await execute(
        {
          head,
          items: reader.items(),
          caller,
          mode: route.mode,
          remoteAddress: request.ip,
          userAgent: request.headers['user-agent'],
          refused: refused ?? judgeAction(request, contentType, head),
        },
        route.registry,
      );
      return await sendAnswer(request, reply, reader.version ?? contentType.version, answer);
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
      const version = reader.version ?? contentType.version;
      const text = writeFault(version, error);
      return sendDocument(request, reply, {
        status: faultStatus(version, error.code),
        mediaType: mediaTypes[version],
        text,
      });
    } finally {
      // What is left of a body that was refused early is dropped: the next request on the connection comes after it. A
      // gunzip that waits for more of it must not hold it up, so that is listened to no longer.
      await reader.close();
      request.raw.removeAllListeners('readable').on('data', () => {});
    }
  });
}

/** What the headers say of the body, if it can be read at all. */
function admitBody(request: FastifyRequest, limits: Limits): SoapContentType {
  const contentType = readContentType(request.headers['content-type']);
  if (contentType === undefined) {
    throw new HttpRefusal(415, 'The Content-Type is neither text/xml nor application/soap+xml.', {
      connection: 'close',
    });
  }
  if (contentType.charset !== undefined && !isReadableCharset(contentType.charset)) {
    throw new HttpRefusal(415, 'The charset is neither UTF-8 nor UTF-16.', { connection: 'close' });
  }
  bodyCoding(request.headers, limits);
  return contentType;
}

/** The head, and why nothing is to be done if the request was refused as early as there. */
async function readHead(reader: RequestReader): Promise<{ head: Head; refused?: Result }> {
  try {
    return { head: await reader.readHead() };
  } catch (error) {
    const { head } = reader;
    if (error instanceof RequestRefusal && head !== undefined) return { head, refused: error.result };
    throw error;
  }
}

/** The body's wrapper alone decides what is done; an action that says otherwise is not obeyed but refused. */
function judgeAction(
  request: FastifyRequest,
  { version, action }: SoapContentType,
  { rule }: Head,
): Result | undefined {
  const header = request.headers.soapaction;
  const named = version === '1.2' ? action : readSoapAction(Array.isArray(header) ? header[0] : header);
  if (named === undefined || named === rule.operation) return undefined;
  return commandInvalid(`the action ${named.slice(0, 80)} is not ${rule.operation}`);
}

function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  version: SoapVersion,
  answer: Answer,
): Promise<FastifyReply> {
  if (answer.overall.code === 2300) reply.header('retry-after', RETRY_AFTER_SECONDS);
  const text =
    answer.rule.operation === 'submitServerStatusRqst'
      ? encodeServerStatus(version, answer.overall, svcMenu())
      : encodeAnswer(version, answer);
  return sendDocument(request, reply, { status: 200, mediaType: mediaTypes[version], text });
}
