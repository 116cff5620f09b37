import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import type { KeepSettings, Limits } from '../config.js';
import type { Mode } from '../operations/change.js';
import { ClientGone } from '../operations/client-gone.js';
import { execute, type Registry } from '../operations/execute.js';
import { recordUnread } from '../operations/record-unread.js';
import { svcMenu } from '../operations/server-status.js';
import type { TraceLevel } from '../registry/credentials.js';
import type { SharedPool } from '../registry/shared-pool.js';
import { watchedPool } from '../registry/watched-pool.js';
import { faultStatus, SoapFault, writeFault } from '../soap/fault.js';
import { mediaTypes, type SoapVersion } from '../soap/version.js';
import { encodeAnswer, encodeHeldAnswer, encodeServerStatus } from '../sppp/encode.js';
import type { Answer } from '../sppp/message.js';
import type { Result } from '../sppp/result.js';
import type { Admitted } from './authenticate.js';
import { clientAddress } from './client-address.js';
import type { Drain } from './drain.js';
import { HttpRefusal } from './http-refusal.js';
import { type Cover, judgeCover, Letter } from './letter.js';
import type { Metrics } from './metrics.js';
import { expectsContinue, onceClosed, sendDocument, sendLong } from './send.js';
import type { Slowed, Throttle } from './throttle.js';
import { type Answering, traceHeader, within } from './trace.js';

/** What a client is told to wait after 2300. */
const RETRY_AFTER_SECONDS = 5;

export interface SpppRoute {
  readonly path: string;
  readonly mode: Mode;
  readonly limits: Limits;
  readonly keep: KeepSettings;
  readonly registry: Omit<Registry, 'pool' | 'aside'>;
  readonly pool: SharedPool;
  readonly throttle: Throttle;
  readonly metrics: Metrics;
  readonly answering: Answering;
  readonly authenticate: (request: FastifyRequest) => Promise<Admitted>;
  readonly drain: Pick<Drain, 'finish' | 'gone'>;
}

/** The resource that SPPP messages are posted to (RFC 7878 §4), one per processing mode. */
export function addSpppRoute(app: FastifyInstance, route: SpppRoute): void {
  for (const url of [route.path, `${route.path}/`]) {
    app.post(url, (request, reply) => route.drain.finish(receive(request, reply, route)));
  }
}

/** A request comes by the stations below, in their order. */
async function receive(request: FastifyRequest, reply: FastifyReply, route: SpppRoute): Promise<FastifyReply> {
  const visit = await admit(request, reply, route);
  const letter = await open(visit, route);
  let answer: Answer | undefined;
  try {
    answer = await carryOut(letter, visit, route);
    return await sendAnswer(answer, letter, visit, route);
  } catch (error) {
    if (answer !== undefined) throw error; // It is carried out and journalled; the client did not take its answer.
    return await sendUnread(error, letter, visit, route);
  } finally {
    await letter.close();
    account(answer, letter, visit, route);
  }
}

/** A request whose sender is known. */
interface Visit {
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
async function admit(request: FastifyRequest, reply: FastifyReply, route: SpppRoute): Promise<Visit> {
  const since = performance.now();
  const { caller, trace } = await within(request.span, 'authenticate', () => route.authenticate(request));
  const { registrarId, registrar } = caller;
  request.span?.tell({ 'sppp.registrar': registrar, 'sppp.mode': route.mode });
  const slowed = route.throttle.enter(registrarId);
  if (slowed?.refusals === 1) request.log.warn({ registrar, reason: slowed.reason }, 'registrar throttled');
  if (slowed?.unread) {
    const later = { 'retry-after': String(slowed.retryAfter) };
    const turnedAway = { reason: 'tooMany', registrar: { id: registrarId, orgId: registrar } };
    throw new HttpRefusal(429, `The request was ${slowed.reason}.`, later, turnedAway);
  }
  const visit = {
    ...{ request, reply, caller, trace, slowed, since },
    address: clientAddress(request),
    receivedAt: route.registry.clock(),
  };
  tellTrace(visit, route);
  return visit;
}

/** Its body, if the headers do not speak against it; only now is a client that waits for it asked to send it. */
async function open(visit: Visit, route: SpppRoute): Promise<Letter> {
  const { request, reply } = visit;
  let cover: Cover;
  try {
    cover = judgeCover(request, route.limits);
  } catch (error) {
    if (error instanceof HttpRefusal) await journalUnread(error.status, error.reason, undefined, visit, route);
    throw error;
  }
  const letter = new Letter(request, cover, route.limits, route.keep);
  if (expectsContinue(request.raw)) reply.raw.writeContinue();
  return letter;
}

/** Reads and does what it asks for, and journals it. Throws what makes it no message that could be answered in SPPP. */
async function carryOut(letter: Letter, visit: Visit, route: SpppRoute): Promise<Answer> {
  const { request, slowed, caller } = visit;
  const { head, refused } = await letter.head();
  const tooMuch: Result | undefined = slowed && { code: 2300, reason: slowed.reason };
  const { span, log } = request;
  const gone = route.drain.gone(request.raw.socket);
  const own = route.pool.of(caller.registrarId, gone);
  const pool = span === undefined ? own : watchedPool(own, (part) => span.begin(part));
  const answer = await within(span, 'carry out', () =>
    execute(
      {
        ...originOf(visit, route),
        head,
        items: letter.items(),
        kept: letter.kept,
        gone,
        refused: refused ?? tooMuch ?? route.registry.unread.judge(caller.registrarId) ?? letter.judgeAction(head),
      },
      { ...route.registry, pool, aside: route.pool.aside(caller.registrarId), log },
    ),
  );
  const { rule, serverTransId, overall } = answer;
  const { objects } = letter.tally;
  tellTrace(visit, route, serverTransId);
  span?.tell({ 'sppp.operation': rule.operation, 'sppp.code': overall.code, 'sppp.objects': objects });
  log.debug({ serverTransId, operation: rule.operation, code: overall.code, objects }, 'answered');
  return answer;
}

/** The answer in SPPP. */
function sendAnswer(answer: Answer, { version }: Letter, visit: Visit, route: SpppRoute): Promise<FastifyReply> {
  const { request, reply, slowed, caller } = visit;
  if (answer.overall.code === 2300) reply.header('retry-after', slowed?.retryAfter ?? RETRY_AFTER_SECONDS);
  return within(request.span, 'answer', async () => {
    const { held } = answer;
    const reading = { hold: route.registry.unread.of(caller.registrarId), timeout: route.limits.answerTimeout };
    const kind = { status: 200, mediaType: mediaTypes[version] };
    if (held !== undefined) {
      onceClosed(reply, () => held.drop());
      return sendLong(request, reply, kind, encodeHeldAnswer(version, answer, held), reading);
    }
    return sendDocument(request, reply, { ...kind, text: textOf(version, answer) }, reading);
  });
}

function textOf(version: SoapVersion, answer: Answer): string | Iterable<string> {
  return answer.rule.operation === 'submitServerStatusRqst'
    ? encodeServerStatus(version, answer.overall, svcMenu())
    : encodeAnswer(version, answer);
}

/** The answer to what could not be read: a SOAP fault, else what the one who catches the error says by HTTP. */
async function sendUnread(error: unknown, letter: Letter, visit: Visit, route: SpppRoute): Promise<FastifyReply> {
  const { request, reply } = visit;
  if (error instanceof ClientGone) {
    countUnread(undefined, letter, visit, route);
    throw error; // It is journalled, and nobody is there to be answered.
  }
  if (!(error instanceof SoapFault)) {
    await journalUnread(...statusOf(error, request), letter, visit, route);
    throw error;
  }
  const { version } = letter;
  const text = writeFault(version, error);
  const status = faultStatus(version, error.code);
  await journalUnread(status, error.reason, letter, visit, route);
  return sendDocument(request, reply, { status, mediaType: mediaTypes[version], text });
}

/** The HTTP status of a request that could not be read to its end, and why. */
function statusOf(error: unknown, { raw }: FastifyRequest): [number | undefined, string] {
  if (error instanceof HttpRefusal) return [error.status, error.reason];
  return raw.destroyed && !raw.complete ? [undefined, 'the connection was lost'] : [500, 'the server failed'];
}

/** Journals and counts a request that gets no SPPP for an answer, and tells the client under which number. */
async function journalUnread(
  status: number | undefined,
  reason: string,
  letter: Letter | undefined,
  visit: Visit,
  route: SpppRoute,
): Promise<void> {
  const { receivedAt, request } = visit;
  const unread = { ...originOf(visit, route), receivedAt, kept: letter?.kept };
  const registry = { ...route.registry, pool: route.pool.of(visit.caller.registrarId), log: request.log };
  const serverTransId = await recordUnread(unread, { status, reason }, registry);
  tellTrace(visit, route, serverTransId);
  if (status !== undefined) route.metrics.refused(status, 'unread', visit.caller.registrar);
  countUnread(status, letter, visit, route);
}

/** Counts a request that gets no SPPP for an answer. */
function countUnread(
  status: number | undefined,
  letter: Letter | undefined,
  { since }: Visit,
  { metrics, mode }: SpppRoute,
): void {
  metrics.answered({
    ...{ operation: undefined, mode, code: status, seconds: (performance.now() - since) / 1000 },
    objects: letter?.tally.fates(undefined, mode) ?? [],
    keptBytes: letter?.kept?.bytes ?? 0,
  });
}

/** Counts what it has cost, against its sender's rates and for those who watch. */
function account(answer: Answer | undefined, { tally, kept }: Letter, visit: Visit, route: SpppRoute): void {
  const { caller, address, slowed, since } = visit;
  const { metrics, throttle, mode } = route;
  const { objects } = tally;
  throttle.spent(caller.registrarId, address, { objects, undone: wasUndone(answer, mode) ? objects : 0 });
  if (answer === undefined) return; // Counted where it was journalled.
  const { rule, overall } = answer;
  if (overall.code === 2300) metrics.refused(2300, slowed?.what ?? 'unavailable', caller.registrar);
  metrics.answered({
    ...{ operation: rule.operation, mode, code: overall.code, seconds: (performance.now() - since) / 1000 },
    objects: tally.fates(answer, mode),
    keptBytes: kept?.bytes ?? 0,
  });
}

/**
 * Whether a request came to nothing by its own fault, and only after it had made work (RFC 7877 §9.3.2); whatever ended
 * without an answer did.
 */
function wasUndone(answer: Answer | undefined, mode: Mode): boolean {
  if (answer === undefined) return true;
  const { code } = answer.overall;
  if (/^submit(?:Get|ServerStatus)/.test(answer.rule.operation) || code === 1000 || code >= 2300) return false;
  return mode === 'atomic' || code !== 2100;
}

function originOf({ caller, address, request }: Visit, { mode }: SpppRoute) {
  return { caller, mode, remoteAddress: address, userAgent: request.headers['user-agent'] };
}

function tellTrace({ request, reply, trace }: Visit, { answering }: SpppRoute, serverTransId?: string): void {
  const told = traceHeader(trace, answering, serverTransId);
  if (told !== undefined) reply.header('sppp-trace', told);
  if (serverTransId !== undefined) request.span?.tell({ 'sppp.transaction': serverTransId });
}
