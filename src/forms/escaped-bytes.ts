import { isUtf8 } from 'node:buffer';

/** Neighbouring bytes that are not ASCII, in a text of one character for each byte. */
const OTHER_BYTES = /[\x80-\xff]+/g;

/** A text of which not all bytes are UTF-8: the others as escapes, `\xdc`. `bytes` has a character for each byte (latin1). */
export function escapedBytes(bytes: string): string {
  return bytes.replace(OTHER_BYTES, (run) => {
    const read = Buffer.from(run, 'latin1');
    return isUtf8(read) ? read.toString() : [...read].map((byte) => `\\x${byte.toString(16)}`).join('');
  });
}

/** The position of the first byte that is not UTF-8, as a character of the escaped text; -1 if all of them are. */
export function firstEscaped(bytes: string): number {
  for (const { index, 0: run } of bytes.matchAll(OTHER_BYTES)) {
    if (!isUtf8(Buffer.from(run, 'latin1'))) return escapedBytes(bytes.slice(0, index)).length;
  }
  return -1;
}
