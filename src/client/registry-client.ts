import { randomUUID } from 'node:crypto';
import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { Answer } from '../sppp/decode-answer.js';
import type { SentItem } from '../sppp/encode-request.js';
import type { Head } from '../sppp/message.js';
import { found } from '../values/found.js';
import { bulk } from './bulk.js';
import type { BulkOptions, BulkPart, BulkRequestOptions, StopSignal } from './bulk-options.js';
import type { ChangeItem, ChangeVerb } from './change-item.js';
import type { ChangeMeans } from './change-means.js';
import { type Carried, carryOut } from './change-request.js';
import {
  checkBulkRequest,
  checkEventAck,
  checkEventOptions,
  checkItems,
  checkKeys,
  checkList,
  checkOfferFilter,
  checkTarget,
} from './check-arguments.js';
import type { Connection, HttpQuery, OfferFilter, SoapClient } from './connection.js';
import type { EventAck, EventConsumer, EventOptions, EventPage } from './event-options.js';
import { ackEvents, eventPages } from './events.js';
import type { HttpAnswer } from './http-answer.js';
import type { HttpConnection } from './http-connection.js';
import type { HttpRequest } from './http-exchange.js';
import { carryOutSendable, placed } from './judged-items.js';
import type { Found, Outcome, ServerState } from './outcome.js';
import { Patience, type PatienceOptions } from './patience.js';
import { getRule, offersRule, statusRule } from './request-rules.js';
import type { Mode, Resource } from './resource.js';
import { ServerKind } from './server-kind.js';
import { SoapRequests } from './soap-requests.js';
import { LostAnswerError, NotConnectedError, ThrottledError, UnreadableAnswerError } from './sppp-error.js';
import { sendStreamed } from './streamed-requests.js';
import { Transactions } from './transactions.js';
import { queryVerdict } from './verdicts.js';

/** Milliseconds that a call waits in all, and a request of a bulk. */
const MAX_WAIT_MS = 60_000;
const MAX_BULK_WAIT_MS = 600_000;

/**
 * Milliseconds for which the end of a request is asked for that may be under way: the server gives one up whose client has gone
 * within five seconds (docs/limits.md), and writes a row.
 */
const SETTLE_MS = 8000;

/** How often a query is sent whose answer is lost. */
const MAX_QUERIES = 3;

export interface RegistryClientOptions {
  readonly http: HttpConnection;
  readonly resource: Resource;
  readonly mode: Mode | undefined;
  readonly patience: number | undefined;
  readonly settleFor?: number;
}

/** A Connection: ordinary requests through the package `soap`, large ones as streams. */
export class RegistryClient implements Connection {
  readonly #options: RegistryClientOptions;
  readonly #http: HttpConnection;
  readonly #resource: Resource;
  readonly #soap: SoapRequests;
  readonly #kind: ServerKind;
  readonly #transactions: Transactions;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#http = options.http;
    this.#resource = options.resource;
    this.#soap = new SoapRequests(options.http);
    this.#kind = new ServerKind(options.mode, (signal) => this.#state(signal));
    this.#transactions = new Transactions((path, query) => this.#http.send(this.#getOf(path, query)));
  }

  add(objects: readonly Obj[]): Promise<Outcome> {
    return this.#changeAll('add', 'objects', objects);
  }

  delete(keys: readonly Key[]): Promise<Outcome> {
    return this.#changeAll('delete', 'keys', keys);
  }

  accept(offers: readonly SedGrpOfferKey[]): Promise<Outcome> {
    return this.#changeAll('accept', 'offers', offers);
  }

  reject(offers: readonly SedGrpOfferKey[]): Promise<Outcome> {
    return this.#changeAll('reject', 'offers', offers);
  }

  async batch(items: readonly ChangeItem[]): Promise<Outcome> {
    checkItems('batch', items);
    return this.#change(items);
  }

  async get(keys: readonly Key[]): Promise<Found> {
    checkList('get', 'keys', keys);
    checkKeys('get', keys);
    return this.#query({ rule: getRule, offeredBy: [], offeredTo: [] }, keys);
  }

  async offers(filter: OfferFilter = {}): Promise<Found> {
    checkOfferFilter('offers', filter);
    const { offeredBy = [], offeredTo = [], status, keys = [] } = filter;
    const organizations = { offeredBy: [offeredBy].flat(), offeredTo: [offeredTo].flat() };
    return this.#query({ rule: offersRule, ...organizations, ...(status === undefined ? {} : { status }) }, keys);
  }

  status(): Promise<ServerState> {
    return this.#state();
  }

  async #state(signal?: StopSignal): Promise<ServerState> {
    const answer = await this.#ask({ rule: statusRule, offeredBy: [], offeredTo: [] }, [], signal);
    const { code, msg, svcMenu } = answer;
    if (svcMenu === undefined) throw new UnreadableAnswerError(`an answer to Status without svcMenu: ${code} ${msg}`);
    return { code, message: msg, ...svcMenu };
  }

  async *bulk(
    items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>,
    options: BulkOptions = {},
  ): AsyncGenerator<BulkPart> {
    let means: ChangeMeans | undefined;
    const parts = bulk(items, options, (part, request) =>
      this.#carryOutPart(part, request, found(means, 'the means of a bulk')),
    );
    means = await this.#means(true, options.signal);
    yield* parts;
  }

  async bulkRequest(items: readonly ChangeItem[], options: BulkRequestOptions): Promise<Carried> {
    checkBulkRequest('bulkRequest', items, options);
    return this.#carryOutPart(items, options, await this.#means(true, options.signal));
  }

  async *events(options: EventOptions = {}): AsyncGenerator<EventPage> {
    checkEventOptions('events', options);
    const { signal } = options;
    yield* eventPages((query) => this.#sendAgain({ ...this.#getOf('/events', query), signal }, true), options);
  }

  async ackEvents(ack: EventAck): Promise<EventConsumer> {
    checkEventAck('ackEvents', ack);
    const headers = { 'content-type': 'application/json' };
    const { url } = this.#getOf('/events/ack');
    return ackEvents((body) => this.#sendAgain({ method: 'POST', url, headers, body }, true), ack);
  }

  httpGet(path: string, query: HttpQuery = {}, signal?: StopSignal): Promise<HttpAnswer> {
    checkTarget('httpGet', path, query);
    return this.#sendAgain({ ...this.#getOf(path, query), signal }, false);
  }

  async soap(): Promise<SoapClient> {
    const endpoint = this.#resource.endpoints[await this.#kind.mode()];
    return (await this.#soap.client(endpoint)) as unknown as SoapClient;
  }

  close(): void {
    this.#http.close();
  }

  async #changeAll(verb: ChangeVerb, name: string, subjects: readonly unknown[]): Promise<Outcome> {
    checkList(verb, name, subjects);
    return this.#change(subjects.map((subject) => ({ verb, subject }) as ChangeItem));
  }

  async #change(items: readonly ChangeItem[]): Promise<Outcome> {
    const means = await this.#means(false);
    const patience = this.#patience({});
    const request = { clientTransId: randomUUID(), patience };
    const send = (sendable: readonly ChangeItem[]) => carryOut({ ...request, items: sendable }, means);
    return (await carryOutSendable(items, means.mode, send)).outcome;
  }

  async #carryOutPart(items: readonly ChangeItem[], options: BulkRequestOptions, means: ChangeMeans): Promise<Carried> {
    const { clientTransId, mayHaveBeenSent, sentBefore, signal, onThrottled, from = 0 } = options;
    const most = options.patience ?? this.#options.patience ?? MAX_BULK_WAIT_MS;
    const patience = this.#patience({ most, signal, ...(onThrottled === undefined ? {} : { onWait: onThrottled }) });
    const request = { clientTransId, mayHaveBeenSent, sentBefore, signal, patience };
    const send = (sendable: readonly ChangeItem[]) => carryOut({ ...request, items: sendable }, means);
    const carried = await carryOutSendable(items, means.mode, send);
    return { ...carried, outcome: placed(carried.outcome, (index) => index + from) };
  }

  /**
   * Asks the server first what it is. So no change goes to a server that is no registry, or that cannot be reached, and no large
   * body is sent before there is a nonce.
   */
  async #means(isBulk: boolean, signal?: StopSignal): Promise<ChangeMeans> {
    const { endpoints } = this.#resource;
    const mode = await this.#kind.mode(signal);
    const isOurs = isBulk && (await this.#kind.isOurs());
    return {
      mode,
      send: (rule, head, items, as) =>
        isBulk
          ? sendStreamed(this.#http, endpoints[as], { rule, ...head }, items, isOurs)
          : this.#soap.send(endpoints[as], { rule, ...head }, items),
      get: (keys) => this.get(keys),
      transactions: this.#transactions,
      waitsForServer: () => isBulk,
      settleFor: this.#options.settleFor ?? SETTLE_MS,
    };
  }

  #patience(options: Partial<PatienceOptions>): Patience {
    return new Patience({ most: this.#options.patience ?? MAX_WAIT_MS, ...options });
  }

  async #query(head: Head, keys: readonly Key[]): Promise<Found> {
    const items = keys.map((subject): SentItem => ({ verb: 'get', subject }));
    const answer = await this.#ask(head, items);
    const { code, msg: message, resultObjs: objects } = answer;
    return { code, message, objects, verdicts: code === 1000 ? [] : queryVerdict(answer, items) };
  }

  /** Queries change nothing, so a lost answer is asked for again. */
  async #ask(head: Head, items: readonly SentItem[], signal?: StopSignal): Promise<Answer> {
    const patience = this.#patience({ signal });
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#soap.send(this.#resource.endpoints.atomic, head, items);
      } catch (error) {
        if (error instanceof ThrottledError) await patience.afterError(error);
        else if (!(error instanceof LostAnswerError)) throw error;
        else if (attempt === MAX_QUERIES) throw new LostAnswerError(error.message, true);
      }
    }
  }

  /** Sends a request again where the server asks for that; one that may be repeated also where it or its answer is lost. */
  async #sendAgain(request: HttpRequest, mayRepeat: boolean): Promise<HttpAnswer> {
    const patience = this.#patience({ signal: request.signal });
    for (;;) {
      try {
        return await this.#http.send(request);
      } catch (error) {
        const isLost = error instanceof LostAnswerError || error instanceof NotConnectedError;
        if (!(error instanceof ThrottledError) && !(mayRepeat && isLost)) throw error;
        await patience.afterError(error);
      }
    }
  }

  #getOf(path: string, query: HttpQuery = {}) {
    const { server } = this.#resource;
    const url = Object.assign(new URL(server), { pathname: server.pathname.replace(/\/$/, '') + path });
    for (const [name, values] of Object.entries(query)) {
      for (const value of [values ?? []].flat()) url.searchParams.append(name, value);
    }
    return { method: 'GET' as const, url };
  }
}
