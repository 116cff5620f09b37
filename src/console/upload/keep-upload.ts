import { randomUUID } from 'node:crypto';
import type { ArchiveSettings, Limits } from '../../config.js';
import { unpacked } from '../../forms/unpacked.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { ArchivedRequest } from '../../registry/journal/archived-request.js';
import type { ConsoleUpload } from '../../registry/journal/console-uploads.js';
import type { SentFile } from '../sent-form.js';

/** The limits of files: those of requests. */
export interface UploadLimits {
  readonly archive: ArchiveSettings;
  readonly limits: Pick<Limits, 'wireBytes' | 'plainBytes'>;
}

/**
 * Reads a file that is sent, and compresses it as it comes.
 *
 * @throws HttpRefusedError 413 for a file over a limit, 400 for a damaged one
 */
export async function keepUpload(
  { name, bytes }: SentFile,
  options: ConsoleUpload['options'],
  { archive, limits }: UploadLimits,
): Promise<ConsoleUpload> {
  const id = randomUUID();
  const kept = new ArchivedRequest(archive, 'identity', undefined);
  try {
    const sent = atMost(bytes, limits.wireBytes, 'SPPP_MAX_BODY_BYTES');
    for await (const chunk of atMost(unpackedOnce(sent), limits.plainBytes, 'SPPP_MAX_INFLATED_BYTES')) {
      await kept.write(chunk);
    }
    kept.end();
    const { isWhole, encoding, keyPrint, body } = await kept.finish(id);
    if (!isWhole) throw tooLarge(archive.maxBytes, 'SPPP_KEEP_REQUESTS_BYTES, compressed');
    return { id, fileName: name, options, encoding, keyPrint, body };
  } catch (error) {
    const isDamaged = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isDamaged ? refusal(400, `The gzip file is damaged: ${error.message}.`) : error;
  } finally {
    kept.drop();
  }
}

/** The bytes of a file that may be packed with gzip. What is packed twice would be unpacked without a limit. */
async function* unpackedOnce(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of unpacked(bytes)) {
    if (isFirst && chunk[0] === 0x1f && chunk[1] === 0x8b) {
      throw refusal(400, 'The file is packed with gzip twice; unpack it once.');
    }
    isFirst = false;
    yield chunk;
  }
}

async function* atMost(bytes: AsyncIterable<Buffer>, max: number, limit: string): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    if (count > max) throw tooLarge(max, limit);
    yield chunk;
  }
}

function tooLarge(max: number, limit: string): HttpRefusedError {
  return refusal(413, `The file is larger than ${max} bytes (${limit}); sppp push sends such a file in parts.`);
}

/** Closes the connection, so that the rest of the file is not read. */
function refusal(status: number, reason: string): HttpRefusedError {
  return new HttpRefusedError(status, reason, { connection: 'close' });
}
