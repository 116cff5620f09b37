import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { AdministrationFault } from '../registry/access/administration.js';

/** A line of a text, without its end; what is no text has its bytes instead, what is too long how it begins. */
export type Line = { readonly number: number } & (
  | { readonly text: string }
  | { readonly bytes: Buffer }
  | { readonly begins: string }
);

export interface LineRules {
  /** Characters of a line at most: nothing behind one that is longer is read. */
  readonly most: number;
  /** What ends a line; JSON has U+2028 inside its lines. */
  readonly ends: 'newline' | 'newline or return';
}

/** Bytes of a character at most. */
const WIDEST = 4;

/** Characters of a line that is too long, as they are told. */
const TOLD = 40;

/** The lines of a text in UTF-8, or in UTF-16 as its mark says, as many together as have come. */
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
    if (restBytes > rules.most * WIDEST) break;
  }
  if (restBytes > 0) yield linesOf(Buffer.concat(rest), number, rules);
}

/** Behind the last end of a line; a return that comes last may be half of one. */
function cutIn(chunk: Buffer, { ends }: LineRules): number {
  const newline = chunk.lastIndexOf(0x0a);
  if (newline >= 0 || ends === 'newline') return newline + 1;
  return chunk.lastIndexOf(0x0d, -2) + 1;
}

function linesOf(block: Buffer, before: number, { most, ends }: LineRules): Line[] {
  const end = ends === 'newline' ? /\r?\n/ : /\r\n|\n|\r/;
  const isText = isUtf8(block);
  const texts = block.toString(isText ? 'utf8' : 'latin1').split(end);
  if (texts.at(-1) === '') texts.pop();
  const lines: Line[] = [];
  for (const [index, text] of texts.entries()) {
    const number = before + index + 1;
    const bytes = isText ? undefined : Buffer.from(text, 'latin1');
    const line = bytes === undefined || !isUtf8(bytes) ? text : bytes.toString();
    if (line.length > most) {
      lines.push({ number, begins: line.slice(0, TOLD) });
      break;
    }
    lines.push(bytes === undefined || isUtf8(bytes) ? { number, text: line } : { number, bytes });
  }
  return lines;
}

/** Without its byte order mark. */
async function* utf8Of(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  let isBegun = false;
  for await (const chunk of chunks) {
    if (isBegun) {
      yield decoder === undefined ? chunk : decoded(decoder, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 3) continue;
    isBegun = true;
    decoder = decoderFor(head);
    yield decoder === undefined ? withoutMark(head) : decoded(decoder, head);
  }
  if (!isBegun) {
    decoder = decoderFor(head);
    yield decoder === undefined ? head : decoded(decoder, head);
  }
  if (decoder !== undefined) yield decoded(decoder);
}

function decoderFor([first, second]: Buffer): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le', { fatal: true });
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be', { fatal: true });
  return undefined;
}

function withoutMark(head: Buffer): Buffer {
  return head.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? head.subarray(3) : head;
}

/** The next piece, or the last. */
function decoded(decoder: TextDecoder, chunk?: Buffer): Buffer {
  try {
    return Buffer.from(chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true }));
  } catch {
    throw new AdministrationFault(`not ${decoder.encoding.toUpperCase()}, as its first bytes say`);
  }
}
