import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ownPackage } from '../own-package.js';
import { isParameterFault, type ParameterFault, parameterFaultText } from '../values/parameter-fault.js';
import { visible } from '../values/visible.js';
import type { DigestLogin } from './digest-login.js';
import { type HttpAnswer, retryAfterOf } from './http-answer.js';
import { type Exchanged, exchange, type HttpRequest } from './http-exchange.js';
import { HttpStatusError, LoginRefusedError, LostAnswerError, ThrottledError } from './sppp-error.js';

/** Certificates of a connection, in PEM, and whether the server has to prove by its own who it is. */
export interface TlsOptions {
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  readonly passphrase?: string | undefined;
  readonly ca?: string | Uint8Array | undefined;
  readonly rejectUnauthorized?: boolean;
}

/** How often one request is signed anew: nonces grow stale, and two requests may get them at once. */
const MAX_CHALLENGES = 4;

/** Milliseconds after which an idle connection is closed, if the server does not name a shorter time. */
const IDLE_MS = 60_000;

/** Characters of an answer that is no SPPP that are read, and that the message of an error has. */
const MAX_READ = 4096;
const MAX_QUOTED = 300;

/** Gateways answer with these where the server did not, and servers that failed: what they did is not known. */
const lostStatuses: ReadonlySet<number> = new Set([408, 500, 502, 504]);

/** HTTP requests to one server with one login, on connections that are kept open. */
export class HttpConnection {
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #login: DigestLogin | undefined;
  readonly #timeout: number;
  readonly #userAgent: string;

  constructor(server: URL, login: DigestLogin | undefined, tls: TlsOptions, timeout: number) {
    const options = { keepAlive: true, timeout: IDLE_MS };
    // Buffer is what Node takes; other arrays of bytes are of the same kind to it.
    const secure = Object.fromEntries(
      Object.entries(tls).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value) : value]),
    );
    this.#agent = server.protocol === 'https:' ? new HttpsAgent({ ...options, ...secure }) : new HttpAgent(options);
    this.#login = login;
    this.#timeout = timeout;
    const { name, version } = ownPackage();
    this.#userAgent = `${name}/${version} client`;
  }

  /** Whether a large body can be sent without being asked for the login first. */
  get isReady(): boolean {
    return this.#login?.isReady ?? true;
  }

  /**
   * Sends a request, signed, and returns any answer but those about the login and about throttling.
   *
   * @throws LoginRefusedError 401 and 403, ThrottledError 429 and 503, NotConnectedError, LostAnswerError
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    for (let challenges = 0; ; challenges++) {
      const { method, url, headers } = request;
      const signed = this.#login?.sign(method, url.pathname + url.search);
      const authorization: Record<string, string> = signed === undefined ? {} : { authorization: signed.header };
      const own = { ...headers, 'user-agent': this.#userAgent, ...authorization };
      const answer = await exchange({ ...request, headers: own }, this.#agent, this.#timeout);
      if (answer.status !== 401) return await this.#checked(answer);
      answer.drop(); // first: an answer that nobody reads keeps its connection, and with it the process
      this.#checkChallenge(answer, signed?.nonce, challenges);
    }
  }

  /** Closes idle connections. */
  close(): void {
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
  }

  #checkChallenge({ challenges: lines }: Exchanged, signedWith: string | undefined, challenges: number): void {
    if (this.#login === undefined) throw new LoginRefusedError('the server asks for user and password (HTTP 401)', 401);
    const challenged = this.#login.challenged(lines, signedWith);
    if (challenged === 'unanswerable') {
      throw new LoginRefusedError('the server offers no login by HTTP Digest with SHA-256 or MD5 (HTTP 401)', 401);
    }
    if (challenged === 'refused' || challenges === MAX_CHALLENGES) {
      throw new LoginRefusedError('the server refuses user name or password (HTTP 401)', 401);
    }
  }

  async #checked(answer: Exchanged): Promise<HttpAnswer> {
    const { status } = answer;
    if (status === 403) throw new LoginRefusedError(quoted(answer, await beginningOf(answer)), 403);
    if (status === 429 || status === 503)
      throw new ThrottledError(quoted(answer, await beginningOf(answer)), retryAfterOf(answer));
    return answer;
  }
}

/**
 * The error for an HTTP status that is not expected.
 *
 * @returns LostAnswerError if the request may have been carried out all the same, else HttpStatusError
 */
export async function statusError(answer: HttpAnswer): Promise<LostAnswerError | HttpStatusError> {
  const { status, headers } = answer;
  const where = status >= 300 && status < 400 ? `, to ${visible(String(headers.location))}: use that as url` : '';
  const text = await beginningOf(answer);
  const fault = faultIn(answer, text);
  const message =
    (fault === undefined ? quoted(answer, text) : `HTTP ${status}: ${visible(parameterFaultText(fault))}`) + where;
  return lostStatuses.has(status) ? new LostAnswerError(message, false) : new HttpStatusError(message, status, fault);
}

function faultIn({ status, headers }: HttpAnswer, text: string): ParameterFault | undefined {
  if (status !== 400 || !/^application\/json\b/.test(String(headers['content-type']))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isParameterFault(value) ? value : undefined;
  } catch {
    return undefined; // a gateway's
  }
}

/** The status and the beginning of the text; of a page of a gateway, what a reader sees. */
function quoted({ status, headers }: HttpAnswer, text: string): string {
  const isPage = /^text\/html\b/i.test(String(headers['content-type'] ?? ''));
  const said = isPage ? text.replace(/<[^<>]*>/g, ' ').replace(/\s+/g, ' ') : text;
  const shown = visible(said.trim().slice(0, MAX_QUOTED).trim());
  return `HTTP ${status}${shown === '' ? '' : `: ${shown}`}`;
}

async function beginningOf(answer: HttpAnswer): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of answer) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > MAX_READ) break;
    }
  } catch {
    // What came of it says enough.
  }
  return text.slice(0, MAX_READ);
}
