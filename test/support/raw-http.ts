import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';

/** HTTP/1.1 byte by byte, for what a client library would not let through or would do by itself. */

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; values of lines with the same name are one to a line. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#changed();
    });
    const end = () => {
      this.#ended = true;
      this.#changed();
    };
    socket.on('end', end).on('error', end).on('close', end);
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  write(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** Waits until the system has taken all of it. Rejects if the connection is cut before that. */
  async writeAll(text: string): Promise<void> {
    await promisify((done: (error?: Error | null) => void) => this.#socket.write(text, done))();
  }

  /** The start line and headers of a request. */
  writeHead(method: string, path: string, headers: Record<string, string>): void {
    const lines = Object.entries({ Host: 'registry.example', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    this.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  }

  /** The next answer, an interim one included; its body must have a Content-Length or be absent. */
  async answer(): Promise<RawAnswer> {
    await this.#until(() => this.#received.includes('\r\n\r\n'));
    const end = this.#received.indexOf('\r\n\r\n');
    const [start = '', ...lines] = this.#received.subarray(0, end).toString().split('\r\n');
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const before = headers.get(name);
      const value = line.slice(colon + 1).trim();
      headers.set(name, before === undefined ? value : `${before}\n${value}`);
    }
    const length = Number(headers.get('content-length') ?? 0);
    await this.#until(() => this.#received.length >= end + 4 + length);
    const body = this.#received.subarray(end + 4, end + 4 + length).toString();
    this.#received = this.#received.subarray(end + 4 + length);
    return { status: Number(start.split(' ')[1]), headers, body };
  }

  /** Says that no more will be sent. */
  end(): void {
    this.#socket.end();
  }

  /** The status of the next answer, however its body ends; undefined if the connection is closed without one. */
  async status(): Promise<number | undefined> {
    while (!this.#ended && !this.#received.includes('\r\n')) await this.#change();
    const [, status] = /^HTTP\/1\.1 ([0-9]{3})/.exec(this.#received.toString('latin1')) ?? [];
    return status === undefined ? undefined : Number(status);
  }

  /** Waits until the server has closed the connection. */
  async ended(): Promise<void> {
    while (!this.#ended) await this.#change();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#ended) throw new Error(`the server closed the connection after: ${this.#received.toString()}`);
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
