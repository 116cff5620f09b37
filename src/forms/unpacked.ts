import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The bytes of a file, unpacked if they begin as gzip does, whatever the name of the file. */
export async function* unpacked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const { value: first = Buffer.alloc(0) } = await chunks.next();
  const all = async function* () {
    yield first;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  if (first[0] !== 0x1f || (first.length > 1 && first[1] !== 0x8b)) return yield* all();
  const gunzip = createGunzip();
  pipeline(Readable.from(all()), gunzip, () => undefined); // the reader of gunzip gets its errors
  yield* gunzip;
}
