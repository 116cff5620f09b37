import { setMaxListeners } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ClientDisconnectedError } from '../operations/client-disconnected.js';

/** Milliseconds for clients between two requests: one that comes yet is told that this is the end. */
const LINGER = 250;

/**
 * The end of a server. What is under way is answered, what comes then is refused, and connections without a request are
 * closed, whatever has been sent of one: nobody can keep a server from ending.
 */
export class Drain {
  /** By connection. Of several requests in a row the last is answered last. */
  readonly #latest = new Map<Socket, ServerResponse>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #clients = new WeakMap<Socket, AbortController>();
  /** Clients that are gone, and whose requests may take the time of the end all the same. */
  readonly #left = new Set<AbortController>();
  #hasBegun = false;
  #isOver = false;

  /** No more requests are taken. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** A request has come, which is under way until its response has been sent, or its client is gone. */
  enter(socket: Socket, response: ServerResponse): void {
    if (!this.#latest.has(socket)) socket.once('close', () => this.#latest.delete(socket));
    this.#latest.set(socket, response);
  }

  /**
   * Aborted once nobody waits for the answers on a connection. During the end, what was read whole may take the time of
   * that: whoever sent it cannot but go.
   */
  disconnected(socket: Socket): AbortSignal {
    const known = this.#clients.get(socket);
    if (known !== undefined) return known.signal;
    const client = new AbortController();
    setMaxListeners(0, client.signal); // As many as there are requests under way.
    this.#clients.set(socket, client);
    const leave = () => {
      if (this.#hasBegun && !this.#isOver) this.#left.add(client);
      else client.abort(new ClientDisconnectedError());
    };
    if (socket.destroyed) leave();
    else socket.once('close', leave);
    return client.signal;
  }

  /** Waits for work, which the end waits for as well, even if its client is gone by then. Throws what it throws. */
  async finish<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  /**
   * Ends the server.
   *
   * @param stop makes it accept no more connections, and resolves when all are closed
   * @param timeout milliseconds that what is under way may take; then its connections are cut and it is given up
   */
  async end(server: Server, stop: () => Promise<unknown>, timeout: number): Promise<void> {
    this.#hasBegun = true;
    for (const [, response] of this.#underWay()) response.shouldKeepAlive = false;
    if ((await promisify(server.getConnections.bind(server))()) > 0) await delay(LINGER);
    const stopped = stop();
    const allDone = this.#answered().then(() => Promise.allSettled(this.#work));
    await Promise.race([allDone, delay(timeout, undefined, { ref: false })]);
    this.#isOver = true;
    for (const client of this.#left) client.abort(new ClientDisconnectedError());
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
