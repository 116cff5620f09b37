import type { FastifyRequest } from 'fastify';
import type { ArchiveSettings, Limits } from '../config.js';
import { ObjectCounts } from '../operations/object-counts.js';
import { ArchivedRequest } from '../registry/journal/archived-request.js';
import { readContentType, readSoapAction, type SoapContentType } from '../soap/content-type.js';
import { isReadableCharset } from '../soap/encoding.js';
import type { SoapVersion } from '../soap/version.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { requests } from '../sppp/grammar.js';
import type { Head, Item } from '../sppp/message.js';
import { RequestReader } from '../sppp/read-request.js';
import { RequestRefusal } from '../sppp/request-refusal.js';
import { commandInvalid, type Result } from '../sppp/result.js';
import { type BodyCoding, bodyCoding, readBody } from './body.js';
import { HttpRefusal } from './http-refusal.js';

/** What the headers say of a body, and that it can be read. */
export interface BodyFormat {
  readonly contentType: SoapContentType;
  readonly coding: BodyCoding;
}

/** Judges a body by its headers, before a byte of it is asked for; throws HttpRefusal for one that cannot be read. */
export function readBodyFormat({ headers }: FastifyRequest, limits: Limits): BodyFormat {
  const contentType = readContentType(headers['content-type']);
  if (contentType === undefined) {
    throw new HttpRefusal(415, 'The Content-Type is neither text/xml nor application/soap+xml.', {
      connection: 'close',
    });
  }
  if (contentType.charset !== undefined && !isReadableCharset(contentType.charset)) {
    throw new HttpRefusal(415, 'The charset is neither UTF-8 nor UTF-16.', { connection: 'close' });
  }
  return { contentType, coding: bodyCoding(headers, limits) };
}

/** The body of a request while it is read: kept and counted as it passes. */
export class RequestBody {
  readonly objectCounts = new ObjectCounts();
  readonly kept: ArchivedRequest | undefined;
  readonly #request: FastifyRequest;
  readonly #contentType: SoapContentType;
  readonly #reader: RequestReader;
  readonly #read: (() => void) | undefined;

  constructor(request: FastifyRequest, { contentType, coding }: BodyFormat, limits: Limits, keep: ArchiveSettings) {
    this.#request = request;
    this.#contentType = contentType;
    this.kept = keep.isOn ? new ArchivedRequest(keep, coding, contentType.charset) : undefined;
    this.#read = request.span?.begin('read');
    const body = readBody(request.raw, request.headers, limits, this.kept);
    this.#reader = new RequestReader(body, { ...defaultXmlLimits, ...limits }, contentType.charset);
  }

  /** As the message has it, else as its headers do. */
  get version(): SoapVersion {
    return this.#reader.version ?? this.#contentType.version;
  }

  /** The head, and why nothing is to be done if the request is refused as early as there. Throws what reading throws. */
  async head(): Promise<{ readonly head: Head; readonly refused?: Result | undefined }> {
    try {
      return { head: await this.#reader.readHead() };
    } catch (error) {
      const { head } = this.#reader;
      if (error instanceof RequestRefusal && head !== undefined) return { head, refused: error.result };
      throw error;
    }
  }

  /** The body's wrapper alone decides what is done; an action that says otherwise is not obeyed but refused. */
  judgeAction({ rule }: Head): Result | undefined {
    const { version, action } = this.#contentType;
    const header = this.#request.headers.soapaction;
    const named = version === '1.2' ? action : readSoapAction(Array.isArray(header) ? header[0] : header);
    // Toolkits put all kinds of things there. Only the name of another operation says that something else was meant.
    if (named === rule.operation || requests.every(({ operation }) => operation !== named)) return undefined;
    return commandInvalid(`the action ${named} is not ${rule.operation}`);
  }

  /** What is to be done. */
  async *items(): AsyncGenerator<readonly Item[]> {
    yield* this.objectCounts.count(this.#reader.items());
    this.#read?.();
  }

  /**
   * What is left of a body that was refused early is dropped: the next request on the connection comes after it. A gunzip
   * that waits for more of it must not hold it up, so that is listened to no longer.
   */
  async close(): Promise<void> {
    await this.#reader.close();
    this.#read?.();
    this.kept?.drop();
    this.#request.raw.removeAllListeners('readable').on('data', () => {});
  }
}
