import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Pipelined requests of one connection that wait for earlier answers; a further one ends the connection. */
const MAX_WAITING = 256;

/** Limits of reading from a connection that is closing: between two pieces, in all, and bytes. */
const STALL_MS = 1000;
const MAX_CLOSING_MS = 10_000;
const MAX_DISCARDED_BYTES = 67_108_864;

/** A request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Passes both to the routes. */
  readonly begin: () => void;
}

/** State that all connections share. */
export interface Shared {
  /** Calls back in a later turn of the event loop. */
  readonly turn: (begin: () => void) => void;
  /** Connections that are not idle. */
  readonly busy: Set<Connection>;
  /** The bytes of an answer that a client has to read within a number of checks. */
  readonly pace: { readonly bytes: number; readonly checks: number };
}

/**
 * A client's connection. Of pipelined requests (RFC 9112 §9.3.2) each begins when the one before it is answered. When no
 * further request can be read, the requests that were read are answered before the connection closes, and nothing else is
 * written. After the last answer the connection is closed for sending, and for some time its input is read and discarded:
 * otherwise the system would answer further bytes with a reset, which can destroy that answer (RFC 9112 §9.6).
 */
export class Connection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  #underWay: Exchange | undefined;
  #waiting: Exchange[] = [];
  #last: IncomingMessage | undefined;
  /** No further request is accepted. */
  #isEnding = false;
  #isClosing = false;
  /** The response to a request that cannot be read. */
  #refusal: string | undefined;
  /** Bytes that were discarded. */
  #discarded = 0;
  #stalled: NodeJS.Timeout | undefined;
  /** Checks in a row at which the client had bytes to read, and the bytes that it had read before them. */
  #checks = 0;
  #read = 0;

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    socket.once('close', () => shared.busy.delete(this));
    // Node calls it after the last answer.
    socket.destroySoon = () => this.#close();
  }

  /** Accepts a request whose headers were read. */
  take(exchange: Exchange): void {
    if (this.#isEnding) return;
    if (this.#waiting.length === MAX_WAITING) {
      this.#isEnding = true;
      setImmediate(() => this.#stopParsing()); // Not now: the parser is running.
      return;
    }
    this.#last = exchange.request;
    if (this.#underWay === undefined && this.#waiting.length === 0) this.#begin(exchange);
    else this.#waiting.push(exchange);
  }

  /**
   * Ends the connection because no further request can be read: its bytes are malformed, or none come. `refusal` is the
   * response to a request that has begun. Stray bytes may belong to the client's earlier request; they get no response then.
   *
   * @returns false if the connection was ending already
   */
  fail(refusal: string, isStray: boolean): boolean {
    if (this.#isEnding) return false;
    this.#isEnding = true;
    this.#stopParsing();
    const last = this.#waiting.at(-1) ?? this.#underWay;
    const isCut = last?.request.complete === false;
    if (isCut) this.#waiting = this.#waiting.filter((exchange) => exchange !== last);
    else if (last?.response.headersSent === false) last.response.shouldKeepAlive = false;
    const isIdle = last === undefined && (this.#last === undefined || (this.#last.complete && !isStray));
    const isUnanswered = isCut && !last.response.headersSent;
    if (isIdle || isUnanswered) this.#refusal = refusal;
    const isFree = this.#underWay === undefined && this.#waiting.length === 0;
    if (isFree || (isUnanswered && this.#underWay === last)) this.#refuse();
    return true;
  }

  /** Cuts the connection if its client reads an answer too slowly. Call it at regular intervals while it is busy. */
  checkPace(): void {
    const { bytesWritten, writableLength } = this.#socket;
    const read = bytesWritten - writableLength;
    if (writableLength > 0) this.#checks += 1;
    else [this.#checks, this.#read] = [0, read];
    const { bytes, checks } = this.#shared.pace;
    if (this.#checks < checks) return;
    if (read - this.#read < bytes) this.#socket.destroy();
    [this.#checks, this.#read] = [0, read];
  }

  #begin(exchange: Exchange): void {
    this.#underWay = exchange;
    this.#shared.busy.add(this);
    exchange.response.once('close', () => this.#answered());
    exchange.begin();
  }

  #answered(): void {
    this.#underWay = undefined;
    if (this.#isClosing || this.#socket.destroyed) this.#waiting = [];
    else if (this.#waiting.length > 0) this.#shared.turn(() => this.#next());
    else if (this.#isEnding) this.#refuse();
    else this.#shared.busy.delete(this);
  }

  #next(): void {
    const exchange = this.#socket.destroyed ? undefined : this.#waiting.shift();
    if (exchange !== undefined) this.#begin(exchange);
  }

  #refuse(): void {
    // Nothing may follow the refusal, in particular no answer that is still being made.
    if (this.#refusal !== undefined && this.#socket.writable) this.#socket.end(this.#refusal);
    this.#close();
  }

  /** Closes the connection once the rest of its last request was read or the client stalls. */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#isEnding = true;
    this.#shared.busy.add(this);
    const socket = this.#socket;
    if (this.#last?.complete === false) {
      this.#last.once('end', () => this.#end()).resume();
      this.#listen();
      this.#discard();
    } else {
      socket.once('finish', () => this.#discard());
      this.#end();
    }
  }

  #end(): void {
    this.#stopParsing();
    this.#socket.end();
  }

  /** Discards all input. If the client stalls, closes the connection for sending, and then altogether. */
  #discard(): void {
    const socket = this.#socket;
    const leave = () => Socket.prototype.destroySoon.call(socket);
    const giveUp = (discarded: number) => {
      if (this.#discarded > discarded) return;
      if (socket.writableEnded) return leave();
      this.#end();
      stalled.refresh();
    };
    // After the event loop has read the socket again: it may have been this process that took so long.
    const stalled = setTimeout(() => setImmediate(giveUp, this.#discarded), STALL_MS);
    const late = setTimeout(leave, MAX_CLOSING_MS);
    this.#stalled = stalled;
    socket.once('close', () => {
      clearTimeout(stalled);
      clearTimeout(late);
    });
  }

  /** Reads no further requests, but still reads: otherwise a disconnect of the client would not be noticed. */
  #stopParsing(): void {
    this.#socket.removeAllListeners('data');
    this.#listen();
  }

  /** Listens to the socket beside the parser, or in its place. */
  #listen(): void {
    const socket = this.#socket;
    const listen = () => socket.off('data', this.#onData).on('data', this.#onData);
    // A listener takes the socket away from Node's parser, which resumes reading by itself a little later.
    setImmediate(() => {
      if (socket.readableFlowing) listen();
      else socket.once('resume', listen).resume();
    });
  }

  readonly #onData = ({ length }: Buffer): void => {
    this.#discarded += length;
    if (this.#discarded > MAX_DISCARDED_BYTES) this.#socket.destroy();
    this.#stalled?.refresh();
  };
}
