import { randomUUID } from 'node:crypto';
import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { Answer } from '../sppp/decode-answer.js';
import type { SentItem } from '../sppp/encode-request.js';
import type { Head } from '../sppp/message.js';
import { transId } from '../sppp/simple-types.js';
import { bulk } from './bulk.js';
import type { BulkOptions, BulkPart, BulkRequestOptions, StopSignal } from './bulk-options.js';
import type { ChangeItem } from './change-item.js';
import type { ChangeMeans } from './change-means.js';
import { type Carried, carryOut } from './change-request.js';
import type { Connection, HttpQuery, OfferFilter, SoapClient } from './connection.js';
import type { HttpAnswer } from './http-answer.js';
import type { HttpConnection } from './http-connection.js';
import { carryOutSendable } from './judged-items.js';
import type { Found, Outcome, ServerState } from './outcome.js';
import { Patience, type PatienceOptions } from './patience.js';
import { getRule, offersRule, statusRule } from './request-rules.js';
import type { Mode, Resource } from './resource.js';
import { ServerKind } from './server-kind.js';
import { SoapRequests } from './soap-requests.js';
import { LostAnswerError, ThrottledError, UnreadableAnswerError } from './sppp-error.js';
import { sendStreamed } from './streamed-requests.js';
import { Transactions } from './transactions.js';
import { queryVerdict } from './verdicts.js';

/** Milliseconds that a call waits in all, and a request of a bulk. */
const PATIENCE = 60_000;
const BULK_PATIENCE = 600_000;

/**
 * Milliseconds for which the end of a request is asked for that may be under way: the server gives one up whose client has gone
 * within five seconds (docs/limits.md), and writes a row.
 */
const SETTLE_FOR = 8000;

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
    this.#kind = new ServerKind(options.mode, () => this.status());
    this.#transactions = new Transactions((path, query) => this.#http.send(this.#getOf(path, query)));
  }

  add(objects: readonly Obj[]): Promise<Outcome> {
    return this.batch(objects.map((subject) => ({ verb: 'add', subject })));
  }

  delete(keys: readonly Key[]): Promise<Outcome> {
    return this.batch(keys.map((subject) => ({ verb: 'delete', subject })));
  }

  accept(offers: readonly SedGrpOfferKey[]): Promise<Outcome> {
    return this.batch(offers.map((subject) => ({ verb: 'accept', subject })));
  }

  reject(offers: readonly SedGrpOfferKey[]): Promise<Outcome> {
    return this.batch(offers.map((subject) => ({ verb: 'reject', subject })));
  }

  async batch(items: readonly ChangeItem[]): Promise<Outcome> {
    if (items.length === 0) throw new TypeError('a request has at least one object or key');
    const means = await this.#means(false);
    const patience = this.#patience({});
    const request = { clientTransId: randomUUID(), patience };
    const send = (sendable: readonly ChangeItem[]) => carryOut({ ...request, items: sendable }, means);
    return (await carryOutSendable(items, means.mode, send)).outcome;
  }

  async get(keys: readonly Key[]): Promise<Found> {
    if (keys.length === 0) throw new TypeError('a Get has at least one key');
    return this.#query({ rule: getRule, offeredBy: [], offeredTo: [] }, keys);
  }

  async offers({ offeredBy = [], offeredTo = [], status, keys = [] }: OfferFilter = {}): Promise<Found> {
    const filter = { offeredBy: [offeredBy].flat(), offeredTo: [offeredTo].flat() };
    return this.#query({ rule: offersRule, ...filter, ...(status === undefined ? {} : { status }) }, keys);
  }

  async status(): Promise<ServerState> {
    const answer = await this.#ask({ rule: statusRule, offeredBy: [], offeredTo: [] }, []);
    const { code, msg, svcMenu } = answer;
    if (svcMenu === undefined) throw new UnreadableAnswerError(`an answer to Status without svcMenu: ${code} ${msg}`);
    return { code, message: msg, ...svcMenu };
  }

  async *bulk(
    items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>,
    options: BulkOptions = {},
  ): AsyncGenerator<BulkPart> {
    const means = await this.#means(true);
    yield* bulk(items, options, (part, request) => this.#carryOutPart(part, request, means));
  }

  async bulkRequest(items: readonly ChangeItem[], options: BulkRequestOptions): Promise<Carried> {
    return this.#carryOutPart(items, options, await this.#means(true));
  }

  async httpGet(path: string, query: HttpQuery = {}, signal?: StopSignal): Promise<HttpAnswer> {
    const patience = this.#patience({ signal });
    for (;;) {
      try {
        return await this.#http.send({ ...this.#getOf(path, query), signal });
      } catch (error) {
        if (!(error instanceof ThrottledError)) throw error;
        await patience.afterError(error);
      }
    }
  }

  async soap(): Promise<SoapClient> {
    const endpoint = this.#resource.endpoints[await this.#kind.mode()];
    return (await this.#soap.client(endpoint)) as unknown as SoapClient;
  }

  close(): void {
    this.#http.close();
  }

  async #carryOutPart(items: readonly ChangeItem[], options: BulkRequestOptions, means: ChangeMeans): Promise<Carried> {
    const { clientTransId, mayHaveBeenSent, signal, onThrottled, from = 0 } = options;
    if (items.length === 0) throw new TypeError('a request has at least one object or key');
    if (transId.read(clientTransId) !== clientTransId)
      throw new TypeError(`clientTransId: ${clientTransId} is not 3 to 120 characters`);
    const most = options.patience ?? this.#options.patience ?? BULK_PATIENCE;
    const patience = this.#patience({ most, signal, ...(onThrottled === undefined ? {} : { onWait: onThrottled }) });
    const request = { clientTransId, mayHaveBeenSent, signal, patience };
    const send = (sendable: readonly ChangeItem[]) => carryOut({ ...request, items: sendable }, means);
    const carried = await carryOutSendable(items, means.mode, send);
    const verdicts = carried.outcome.verdicts.map((verdict) =>
      verdict.index === undefined ? verdict : { ...verdict, index: verdict.index + from },
    );
    return { ...carried, outcome: { ...carried.outcome, verdicts } };
  }

  /** Asks the server first what it is, which also gets a nonce, so that no large body is sent in vain. */
  async #means(isBulk: boolean): Promise<ChangeMeans> {
    const { endpoints } = this.#resource;
    const mode = await this.#kind.mode();
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
      settleFor: this.#options.settleFor ?? SETTLE_FOR,
    };
  }

  #patience(options: Partial<PatienceOptions>): Patience {
    return new Patience({ most: this.#options.patience ?? PATIENCE, ...options });
  }

  async #query(head: Head, keys: readonly Key[]): Promise<Found> {
    const items = keys.map((subject): SentItem => ({ verb: 'get', subject }));
    const answer = await this.#ask(head, items);
    const { code, msg: message, resultObjs: objects } = answer;
    return { code, message, objects, verdicts: code === 1000 ? [] : queryVerdict(answer, items) };
  }

  /** Queries change nothing, so a lost answer is asked for again. */
  async #ask(head: Head, items: readonly SentItem[]): Promise<Answer> {
    const patience = this.#patience({});
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

  #getOf(path: string, query: HttpQuery = {}) {
    if (!path.startsWith('/')) throw new TypeError(`path: ${path} does not begin with /`);
    const { server } = this.#resource;
    const url = Object.assign(new URL(server), { pathname: server.pathname.replace(/\/$/, '') + path });
    for (const [name, values] of Object.entries(query)) {
      for (const value of [values ?? []].flat()) url.searchParams.append(name, value);
    }
    return { method: 'GET' as const, url };
  }
}
