import { fileURLToPath } from 'node:url';
import type { Client, IHttpClient } from 'soap';
import type { Answer } from '../sppp/decode-answer.js';
import { encodeRequest, type SentItem } from '../sppp/encode-request.js';
import type { Head } from '../sppp/message.js';
import { found } from '../values/found.js';
import type { HttpAnswer } from './http-answer.js';
import type { HttpConnection } from './http-connection.js';
import { readSpppAnswer } from './sppp-answer.js';

/** The package's own WSDL and schemas, so that no server has to be asked for them. Seen from src and from dist alike. */
const WSDL = fileURLToPath(new URL('../../wsdl/sppp.wsdl', import.meta.url));

/** What the package is told of an answer that was read already. */
const ALREADY_READ = '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body/></S:Envelope>';

type Take = (answer: HttpAnswer) => Promise<void>;

/** Requests of ordinary size, through the package `soap` and the WSDL: its operations, its envelope, our login and encoder. */
export class SoapRequests {
  readonly #http: HttpConnection;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(http: HttpConnection) {
    this.#http = http;
  }

  /** The client of the package for an endpoint. It keeps the order of a batch whose elements are in a list `$choices`. */
  client(endpoint: URL): Promise<Client> {
    const made = this.#clients.get(endpoint.href) ?? this.#make(endpoint);
    this.#clients.set(endpoint.href, made);
    return made;
  }

  /**
   * Sends a request and reads its answer. The package writes no prefixes in an object that is named by xsi:type, and reads an
   * answer as a whole, so the body is written, and the answer read, by the grammar.
   */
  async send(endpoint: URL, head: Head, items: readonly SentItem[]): Promise<Answer> {
    const client = await this.client(endpoint);
    let answer: Answer | undefined;
    const take: Take = async (received) => {
      answer = await readSpppAnswer(head.rule, received);
    };
    const operation: Client[string] = client[`${head.rule.operation}Async`];
    await operation({ _xml: [...encodeRequest(head, items)].join('') }, { take });
    return found(answer, 'the answer that was read');
  }

  async #make(endpoint: URL): Promise<Client> {
    const { createClientAsync } = await import('soap');
    const options = { arrayWithChoiceTag: '$choices', httpClient: new LoggedIn(this.#http) };
    return createClientAsync(WSDL, options, endpoint.href);
  }
}

/** What the package sends its messages with: one connection, with HTTP Digest. */
class LoggedIn implements IHttpClient {
  readonly #http: HttpConnection;

  constructor(http: HttpConnection) {
    this.#http = http;
  }

  request: IHttpClient['request'] = (url, data, callback, headers = {}, options = {}) => {
    const sent = this.#send(url, String(data), headers, options.take);
    sent.then(
      (answer) => callback(null, answer, answer.data),
      (error) => callback(error),
    );
    return sent as unknown as ReturnType<IHttpClient['request']>;
  };

  async #send(url: string, body: string, headers: Record<string, string>, take: Take | undefined) {
    const answer = await this.#http.send({ method: 'POST', url: new URL(url), headers, body });
    const { status } = answer;
    if (take === undefined) return { status, headers: answer.headers, data: await answer.text() };
    await take(answer);
    return { status: 200, headers: answer.headers, data: ALREADY_READ };
  }
}
