import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { OperatorError } from '../operator-error.js';

/** Bytes of a file with a password or a certificate; no such file is larger. */
const MAX_BYTES = 1_048_576;

/**
 * The text of a small file, `-` for standard input, in UTF-8, or in UTF-16 with a byte order mark.
 *
 * @throws OperatorError if it is neither
 */
export async function readText(file: string): Promise<string> {
  const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
  const name = file === '-' ? 'standard input' : file;
  if (bytes.length > MAX_BYTES) throw new OperatorError(`${name}: at most ${MAX_BYTES} bytes`);
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const encoding = !isUtf16 ? 'utf-8' : bytes[0] === 0xff ? 'utf-16le' : 'utf-16be';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new OperatorError(`${name}: not ${encoding.toUpperCase()}; save it as UTF-8`);
  }
}
