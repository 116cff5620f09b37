import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { constants, createGunzip, createGzip, type Gzip, gunzipSync, type ZlibOptions } from 'node:zlib';

/** How requests are archived. */
export interface ArchiveSettings {
  readonly days: number;
  /** Maximum of bytes of one request, compressed. */
  readonly maxBytes: number;
  /** 32 bytes in hex; without a key, requests are not encrypted. */
  readonly key: string | undefined;
}

/** A request as it is stored. */
export interface ArchivedBody {
  readonly encoding: 'identity' | 'gzip';
  readonly isWhole: boolean;
  readonly charset: string | undefined;
  readonly keyPrint: string | undefined;
  readonly body: Buffer;
}

/** Bytes that are stored as they are: most requests are smaller, and compressing each costs more than it saves. */
const MAX_UNCOMPRESSED_BYTES = 4096;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Archives a request while it is read: holds its first bytes as they come, compresses larger requests, and stops at the
 * limit. A body that the client compressed stays as it is.
 */
export class ArchivedRequest {
  readonly #settings: ArchiveSettings;
  readonly #charset: string | undefined;
  readonly #isGzip: boolean;
  /** Bytes of a request that may turn out to be small. */
  #begun: Uint8Array[] = [];
  #begunBytes = 0;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #gzip: Gzip | undefined;
  #ended = false;
  #overflowed = false;
  #compressed: Promise<Buffer> | undefined;

  constructor(settings: ArchiveSettings, coding: 'identity' | 'gzip', charset: string | undefined) {
    this.#settings = settings;
    this.#isGzip = coding === 'gzip';
    this.#charset = charset;
  }

  /**
   * Adds the next bytes. The caller awaits a returned promise, so that no more bytes are held than are being
   * compressed.
   */
  write(chunk: Uint8Array): Promise<unknown> | undefined {
    if (this.#isGzip) {
      this.#put(chunk);
      return undefined;
    }
    if (this.#gzip !== undefined) return this.#overflowed ? undefined : this.#feed(chunk);
    this.#begun.push(chunk);
    this.#begunBytes += chunk.length;
    if (this.#begunBytes <= MAX_UNCOMPRESSED_BYTES) return undefined;
    const begun = Buffer.concat(this.#begun);
    this.#begun = [];
    this.#gzip = createGzip({ level: constants.Z_BEST_SPEED });
    this.#gzip.on('data', (compressed: Buffer) => this.#put(compressed));
    return this.#feed(begun);
  }

  /** The request is complete. */
  end(): void {
    this.#ended = true;
  }

  /** The archived request to be stored under this id. A second call returns the same. */
  async finish(serverTransId: string): Promise<ArchivedBody> {
    const body = await this.#all();
    const { key } = this.#settings;
    return {
      encoding: this.#encoding,
      isWhole: this.#isWhole,
      charset: this.#charset,
      keyPrint: key === undefined ? undefined : keyPrint(key),
      body: key === undefined ? body : encrypt(body, key, serverTransId),
    };
  }

  /** The request as the client sent it, without its content coding; undefined if not all of it is here. */
  async readAgain(): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (!this.#isWhole) return undefined;
    const body = await this.#all();
    if (!this.#isWhole) return undefined; // The last bytes were too many.
    const bytes = Readable.from([body]);
    return this.#encoding === 'gzip' ? bytes.pipe(createGunzip()) : bytes;
  }

  get #encoding(): ArchivedBody['encoding'] {
    return this.#isGzip || this.#gzip !== undefined ? 'gzip' : 'identity';
  }

  get #isWhole(): boolean {
    return this.#ended && !this.#overflowed;
  }

  /** All bytes, as they are stored. */
  #all(): Promise<Buffer> {
    this.#compressed ??= this.#flush();
    return this.#compressed;
  }

  /** Bytes that were asked to be stored. */
  get bytes(): number {
    return this.#compressed === undefined ? 0 : this.#bytes;
  }

  /** Drops an archive that was not finished. */
  drop(): void {
    if (this.#compressed === undefined) this.#gzip?.destroy();
  }

  #feed(chunk: Uint8Array): Promise<unknown> | undefined {
    const gzip = this.#gzip;
    return gzip === undefined || gzip.write(chunk) ? undefined : once(gzip, 'drain');
  }

  #put(chunk: Uint8Array): void {
    const free = this.#settings.maxBytes - this.#bytes;
    this.#overflowed ||= chunk.length > free;
    if (free <= 0) return;
    const fitting = chunk.length > free ? chunk.subarray(0, free) : chunk;
    this.#chunks.push(fitting);
    this.#bytes += fitting.length;
  }

  async #flush(): Promise<Buffer> {
    for (const chunk of this.#begun) this.#put(chunk);
    if (this.#gzip !== undefined) {
      this.#gzip.end();
      await once(this.#gzip, 'end');
    }
    return Buffer.concat(this.#chunks.splice(0));
  }
}

/** Thrown for an archived request that cannot be read with the given key. */
export class UnreadableBodyError extends Error {
  override readonly name = 'UnreadableBodyError';
}

/**
 * The bytes of an archived request, decompressed and decrypted; its beginning, if the request is incomplete.
 *
 * @throws UnreadableBodyError
 */
export function openBody(archived: ArchivedBody, serverTransId: string, key: string | undefined): Buffer {
  const plain = decrypted(archived, serverTransId, key);
  return archived.encoding === 'identity' ? plain : gunzipSync(plain, inflating(archived));
}

/**
 * The same piece by piece: a large request is nowhere as a whole but as it is stored.
 *
 * @throws UnreadableBodyError before the first piece
 */
export function streamBody(archived: ArchivedBody, serverTransId: string, key: string | undefined): Readable {
  const bytes = Readable.from([decrypted(archived, serverTransId, key)]);
  return archived.encoding === 'identity' ? bytes : bytes.pipe(createGunzip(inflating(archived)));
}

function decrypted(archived: ArchivedBody, serverTransId: string, key: string | undefined): Buffer {
  return archived.keyPrint === undefined ? archived.body : decrypt(archived, serverTransId, key);
}

/** The end of an incomplete one is missing, which is no error. */
function inflating({ isWhole }: ArchivedBody): ZlibOptions {
  return isWhole ? {} : { finishFlush: constants.Z_SYNC_FLUSH };
}

/** Which key it is, without telling the key. */
function keyPrint(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'hex')).digest('hex').slice(0, 32);
}

/** A nonce for each; bound to its transaction, so that nobody can put one request in the place of another. */
function encrypt(plain: Buffer, key: string, serverTransId: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, Buffer.from(key, 'hex'), nonce).setAAD(Buffer.from(serverTransId));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(archived: ArchivedBody, serverTransId: string, key: string | undefined): Buffer {
  if (key === undefined) throw new UnreadableBodyError('encrypted: SPPP_KEEP_REQUESTS_KEY is not set');
  if (keyPrint(key) !== archived.keyPrint)
    throw new UnreadableBodyError(`encrypted with another key (${archived.keyPrint})`);
  const { body } = archived;
  const nonce = body.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, Buffer.from(key, 'hex'), nonce).setAAD(Buffer.from(serverTransId));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new UnreadableBodyError('encrypted, and changed since');
  }
}
