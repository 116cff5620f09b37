import { isUtf8 } from 'node:buffer';
import { Utf16Text } from './utf16-text.js';

/**
 * A line of a text without its line end; of a line that is not UTF-8 its bytes, of one that is too long its first characters, as
 * many as a line may have.
 */
export type Line = { readonly number: number } & (
  | { readonly text: string }
  | { readonly bytes: Buffer }
  | { readonly begins: string }
);

export interface LineRules {
  /** Characters of a line. Of a longer one no more are held. */
  readonly max: number;
  /** The characters that end a line. JSON can have U+2028 within a line. */
  readonly ends: 'newline' | 'newline or return';
}

/** Bytes of one character. */
const MAX_CHARACTER_BYTES = 4;

/** The lines of a text in UTF-8, or in UTF-16 with a byte order mark, in batches as they are read. */
export async function* textLines(chunks: AsyncIterable<Buffer>, rules: LineRules): AsyncGenerator<Line[]> {
  let number = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  let isPassing = false; // reads past the rest of a line that is too long and is told already
  for await (const read of withWholeEnds(utf8Of(chunks))) {
    const start = isPassing ? firstLineIn(read, rules) : 0;
    if (start < 0) continue;
    isPassing = false;
    const chunk = read.subarray(start);
    const end = lastLineEndIn(chunk, rules);
    if (end > 0) {
      const lines = linesOf(Buffer.concat([...rest, chunk.subarray(0, end)]), number, rules);
      number += lines.length;
      yield lines;
      [rest, restBytes] = [[], 0];
    }
    if (end < chunk.length) rest.push(chunk.subarray(end));
    restBytes += chunk.length - end;
    if (restBytes <= rules.max * MAX_CHARACTER_BYTES) continue;
    yield linesOf(Buffer.concat(rest), number, rules);
    number += 1;
    [rest, restBytes, isPassing] = [[], 0, true];
  }
  if (restBytes > 0) yield linesOf(Buffer.concat(rest), number, rules);
}

/** The position behind the last line end; 0 if there is none. */
function lastLineEndIn(chunk: Buffer, { ends }: LineRules): number {
  const newline = chunk.lastIndexOf(0x0a);
  return Math.max(newline, ends === 'newline' ? -1 : chunk.lastIndexOf(0x0d)) + 1;
}

/** The position behind the first line end; -1 if there is none. */
function firstLineIn(chunk: Buffer, { ends }: LineRules): number {
  const newline = chunk.indexOf(0x0a);
  const carriage = ends === 'newline' ? -1 : chunk.indexOf(0x0d);
  if (carriage < 0 || (newline >= 0 && newline < carriage)) return newline < 0 ? -1 : newline + 1;
  return newline === carriage + 1 ? newline + 1 : carriage + 1;
}

/** The same bytes, in pieces that do not end between a carriage return and its newline. */
async function* withWholeEnds(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const carriageReturn = Buffer.from('\r');
  let isHeld = false;
  for await (const chunk of chunks) {
    const all: Buffer = isHeld ? Buffer.concat([carriageReturn, chunk]) : chunk;
    isHeld = all.at(-1) === 0x0d;
    yield isHeld ? all.subarray(0, -1) : all;
  }
  if (isHeld) yield carriageReturn;
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
    const line = bytes === undefined ? text : bytes.toString();
    if (line.length > max) lines.push({ number, begins: line.slice(0, max) });
    else lines.push(bytes === undefined || isUtf8(bytes) ? { number, text: line } : { number, bytes });
  }
  return lines;
}

/** The text in UTF-8, without its byte order mark. */
async function* utf8Of(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start = Buffer.alloc(0);
  let utf16: Utf16Text | undefined;
  let hasBegun = false;
  const begin = () => {
    hasBegun = true;
    utf16 = Utf16Text.beginning(start);
    return utf16 === undefined ? [withoutMark(start)] : utf16.utf8(start);
  };
  for await (const chunk of chunks) {
    if (hasBegun && utf16 === undefined) yield chunk;
    else if (utf16 !== undefined) yield* utf16.utf8(chunk);
    else {
      start = Buffer.concat([start, chunk]);
      if (start.length >= 3) yield* begin();
    }
  }
  if (!hasBegun) yield* begin();
  utf16?.end();
}

function withoutMark(start: Buffer): Buffer {
  return start.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? start.subarray(3) : start;
}
