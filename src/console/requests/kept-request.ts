import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { HttpRefusedError } from '../../http/http-refused.js';
import { onceClosed } from '../../http/send.js';
import { type ArchivedBody, streamBody, UnreadableBodyError } from '../../registry/journal/archived-request.js';
import { type JournalRow, readArchived } from '../../registry/journal/journalled-requests.js';
import { shown } from '../query.js';
import { sendFile } from '../send-file.js';
import type { Visitor } from '../visitor.js';

/** Downloads at once, of one credential and in all: each holds an archived request as it is stored. */
const MAX_OF_ONE = 2;
const MAX_DOWNLOADS = 8;

/** What archived requests are sent with. */
interface KeptParts {
  readonly pool: Pool;
  /** That of `SPPP_KEEP_REQUESTS_KEY`. */
  readonly key: string | undefined;
}

/** Sends archived requests as their senders sent them. */
export class KeptRequests {
  readonly #parts: KeptParts;
  /** Credentials whose downloads are under way, each as often as it has some. */
  readonly #underWay: number[] = [];

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /**
   * Sends a request as a file.
   *
   * @throws HttpRefusedError 404 if it is not archived, 409 if it is encrypted with another key, 503 if too many
   * are under way
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    { id, serverTransId }: JournalRow,
    { credentialId }: Visitor,
  ): Promise<FastifyReply> {
    const own = this.#underWay.filter((each) => each === credentialId);
    if (own.length >= MAX_OF_ONE || this.#underWay.length >= MAX_DOWNLOADS) {
      const again = { 'retry-after': '5' };
      throw new HttpRefusedError(
        503,
        'Other downloads of requests are under way; try again when they have ended.',
        again,
      );
    }
    this.#underWay.push(credentialId);
    onceClosed(reply, () => this.#underWay.splice(this.#underWay.indexOf(credentialId), 1));
    const { pool, key } = this.#parts;
    const archived = shown(await readArchived(pool, id));
    const file = {
      name: `${serverTransId}${archived.isWhole ? '' : '-beginning'}.xml`,
      mediaType: `application/xml${archived.charset === undefined ? '' : `; charset=${archived.charset}`}`,
    };
    return sendFile(request, reply, file, opened(archived, serverTransId, key));
  }
}

function opened(archived: ArchivedBody, serverTransId: string, key: string | undefined): Readable {
  try {
    return streamBody(archived, serverTransId, key);
  } catch (error) {
    if (error instanceof UnreadableBodyError) throw new HttpRefusedError(409, `It cannot be read: ${error.message}.`);
    throw error;
  }
}
