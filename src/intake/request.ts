import type { Logger } from 'pino';
import type { Caller } from '../authority/caller.js';
import type { ReadAgain } from '../operations/attempts.js';
import type { Registry } from '../operations/execute.js';
import type { Mode } from '../operations/outcome.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import type { ArchivedRequest } from '../registry/journal/archived-request.js';
import type { Head, Item, SpppResponse } from '../sppp/message.js';
import type { Result } from '../sppp/result.js';
import type { RequestActivity, RequestMetrics, RequestThrottle, Slowed } from './accounts.js';
import type { CountedItems } from './counted-items.js';
import type { RequestsUnderWay } from './requests-under-way.js';

/** A request whose caller is known and of which nothing has been read: what a face of the server hands to intake. */
export interface IntakeRequest<Sent> {
  readonly caller: Caller;
  readonly mode: Mode;
  /** Where it comes from. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** Aborted with ClientDisconnectedError once nobody waits for the answer. */
  readonly disconnected: AbortSignal;
  readonly log: Pick<Logger, 'debug' | 'warn' | 'error'>;
  /** Undefined where traces are not reported. */
  readonly span: Span | undefined;
  /** Called once it is admitted: it will be journalled under this id. */
  onAdmitted(serverTransId: string): void;
  /** Opens the body for reading. Throws for headers that rule it out. */
  open(): RequestSource;
  /** How an error that `open` or the source threw is answered, for the journal. */
  refusalOf(error: unknown): UnreadRefusal;
  /** Answers such an error, or throws it on to where it is answered. */
  refuse(error: unknown): Promise<Sent>;
  /**
   * Sends the answer, and ends when it is sent.
   *
   * @param retryAfter with 2300: in how many seconds the client may come again
   */
  send(answer: SpppResponse, retryAfter: number | undefined): Promise<Sent>;
}

/** A request while it is read: its head first, then its items. Reading throws for a message that it cannot read. */
export interface RequestSource {
  /** The request as it is stored beside its journal row; undefined where requests are not archived. */
  readonly archived: ArchivedRequest | undefined;
  /** The head, and why the request is refused if that is known as early as there. */
  head(): Promise<{ readonly head: Head; readonly refused?: Result | undefined }>;
  /** Why a request is not to be carried out though it can be read. */
  objectionTo(head: Head): Result | undefined;
  items(): AsyncIterable<readonly Item[]>;
  /**
   * The items once more, after they have been read to their end; undefined if the archive does not have all of the request.
   * Undefined as a whole where requests are not archived.
   */
  readonly readAgain: ReadAgain | undefined;
  /** Lets go of it, however much of it was read. */
  close(): Promise<void>;
}

/** The answer to a request that could not be read; undefined: nobody is there to be answered. */
export interface UnreadRefusal {
  readonly status: number | undefined;
  readonly reason: string;
}

/** A request that is carried out, or refused in SPPP, and journalled under its id. */
export interface Admission {
  /** The one id of the request: of its journal row, its answer, its log lines and its trace. */
  readonly serverTransId: string;
  readonly receivedAt: Date;
  /** Why it is refused with 2300, if its registrar asks for too much. */
  readonly slowed: Slowed | undefined;
}

/** How far a request has been read. */
export interface Progress {
  source?: RequestSource;
  head?: Head;
  items?: CountedItems;
  /** Of the answer without SPPP to a request that could not be read. */
  refusedWith?: number | undefined;
}

/** The parts of the server that requests are carried out with. It lives as long as the server. */
export interface Intake extends Omit<Registry, 'pool'> {
  readonly pool: SharedPool;
  readonly throttle: RequestThrottle;
  readonly metrics: RequestMetrics;
  readonly activity: RequestActivity;
  readonly underWay: Pick<RequestsUnderWay, 'begin'>;
}

/** A request's part of a trace. */
export interface Span {
  /** Begins a part of the work. Returns a function that ends the part. */
  begin(part: string): () => void;
  /** Adds facts about the request, once they are known. */
  annotate(facts: Readonly<Record<string, string | number | undefined>>): void;
}

/** Does a part of a request's work, and reports how long it took where traces are reported. */
export async function inSpan<T>(span: Span | undefined, part: string, work: () => T | Promise<T>): Promise<T> {
  if (span === undefined) return work();
  const end = span.begin(part);
  try {
    return await work();
  } finally {
    end();
  }
}

/**
 * Stands between a request and intake, so that it ends as somebody wants it to. `sppp demo --scenario` alone has one: carriers
 * see what their programs do when a registry fails. A server that serves has none.
 *
 * @param cut ends the connection without an answer
 */
export type Disturb = <Sent>(request: IntakeRequest<Sent>, cut: () => Sent) => IntakeRequest<Sent>;
