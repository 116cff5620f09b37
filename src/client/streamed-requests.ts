import { pipeline, Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { mediaTypes } from '../soap/version.js';
import { envelopeClose, envelopeOpen } from '../soap/write-xml.js';
import type { Answer } from '../sppp/decode-answer.js';
import { encodeRequest, type SentItem } from '../sppp/encode-request.js';
import type { Head } from '../sppp/message.js';
import type { HttpConnection } from './http-connection.js';
import { readSpppAnswer } from './sppp-answer.js';

/** Characters that go into gzip at once. */
const BLOCK_LENGTH = 65_536;

/** Messages of one kind of object shrink to a tenth at any level; higher ones take three times as long. */
const LEVEL = constants.Z_BEST_SPEED;

/**
 * Sends a request of any size as a stream and reads its answer as one.
 *
 * @param isCompressed for servers that read gzip
 */
export async function sendStreamed(
  http: HttpConnection,
  url: URL,
  head: Head,
  items: readonly SentItem[],
  isCompressed: boolean,
): Promise<Answer> {
  const headers = {
    ...{ 'content-type': mediaTypes['1.1'], soapaction: `"${head.rule.operation}"` },
    ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
  };
  const body = () => {
    const plain = Readable.from(blocksOf(head, items), { objectMode: false });
    return isCompressed ? pipeline(plain, createGzip({ level: LEVEL }), () => undefined) : plain;
  };
  return readSpppAnswer(head.rule, await http.send({ method: 'POST', url, headers, body }));
}

function* blocksOf(head: Head, items: readonly SentItem[]): Generator<string> {
  let block = envelopeOpen('1.1');
  for (const piece of encodeRequest(head, items)) {
    block += piece;
    if (block.length < BLOCK_LENGTH) continue;
    yield block;
    block = '';
  }
  yield block + envelopeClose();
}
