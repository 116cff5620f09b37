import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { visible } from '../values/visible.js';
import { UnreachableHostError } from './resolve-names.js';
import { addressIn } from './webhook-url.js';

/** Milliseconds for a connection with TLS, for the beginning of the answer, and for all of it. */
const [CONNECT_MS, ANSWER_MS, WHOLE_MS] = [5000, 9000, 10_000];

/** Bytes of an answer that are read. */
const ANSWER_BYTES = 1024;

/** Milliseconds after which an idle connection is closed. */
const IDLE_MS = 30_000;

/** How a request has ended. */
export interface Answered {
  /** Undefined: nobody answered. */
  readonly status: number | undefined;
  /** The beginning of the answer, as a text without controls. */
  readonly text: string | undefined;
  /** Why there is no answer, or no whole one. */
  readonly failure: string | undefined;
  readonly milliseconds: number;
}

export interface SenderOptions {
  readonly lookup: LookupFunction;
  readonly mayReach: (address: string) => boolean;
  /** Authorities in PEM; undefined: those that Node.js trusts. */
  readonly ca: string | undefined;
}

/** The receiver closed an idle connection just when it was used again. That says nothing of the receiver. */
class ClosedMeanwhileError extends Error {
  override readonly message = 'the connection was closed';
}

/** Sends messages to webhooks over HTTPS: follows no redirect, reads no more than it keeps, waits for a bounded time. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #agent: Agent;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { lookup, ca } = options;
    this.#agent = new Agent({
      // Each webhook has a bounded number of requests. One does not wait for connections of another at the same host.
      ...{ keepAlive: true, timeout: IDLE_MS, lookup },
      ...(ca === undefined ? {} : { ca }),
    });
  }

  /** Sends one message. Never rejects. */
  async send(to: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answered> {
    const since = performance.now();
    const ask = () => this.#ask(new URL(to), headers, Buffer.from(body));
    const answered = await ask()
      .catch((error: unknown) => (error instanceof ClosedMeanwhileError ? ask() : Promise.reject(error)))
      .catch((error: unknown) => ({ ...{ status: undefined, text: undefined }, failure: failureOf(error) }));
    return { ...answered, milliseconds: Math.round(performance.now() - since) };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
  ): Promise<Omit<Answered, 'milliseconds'>> {
    const address = addressIn(url);
    // Node resolves names alone.
    if (address !== undefined && !this.#options.mayReach(address)) throw new UnreachableHostError(address);
    const sent = request(url, {
      method: 'POST',
      agent: this.#agent,
      headers: { ...headers, 'content-length': body.length },
    });
    const breakOff = (after: number, what: string) =>
      setTimeout(() => sent.destroy(new Error(`${what} within ${after / 1000} s`)), after);
    const timers = [breakOff(ANSWER_MS, 'no answer'), breakOff(WHOLE_MS, 'no whole answer')];
    const connecting = breakOff(CONNECT_MS, 'no connection');
    timers.push(connecting);
    try {
      return await new Promise((resolve, reject) => {
        sent.on('error', (error: NodeJS.ErrnoException) =>
          reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new ClosedMeanwhileError() : error),
        );
        sent.on('socket', (socket) => {
          if (socket.connecting) socket.once('secureConnect', () => clearTimeout(connecting));
          else clearTimeout(connecting);
        });
        sent.on('response', (response) => {
          clearTimeout(timers[0]);
          beginningOf(response).then((bytes) => {
            const { statusCode: status } = response;
            resolve({ status, text: visible(bytes.toString('utf8')), failure: undefined });
          }, reject);
        });
        sent.end(body);
      });
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }
}

/** The first bytes of an answer. A longer one is not read, and its connection is closed. */
async function beginningOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > ANSWER_BYTES) break; // which destroys it
    }
  } catch {
    // The status is there, and that decides.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES);
}

/** Why there is no answer. An address that a name leads to is not in it: registrars read it. */
function failureOf(error: unknown): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  const text = syscall === 'connect' || !message ? String(code) : message;
  return visible(text).slice(0, 300);
}
