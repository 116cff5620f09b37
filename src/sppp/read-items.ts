import { defaultXmlLimits } from '../soap/xml-limits.js';
import type { Item } from './message.js';
import { RequestReader } from './read-request.js';

const PIECE_BYTES = 65_536;

/**
 * The items of an archived request, without limits. Throws what RequestReader throws, also for an archive that is not
 * whole.
 */
export async function* readItems(bytes: Uint8Array, charset: string | undefined): AsyncGenerator<readonly Item[]> {
  const most = Number.MAX_SAFE_INTEGER;
  const limits = { ...defaultXmlLimits, objects: most, extension: most, list: most, plainBytes: most };
  const reader = new RequestReader(piecesOf(bytes), limits, charset);
  await reader.readHead();
  yield* reader.items();
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
