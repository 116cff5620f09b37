import type { Socket } from 'node:net';
import type { Assignment, Question, ToPrimary, Topic, ToWorker, WorkerState } from './messages.js';

/** The ports that a process answers at and others have opened: it is handed their connections. */
export interface Ports extends Pick<Assignment, 'addresses'> {
  /** Takes the connections of a listener, an index of `addresses`, from now on. Nothing has been read from them. */
  take(listener: number, connected: (socket: Socket) => void): void;
}

/** A worker's connection to the primary of its node. */
export class PrimaryLink implements Ports {
  /** Resolves when this worker is to end: the primary tells it so, or the process got SIGINT or SIGTERM. */
  readonly stopped: Promise<void>;
  /** Is aborted when the whole node stops: no other worker takes this one's place. */
  readonly nodeStops: AbortSignal;
  readonly #takers = new Map<number, (socket: Socket) => void>();
  readonly #answers = new Map<Question, () => unknown>();
  readonly #heard = new Map<Topic, (news: never) => void>();
  readonly #states = new Map<number, (states: readonly WorkerState[]) => void>();
  #ids = 0;
  #left: () => void = () => undefined;

  #assignment: Assignment | undefined;

  private constructor(begin: (link: PrimaryLink) => void) {
    const nodeStops = new AbortController();
    this.nodeStops = nodeStops.signal;
    this.stopped = new Promise((resolve) => {
      nodeStops.signal.addEventListener('abort', () => resolve());
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      process.on('message', (message: ToWorker, socket?: Socket) => {
        if (message.kind === 'stop') nodeStops.abort();
        else if (message.kind !== 'begin') void this.#receive(message, socket);
        else {
          this.#assignment = message.assignment;
          begin(this);
        }
      });
    });
    tell({ kind: 'here' });
  }

  /** Waits for what the primary wants this process to do. */
  static open(): Promise<PrimaryLink> {
    return new Promise((resolve) => new PrimaryLink(resolve));
  }

  get assignment(): Assignment {
    if (this.#assignment === undefined) throw new Error('the primary has not said what to do');
    return this.#assignment;
  }

  get addresses(): Assignment['addresses'] {
    return this.assignment.addresses;
  }

  take(listener: number, connected: (socket: Socket) => void): void {
    this.#takers.set(listener, connected);
  }

  /** Answers what the primary asks. */
  answer(question: Question, answer: () => unknown): void {
    this.#answers.set(question, answer);
  }

  /** Hears what other workers tell about a topic. Returns a function that tells them something. */
  share<News>(topic: Topic, heard: (news: News) => void): (news: News) => void {
    this.#heard.set(topic, heard);
    return (news) => tell({ kind: 'news', topic, news });
  }

  /** All workers that serve, in their order. */
  states(): Promise<readonly WorkerState[]> {
    const id = ++this.#ids;
    return new Promise((resolve) => {
      this.#states.set(id, resolve);
      tell({ kind: 'askStates', id });
    });
  }

  /** Says that this worker answers requests: connections come from now on. */
  ready(): void {
    tell({ kind: 'ready' });
  }

  /** Says why this worker cannot start, or has failed, and ends the process. */
  failed(reason: string): void {
    const message: ToPrimary = { kind: 'failed', reason };
    process.send?.(message, undefined, {}, () => process.exit(1));
  }

  /** Says that this worker is about to end. Resolves when it has every connection that it gets, if the node goes on. */
  leaving(): Promise<void> {
    return new Promise((resolve) => {
      this.#left = resolve;
      tell({ kind: 'leaving' });
    });
  }

  /** Ends the process, once all messages are sent. */
  end(): void {
    process.disconnect();
  }

  async #receive(message: Exclude<ToWorker, { kind: 'begin' | 'stop' }>, socket: Socket | undefined): Promise<void> {
    switch (message.kind) {
      case 'connection':
        // First: what is read from now on cannot be given to another worker.
        tell({ kind: 'accepted', id: message.id });
        if (socket === undefined) return; // It was closed on its way.
        return this.#takers.get(message.listener)?.(socket);
      case 'left':
        return this.#left();
      case 'ask': {
        const answer = await this.#answers.get(message.question)?.();
        return tell({ kind: 'answer', id: message.id, answer });
      }
      case 'states': {
        const resolve = this.#states.get(message.id);
        this.#states.delete(message.id);
        return resolve?.(message.states);
      }
      case 'news':
        return this.#heard.get(message.topic)?.(message.news as never);
    }
  }
}

function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}
