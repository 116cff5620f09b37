import { setMaxListeners } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientDisconnectedError } from '../operations/client-disconnected.js';

/** How long requests are still refused with 503 before the server stops listening: for clients between two requests. */
const REFUSE_BEFORE_STOP_MS = 250;

/** How long a worker that ends alone still answers what its connections ask, one more request on each. */
const LEAVE_MS = 10_000;

/**
 * The shutdown of a server: it answers the requests under way, refuses new ones, and closes connections without a complete
 * request, so that no client can prevent it.
 */
export class Drain {
  /** The last response of each connection: pipelined requests are answered in order. */
  readonly #latest = new Map<Socket, ServerResponse>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #clients = new WeakMap<Socket, AbortController>();
  /** Clients that disconnected during the shutdown, and whose requests may finish all the same. */
  readonly #disconnected = new Set<AbortController>();
  #isLeaving = false;
  #hasBegun = false;
  #isOver = false;

  /** Whether new requests are refused. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Counts a request as under way until its response is sent or its client disconnects. */
  enter(socket: Socket, response: ServerResponse): void {
    if (!this.#latest.has(socket)) socket.once('close', () => this.#latest.delete(socket));
    this.#latest.set(socket, response);
    if (this.#isLeaving) response.shouldKeepAlive = false;
  }

  /**
   * The signal that is aborted when the client of a connection disconnects. During the shutdown it is aborted only at the
   * end, since a balancer may have cut off a client whose request is complete.
   */
  disconnected(socket: Socket): AbortSignal {
    const known = this.#clients.get(socket);
    if (known !== undefined) return known.signal;
    const client = new AbortController();
    setMaxListeners(0, client.signal); // As many as there are requests under way.
    this.#clients.set(socket, client);
    const leave = () => {
      if (this.#hasBegun && !this.#isOver) this.#disconnected.add(client);
      else client.abort(new ClientDisconnectedError());
    };
    if (socket.destroyed) leave();
    else socket.once('close', leave);
    return client.signal;
  }

  /** Waits for work that the shutdown waits for as well, even if its client has disconnected. Rejects as the work does. */
  async finish<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  /**
   * Answers requests as before, and closes each connection after that: for a worker that gets no further connections while the
   * node goes on, so that its clients notice nothing. Connections on which nobody asks anything are left to `end`.
   *
   * @param closed resolves when there are no connections
   * @param nodeStops ends this at once
   */
  async leave(closed: Promise<void>, nodeStops: AbortSignal): Promise<void> {
    this.#isLeaving = true;
    for (const [, response] of this.#underWay()) response.shouldKeepAlive = false;
    await Promise.race([closed, delay(LEAVE_MS, undefined, { ref: false, signal: nodeStops }).catch(() => undefined)]);
  }

  /**
   * Ends the server.
   *
   * @param connections how many there are
   * @param stop stops listening, and resolves when all connections are closed
   * @param timeout milliseconds that requests under way may take; then their connections are cut and they are given up
   */
  async end(server: Server, connections: () => number, stop: () => Promise<unknown>, timeout: number): Promise<void> {
    this.#hasBegun = true;
    for (const [, response] of this.#underWay()) response.shouldKeepAlive = false;
    if (connections() > 0) await delay(REFUSE_BEFORE_STOP_MS);
    const stopped = stop();
    const allDone = this.#answered().then(() => Promise.allSettled(this.#work));
    await Promise.race([allDone, delay(timeout, undefined, { ref: false })]);
    this.#isOver = true;
    for (const client of this.#disconnected) client.abort(new ClientDisconnectedError());
    server.closeAllConnections();
    await stopped;
    await Promise.allSettled(this.#work);
  }

  /** Connections with an answer that is not sent, or that are closing after their last. */
  #underWay(): [Socket, ServerResponse][] {
    return [...this.#latest].filter(([, { writableFinished, shouldKeepAlive, destroyed }]) =>
      writableFinished ? !shouldKeepAlive : !destroyed,
    );
  }

  async #answered(): Promise<void> {
    for (let left = this.#underWay(); left.length > 0; left = this.#underWay()) {
      const ends = left.map(([socket, response]) => (response.writableFinished ? socket : response));
      await Promise.all(ends.map((end) => new Promise((resolve) => end.once('close', resolve))));
    }
  }
}
