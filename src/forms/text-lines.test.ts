import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, type LineRules, textLines } from './text-lines.js';

const csv: LineRules = { max: 20, ends: 'newline or return' };
const json: LineRules = { max: 20, ends: 'newline' };

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesIn(bytes: Buffer, rules: LineRules, size = 3): Promise<Line[]> {
  const all: Line[] = [];
  for await (const lines of textLines(piecesOf(bytes, size), rules)) all.push(...lines);
  return all;
}

const textsIn = async (bytes: Buffer, rules: LineRules, size?: number) =>
  (await linesIn(bytes, rules, size)).map((line) => ('text' in line ? line.text : line));

describe('lines of a text', () => {
  it('are the same however the bytes are split, and are counted', async () => {
    const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 3 }).filter((line) => !/[\r\n\uFEFF]/.test(line)));
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 9 }),
        async (all, end, n) => {
          const text = all.map((line) => `${line}${end}`).join('');
          const found = await linesIn(Buffer.from(text), csv, n);
          expect(found).toEqual(all.map((line, index) => ({ number: index + 1, text: line })));
        },
      ),
    );
  });

  it.each(['\u2028', '\u2029', '\u0085', '\r'])('of JSON do not end at %j', async (character) => {
    expect(await textsIn(Buffer.from(`"a${character}b"\n"c"\r\n`), json)).toEqual([`"a${character}b"`, '"c"']);
  });

  it.each(['utf16le', 'utf-8'] as const)('are read by the mark of %s', async (encoding) => {
    expect(await textsIn(Buffer.from('\uFEFFnumber\r\n1€', encoding), csv)).toEqual(['number', '1€']);
  });

  it('are read in UTF-16 of either byte order', async () => {
    expect(await textsIn(Buffer.from('\uFEFFa\nb', 'utf16le').swap16(), csv)).toEqual(['a', 'b']);
  });

  it('of broken UTF-16 are refused', async () => {
    const broken = Buffer.concat([Buffer.from('\uFEFFab\n', 'utf16le'), Buffer.from([0x00, 0xd8, 0x61, 0x00])]);
    await expect(linesIn(broken, csv)).rejects.toThrow('not UTF-16LE');
    await expect(linesIn(Buffer.from([0xff, 0xfe, 0x61]), csv)).rejects.toThrow('not UTF-16LE');
  });

  it('that are not UTF-8 are reported one by one', async () => {
    const bytes = Buffer.from('good ü\nbad \xe9\ngood\n', 'latin1');
    expect(await linesIn(bytes, csv, 100)).toEqual([
      { number: 1, bytes: Buffer.from('good \xfc', 'latin1') },
      { number: 2, bytes: Buffer.from('bad \xe9', 'latin1') },
      { number: 3, text: 'good' },
    ]);
  });

  it('that are too long are told as soon as they are, by their beginning, and are read past', async () => {
    let read = 0;
    async function* endless() {
      yield Buffer.from('short\n');
      for (; ; read++) yield Buffer.alloc(1000, ',');
    }
    const told: Line[] = [];
    for await (const lines of textLines(endless(), csv)) {
      told.push(...lines);
      if (told.length === 2) break;
    }
    expect(told).toEqual([
      { number: 1, text: 'short' },
      { number: 2, begins: ','.repeat(20) },
    ]);
    expect(read).toBeLessThan(3);
  });

  it.each(['\n', '\r\n', '\r'])('behind one that is too long go on, with the end %j', async (end) => {
    const long = ['x'.repeat(21), '€'.repeat(300), 'y'.repeat(1000)];
    const text = ['short', long[0], 'next', long[1], '', long[2], long[2], 'last', ''].join(end);
    for (let size = 1; size < 120; size += 7) {
      expect(await linesIn(Buffer.from(text), csv, size), `${size}`).toEqual([
        { number: 1, text: 'short' },
        { number: 2, begins: 'x'.repeat(20) },
        { number: 3, text: 'next' },
        { number: 4, begins: '€'.repeat(20) },
        { number: 5, text: '' },
        { number: 6, begins: 'y'.repeat(20) },
        { number: 7, begins: 'y'.repeat(20) },
        { number: 8, text: 'last' },
      ]);
    }
    expect(await linesIn(Buffer.from(`${'x'.repeat(1000)}${end}`), csv)).toHaveLength(1);
    expect(await linesIn(Buffer.from('x'.repeat(1000)), csv)).toHaveLength(1);
  });

  it('before a flaw in UTF-16 are read, whole pairs of it however the bytes are split, and marks inside', async () => {
    const text = '\uFEFFa\u{1F4DE}\n\uFEFFb\n';
    for (const [flaw, isBig] of [
      ['\udc00c\n', false],
      ['\ud800c\n', true],
    ] as const) {
      const bytes = Buffer.from(text + flaw, 'utf16le');
      if (isBig) bytes.swap16();
      for (let size = 1; size < 20; size++) {
        const lines: Line[] = [];
        const read = async () => {
          for await (const some of textLines(piecesOf(bytes, size), csv)) lines.push(...some);
        };
        await expect(read()).rejects.toThrow(isBig ? 'not UTF-16BE' : 'not UTF-16LE');
        expect(lines.map((line) => ('text' in line ? line.text : line))).toEqual(['a\u{1F4DE}', '\uFEFFb']);
      }
    }
  });

  it('do not exist in an empty text', async () => {
    expect(await linesIn(Buffer.from(''), csv)).toEqual([]);
    expect(await textsIn(Buffer.from('\uFEFF'), csv)).toEqual([]);
    expect(await textsIn(Buffer.from('a'), csv)).toEqual(['a']);
    expect(await textsIn(Buffer.from('\n\n'), csv)).toEqual(['', '']);
  });
});
