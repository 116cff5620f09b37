import { createHash, randomBytes } from 'node:crypto';
import { type Answer, type Body, Connection } from './connection.js';

export interface User {
  readonly username: string;
  readonly password: string;
}

/**
 * A carrier's client: HTTP Digest with one nonce for all its requests (RFC 7616 §3.3), connections kept. A server that
 * asks for no password is talked to without one.
 */
export class Carrier {
  readonly #url: URL;
  readonly #user: User;
  #challenge: { readonly ha1: string; readonly realm: string; readonly nonce: string } | undefined;
  #asked = false;
  #count = 0;
  #own: Connection | undefined;

  constructor(url: string, user: User) {
    this.#url = new URL(url);
    this.#user = user;
  }

  /** A connection of its own, for one of many clients at once. */
  connect(): Promise<Connection> {
    return Connection.open(this.#url);
  }

  close(): void {
    this.#own?.close();
  }

  /** Posts a SOAP message; anything but a SOAP answer is an error. */
  async post(body: Body, path = '/sppp', connection?: Connection): Promise<Answer> {
    if (!this.#asked) await this.#ask(path);
    const answer = await (connection ?? (await this.connection())).ask(this.head(path), body);
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}: ${answer.body.toString().slice(0, 500)}`);
    return answer;
  }

  /** The head of a GET, signed and ready to be sent once. */
  async getHead(path: string): Promise<string> {
    if (!this.#asked) await this.#ask(path, 'GET');
    return this.head(path, 'GET');
  }

  /** The connection on which the nonce was asked for. */
  async connection(): Promise<Connection> {
    if (this.#own?.isOpen !== true) this.#own = await this.connect();
    return this.#own;
  }

  /** The request line and headers, signed, except the body's length. */
  head(path: string, method: 'GET' | 'POST' = 'POST'): string {
    const authorization = this.#challenge === undefined ? '' : `Authorization: ${this.#sign(path, method)}\r\n`;
    const kind = method === 'GET' ? '' : 'Content-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\n';
    return `${method} ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\n${kind}${authorization}`;
  }

  #sign(path: string, method: string): string {
    const { ha1, realm, nonce } = this.#challenge ?? { ha1: '', realm: '', nonce: '' };
    const nc = (++this.#count).toString(16).padStart(8, '0');
    const cnonce = randomBytes(8).toString('hex');
    const response = sha256(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${sha256(`${method}:${path}`)}`);
    return `Digest username="${this.#user.username}", realm="${realm}", nonce="${nonce}", uri="${path}", algorithm=SHA-256, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
  }

  async #ask(path: string, method: 'GET' | 'POST' = 'POST'): Promise<void> {
    const { status, head } = await (await this.connection()).ask(this.head(path, method), Buffer.alloc(0));
    this.#asked = true;
    if (status !== 401) return;
    const challenge = /^www-authenticate: (Digest .*SHA-256.*)$/im.exec(head)?.[1] ?? '';
    const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const { username, password } = this.#user;
    const realm = parameter('realm');
    this.#challenge = { ha1: sha256(`${username}:${realm}:${password}`), realm, nonce: parameter('nonce') };
  }
}

/** The code of the overall result. */
export function codeOf({ body }: Answer): number {
  const at = body.indexOf('overallResult');
  return Number(/code>(\d{4})</.exec(body.toString('latin1', at, at + 200))?.[1]);
}

/** Throws unless the answer has the code: a figure of a request that failed would say nothing. */
export function expectCode(answer: Answer, code = 1000): void {
  if (codeOf(answer) !== code) throw new Error(`not ${code}: ${answer.body.toString().slice(0, 1000)}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
