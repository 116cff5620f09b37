import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpRefusal } from './http-refusal.js';

const compress = promisify(gzip);

/** Bytes below which gzip is not worth its header. */
const SMALLEST_GZIP = 1024;

/** Sends a document, gzipped where the client reads that. The media type is ours, never the client's. */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: { readonly status: number; readonly mediaType: string; readonly text: string },
): Promise<FastifyReply> {
  const body = Buffer.from(document.text);
  reply.code(document.status).header('content-type', document.mediaType).header('vary', 'accept-encoding');
  if (body.length < SMALLEST_GZIP || !readsGzip(request.headers['accept-encoding'])) return reply.send(body);
  return reply.header('content-encoding', 'gzip').send(await compress(body));
}

/** Answers a request that is refused on the level of HTTP: one sentence as text. */
export function sendRefusal(reply: FastifyReply, { status, reason, headers }: HttpRefusal): FastifyReply {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return reply
    .code(status)
    .header('content-type', 'text/plain; charset=utf-8')
    .send(Buffer.from(`${reason}\n`));
}

/** Whether an Accept-Encoding header admits gzip (RFC 9110 §12.5.3). */
export function readsGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => /^\s*([a-z0-9*-]+)\s*(?:;\s*q=([0-9.]+))?\s*$/.exec(coding));
  const named = codings.find((coding) => coding?.[1] === 'gzip') ?? codings.find((coding) => coding?.[1] === '*');
  return named !== undefined && named !== null && Number(named[2] ?? 1) > 0;
}
