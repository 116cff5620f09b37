import type { FastifyRequest } from 'fastify';
import { readBody } from './body.js';
import { HttpRefusedError } from './http-refused.js';

/** Bytes of a JSON document that a client sends, and milliseconds to wait for the next ones. */
const LIMITS = { wireBytes: 65_536, plainBytes: 65_536, stallTimeout: 10_000 };

/**
 * The body of a request as a JSON object. Its members may be of any type.
 *
 * @throws HttpRefusedError 415 for another media type, 400 for what is no JSON object, and what readBody throws
 */
export async function readJsonObject({ raw, headers }: FastifyRequest): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json *(?:;|$)/i.test(headers['content-type'] ?? '')) {
    throw new HttpRefusedError(415, 'The Content-Type is not application/json.', { connection: 'close' });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(raw, headers, LIMITS)) chunks.push(chunk);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new HttpRefusedError(400, 'The body is not JSON in UTF-8.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpRefusedError(400, 'The body is not a JSON object.');
  }
  return value as Record<string, unknown>;
}
