import type { FastifyRequest } from 'fastify';
import { readBody } from './body.js';
import { HttpRefusedError } from './http-refused.js';

/** Bytes of a JSON body: a few members. */
const MAX_BYTES = 65_536;

/** Milliseconds between two pieces of it. */
const STALL_MS = 10_000;

/**
 * The JSON object that is the body of a request.
 *
 * @throws HttpRefusedError 415 for another media type, 400 for a text that is no JSON object, and what readBody throws
 */
export async function readJsonBody({ headers, raw }: FastifyRequest): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    throw new HttpRefusedError(415, 'The Content-Type is not application/json.', { connection: 'close' });
  }
  const limits = { wireBytes: MAX_BYTES, plainBytes: MAX_BYTES, stallTimeout: STALL_MS };
  const pieces: Uint8Array[] = [];
  for await (const piece of readBody(raw, headers, limits)) pieces.push(piece);
  const value = jsonOf(Buffer.concat(pieces));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new HttpRefusedError(400, 'The body is not a JSON object in UTF-8.');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
