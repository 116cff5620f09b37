import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeepSettings, Limits } from '../config.js';
import type { Mode } from '../operations/change.js';
import { execute, type Registry } from '../operations/execute.js';
import { recordUnread } from '../operations/record-unread.js';
import { svcMenu } from '../operations/server-status.js';
import { KeptRequest } from '../registry/kept-request.js';
import { readContentType, readSoapAction, type SoapContentType } from '../soap/content-type.js';
import { isReadableCharset } from '../soap/encoding.js';
import { faultStatus, SoapFault, writeFault } from '../soap/fault.js';
import { mediaTypes, type SoapVersion } from '../soap/version.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { encodeAnswer, encodeServerStatus } from '../sppp/encode.js';
import type { Answer, Head, Item } from '../sppp/message.js';
import { RequestReader } from '../sppp/read-request.js';
import { RequestRefusal } from '../sppp/request-refusal.js';
import { commandInvalid, type Result } from '../sppp/result.js';
import type { Admitted } from './authenticate.js';
import { bodyCoding, readBody } from './body.js';
import { clientAddress } from './client-address.js';
import { HttpRefusal } from './http-refusal.js';
import { sendDocument } from './send.js';
import type { Slowed, Throttle } from './throttle.js';
import { type Answering, traceHeader } from './trace.js';

/** What a client is told to wait after 2300. */
const RETRY_AFTER_SECONDS = 5;

export interface SpppRoute {
  readonly path: string;
  readonly mode: Mode;
  readonly limits: Limits;
  readonly keep: KeepSettings;
  readonly registry: Registry;
  readonly throttle: Throttle;
  readonly answering: Answering;
  readonly authenticate: (request: FastifyRequest) => Promise<Admitted>;
}

/**
 * The resource that SPPP messages are posted to (RFC 7878 §4): authenticates, reads, carries out, answers. One per
 * processing mode.
 */
export function addSpppRoute(app: FastifyInstance, route: SpppRoute): void {
  app.post(route.path, async (request, reply) => {
    const { caller, trace } = await route.authenticate(request);
    const address = clientAddress(request);
    const slowed = route.throttle.enter(caller.registrarId);
    if (slowed !== undefined) admitSlowed(slowed, caller.registrar, request);
    traced(reply, traceHeader(trace, route.answering));
    const { keep } = route;
    const receivedAt = route.registry.clock();
    const userAgent = request.headers['user-agent'];
    const origin = { caller, mode: route.mode, remoteAddress: address, userAgent };
    /** Journals a request that gets no SPPP for an answer, and tells the client under which number. */
    const unread = async (status: number | undefined, reason: string, kept?: KeptRequest) => {
      const serverTransId = await recordUnread(
        { ...origin, receivedAt, kept },
        { status, reason },
        { ...route.registry, log: request.log },
      );
      traced(reply, traceHeader(trace, route.answering, serverTransId));
    };
    const contentType = await admitBody(request, route.limits, unread);
    const coding = bodyCoding(request.headers, route.limits);
    const kept = keep.isOn ? new KeptRequest(keep, coding, contentType.charset) : undefined;
    if (/^100-continue$/i.test(request.headers.expect ?? '')) reply.raw.writeContinue();
    const body = readBody(request.raw, request.headers, route.limits, kept);
    const reader = new RequestReader(body, { ...defaultXmlLimits, ...route.limits }, contentType.charset);
    const tally = { objects: 0 };
    let undone = true; // Whatever ends without an answer.
    let answered = false;
    try {
      const { head, refused } = await readHead(reader);
      const answer = await execute(
        {
          ...origin,
          head,
          items: counted(reader.items(), tally),
          kept,
          refused: refused ?? tooMuch(slowed) ?? judgeAction(request, contentType, head),
        },
        { ...route.registry, log: request.log },
      );
      answered = true;
      undone = wasUndone(answer, route.mode);
      traced(reply, traceHeader(trace, route.answering, answer.serverTransId));
      const { rule, serverTransId, overall } = answer;
      request.log.debug({ serverTransId, operation: rule.operation, code: overall.code, ...tally }, 'answered');
      return await sendAnswer(request, reply, reader.version ?? contentType.version, answer, slowed?.retryAfter);
    } catch (error) {
      if (!(error instanceof SoapFault)) {
        if (!answered) await unread(...unreadOf(error, request), kept);
        throw error;
      }
      const version = reader.version ?? contentType.version;
      const text = writeFault(version, error);
      const status = faultStatus(version, error.code);
      await unread(status, error.reason, kept);
      return sendDocument(request, reply, {
        status,
        mediaType: mediaTypes[version],
        text,
      });
    } finally {
      // What is left of a body that was refused early is dropped: the next request on the connection comes after it. A
      // gunzip that waits for more of it must not hold it up, so that is listened to no longer.
      await reader.close();
      kept?.drop();
      route.throttle.spent(caller.registrarId, address, { ...tally, undone: undone ? tally.objects : 0 });
      request.raw.removeAllListeners('readable').on('data', () => {});
    }
  });
}

function traced(reply: FastifyReply, trace: string | undefined): void {
  if (trace !== undefined) reply.header('sppp-trace', trace);
}

/** Who asks too much is answered in SPPP, but not without end (RFC 7877 §9.3.1). */
function admitSlowed(
  { reason, retryAfter, refusals, unread }: Slowed,
  registrar: string,
  { log }: FastifyRequest,
): void {
  if (refusals === 1) log.warn({ registrar, reason }, 'registrar throttled');
  if (unread) throw new HttpRefusal(429, `The request was ${reason}.`, { 'retry-after': String(retryAfter) });
}

function tooMuch(slowed: Slowed | undefined): Result | undefined {
  return slowed && { code: 2300, reason: slowed.reason };
}

/** Whether a request came to nothing by its own fault, and only after it had made work (RFC 7877 §9.3.2). */
function wasUndone({ rule: { operation }, overall: { code } }: Answer, mode: Mode): boolean {
  if (/^submit(?:Get|ServerStatus)/.test(operation) || code === 1000 || code >= 2300) return false;
  return mode === 'atomic' || code !== 2100;
}

async function* counted(items: AsyncIterable<readonly Item[]>, tally: { objects: number }) {
  for await (const some of items) {
    tally.objects += some.length;
    yield some;
  }
}

/** The HTTP status of a request that could not be read to its end, and why. */
function unreadOf(error: unknown, { raw }: FastifyRequest): [number | undefined, string] {
  if (error instanceof HttpRefusal) return [error.status, error.reason];
  return raw.destroyed && !raw.complete ? [undefined, 'the connection was lost'] : [500, 'the server failed'];
}

type Unread = (status: number, reason: string) => Promise<void>;

async function admitBody(request: FastifyRequest, limits: Limits, unread: Unread): Promise<SoapContentType> {
  try {
    return judgeHeaders(request, limits);
  } catch (error) {
    if (error instanceof HttpRefusal) await unread(error.status, error.reason);
    throw error;
  }
}

/** What the headers say of the body, if it can be read at all. */
function judgeHeaders(request: FastifyRequest, limits: Limits): SoapContentType {
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
  retryAfter: number = RETRY_AFTER_SECONDS,
): Promise<FastifyReply> {
  if (answer.overall.code === 2300) reply.header('retry-after', retryAfter);
  const text =
    answer.rule.operation === 'submitServerStatusRqst'
      ? encodeServerStatus(version, answer.overall, svcMenu())
      : encodeAnswer(version, answer);
  return sendDocument(request, reply, { status: 200, mediaType: mediaTypes[version], text });
}
