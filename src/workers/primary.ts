import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { OperatorError } from '../operator-error.js';
import { BackOff } from './back-off.js';
import { Dispatcher, type ListenAt } from './dispatcher.js';
import type { Assignment, Question, ToPrimary, WorkerState } from './messages.js';
import { type End, WorkerProcess } from './worker-process.js';

export interface WorkersOptions extends Pick<Assignment, 'command' | 'databaseUrl' | 'lookupDatabaseUrl' | 'workers'> {
  /** The program of a worker. */
  readonly program: URL;
  /** Where connections come in. */
  readonly listen: readonly ListenAt[];
  /** Milliseconds that requests under way may take when the node stops. */
  readonly drainTimeout: number;
  readonly log: Logger;
}

/** While the node stops, workers refuse new requests with 503 for that long, before the ports are closed. */
const REFUSE_BEFORE_STOP_MS = 250;

/** Milliseconds after the drain timeout in which a worker has to end. */
const END_MS = 10_000;

/** The workers of a node: the primary keeps as many as there are to be, and gives them the connections. */
export class Workers {
  /** Where clients connect. */
  readonly addresses: readonly AddressInfo[];
  readonly #options: WorkersOptions;
  readonly #dispatcher: Dispatcher;
  readonly #nodeStartedAt = new Date();
  readonly #processes = new Set<WorkerProcess>();
  readonly #waits = new Set<NodeJS.Timeout>();
  #replaced = 0;
  #areUp = false;
  #isStopping = false;
  /** Called when a worker is ready, or has ended. */
  #changed: (failure?: string) => void = () => undefined;

  private constructor(options: WorkersOptions, dispatcher: Dispatcher, addresses: readonly AddressInfo[]) {
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.addresses = addresses;
  }

  /**
   * Listens, and starts the workers. Resolves when all of them answer requests.
   *
   * @throws OperatorError if a worker cannot start, with its reason; and what `listen` throws
   */
  static async start(options: WorkersOptions): Promise<Workers> {
    const cores = availableParallelism();
    if (options.workers > cores) options.log.warn({ cores }, `SPPP_WORKERS=${options.workers}: more than cores`);
    const dispatcher = new Dispatcher();
    try {
      const workers = new Workers(options, dispatcher, await dispatcher.listen(options.listen));
      await workers.#startAll();
      return workers;
    } catch (error) {
      dispatcher.close();
      throw error;
    }
  }

  /** Workers that answer requests. */
  get serving(): number {
    return [...this.#processes].filter(({ isReady, hasEnded }) => isReady && !hasEnded).length;
  }

  /** Workers that were started in place of others. */
  get replaced(): number {
    return this.#replaced;
  }

  /** The answers of all workers that serve; undefined for one that does not answer within a second. */
  ask(question: Question): Promise<{ readonly worker: WorkerProcess; readonly answer: unknown }[]> {
    const serving = [...this.#processes].filter(({ isReady }) => isReady);
    return Promise.all(serving.map(async (worker) => ({ worker, answer: await worker.ask(question) })));
  }

  /** Sends all workers a signal. */
  signal(signal: NodeJS.Signals): void {
    for (const worker of this.#processes) worker.signal(signal);
  }

  /** Lets requests under way end, refuses new ones, and ends the workers. Throws an OperatorError if one had to be killed. */
  async close(): Promise<void> {
    this.#isStopping = true;
    for (const wait of this.#waits) clearTimeout(wait);
    for (const worker of this.#processes) worker.send({ kind: 'stop' });
    const ended = this.#until(() => this.#processes.size === 0);
    await Promise.race([ended, delay(REFUSE_BEFORE_STOP_MS, undefined, { ref: false })]);
    this.#dispatcher.close();
    await Promise.race([ended, delay(this.#options.drainTimeout + END_MS, undefined, { ref: false })]);
    const late = [...this.#processes].map(({ number }) => number);
    this.signal('SIGKILL');
    await ended;
    if (late.length > 0) throw new OperatorError(`worker ${late.join(', ')} did not end, and was killed`);
  }

  async #startAll(): Promise<void> {
    cluster.setupPrimary({ exec: fileURLToPath(this.#options.program), args: [], serialization: 'advanced' });
    let failure: string | undefined;
    const up = this.#until((reason) => {
      failure ??= reason;
      return failure !== undefined || this.serving === this.#options.workers;
    });
    for (let number = 1; number <= this.#options.workers; number++) this.#start(number, new BackOff());
    await up;
    if (failure !== undefined) {
      await this.close();
      throw new OperatorError(failure);
    }
    this.#areUp = true;
  }

  #until(isSo: (failure?: string) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = (failure) => {
        if (isSo(failure)) resolve();
      };
      this.#changed();
    });
  }

  #start(number: number, backOff: BackOff): void {
    const { command, databaseUrl, lookupDatabaseUrl, workers, log } = this.#options;
    const assignment = {
      ...{ command, number, workers, databaseUrl, lookupDatabaseUrl },
      ...{ addresses: this.addresses, nodeStartedAt: this.#nodeStartedAt },
    };
    const worker: WorkerProcess = new WorkerProcess(cluster.fork(), assignment, {
      ready: () => {
        log.info({ worker: number, workerPid: worker.pid }, 'worker serves');
        this.#dispatcher.add(worker);
        this.#changed();
      },
      // While the node stops, a worker that stops as well answers 503.
      leaving: () => this.#isStopping || this.#dispatcher.remove(worker),
      news: (message) => this.#passOn(message, worker),
      askStates: async (id) => worker.send({ kind: 'states', id, states: await this.#states() }),
      ended: (end) => {
        this.#processes.delete(worker);
        this.#dispatcher.remove(worker);
        if (this.#areUp && !this.#isStopping) this.#replace(worker, end, backOff);
        this.#changed(reasonOf(end));
      },
    });
    this.#processes.add(worker);
  }

  #replace({ number, pid }: WorkerProcess, end: End, backOff: BackOff): void {
    const wait = backOff.wait(end.servedMs);
    const { signal, exitCode, reason } = end;
    const after = { worker: number, workerPid: pid, signal, exitCode, reason, startsAgainInMs: wait };
    // One that was told to end did no wrong.
    if (exitCode === 0) this.#options.log.info(after, 'worker ended; another one takes its place');
    else this.#options.log.error(after, 'worker died; another one takes its place');
    const timer = setTimeout(() => {
      this.#waits.delete(timer);
      this.#replaced += 1;
      this.#start(number, backOff);
    }, wait);
    this.#waits.add(timer);
  }

  #passOn({ topic, news }: ToPrimary & { kind: 'news' }, from: WorkerProcess): void {
    for (const worker of this.#processes) if (worker !== from) worker.send({ kind: 'news', topic, news });
  }

  async #states(): Promise<WorkerState[]> {
    const answers = await this.ask('queues');
    return answers
      .map(({ worker: { number, pid, startedAt }, answer }) => ({ number, pid, startedAt, queues: answer }))
      .sort((one, other) => one.number - other.number);
  }
}

function reasonOf({ reason, signal, exitCode }: End): string {
  return reason ?? `a worker ended before it served, with ${signal ?? `exit code ${exitCode}`}`;
}
