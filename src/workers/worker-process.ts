import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import type { Receiver } from './dispatcher.js';
import type { Assignment, Question, ToPrimary, ToWorker } from './messages.js';

/** Milliseconds in which a worker answers a question. */
const ANSWER_MS = 1000;

/** Milliseconds in which a worker takes a connection; then the connection is given up, as the worker may have it. */
const TAKE_MS = 30_000;

/** What the primary does about a worker's messages. */
export interface Reactions {
  ready(): void;
  leaving(): void;
  /** To be passed on to all other workers. */
  news(message: ToPrimary & { kind: 'news' }): void;
  askStates(id: number): void;
  /** After its last message. */
  ended(end: End): void;
}

export interface End {
  /** Milliseconds since it began to answer requests. */
  readonly servedMs: number;
  /** The reason for which it could not start, if it told one. */
  readonly reason: string | undefined;
  readonly signal: string | undefined;
  readonly exitCode: number | undefined;
}

/** A worker as the primary has it. */
export class WorkerProcess implements Receiver {
  readonly number: number;
  readonly startedAt = new Date();
  readonly #worker: Worker;
  readonly #connections = new Map<number, (isTaken: boolean) => void>();
  readonly #questions = new Map<number, (answer: unknown) => void>();
  #ids = 0;
  #readyAt: number | undefined;
  #hasEnded = false;
  #reason: string | undefined;

  constructor(worker: Worker, assignment: Assignment, reactions: Reactions) {
    this.#worker = worker;
    this.number = assignment.number;
    worker.on('error', () => undefined); // A message that could not be sent: it ends, or has ended.
    worker.on('message', (message: ToPrimary) => {
      switch (message.kind) {
        case 'here':
          return this.send({ kind: 'begin', assignment });
        case 'ready':
          this.#readyAt = performance.now();
          return reactions.ready();
        case 'failed':
          this.#reason = message.reason;
          return;
        case 'leaving':
          reactions.leaving();
          return this.send({ kind: 'left' });
        case 'accepted':
          return settle(this.#connections, message.id, true);
        case 'answer':
          return settle(this.#questions, message.id, message.answer);
        case 'askStates':
          return reactions.askStates(message.id);
        case 'news':
          return reactions.news(message);
      }
    });
    // `exit` may come before the last messages, `disconnect` comes after them; without a channel there is only `exit`.
    const end = () => {
      if (this.#hasEnded || worker.isConnected() || !worker.isDead()) return;
      this.#hasEnded = true;
      for (const id of this.#connections.keys()) settle(this.#connections, id, false);
      for (const id of this.#questions.keys()) settle(this.#questions, id, undefined);
      const { exitCode, signalCode } = worker.process;
      reactions.ended({
        servedMs: this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt,
        reason: this.#reason,
        signal: signalCode ?? undefined,
        exitCode: exitCode ?? undefined,
      });
    };
    worker.on('exit', end);
    worker.on('disconnect', end);
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** Whether it answers requests. */
  get isReady(): boolean {
    return this.#readyAt !== undefined;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  send(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal);
  }

  /** The worker's answer; undefined if it ends before, or takes longer than a second. */
  ask(question: Question): Promise<unknown> {
    if (!this.isReady || this.#hasEnded) return Promise.resolve(undefined);
    const id = ++this.#ids;
    return new Promise((resolve) => {
      const late = setTimeout(() => settle(this.#questions, id, undefined), ANSWER_MS);
      this.#questions.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      this.send({ kind: 'ask', id, question });
    });
  }

  give(listener: number, socket: Socket): Promise<boolean> {
    if (this.#hasEnded || !this.#worker.isConnected()) return Promise.resolve(false);
    const id = ++this.#ids;
    return new Promise((resolve) => {
      const late = setTimeout(() => settle(this.#connections, id, true), TAKE_MS).unref();
      this.#connections.set(id, (isTaken) => {
        clearTimeout(late);
        resolve(isTaken);
      });
      const message: ToWorker = { kind: 'connection', id, listener };
      // The descriptor stays open here until the worker says that it has its own.
      this.#worker.process.send(message, socket, { keepOpen: true }, (error) => {
        if (error !== null) settle(this.#connections, id, false);
      });
    });
  }
}

/** Calls back whoever waits for an answer, once. */
function settle<Value>(waiting: Map<number, (value: Value) => void>, id: number, value: Value): void {
  const resolve = waiting.get(id);
  waiting.delete(id);
  resolve?.(value);
}
