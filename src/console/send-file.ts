import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendLong } from '../http/send.js';

/** Milliseconds that a download may take. */
const DOWNLOAD_MS = 900_000;

interface SavedFile {
  /** Under which a browser saves it. */
  readonly name: string;
  readonly mediaType: string;
}

/** Sends a file that is saved and not shown, at the pace of its reader. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, mediaType }: SavedFile,
  bytes: AsyncIterable<Buffer>,
): FastifyReply {
  reply.header('content-disposition', `attachment; filename="${name}"`);
  return sendLong(request, reply, { status: 200, mediaType }, bytes, { timeout: DOWNLOAD_MS });
}
