import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Milliseconds for clients between two requests: one that comes yet is told that this is the end. */
const LINGER = 250;

/**
 * The end of a server. What is under way is answered, what comes then is refused, and connections without a request are
 * closed, whatever has been sent of one: nobody can keep a server from ending.
 */
export class Drain {
  readonly #underWay = new Set<ServerResponse>();
  #hasBegun = false;
  #empty: () => void = () => undefined;

  /** No more requests are taken. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** A request is under way until its response has been sent, or its client is gone. */
  enter(response: ServerResponse): void {
    this.#underWay.add(response);
    response.once('close', () => {
      this.#underWay.delete(response);
      if (this.#underWay.size === 0) this.#empty();
    });
  }

  /**
   * Ends the server.
   *
   * @param stop makes it accept no more connections, and resolves when all are closed
   * @param timeout milliseconds that what is under way may take; then its connections are cut
   */
  async end(server: Server, stop: () => Promise<unknown>, timeout: number): Promise<void> {
    this.#hasBegun = true;
    for (const response of this.#underWay) response.shouldKeepAlive = false;
    const connections = promisify(server.getConnections.bind(server));
    if ((await connections()) > 0) await delay(LINGER);
    const stopped = stop();
    await Promise.race([this.#emptied(), delay(timeout, undefined, { ref: false })]);
    server.closeAllConnections();
    await stopped;
  }

  #emptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#empty = resolve;
      if (this.#underWay.size === 0) resolve();
    });
  }
}
