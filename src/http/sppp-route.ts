import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import type { ArchiveSettings, Limits } from '../config.js';
import type { Mode } from '../operations/change.js';
import { ClientDisconnected } from '../operations/client-disconnected.js';
import { execute, type Registry } from '../operations/execute.js';
import { journalUnread } from '../operations/journal-unread.js';
import { svcMenu } from '../operations/server-status.js';
import type { TraceLevel } from '../registry/access/credentials.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { watchedPool } from '../registry/connection/watched-pool.js';
import { faultStatus, SoapFault, writeFault } from '../soap/fault.js';
import { mediaTypes, type SoapVersion } from '../soap/version.js';
import { encodeHeldResponse, encodeResponse, encodeServerStatus } from '../sppp/encode.js';
import type { SpppResponse } from '../sppp/message.js';
import type { Result } from '../sppp/result.js';
import type { Admitted } from './authenticate.js';
import { clientAddress } from './client-address.js';
import type { Drain } from './drain.js';
import { HttpRefusal } from './http-refusal.js';
import type { Metrics } from './metrics.js';
import { type BodyFormat, RequestBody, readBodyFormat } from './request-body.js';
import { inSpan } from './request-span.js';
import { expectsContinue, onceClosed, sendDocument, sendLong } from './send.js';
import { type Answering, traceHeader } from './sppp-trace-header.js';
import type { Slowed, Throttle } from './throttle.js';

/** What a client is told to wait after 2300. */
const RETRY_AFTER_SECONDS = 5;

export interface SpppRoute {
  readonly path: string;
  readonly mode: Mode;
  readonly limits: Limits;
  readonly keep: ArchiveSettings;
  readonly registry: Omit<Registry, 'pool' | 'aside'>;
  readonly pool: SharedPool;
  readonly throttle: Throttle;
  readonly metrics: Metrics;
  readonly answering: Answering;
  readonly authenticate: (request: FastifyRequest) => Promise<Admitted>;
  readonly drain: Pick<Drain, 'finish' | 'disconnected'>;
}

/** The resource that SPPP messages are posted to (RFC 7878 §4), one per processing mode. */
export function addSpppRoute(app: FastifyInstance, route: SpppRoute): void {
  for (const url of [route.path, `${route.path}/`]) {
    app.post(url, (request, reply) => route.drain.finish(receive(request, reply, route)));
  }
}

/** A request comes by the stations below, in their order. */
async function receive(request: FastifyRequest, reply: FastifyReply, route: SpppRoute): Promise<FastifyReply> {
  const context = await admit(request, reply, route);
  const requestBody = await open(context, route);
  let answer: SpppResponse | undefined;
  try {
    answer = await carryOut(requestBody, context, route);
    return await sendAnswer(answer, requestBody, context, route);
  } catch (error) {
    if (answer !== undefined) throw error; // It is carried out and journalled; the client did not take its answer.
    return await sendUnread(error, requestBody, context, route);
  } finally {
    await requestBody.close();
    account(answer, requestBody, context, route);
  }
}

/** A request whose sender is known. */
interface RequestContext {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly trace: TraceLevel;
  readonly address: string;
  readonly slowed: Slowed | undefined;
  readonly receivedAt: Date;
  /** By the clock that does not jump. */
  readonly since: number;
}

/** Who sends it, and whether that asks too much (RFC 7877 §9.3.1): answered in SPPP, but not without end. */
async function admit(request: FastifyRequest, reply: FastifyReply, route: SpppRoute): Promise<RequestContext> {
  const since = performance.now();
  const { caller, trace } = await inSpan(request.span, 'authenticate', () => route.authenticate(request));
  const { registrarId, registrar } = caller;
  request.span?.tell({ 'sppp.registrar': registrar, 'sppp.mode': route.mode });
  const slowed = route.throttle.enter(registrarId);
  if (slowed?.refusals === 1) request.log.warn({ registrar, reason: slowed.reason }, 'registrar throttled');
  if (slowed?.unread) {
    const later = { 'retry-after': String(slowed.retryAfter) };
    const refusalOrigin = { reason: 'tooMany', registrar: { id: registrarId, orgId: registrar } };
    throw new HttpRefusal(429, `The request was ${slowed.reason}.`, later, refusalOrigin);
  }
  const context = {
    ...{ request, reply, caller, trace, slowed, since },
    address: clientAddress(request),
    receivedAt: route.registry.clock(),
  };
  tellTrace(context, route);
  return context;
}

/** Its body, if the headers do not speak against it; only now is a client that waits for it asked to send it. */
async function open(context: RequestContext, route: SpppRoute): Promise<RequestBody> {
  const { request, reply } = context;
  let format: BodyFormat;
  try {
    format = readBodyFormat(request, route.limits);
  } catch (error) {
    if (error instanceof HttpRefusal) await journalUnreadBody(error.status, error.reason, undefined, context, route);
    throw error;
  }
  const requestBody = new RequestBody(request, format, route.limits, route.keep);
  if (expectsContinue(request.raw)) reply.raw.writeContinue();
  return requestBody;
}

/** Reads and does what it asks for, and journals it. Throws what makes it no message that could be answered in SPPP. */
async function carryOut(requestBody: RequestBody, context: RequestContext, route: SpppRoute): Promise<SpppResponse> {
  const { request, slowed, caller } = context;
  const { head, refused } = await requestBody.head();
  const tooMuch: Result | undefined = slowed && { code: 2300, reason: slowed.reason };
  const { span, log } = request;
  const disconnected = route.drain.disconnected(request.raw.socket);
  const detachedCopy = route.pool.of(caller.registrarId, disconnected);
  const pool = span === undefined ? detachedCopy : watchedPool(detachedCopy, (part) => span.begin(part));
  const answer = await inSpan(span, 'carry out', () =>
    execute(
      {
        ...originOf(context, route),
        head,
        items: requestBody.items(),
        kept: requestBody.kept,
        disconnected,
        refused: refused ?? tooMuch ?? route.registry.unread.judge(caller.registrarId) ?? requestBody.judgeAction(head),
      },
      { ...route.registry, pool, aside: route.pool.aside(caller.registrarId), log },
    ),
  );
  const { rule, serverTransId, overall } = answer;
  const { objects } = requestBody.objectCounts;
  tellTrace(context, route, serverTransId);
  span?.tell({ 'sppp.operation': rule.operation, 'sppp.code': overall.code, 'sppp.objects': objects });
  log.debug({ serverTransId, operation: rule.operation, code: overall.code, objects }, 'answered');
  return answer;
}

/** The answer in SPPP. */
function sendAnswer(
  answer: SpppResponse,
  { version }: RequestBody,
  context: RequestContext,
  route: SpppRoute,
): Promise<FastifyReply> {
  const { request, reply, slowed, caller } = context;
  if (answer.overall.code === 2300) reply.header('retry-after', slowed?.retryAfter ?? RETRY_AFTER_SECONDS);
  return inSpan(request.span, 'answer', async () => {
    const { held } = answer;
    const reading = { hold: route.registry.unread.of(caller.registrarId), timeout: route.limits.answerTimeout };
    const kind = { status: 200, mediaType: mediaTypes[version] };
    if (held !== undefined) {
      onceClosed(reply, () => held.drop());
      return sendLong(request, reply, kind, encodeHeldResponse(version, answer, held), reading);
    }
    return sendDocument(request, reply, { ...kind, text: textOf(version, answer) }, reading);
  });
}

function textOf(version: SoapVersion, answer: SpppResponse): string | Iterable<string> {
  return answer.rule.operation === 'submitServerStatusRqst'
    ? encodeServerStatus(version, answer.overall, svcMenu())
    : encodeResponse(version, answer);
}

/** The answer to what could not be read: a SOAP fault, else what the one who catches the error says by HTTP. */
async function sendUnread(
  error: unknown,
  requestBody: RequestBody,
  context: RequestContext,
  route: SpppRoute,
): Promise<FastifyReply> {
  const { request, reply } = context;
  if (error instanceof ClientDisconnected) {
    countUnread(undefined, requestBody, context, route);
    throw error; // It is journalled, and nobody is there to be answered.
  }
  if (!(error instanceof SoapFault)) {
    await journalUnreadBody(...statusOf(error, request), requestBody, context, route);
    throw error;
  }
  const { version } = requestBody;
  const text = writeFault(version, error);
  const status = faultStatus(version, error.code);
  await journalUnreadBody(status, error.reason, requestBody, context, route);
  return sendDocument(request, reply, { status, mediaType: mediaTypes[version], text });
}

/** The HTTP status of a request that could not be read to its end, and why. */
function statusOf(error: unknown, { raw }: FastifyRequest): [number | undefined, string] {
  if (error instanceof HttpRefusal) return [error.status, error.reason];
  return raw.destroyed && !raw.complete ? [undefined, 'the connection was lost'] : [500, 'the server failed'];
}

/** Journals and counts a request that gets no SPPP for an answer, and tells the client under which number. */
async function journalUnreadBody(
  status: number | undefined,
  reason: string,
  requestBody: RequestBody | undefined,
  context: RequestContext,
  route: SpppRoute,
): Promise<void> {
  const { receivedAt, request } = context;
  const unread = { ...originOf(context, route), receivedAt, kept: requestBody?.kept };
  const registry = { ...route.registry, pool: route.pool.of(context.caller.registrarId), log: request.log };
  const serverTransId = await journalUnread(unread, { status, reason }, registry);
  tellTrace(context, route, serverTransId);
  if (status !== undefined) route.metrics.refused(status, 'unread', context.caller.registrar);
  countUnread(status, requestBody, context, route);
}

/** Counts a request that gets no SPPP for an answer. */
function countUnread(
  status: number | undefined,
  requestBody: RequestBody | undefined,
  { since }: RequestContext,
  { metrics, mode }: SpppRoute,
): void {
  metrics.answered({
    ...{ operation: undefined, mode, code: status, seconds: (performance.now() - since) / 1000 },
    objects: requestBody?.objectCounts.byOutcome(undefined, mode) ?? [],
    keptBytes: requestBody?.kept?.bytes ?? 0,
  });
}

/** Counts what it has cost, against its sender's rates and for those who watch. */
function account(
  answer: SpppResponse | undefined,
  { objectCounts, kept }: RequestBody,
  context: RequestContext,
  route: SpppRoute,
): void {
  const { caller, address, slowed, since } = context;
  const { metrics, throttle, mode } = route;
  const { objects } = objectCounts;
  throttle.spent(caller.registrarId, address, { objects, undone: wasUndone(answer, mode) ? objects : 0 });
  if (answer === undefined) return; // Counted where it was journalled.
  const { rule, overall } = answer;
  if (overall.code === 2300) metrics.refused(2300, slowed?.what ?? 'unavailable', caller.registrar);
  metrics.answered({
    ...{ operation: rule.operation, mode, code: overall.code, seconds: (performance.now() - since) / 1000 },
    objects: objectCounts.byOutcome(answer, mode),
    keptBytes: kept?.bytes ?? 0,
  });
}

/**
 * Whether a request came to nothing by its own fault, and only after it had made work (RFC 7877 §9.3.2); whatever ended
 * without an answer did.
 */
function wasUndone(answer: SpppResponse | undefined, mode: Mode): boolean {
  if (answer === undefined) return true;
  const { code } = answer.overall;
  if (/^submit(?:Get|ServerStatus)/.test(answer.rule.operation) || code === 1000 || code >= 2300) return false;
  return mode === 'atomic' || code !== 2100;
}

function originOf({ caller, address, request }: RequestContext, { mode }: SpppRoute) {
  return { caller, mode, remoteAddress: address, userAgent: request.headers['user-agent'] };
}

function tellTrace({ request, reply, trace }: RequestContext, { answering }: SpppRoute, serverTransId?: string): void {
  const told = traceHeader(trace, answering, serverTransId);
  if (told !== undefined) reply.header('sppp-trace', told);
  if (serverTransId !== undefined) request.span?.tell({ 'sppp.transaction': serverTransId });
}
