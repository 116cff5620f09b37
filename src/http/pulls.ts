import { addAbortSignal, PassThrough, pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import { HttpRefusedError } from './http-refused.js';
import { readsGzip } from './weighted-list.js';

export interface PullLimits {
  /** Pulls that are sent at once; each holds a connection to the database. */
  readonly feeds: number;
  /** Milliseconds that one may take in all: the database keeps the state that it shows for that long. */
  readonly feedTimeout: number;
}

/** Opens a pull: lines, some at a time. The signal is aborted when nobody wants them any more. */
type Open = (unwanted: AbortSignal) => AsyncGenerator<string, unknown>;

/** Answers that are read from one state of the database while their clients read them, at the pace of the clients. */
export class Pulls {
  readonly #limits: PullLimits;
  /** What is being sent, by the row id of the registrar. */
  readonly #underWay = new Map<number, string>();

  constructor(limits: PullLimits) {
    this.#limits = limits;
  }

  /** Pulls that are being sent. */
  get running(): number {
    return this.#underWay.size;
  }

  /**
   * Sends lines of JSON once the first of them is there. A client that disconnects or takes too long ends them.
   *
   * @param what the pull in a sentence, such as `feed`
   * @throws HttpRefusedError 503 if the registrar, or all of them, have as many pulls as they may; and what opening it throws
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    { registrarId }: Caller,
    what: string,
    open: Open,
  ): Promise<FastifyReply> {
    const other = this.#underWay.get(registrarId);
    if (other !== undefined || this.running >= this.#limits.feeds) {
      const reason = other ? `A ${other} of this registrar is being sent` : 'The limit of pulls at once is reached';
      throw new HttpRefusedError(503, `${reason}.`, { 'retry-after': '5' });
    }
    this.#underWay.set(registrarId, what);
    const unwanted = new AbortController();
    const late = setTimeout(() => unwanted.abort(), this.#limits.feedTimeout);
    const ended = () => {
      clearTimeout(late);
      this.#underWay.delete(registrarId);
    };
    try {
      const lines = open(unwanted.signal);
      const { value: first } = await lines.next();
      return sendLines(request, reply, streamOf(String(first ?? ''), lines, unwanted, ended));
    } catch (error) {
      ended();
      throw error;
    }
  }
}

/** The lines as a stream. A client that leaves, or that takes too long, ends it and what opens the lines. */
function streamOf(
  first: string,
  rest: AsyncGenerator<string, unknown>,
  unwanted: AbortController,
  ended: () => void,
): Readable {
  const lines = addAbortSignal(unwanted.signal, new PassThrough());
  lines.write(first);
  pipeline(Readable.from(rest), lines, (error) => {
    ended();
    if (error) unwanted.abort();
  });
  return lines;
}

function sendLines(request: FastifyRequest, reply: FastifyReply, lines: Readable): FastifyReply {
  reply
    .header('content-type', 'application/x-ndjson; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('vary', 'accept-encoding');
  if (!readsGzip(request.headers['accept-encoding'])) return reply.send(lines);
  return reply.header('content-encoding', 'gzip').send(pipeline(lines, createGzip(), () => undefined));
}
