import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** The header section as it came. */
  readonly head: string;
  readonly body: Buffer;
}

/** Nowhere else in an answer: ours are on one line. */
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/** A request body: whole, or as it is made; the latter is sent in chunks. */
export type Body = Buffer | AsyncIterable<Buffer>;

/**
 * One kept HTTP/1.1 connection, one request after the other. Client, server and database share the cores of the machine,
 * so it does no more than the bench needs: answers with a length or in chunks, no redirects, no compression.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #size = 0;
  #head: { status: number; text: string; end: number; length: number | undefined } | undefined;
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static async open({ hostname, port }: URL): Promise<Connection> {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  get isOpen(): boolean {
    return this.#socket.writable && !this.#socket.destroyed;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** `head` is the request line and the header fields except the body's length, each with its line end. */
  async ask(head: string, body: Body): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    if (Buffer.isBuffer(body)) {
      const start = Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`, 'latin1');
      if (body.length < 16_384) this.#socket.write(Buffer.concat([start, body]));
      else {
        this.#socket.write(start);
        this.#socket.write(body);
      }
      return answer;
    }
    answer.catch(() => undefined);
    await this.#write(Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`, 'latin1'));
    for await (const chunk of body) {
      if (!this.isOpen || this.#waiting === undefined) break;
      await this.#write(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
    }
    await this.#write(Buffer.from('0\r\n\r\n'));
    return answer;
  }

  async #write(bytes: Buffer): Promise<void> {
    const socket = this.#socket;
    if (socket.write(bytes) || !this.isOpen) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        socket.off('drain', goOn).off('close', goOn);
        resolve();
      };
      socket.on('drain', goOn).on('close', goOn);
    });
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#size += chunk.length;
    if (this.#head === undefined) this.#readHead();
    const head = this.#head;
    if (head === undefined) return;
    if (head.length === undefined) {
      const tail = chunk.length >= LAST_CHUNK.length ? chunk : Buffer.concat(this.#received.slice(-LAST_CHUNK.length));
      if (!tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return;
      this.#settle(head, unchunked(this.#take().subarray(head.end)));
    } else if (this.#size >= head.end + head.length) {
      this.#settle(head, this.#take().subarray(head.end));
    }
  }

  #readHead(): void {
    const bytes = this.#take();
    this.#received = [bytes];
    this.#size = bytes.length;
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const text = bytes.toString('latin1', 0, end);
    const status = Number(text.slice(9, 12));
    const length = /^content-length: *(\d+)/im.exec(text)?.[1];
    this.#head = { status, text, end: end + 4, length: length === undefined ? undefined : Number(length) };
  }

  #take(): Buffer {
    const [first] = this.#received;
    const all = this.#received.length === 1 && first !== undefined ? first : Buffer.concat(this.#received);
    this.#received = [];
    this.#size = 0;
    return all;
  }

  #settle({ status, text }: { status: number; text: string }, body: Buffer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#head = undefined;
    if (/^connection: *close/im.test(text)) this.#socket.destroy();
    waiting?.resolve({ status, head: text, body });
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
