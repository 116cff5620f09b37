import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { readsGzip } from './weighted-list.js';

const compress = promisify(gzip);

/** Documents of one kind and resource in a cache: one for each Host header that clients send. */
const MAX_DOCUMENTS = 20;

/** A public document, made and compressed once. */
export class CachedDocument {
  readonly #plain: Buffer;
  readonly #mediaType: string;
  #gzip: Promise<Buffer> | undefined;

  constructor(text: string, mediaType: string) {
    this.#plain = Buffer.from(text);
    this.#mediaType = mediaType;
  }

  /** Sends it, with gzip if the client accepts that. */
  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.header('content-type', this.#mediaType).header('vary', 'accept-encoding');
    if (!readsGzip(request.headers['accept-encoding'])) return reply.send(this.#plain);
    this.#gzip ??= compress(this.#plain);
    return reply.header('content-encoding', 'gzip').send(await this.#gzip);
  }
}

/** Documents by a key that clients can choose freely, so the cache is bounded: the least recently used goes first. */
export class DocumentCache {
  readonly #documents: LRUCache<string, CachedDocument>;
  readonly #make: (key: string) => CachedDocument;

  constructor(make: (key: string) => CachedDocument, max: number = MAX_DOCUMENTS) {
    this.#make = make;
    this.#documents = new LRUCache({ max });
  }

  get(key: string): CachedDocument {
    const document = this.#documents.get(key) ?? this.#make(key);
    this.#documents.set(key, document);
    return document;
  }
}
