import type { FastifyRequest } from 'fastify';
import type { ArchiveSettings, Limits } from '../config.js';
import type { RequestSource } from '../intake/request.js';
import type { ReadAgain } from '../operations/attempts.js';
import { ArchivedRequest } from '../registry/journal/archived-request.js';
import { readContentType, readSoapAction, type SoapContentType } from '../soap/content-type.js';
import { isReadableCharset } from '../soap/encoding.js';
import type { SoapVersion } from '../soap/version.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { requests } from '../sppp/grammar.js';
import type { Head, Item } from '../sppp/message.js';
import { RequestReader } from '../sppp/read-request.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { commandInvalid, type Result } from '../sppp/result.js';
import { type BodyCoding, bodyCoding, readBody } from './body.js';
import { HttpRefusedError } from './http-refused.js';

/** The format of a body, by its headers. */
export interface BodyFormat {
  readonly contentType: SoapContentType;
  readonly coding: BodyCoding;
}

/** Reads the headers of a body, before a byte of it is asked for; throws HttpRefusedError if it cannot be read. */
export function readBodyFormat({ headers }: FastifyRequest, limits: Limits): BodyFormat {
  const contentType = readContentType(headers['content-type']);
  if (contentType === undefined) {
    throw new HttpRefusedError(415, 'The Content-Type is neither text/xml nor application/soap+xml.', {
      connection: 'close',
    });
  }
  if (contentType.charset !== undefined && !isReadableCharset(contentType.charset)) {
    throw new HttpRefusedError(415, 'The charset is neither UTF-8 nor UTF-16.', { connection: 'close' });
  }
  return { contentType, coding: bodyCoding(headers, limits) };
}

/** A SOAP request while it is read: archived as its bytes pass. */
export class RequestBody implements RequestSource {
  readonly archived: ArchivedRequest | undefined;
  readonly #request: FastifyRequest;
  readonly #contentType: SoapContentType;
  readonly #limits: typeof defaultXmlLimits & Limits;
  readonly #reader: RequestReader;
  /** Reads what was archived. */
  #again: RequestReader | undefined;
  readonly #endSpan: (() => void) | undefined;

  constructor(request: FastifyRequest, { contentType, coding }: BodyFormat, limits: Limits, archive: ArchiveSettings) {
    this.#request = request;
    this.#contentType = contentType;
    this.archived = archive.isOn ? new ArchivedRequest(archive, coding, contentType.charset) : undefined;
    this.#endSpan = request.span?.begin('read');
    this.#limits = { ...defaultXmlLimits, ...limits };
    const body = readBody(request.raw, request.headers, limits, this.archived);
    this.#reader = new RequestReader(body, this.#limits, contentType.charset, this.#endSpan);
  }

  /** The version of SOAP that the envelope has; before it is read, the one that the headers name. */
  get version(): SoapVersion {
    return this.#reader.version ?? this.#contentType.version;
  }

  async head(): Promise<{ readonly head: Head; readonly refused?: Result | undefined }> {
    try {
      return { head: await this.#reader.readHead() };
    } catch (error) {
      const { head } = this.#reader;
      if (error instanceof RequestRefusedError && head !== undefined) return { head, refused: error.result };
      throw error;
    }
  }

  /**
   * Refuses an action that names another operation. The wrapper element alone decides which operation is carried out.
   */
  objectionTo({ rule }: Head): Result | undefined {
    const { version, action } = this.#contentType;
    const header = this.#request.headers.soapaction;
    const named = version === '1.2' ? action : readSoapAction(Array.isArray(header) ? header[0] : header);
    // Toolkits send many values here. Only the name of another operation shows that the client meant another one.
    if (named === rule.operation || requests.every(({ operation }) => operation !== named)) return undefined;
    return commandInvalid(`the action ${named} is not ${rule.operation}`);
  }

  items(): AsyncIterable<readonly Item[]> {
    return this.#reader.items();
  }

  get readAgain(): ReadAgain | undefined {
    return this.archived && (() => this.#readAgain());
  }

  async #readAgain(): ReturnType<ReadAgain> {
    await this.#again?.close();
    const body = await this.archived?.readAgain();
    this.#again = body && new RequestReader(body, this.#limits, this.#contentType.charset);
    return this.#again?.items();
  }

  /**
   * Drops the rest of a body that was refused early, because the next request on the connection comes after it. A
   * gunzip that waits for more of it must not hold it up, so its listeners are removed.
   */
  async close(): Promise<void> {
    await this.#reader.close();
    await this.#again?.close();
    this.#endSpan?.();
    this.archived?.drop();
    this.#request.raw.removeAllListeners('readable').on('data', () => {});
  }
}
