/** The library: `import { connect } from 'sppp-server/client'`. Its types name no other package. */

import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { BulkOptions, BulkPart } from './bulk-options.js';
import type { ChangeItem } from './change-item.js';
import type { Found, Outcome, ServerState } from './outcome.js';

export type { DestGrp } from '../model/dest-grp.js';
export type { EgrRte } from '../model/egr-rte.js';
export type { Key, ObjKey, PubIdKey, SedGrpOfferKey } from '../model/key.js';
export type { Obj } from '../model/obj.js';
export type { PubId, Rn, Tn, Tnp, Tnr, UriPubId } from '../model/pub-id.js';
export type { SedGrp, SourceIdent } from '../model/sed-grp.js';
export type { SedGrpOffer } from '../model/sed-grp-offer.js';
export type { IpAddr, Naptr, Ns, SedRec, Uri } from '../model/sed-rec.js';
export type { SedRecRef } from '../model/sed-rec-ref.js';
export type { BulkOptions, BulkPart, StopSignal } from './bulk-options.js';
export type { ChangeItem, ChangeVerb } from './change-item.js';
export type { Found, Outcome, ServerState, Verdict } from './outcome.js';
export * from './sppp-error.js';

export interface ConnectOptions {
  /** Of the server or of its SPPP resource: `https://sppp.example.net` or `https://sppp.example.net/sppp`. */
  readonly url: string;
  /** The login for HTTP Digest: SHA-256, or MD5 where the server offers nothing else. */
  readonly user?: string;
  readonly password?: string;
  /** A client certificate and its key, in PEM. */
  readonly certificate?: {
    readonly cert: string | Uint8Array;
    readonly key: string | Uint8Array;
    readonly passphrase?: string;
  };
  /** The certificates by which the server's is checked, in PEM, instead of those of Node.js. */
  readonly ca?: string | Uint8Array;
  /**
   * What happens to a request with objects that fail: `atomic` undoes it, `partial` leaves them out, `validate` does the
   * same and stores nothing. `partial` by default; other servers have `atomic` only.
   */
  readonly mode?: 'atomic' | 'partial' | 'validate';
  /** Milliseconds without a byte of the answer after which it counts as lost; 120,000. */
  readonly timeout?: number;
}

/** The answer to an HTTP request: its bytes as they come. */
export interface HttpAnswer extends AsyncIterable<Uint8Array> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The rest of the body as text. */
  text(): Promise<string>;
}

/** The client of the package `soap`: a method `…Async` for each operation of the WSDL. */
export interface SoapClient {
  readonly [operation: `${string}Async`]: (request: object) => Promise<readonly [unknown, string, ...unknown[]]>;
  readonly lastRequest?: string;
  readonly lastResponse?: unknown;
  describe(): unknown;
}

/** A login at one registry. Calls throw an SpppError if they have no outcome. */
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
  /** Sends one request with these items and settles a lost answer, like a request of `bulk`. */
  bulkRequest(items: readonly ChangeItem[], options: BulkRequestOptions): Promise<Omit<BulkPart, 'first' | 'count'>>;
  /** GET with the login: `/objects`, `/lookup/…`, `/transaction`. The path is below the URL of the server. */
  httpGet(path: string, query?: Readonly<Record<string, string | readonly string[] | undefined>>): Promise<HttpAnswer>;
  /** The client of the package `soap`, for what this library does not wrap. */
  soap(): Promise<SoapClient>;
  /** Closes idle connections. Requests under way end. */
  close(): void;
}

export interface BulkRequestOptions extends Pick<BulkOptions, 'signal' | 'onThrottled'> {
  readonly clientTransId: string;
  /** Ask first whether a request with this id was carried out: it may have been sent before, by a program that ended. */
  readonly mayHaveBeenSent?: boolean;
  /** The place of the first item among all, for the verdicts. */
  readonly from?: number;
}

export interface OfferFilter {
  readonly offeredBy?: readonly string[];
  readonly offeredTo?: readonly string[];
  readonly status?: 'offered' | 'accepted';
  /** These offers only. */
  readonly keys?: readonly SedGrpOfferKey[];
}

/**
 * Opens a connection to a registry. It reads and sends nothing until the first call.
 *
 * @throws TypeError if an option is wrong
 */
export function connect(options: ConnectOptions): Connection {
  throw new Error(`not yet: ${options.url}`);
}
