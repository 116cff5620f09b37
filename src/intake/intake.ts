import type { Pool } from 'pg';
import { v7 as newTransId } from 'uuid';
import { ClientDisconnectedError } from '../operations/client-disconnected.js';
import { type Executed, execute } from '../operations/execute.js';
import { type RequestOutcome, refusedOutcome, unreadOutcome } from '../operations/outcome.js';
import { svcMenu } from '../operations/server-status.js';
import { isPassing } from '../registry/connection/database-error.js';
import { watchedPool } from '../registry/connection/watched-pool.js';
import { CommitInDoubtError } from '../registry/journal/commit-inquiry.js';
import type { Received } from '../registry/journal/journal.js';
import { TurnTimeoutError } from '../scheduling/fair-queue.js';
import type { Head, ResponseContent, SpppResponse } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import type { Result } from '../sppp/result.js';
import { TooManyRequestsError } from './accounts.js';
import { CountedItems } from './counted-items.js';
import { journalDisconnected, journalExecuted, journalRefused, journalUnread } from './journal.js';
import {
  type Admission,
  type Intake,
  type IntakeRequest,
  inSpan,
  type Progress,
  type RequestSource,
} from './request.js';

/** Seconds after which a client may come again that was answered 2300 for another reason than its own rate. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Carries out one request and sends its answer. These are the stages of every request, from every interface of the
 * server: admit, read, execute, journal, send, account. Reading and executing overlap: execution pulls the items as it
 * needs them.
 *
 * @throws TooManyRequestsError if the request is not admitted, and every error that `refuse` or `send` throws
 */
export async function takeIn<Sent>(request: IntakeRequest<Sent>, intake: Intake): Promise<Sent> {
  const admitted = admit(request, intake);
  const progress: Progress = {};
  const ended = begin(admitted, progress, request, intake);
  let answered: Answered | undefined;
  try {
    const message = await readHead(request, progress);
    answered = await inSpan(request.span, 'carry out', () => executeAndJournal(message, admitted, request, intake));
    return await send(answered, admitted, request);
  } catch (error) {
    if (answered !== undefined) throw error; // It is journalled; the client did not take its answer.
    if (!isUnanswered(error)) await journalUnread(error, progress, admitted, request, intake);
    return await request.refuse(error);
  } finally {
    ended();
    await progress.source?.close();
    account(answered, progress, admitted, request, intake);
  }
}

/** Whether a request has no answer for another reason than that it could not be read. */
function isUnanswered(error: unknown): boolean {
  return error instanceof ClientDisconnectedError || error instanceof CommitInDoubtError;
}

/** A request whose head has been read. */
interface Message {
  readonly source: RequestSource;
  readonly head: Head;
  readonly items: CountedItems;
  readonly refused: Result | undefined;
}

interface Answered {
  readonly response: SpppResponse;
  readonly outcome: RequestOutcome;
}

/**
 * Stage 1. A registrar that asks for too much is answered in SPPP (RFC 7877 §9.3.1), after some such answers not any more.
 * Makes the id of the request.
 */
function admit(request: IntakeRequest<unknown>, { throttle, clock }: Intake): Admission {
  const { caller, log, span } = request;
  const { registrarId, registrar } = caller;
  const slowed = throttle.enter(registrarId);
  if (slowed?.refusals === 1) log.warn({ registrar, reason: slowed.reason }, 'registrar throttled');
  if (slowed?.unread) throw new TooManyRequestsError(slowed);
  const serverTransId = newTransId();
  span?.annotate({ 'sppp.transaction': serverTransId });
  request.onAdmitted(serverTransId);
  return { serverTransId, receivedAt: clock(), slowed };
}

/** Lets others see how far a request is, until it has ended. */
function begin(
  { serverTransId, receivedAt }: Admission,
  progress: Progress,
  { caller: { registrarId }, mode, since }: IntakeRequest<unknown>,
  { underWay }: Intake,
): () => void {
  return underWay.begin(serverTransId, { registrarId, mode, receivedAt, since, progress });
}

/** Stage 2. Reads up to the first item. Throws if this is no SPPP message. */
async function readHead(request: IntakeRequest<unknown>, progress: Progress): Promise<Message> {
  const source = request.open();
  progress.source = source;
  const { head, refused } = await source.head();
  const items = new CountedItems(source.items());
  Object.assign(progress, { head, items });
  return { source, head, items, refused };
}

/**
 * Stages 3 and 4. Whatever goes wrong with the request or the registry becomes an answer. Throws only what reading the rest
 * of the message throws, as then there may be no message to answer, ClientDisconnectedError, and CommitInDoubtError: every
 * answer might be wrong, and so might a journal row.
 */
async function executeAndJournal(
  message: Message,
  admitted: Admission,
  request: IntakeRequest<unknown>,
  intake: Intake,
): Promise<Answered> {
  const { head, items } = message;
  const { readAgain } = message.source;
  const { caller, disconnected, span, log } = request;
  const { serverTransId } = admitted;
  const received = receivedOf(message, admitted, request);
  const ownPool = intake.pool.of(caller.registrarId, disconnected);
  const pool = span === undefined ? ownPool : watchedPool(ownPool, (part) => span.begin(part));
  try {
    const refused = refusalOf(message, admitted, request, intake);
    if (refused !== undefined) throw new RequestRefusedError(refused);
    const executed = await execute({ head, items, readAgain, caller, received }, { ...intake, pool });
    await journalExecuted(executed, received, pool, intake.clock);
    return answer(executed, message, admitted, request);
  } catch (error) {
    if (error instanceof ClientDisconnectedError) {
      if (items.thrown !== undefined) throw items.thrown;
      await journalDisconnected(error, received, request, intake);
      throw error;
    }
    if (error instanceof RequestRefusedError) return refuse(error.result, received, pool);
    if (error === items.thrown) throw error;
    if (error instanceof CommitInDoubtError) {
      log.error({ serverTransId }, error.message);
      throw error;
    }
    // The registrar itself takes up its turns: that is no failure of the server.
    if (error instanceof TurnTimeoutError) log.warn({ serverTransId }, error.message);
    else log.error({ err: error, serverTransId }, 'request failed');
    return refuse({ code: isPassing(error) ? 2300 : 2301 }, received, pool);
  }

  async function refuse(overall: Result, received: Received, pool: Pool): Promise<Answered> {
    const outcome = refusedOutcome(head.rule, overall);
    // A request that got no connection gets none for its journal row either.
    const journalPool = overall.code === 2300 ? intake.pool.reserved(caller.registrarId) : pool;
    await journalRefused(outcome, received, journalPool, request, intake);
    return answer({ outcome, content: {} }, message, admitted, request);
  }
}

/** Why a request is refused as a whole although its head could be read. */
function refusalOf(
  { head, source, refused }: Message,
  { slowed }: Admission,
  { caller }: IntakeRequest<unknown>,
  { unreadAnswers }: Intake,
): Result | undefined {
  const tooMuch: Result | undefined = slowed && { code: 2300, reason: slowed.reason };
  return refused ?? tooMuch ?? unreadAnswers.judge(caller.registrarId) ?? source.objectionTo(head);
}

function receivedOf(
  { head, source }: Message,
  { serverTransId, receivedAt }: Admission,
  { caller, mode, address, userAgent, disconnected }: IntakeRequest<unknown>,
): Received {
  return {
    serverTransId,
    clientTransId: head.clientTransId,
    registrarId: caller.registrarId,
    credentialId: caller.credentialId,
    certificate: caller.certificate,
    operation: head.rule.operation,
    mode,
    receivedAt,
    remoteAddress: address,
    userAgent,
    archived: source.archived,
    disconnected,
  };
}

function answer(
  { outcome, content }: Pick<Executed, 'outcome' | 'content'>,
  { head, items }: Message,
  { serverTransId }: Admission,
  { span, log }: IntakeRequest<unknown>,
): Answered {
  const { rule, clientTransId } = head;
  const { code } = outcome.overall;
  const { objects } = items;
  span?.annotate({ 'sppp.operation': rule.operation, 'sppp.code': code, 'sppp.objects': objects });
  log.debug({ serverTransId, operation: rule.operation, code, objects }, 'answered');
  const echo = clientTransId === undefined ? {} : { clientTransId };
  const status: ResponseContent = rule.kind === 'status' ? { svcMenu: svcMenu() } : {};
  return { outcome, response: { rule, ...echo, serverTransId, overall: outcome.overall, ...content, ...status } };
}

/** Stage 5. */
function send<Sent>({ response }: Answered, { slowed }: Admission, request: IntakeRequest<Sent>): Promise<Sent> {
  const retryAfter = response.overall.code === 2300 ? (slowed?.retryAfter ?? RETRY_AFTER_SECONDS) : undefined;
  return inSpan(request.span, 'answer', () => request.send(response, retryAfter));
}

/** Stage 6. Counts the cost of the request, against the rates of its sender and for metrics. */
function account(
  answered: Answered | undefined,
  { source, head, items, refusedWith }: Progress,
  { slowed }: Admission,
  { caller, address, mode, since }: IntakeRequest<unknown>,
  { throttle, metrics, activity }: Intake,
): void {
  const { registrarId, registrar } = caller;
  const outcome = answered?.outcome ?? unreadOutcome(head?.rule);
  const code = answered === undefined ? refusedWith : answered.outcome.overall.code;
  const objects = items?.objects ?? 0;
  throttle.spent(registrarId, address, { objects, undone: outcome.isWasted ? objects : 0 });
  if (answered === undefined && code !== undefined) metrics.refused(code, 'unread', registrar);
  if (code === 2300) metrics.refused(code, slowed?.what ?? 'unavailable', registrar);
  const accounted = {
    ...{ registrarId, operation: answered?.response.rule.operation, mode, code },
    seconds: (performance.now() - since) / 1000,
    objects: items?.byOutcome(outcome) ?? [],
    codes: answered?.outcome.codes ?? new Map<number, number>(),
    throttled: code === 2300 ? slowed?.what : undefined,
    keptBytes: source?.archived?.bytes ?? 0,
  };
  metrics.answered(accounted);
  activity.answered(accounted);
}
