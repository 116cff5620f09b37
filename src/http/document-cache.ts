import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { readsGzip } from './weighted-list.js';

const compress = promisify(gzip);

/** Documents of one kind and resource kept at once: whoever asks by another Host gets one that names it. */
const MAX_KEPT = 20;

/** A document that everybody may have, written and compressed once. */
export class CachedDocument {
  readonly #plain: Buffer;
  readonly #mediaType: string;
  #gzip: Promise<Buffer> | undefined;

  constructor(text: string, mediaType: string) {
    this.#plain = Buffer.from(text);
    this.#mediaType = mediaType;
  }

  /** Sends it, gzipped where the client reads that. */
  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.header('content-type', this.#mediaType).header('vary', 'accept-encoding');
    if (!readsGzip(request.headers['accept-encoding'])) return reply.send(this.#plain);
    this.#gzip ??= compress(this.#plain);
    return reply.header('content-encoding', 'gzip').send(await this.#gzip);
  }
}

/** Documents by what they were made for, the least recently used forgotten first: anybody can make up what for. */
export class DocumentCache {
  readonly #kept: LRUCache<string, CachedDocument>;
  readonly #make: (key: string) => CachedDocument;

  constructor(make: (key: string) => CachedDocument, most: number = MAX_KEPT) {
    this.#make = make;
    this.#kept = new LRUCache({ max: most });
  }

  get(key: string): CachedDocument {
    const kept = this.#kept.get(key) ?? this.#make(key);
    this.#kept.set(key, kept);
    return kept;
  }
}
