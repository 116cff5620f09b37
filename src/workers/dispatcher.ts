import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Connections that may wait for a worker; a further one is closed. They wait while all workers start anew. */
const MAX_WAITING = 1024;

/** Milliseconds that a connection waits for a worker; then it is closed. */
const WAIT_MS = 30_000;

export interface ListenAt {
  readonly host: string;
  readonly port: number;
}

/** Takes connections, one at a time. */
export interface Receiver {
  /** Resolves when it has the connection: true, or false if it ended before, and has read nothing of the connection. */
  give(listener: number, socket: Socket): Promise<boolean>;
}

interface Connection {
  readonly listener: number;
  readonly socket: Socket;
}

/**
 * Accepts connections and gives each to a worker, in turn, as long as it has taken the one before: a worker that is busy gets
 * fewer. A connection stays here until a worker has it. So if a worker dies, another gets what it had not taken, and nothing
 * is refused while no worker is there. Neither holds for ports that workers listen at themselves, be it by node:cluster or by
 * SO_REUSEPORT: with a process dies what waits for it.
 */
export class Dispatcher {
  readonly #servers: Server[] = [];
  readonly #receivers = new Set<Receiver>();
  /** Receivers without a connection that they have not taken; the one whose turn it is first. */
  readonly #free = new Set<Receiver>();
  readonly #waiting = new Set<Connection>();
  #isClosed = false;

  /** Listens at further addresses. Rejects if it cannot listen at one of them. */
  async listen(at: readonly ListenAt[]): Promise<AddressInfo[]> {
    const addresses: AddressInfo[] = [];
    for (const { host, port } of at) addresses.push(await this.#listen(host, port, this.#servers.length));
    return addresses;
  }

  /** Gives connections to this receiver, too. */
  add(receiver: Receiver): void {
    this.#receivers.add(receiver);
    this.#free.add(receiver);
    this.#match();
  }

  /** Gives no further connections to this receiver. */
  remove(receiver: Receiver): void {
    this.#receivers.delete(receiver);
    this.#free.delete(receiver);
  }

  /** Listens no more, and closes connections that no worker has. */
  close(): void {
    this.#isClosed = true;
    for (const server of this.#servers) server.close();
    for (const { socket } of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  async #listen(host: string, port: number, listener: number): Promise<AddressInfo> {
    // Nothing is read here. The system keeps these properties when the worker gets the connection.
    const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      this.#wait({ listener, socket });
    });
    this.#servers.push(server);
    server.listen(port, host);
    await once(server, 'listening');
    server.on('error', () => undefined);
    return server.address() as AddressInfo;
  }

  #wait(connection: Connection): void {
    const { socket } = connection;
    if (this.#waiting.size >= MAX_WAITING) {
      socket.destroy();
      return;
    }
    this.#waiting.add(connection);
    const late = setTimeout(() => {
      if (this.#waiting.delete(connection)) socket.destroy();
    }, WAIT_MS).unref();
    socket.once('close', () => clearTimeout(late));
    this.#match();
  }

  #match(): void {
    for (const connection of this.#waiting) {
      const [receiver] = this.#free;
      if (receiver === undefined) return;
      this.#waiting.delete(connection);
      this.#free.delete(receiver);
      void this.#give(connection, receiver);
    }
  }

  async #give(connection: Connection, receiver: Receiver): Promise<void> {
    const { listener, socket } = connection;
    const isTaken = await receiver.give(listener, socket);
    if (this.#receivers.has(receiver)) this.#free.add(receiver);
    if (isTaken || this.#isClosed)
      socket.destroy(); // The worker has it under a descriptor of its own.
    else this.#waiting.add(connection);
    this.#match();
  }
}
