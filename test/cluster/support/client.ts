import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DigestClient, type Received } from '../../support/digest-client.js';
import { envelope, getRequest, numberKey, readAnswer, tn } from '../../support/message.js';
import { type Cluster, registrars, userOf } from './cluster.js';
import type { History, Write } from './history.js';

/** Milliseconds after which a client gives up: longer than a failover. */
const PATIENCE = 60_000;
/** Milliseconds between an answer that was no acknowledgement and the next request. */
const PAUSE = 100;

let nextNumber = 0;

/** Clients that write without a pause, and read what was acknowledged, until `stop`. */
export interface Clients {
  /** Resolves when each has ended its request. */
  stop(): Promise<void>;
}

/** Starts clients, of each registrar the same number. What they do goes to the history. */
export function startClients(cluster: Cluster, history: History, perRegistrar = 2): Clients {
  let isStopped = false;
  const clients = registrars.flatMap((registrar) =>
    Array.from({ length: perRegistrar }, async (_, index) => {
      const client = new Client(cluster, registrar, history);
      for (let turn = index; !isStopped; turn++) await client.turn(turn);
    }),
  );
  return {
    stop: async () => {
      isStopped = true;
      await Promise.all(clients);
    },
  };
}

/** One client. It sends each request once, whatever comes back. */
export class Client {
  readonly #cluster: Cluster;
  readonly #registrar: string;
  readonly #history: History;
  readonly #login: DigestClient;
  /** Numbers of an acknowledged add, to be deleted. */
  #known: readonly string[] | undefined;

  constructor(cluster: Cluster, registrar: string, history: History) {
    this.#cluster = cluster;
    this.#registrar = registrar;
    this.#history = history;
    const username = userOf(registrar);
    this.#login = new DigestClient({ username, password: username });
  }

  /** Adds one number, sometimes some in one request, sometimes deletes some. Then reads at one of the nodes. */
  async turn(turn: number): Promise<Write> {
    const isDelete = turn % 10 === 9 && this.#known !== undefined;
    const numbers = isDelete ? (this.#known ?? []) : newNumbers(turn % 5 === 4 ? 2 + (turn % 7) : 1);
    if (isDelete) this.#known = undefined;
    const write = await this.write(isDelete ? 'delete' : 'add', numbers);
    if (write.verdict !== 'acknowledged') await delay(PAUSE);
    else if (!isDelete) {
      this.#known = numbers;
      if (turn % 3 === 0) await this.#read(write, turn);
    }
    return write;
  }

  /** Sends one request and writes down what came back. */
  async write(verb: 'add' | 'delete', numbers: readonly string[]): Promise<Write> {
    const id = randomUUID();
    const owner = { rant: this.#registrar, rar: this.#registrar };
    const items =
      verb === 'add'
        ? numbers.map((number) => tn(number, [], owner))
        : numbers.map((number) => numberKey('TN', number, this.#registrar));
    const wrapper = verb === 'add' ? 'spppAddRequest' : 'spppDelRequest';
    const xml = envelope(`<s:${wrapper}><clientTransId>${id}</clientTransId>${items.join('')}</s:${wrapper}>`);
    const sentAt = this.#history.now();
    const outcome = await this.#send(this.#cluster.url, xml);
    const write = { id, verb, registrar: this.#registrar, numbers, sentAt, endedAt: this.#history.now(), ...outcome };
    this.#history.writes.push(write);
    return write;
  }

  async #read({ id, numbers }: Write, turn: number): Promise<void> {
    const { nodes } = this.#cluster;
    const node = nodes[turn % nodes.length];
    if (node === undefined) return;
    const keys = numbers.map((number) => numberKey('TN', number, this.#registrar));
    const answer = await this.#post(node.url, getRequest(...keys)).catch(() => undefined);
    const read = answer?.status === 200 ? readAnswer(answer.text) : undefined;
    const found = read?.code === 1000 ? read.resultObjs.length : undefined;
    this.#history.reads.push({ of: id, at: node.name, found, expected: numbers.length });
  }

  async #send(url: string, xml: string): Promise<Pick<Write, 'verdict' | 'answer'>> {
    try {
      return verdictOf(await this.#post(url, xml));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      return { verdict: code === 'ECONNREFUSED' ? 'refused' : 'unanswered', answer: code };
    }
  }

  #post(url: string, body: string): Promise<Received> {
    const headers = { 'content-type': 'text/xml; charset=utf-8' };
    const signal = AbortSignal.timeout(PATIENCE);
    return this.#login.send(`${url}/sppp`, { method: 'POST', headers, body, signal });
  }
}

function verdictOf({ status, headers, text }: Received): Pick<Write, 'verdict' | 'answer'> {
  if (status === 200) {
    const { code, msg } = readAnswer(text);
    if (code === 1000) return { verdict: 'acknowledged', answer: '1000' };
    return { verdict: code === 2300 ? 'refused' : 'strange', answer: `${code} ${msg}` };
  }
  const answer = `HTTP ${status} ${text.slice(0, 200)}`;
  if (status === 503) return { verdict: 'refused', answer };
  // After a failover the nonces that nodes share are stale, perhaps twice: what is shared anew needs both nodes.
  if (status === 401 && /stale=true/i.test(String(headers['www-authenticate']))) return { verdict: 'refused', answer };
  // A proxy's words for: it was sent, and no answer came.
  if (status === 502 || status === 504) return { verdict: 'unanswered', answer };
  return { verdict: 'strange', answer };
}

function newNumbers(count: number): string[] {
  return Array.from({ length: count }, () => `+1${String(nextNumber++).padStart(9, '0')}`);
}
