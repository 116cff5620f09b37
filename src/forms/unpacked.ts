import { createGunzip } from 'node:zlib';

/** Bytes that are unpacked at once: at the best ratio of gzip they become 4 MB. */
const SLICE_BYTES = 4096;

/**
 * The bytes of a file, unpacked if they begin as gzip does, whatever the name of the file.
 *
 * @throws the error of the decompressor, behind all bytes that could be unpacked
 */
export async function* unpacked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const { value: first = Buffer.alloc(0) } = await chunks.next();
  const all = async function* () {
    yield first;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  if (first[0] !== 0x1f || (first.length > 1 && first[1] !== 0x8b)) yield* all();
  else yield* gunzipped(all());
}

/** A stream that ends by an error loses what nobody has read of it, so what comes out is taken after each slice that goes in. */
async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let pieces: Buffer[] = [];
  let error: Error | undefined;
  let wake: () => void = () => undefined;
  gunzip.on('data', (piece: Buffer) => pieces.push(piece));
  gunzip.on('error', (thrown) => {
    error = thrown;
    wake();
  });
  const after = async (step: (done: () => void) => void): Promise<Buffer[]> => {
    await new Promise<void>((resolve) => {
      wake = resolve;
      step(resolve);
    });
    const taken = pieces;
    pieces = [];
    return taken;
  };
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        yield* await after((done) => gunzip.write(chunk.subarray(at, at + SLICE_BYTES), done));
        if (error !== undefined) throw error;
      }
    }
    yield* await after((done) => gunzip.once('end', done).end());
    if (error !== undefined) throw error;
  } finally {
    gunzip.destroy();
  }
}
