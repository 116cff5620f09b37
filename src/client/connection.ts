import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { BulkOptions, BulkPart, BulkRequestOptions, StopSignal } from './bulk-options.js';
import type { ChangeItem } from './change-item.js';
import type { EventAck, EventConsumer, EventOptions, EventPage } from './event-options.js';
import type { HttpAnswer } from './http-answer.js';
import type { Found, Outcome, ServerState } from './outcome.js';

export interface ConnectOptions {
  /** Of the server or of its SPPP resource: `https://sppp.example.net` or `https://sppp.example.net/sppp`. */
  readonly url: string;
  /** The login for HTTP Digest: SHA-256, or MD5 where the server offers nothing else. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A client certificate and its key, in PEM. */
  readonly certificate?:
    | {
        readonly cert: string | Uint8Array;
        readonly key: string | Uint8Array;
        readonly passphrase?: string | undefined;
      }
    | undefined;
  /** The certificates by which the server's is checked, in PEM, instead of those of Node.js. */
  readonly ca?: string | Uint8Array | undefined;
  /**
   * What happens to a request with objects that fail: `atomic` undoes it, `partial` leaves them out, `validate` does the
   * same and stores nothing. `partial` by default; other servers have `atomic` only.
   */
  readonly mode?: 'atomic' | 'partial' | 'validate' | undefined;
  /** Milliseconds in which nothing moves, neither request nor answer, after which the answer counts as lost; 300,000. */
  readonly timeout?: number | undefined;
  /** Milliseconds that a call waits in all where the server asks to come later, or is away; 60,000, of a bulk 600,000. */
  readonly patience?: number | undefined;
}

/** The client of the package `soap`: a method `…Async` for each operation of the WSDL. */
export interface SoapClient {
  readonly [operation: `${string}Async`]: (request: object) => Promise<readonly [unknown, string, ...unknown[]]>;
  readonly lastRequest?: string;
  readonly lastResponse?: unknown;
  describe(): unknown;
}

/** A login at one registry. Calls throw an SpppError if they have no outcome, a WrongUseError if their arguments are wrong. */
export interface Connection {
  /** Adds objects, or replaces those that exist (submitAddRqst). */
  add(objects: readonly Obj[]): Promise<Outcome>;
  /** Deletes what the keys name (submitDelRqst). */
  delete(keys: readonly Key[]): Promise<Outcome>;
  /** Accepts offers (submitAcceptRqst). */
  accept(offers: readonly SedGrpOfferKey[]): Promise<Outcome>;
  /** Rejects offers (submitRejectRqst). */
  reject(offers: readonly SedGrpOfferKey[]): Promise<Outcome>;
  /** Carries out changes of all kinds in their order (submitBatchRqst). */
  batch(items: readonly ChangeItem[]): Promise<Outcome>;
  /** Reads the objects that keys name (submitGetRqst). */
  get(keys: readonly Key[]): Promise<Found>;
  /** Reads offers: all that the login may see, or those of the filter (submitGetSedGrpOffersRqst). */
  offers(filter?: OfferFilter): Promise<Found>;
  /** Asks the server for its state (submitServerStatusRqst). */
  status(): Promise<ServerState>;
  /** Sends any number of changes as a stream of requests. */
  bulk(items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>, options?: BulkOptions): AsyncGenerator<BulkPart>;
  /** Sends these items in one request, as a stream, and settles a lost answer: one part of a bulk. */
  bulkRequest(items: readonly ChangeItem[], options: BulkRequestOptions): Promise<Omit<BulkPart, 'first' | 'count'>>;
  /**
   * Reads what happened to the login's organization and its objects, page by page. Acknowledge a page when it is dealt with: what
   * is not acknowledged comes again.
   */
  events(options?: EventOptions): AsyncGenerator<EventPage>;
  /** Acknowledges events up to a position. A consumer never goes back unless that is asked for. */
  ackEvents(ack: EventAck): Promise<EventConsumer>;
  /**
   * GET with the login: `/objects`, `/lookup/…`, `/transaction`. The path is below the URL of the server. The signal gives up
   * the answer, too.
   */
  httpGet(path: string, query?: HttpQuery, signal?: StopSignal): Promise<HttpAnswer>;
  /** The client of the package `soap`, for what this library does not wrap. */
  soap(): Promise<SoapClient>;
  /** Closes idle connections. Requests under way end. */
  close(): void;
}

/** The parameters of a GET, some of them several times. */
export type HttpQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface OfferFilter {
  readonly offeredBy?: string | readonly string[] | undefined;
  readonly offeredTo?: string | readonly string[] | undefined;
  readonly status?: 'offered' | 'accepted' | undefined;
  /** Only offers that these keys name. */
  readonly keys?: readonly SedGrpOfferKey[] | undefined;
}
