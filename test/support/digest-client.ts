import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** A client for HTTP Digest as RFC 7616 has it, sharing nothing with the code under test. */

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | undefined;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends one request as it is. */
export function send(url: string, { method = 'GET', headers = {}, body, signal }: Sent = {}): Promise<Received> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) };
    const more = signal === undefined ? {} : { signal };
    const outgoing = request(url, { method, headers: { ...length, ...headers }, ...more }, (incoming) => {
      buffer(incoming)
        .then((received) => {
          const plain = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: plain.toString() });
        })
        .catch(reject);
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

export interface User {
  readonly username: string;
  readonly password: string;
}

/** Digest for one user: asks for a nonce once, and again when it has grown stale. */
export class DigestClient {
  readonly #user: User;
  #challenge: { realm: string; nonce: string } | undefined;
  #count = 0;

  constructor(user: User) {
    this.#user = user;
  }

  async send(url: string, sent: Sent = {}): Promise<Received> {
    if (this.#challenge === undefined) await this.#ask(url, sent);
    const received = await this.#sendSigned(url, sent);
    const stale = /stale=true/i.test(String(received.headers['www-authenticate']));
    if (received.status !== 401 || !stale) return received;
    await this.#ask(url, sent);
    return this.#sendSigned(url, sent);
  }

  /** The Authorization header for one more request. */
  authorization(url: string, method: string): string {
    const { username, password } = this.#user;
    const { realm, nonce } = this.#challenge ?? { realm: '', nonce: '' };
    const { pathname, search } = new URL(url);
    const uri = pathname + search;
    const nc = (++this.#count).toString(16).padStart(8, '0');
    const cnonce = randomBytes(8).toString('hex');
    const response = sha256(
      [sha256(`${username}:${realm}:${password}`), nonce, nc, cnonce, 'auth', sha256(`${method}:${uri}`)].join(':'),
    );
    return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
  }

  #sendSigned(url: string, sent: Sent): Promise<Received> {
    const authorization = this.authorization(url, sent.method ?? 'GET');
    return send(url, { ...sent, headers: { ...sent.headers, authorization } });
  }

  async #ask(url: string, sent: Sent): Promise<void> {
    const { method = 'GET', signal } = sent;
    const { connection } = sent.headers ?? {};
    const kept = connection === undefined ? {} : { headers: { connection } };
    const { headers } = await send(url, { method, body: '', ...kept, ...(signal === undefined ? {} : { signal }) });
    const challenge = String(headers['www-authenticate']);
    const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    this.#challenge = { realm: parameter('realm'), nonce: parameter('nonce') };
    this.#count = 0;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Sends a body as JSON, if there is one, and reads an answer in JSON as such. */
export async function sendJson(client: DigestClient, url: string, method: string, body?: unknown) {
  const sent = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const { status, headers, text } = await client.send(url, { method, ...(body === undefined ? {} : sent) });
  const isJson = String(headers['content-type']).startsWith('application/json');
  return { status, headers, body: isJson ? JSON.parse(text) : text };
}
