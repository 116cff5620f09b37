import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import type { ArchiveSettings, Limits } from '../config.js';
import { TooManyRequestsError } from '../intake/accounts.js';
import { takeIn } from '../intake/intake.js';
import { type Disturb, type Intake, type IntakeRequest, inSpan, type UnreadRefusal } from '../intake/request.js';
import type { Mode } from '../operations/outcome.js';
import type { TraceLevel } from '../registry/access/credential.js';
import { CommitInDoubtError } from '../registry/journal/commit-inquiry.js';
import { faultStatus, SoapFault, writeFault } from '../soap/fault.js';
import { mediaTypes, type SoapVersion } from '../soap/version.js';
import { encodeHeldResponse, encodeResponse } from '../sppp/encode.js';
import type { SpppResponse } from '../sppp/message.js';
import type { Admitted } from './authenticate.js';
import { clientAddress } from './client-address.js';
import type { Drain } from './drain.js';
import { HttpRefusedError } from './http-refused.js';
import { RequestBody, readBodyFormat } from './request-body.js';
import { expectsContinue, onceClosed, sendDocument, sendLong } from './send.js';
import { type Answering, traceHeader } from './sppp-trace-header.js';
import { tooManyRequests } from './too-many-requests.js';

export interface SpppRoute {
  readonly path: string;
  readonly mode: Mode;
  readonly limits: Limits;
  readonly archive: ArchiveSettings;
  readonly intake: Intake;
  readonly answering: Answering;
  readonly authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>;
  readonly drain: Pick<Drain, 'finish' | 'disconnected'>;
  readonly disturb: Disturb | undefined;
}

/** The resource that SPPP messages are posted to (RFC 7878 §4), one per processing mode. */
export function addSpppRoute(app: FastifyInstance, route: SpppRoute): void {
  for (const url of [route.path, `${route.path}/`]) {
    app.post(url, (request, reply) => route.drain.finish(receive(request, reply, route)));
  }
}

/** Authenticates a SOAP request and hands it to intake. */
async function receive(request: FastifyRequest, reply: FastifyReply, route: SpppRoute): Promise<FastifyReply> {
  const since = performance.now();
  const { caller, trace } = await inSpan(request.span, 'authenticate', () => route.authenticate(request));
  request.span?.annotate({ 'sppp.registrar': caller.registrar, 'sppp.mode': route.mode });
  const asked = new SoapRequest(request, reply, route, { caller, trace, since });
  try {
    return await takeIn(route.disturb?.(asked, () => cut(request, reply)) ?? asked, route.intake);
  } catch (error) {
    throw error instanceof TooManyRequestsError ? tooManyRequests(error, caller) : error;
  }
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.raw.socket.destroy();
  return reply.hijack();
}

interface Sender {
  readonly caller: Caller;
  readonly trace: TraceLevel;
  readonly since: number;
}

/** A request in SOAP over HTTP: reads its body and sends its answer. */
class SoapRequest implements IntakeRequest<FastifyReply> {
  readonly caller: Caller;
  readonly mode: Mode;
  readonly address: string;
  readonly userAgent: string | undefined;
  readonly since: number;
  readonly disconnected: AbortSignal;
  readonly log: FastifyRequest['log'];
  readonly span: FastifyRequest['span'];
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #route: SpppRoute;
  readonly #trace: TraceLevel;
  #body: RequestBody | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, route: SpppRoute, { caller, trace, since }: Sender) {
    this.caller = caller;
    this.mode = route.mode;
    this.address = clientAddress(request);
    this.userAgent = request.headers['user-agent'];
    this.since = since;
    this.disconnected = route.drain.disconnected(request.raw.socket);
    this.log = request.log;
    this.span = request.span;
    this.#request = request;
    this.#reply = reply;
    this.#route = route;
    this.#trace = trace;
  }

  onAdmitted(serverTransId: string): void {
    const header = traceHeader(this.#trace, this.#route.answering, serverTransId);
    if (header !== undefined) this.#reply.header('sppp-trace', header);
  }

  /** Throws HttpRefusedError for a body that its headers rule out; only then is a client that waits asked to send it. */
  open(): RequestBody {
    const { limits, archive } = this.#route;
    const body = new RequestBody(this.#request, readBodyFormat(this.#request, limits), limits, archive);
    this.#body = body;
    if (expectsContinue(this.#request.raw)) this.#reply.raw.writeContinue();
    return body;
  }

  async send(answer: SpppResponse, retryAfter: number | undefined): Promise<FastifyReply> {
    const { limits, intake } = this.#route;
    const version = this.#version();
    const reading = { hold: intake.unreadAnswers.of(this.caller.registrarId), timeout: limits.answerTimeout };
    const kind = { status: 200, mediaType: mediaTypes[version] };
    const { held } = answer;
    if (retryAfter !== undefined) this.#reply.header('retry-after', retryAfter);
    if (held === undefined) {
      return sendDocument(this.#request, this.#reply, { ...kind, text: encodeResponse(version, answer) }, reading);
    }
    onceClosed(this.#reply, () => held.drop());
    return sendLong(this.#request, this.#reply, kind, encodeHeldResponse(version, answer, held), reading);
  }

  refusalOf(error: unknown): UnreadRefusal {
    if (error instanceof SoapFault) return { status: faultStatus(this.#version(), error.code), reason: error.reason };
    if (error instanceof HttpRefusedError) return { status: error.status, reason: error.reason };
    const { readableAborted } = this.#request.raw;
    if (readableAborted) return { status: undefined, reason: 'the connection was lost' };
    return { status: 500, reason: 'the server failed' };
  }

  /**
   * Answers with a SOAP fault. A request that may be carried out gets no answer: its connection is closed. Any other error
   * goes to the error handler of the server.
   */
  async refuse(error: unknown): Promise<FastifyReply> {
    if (error instanceof CommitInDoubtError) return cut(this.#request, this.#reply);
    if (!(error instanceof SoapFault)) throw error;
    const version = this.#version();
    const status = faultStatus(version, error.code);
    const text = writeFault(version, error);
    return sendDocument(this.#request, this.#reply, { status, mediaType: mediaTypes[version], text });
  }

  #version(): SoapVersion {
    return this.#body?.version ?? '1.1';
  }
}
