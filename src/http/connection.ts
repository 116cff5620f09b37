import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Requests of one connection that wait for the answers before theirs; with a further one the connection ends. */
const MAX_WAITING = 256;

/** How long a connection that ends is read from: milliseconds between two pieces, and in all; bytes. */
const STALL_MS = 1000;
const PATIENCE_MS = 10_000;
const MAX_HEARD = 67_108_864;

/** A request and its answer to be. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Hands both to the routes. */
  readonly begin: () => void;
}

/** What connections share. */
export interface Shared {
  /** Calls back when it is this one's turn. */
  readonly turn: (begin: () => void) => void;
  /** Connections that are not idle. */
  readonly busy: Set<Connection>;
  /** Bytes of an answer that a client takes at least in so many looks. */
  readonly pace: { readonly bytes: number; readonly looks: number };
}

/**
 * A client's connection. Of requests that are sent without waiting for answers (RFC 9112 §9.3.2) one is begun when the
 * one before it is answered. When no more can be read, those that were read are answered before the connection closes,
 * and nothing is written but their answers. After the last of them the connection is read from for some time, and closed
 * for sending before it is left: else the system would answer what still comes with a reset, which can take that answer
 * from the client (RFC 9112 §9.6).
 */
export class Connection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  #underWay: Exchange | undefined;
  #waiting: Exchange[] = [];
  #last: IncomingMessage | undefined;
  /** No more requests are taken. */
  #isEnding = false;
  #isClosing = false;
  /** What is said to a client whose request cannot be read. */
  #refusal: string | undefined;
  /** Bytes that were thrown away. */
  #heard = 0;
  #stalled: NodeJS.Timeout | undefined;
  /** Looks in a row at which there was something to be taken, and bytes that had been taken before. */
  #looks = 0;
  #taken = 0;

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    socket.once('close', () => shared.busy.delete(this));
    // Node calls it when the last answer is sent.
    socket.destroySoon = () => this.#close();
  }

  /** Takes a request whose headers have come. */
  take(exchange: Exchange): void {
    if (this.#isEnding) return;
    if (this.#waiting.length === MAX_WAITING) {
      this.#isEnding = true;
      setImmediate(() => this.#stopParsing()); // Now the parser is at work.
      return;
    }
    this.#last = exchange.request;
    if (this.#underWay === undefined && this.#waiting.length === 0) this.#begin(exchange);
    else this.#waiting.push(exchange);
  }

  /**
   * Nothing more can be read, because of what has come or because nothing comes. `refusal` is the answer to a request
   * that was begun. What is stray may as well be the end of a client's earlier request, and is not answered then.
   * Whether that was news.
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

  /** Cuts the connection if its client takes less of an answer than it has to: called regularly while it is busy. */
  look(): void {
    const { bytesWritten, writableLength } = this.#socket;
    const taken = bytesWritten - writableLength;
    if (writableLength > 0) this.#looks += 1;
    else [this.#looks, this.#taken] = [0, taken];
    const { bytes, looks } = this.#shared.pace;
    if (this.#looks < looks) return;
    if (taken - this.#taken < bytes) this.#socket.destroy();
    [this.#looks, this.#taken] = [0, taken];
  }

  #begin(exchange: Exchange): void {
    this.#underWay = exchange;
    this.#shared.busy.add(this);
    exchange.response.once('close', () => this.#goOn());
    exchange.begin();
  }

  /** After an answer. */
  #goOn(): void {
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
    // Nothing may follow it: an answer that is still being made least of all.
    if (this.#refusal !== undefined && this.#socket.writable) this.#socket.end(this.#refusal);
    this.#close();
  }

  /** Closes the connection, when the rest of its last request has come or the client stalls. */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#isEnding = true;
    this.#shared.busy.add(this);
    const socket = this.#socket;
    if (this.#last?.complete === false) {
      this.#last.once('end', () => this.#end()).resume();
      this.#listen();
      this.#hear();
    } else {
      socket.once('finish', () => this.#hear());
      this.#end();
    }
  }

  #end(): void {
    this.#stopParsing();
    this.#socket.end();
  }

  /** Throws away what comes. A client that stalls is told that this is the end, then left. */
  #hear(): void {
    const socket = this.#socket;
    const leave = () => Socket.prototype.destroySoon.call(socket);
    const giveUp = (heard: number) => {
      if (this.#heard > heard) return;
      if (socket.writableEnded) return leave();
      this.#end();
      stalled.refresh();
    };
    // After the next look at what has come: it may have been us who took so long.
    const stalled = setTimeout(() => setImmediate(giveUp, this.#heard), STALL_MS);
    const late = setTimeout(leave, PATIENCE_MS);
    this.#stalled = stalled;
    socket.once('close', () => {
      clearTimeout(stalled);
      clearTimeout(late);
    });
  }

  /** What comes now is no request. It is read all the same: else nobody would notice that the client is gone. */
  #stopParsing(): void {
    this.#socket.removeAllListeners('data');
    this.#listen();
  }

  /** Besides the parser, or in its place. */
  #listen(): void {
    const socket = this.#socket;
    const listen = () => socket.off('data', this.#hearing).on('data', this.#hearing);
    // A listener takes the socket from Node's parser, which alone begins to read again, and that a little later.
    setImmediate(() => {
      if (socket.readableFlowing) listen();
      else socket.once('resume', listen).resume();
    });
  }

  readonly #hearing = ({ length }: Buffer): void => {
    this.#heard += length;
    if (this.#heard > MAX_HEARD) this.#socket.destroy();
    this.#stalled?.refresh();
  };
}
