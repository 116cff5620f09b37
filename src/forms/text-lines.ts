import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { OperatorError } from '../operator-error.js';

/** A line of a text without its line end; of a line that is not UTF-8 its bytes, of one that is too long its beginning. */
export type Line = { readonly number: number } & (
  | { readonly text: string }
  | { readonly bytes: Buffer }
  | { readonly begins: string }
);

export interface LineRules {
  /** Characters of a line; reading ends at a longer one. */
  readonly max: number;
  /** The characters that end a line. JSON can have U+2028 within a line. */
  readonly ends: 'newline' | 'newline or return';
}

/** The text is not in the encoding that its first bytes say. */
export class EncodingError extends OperatorError {}

/** Bytes of one character. */
const MAX_CHARACTER_BYTES = 4;

/** Characters that are shown of a line that is too long. */
const SHOWN_LENGTH = 40;

/** The lines of a text in UTF-8, or in UTF-16 with a byte order mark, in batches as they are read. */
export async function* textLines(chunks: AsyncIterable<Buffer>, rules: LineRules): AsyncGenerator<Line[]> {
  let number = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of utf8Of(chunks)) {
    const end = cutIn(chunk, rules);
    if (end > 0) {
      const lines = linesOf(Buffer.concat([...rest, chunk.subarray(0, end)]), number, rules);
      number += lines.length;
      yield lines;
      if (lines.some((line) => 'begins' in line)) return;
      [rest, restBytes] = [[], 0];
    }
    if (end < chunk.length) rest.push(chunk.subarray(Math.max(end, 0)));
    restBytes += chunk.length - Math.max(end, 0);
    if (restBytes > rules.max * MAX_CHARACTER_BYTES) break;
  }
  if (restBytes > 0) yield linesOf(Buffer.concat(rest), number, rules);
}

/** The position after the last line end. A carriage return at the very end may be half of one. */
function cutIn(chunk: Buffer, { ends }: LineRules): number {
  const newline = chunk.lastIndexOf(0x0a);
  if (newline >= 0 || ends === 'newline') return newline + 1;
  return chunk.lastIndexOf(0x0d, -2) + 1;
}

function linesOf(block: Buffer, before: number, { max, ends }: LineRules): Line[] {
  const end = ends === 'newline' ? /\r?\n/ : /\r\n|\n|\r/;
  const isText = isUtf8(block);
  const texts = block.toString(isText ? 'utf8' : 'latin1').split(end);
  if (texts.at(-1) === '') texts.pop();
  const lines: Line[] = [];
  for (const [index, text] of texts.entries()) {
    const number = before + index + 1;
    const bytes = isText ? undefined : Buffer.from(text, 'latin1');
    const line = bytes === undefined || !isUtf8(bytes) ? text : bytes.toString();
    if (line.length > max) {
      lines.push({ number, begins: line.slice(0, SHOWN_LENGTH) });
      break;
    }
    lines.push(bytes === undefined || isUtf8(bytes) ? { number, text: line } : { number, bytes });
  }
  return lines;
}

/** The text in UTF-8, without its byte order mark. */
async function* utf8Of(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  let hasBegun = false;
  for await (const chunk of chunks) {
    if (hasBegun) {
      yield decoder === undefined ? chunk : decoded(decoder, chunk);
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < 3) continue;
    hasBegun = true;
    decoder = decoderFor(start);
    yield decoder === undefined ? withoutMark(start) : decoded(decoder, start);
  }
  if (!hasBegun) {
    decoder = decoderFor(start);
    yield decoder === undefined ? start : decoded(decoder, start);
  }
  if (decoder !== undefined) yield decoded(decoder);
}

function decoderFor([first, second]: Buffer): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le', { fatal: true });
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be', { fatal: true });
  return undefined;
}

function withoutMark(start: Buffer): Buffer {
  return start.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? start.subarray(3) : start;
}

/** The next piece of the text, or its end if there is no chunk. */
function decoded(decoder: TextDecoder, chunk?: Buffer): Buffer {
  try {
    return Buffer.from(chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true }));
  } catch {
    throw new EncodingError(`not ${decoder.encoding.toUpperCase()}, as its first bytes say`);
  }
}
