import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuthority, readAuthorityCsv } from '../../src/cli/authority-csv.js';
import { OperatorError } from '../../src/operator-error.js';
import type { AuthorityRow } from '../../src/registry/cor/authority.js';

async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

async function read(rows: AsyncIterable<AuthorityRow>): Promise<AuthorityRow[]> {
  const all: AuthorityRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

const faultOf = (text: string) =>
  read(readAuthority(bytesOf(text), 'a.csv')).then(
    () => 'none',
    (error: unknown) => (error instanceof OperatorError ? error.message : String(error)),
  );

describe('a file of authority data', () => {
  it('has numbers, ranges and prefixes, columns in any order, comments and empty lines', async () => {
    const text =
      '\uFEFFcarrier, space ,NUMBER\n# comment\n\niana-en:1,,+12025550100\niana-en:2,tn,1202-1299\n"x:a,""b""",RN,1202*';
    expect(await read(readAuthority(bytesOf(text), 'a.csv'))).toEqual([
      { line: 4, space: 'TN', kind: 'TN', value: '12025550100', carrier: 'iana-en:1' },
      { line: 5, space: 'TN', kind: 'TNRange', value: '1202-1299', carrier: 'iana-en:2' },
      { line: 6, space: 'RN', kind: 'TNPrefix', value: '1202', carrier: 'x:a,"b"' },
    ]);
  });

  it.each([
    ['', 'line 1: the names of the columns, number,carrier'],
    ['number\n', 'line 1: column carrier: missing'],
    ['number,carrier,name\n', 'line 1: column name: one of number, carrier, space, named in the first line'],
    ['number,number,carrier\n', 'line 1: column number: once'],
    ['number,carrier\n12x,iana-en:1', 'line 2: number 12x: not digits 0 to 9 after an optional +'],
    ['number,carrier\n,iana-en:1', 'line 2: number : not digits 0 to 9 after an optional +'],
    ['number,carrier\n*,iana-en:1', 'line 2: number *: not digits 0 to 9 after an optional +'],
    ['number,carrier\n13-12,iana-en:1', 'line 2: number 13-12: the start is after the end'],
    ['number,carrier\n1-2-3,iana-en:1', 'line 2: number 1-2-3: not digits 0 to 9 after an optional +'],
    [`number,carrier\n${'1'.repeat(21)},iana-en:1`, `line 2: number ${'1'.repeat(21)}: more than 20 characters`],
    ['number,carrier\n12,nobody', 'line 2: carrier nobody: not namespace:value, the namespace a letter'],
    ['number,carrier,space\n12,iana-en:1,XX', 'line 2: space XX: TN or RN'],
    ['number,carrier\n12', 'line 2: 1 fields: 2, as the first line says'],
    ['number,carrier\n"12,iana-en:1', 'line 2: quotes around a whole field only, and doubled inside'],
    [`number,carrier\n${'1'.repeat(1001)}`, 'line 2: at most 1000 characters'],
    [`number,carrier\n${','.repeat(5_000_000)}`, 'line 2: at most 1000 characters, and this one begins ,,,,'],
    [`number,carrier\n#${'x'.repeat(5_000_000)}`, 'line 2: at most 1000 characters, and this one begins #xxx'],
    ['number,carrier\n1"2,iana-en:1', 'line 2: quotes around a whole field only, and doubled inside'],
    ['number,carrier\n"12"3,iana-en:1', 'line 2: quotes around a whole field only, and doubled inside'],
    ['number,carrier\n"12\n3",iana-en:1', 'line 2: quotes around a whole field only, and doubled inside'],
    ['number;carrier\n12;iana-en:1', 'line 1: column number;carrier: one of number, carrier, space'],
    ['number,carrier\n12,iana-en:a b', 'line 2: carrier iana-en:a b: a blank'],
    ['number,carrier\n12,iana-en:\u200b1', 'line 2: carrier iana-en:\\u200b1: an invisible character'],
    ['number,carrier\n\u0000,iana-en:1', 'line 2: number \\u0000: not digits 0 to 9'],
  ])('%j is refused with the line, the field, the value and the rule', async (text, message) => {
    expect(await faultOf(text)).toContain(message);
  });

  it('may name an existing carrier, whatever the rule for new ones', async () => {
    const rows = readAuthority(bytesOf('number,carrier\n12,iana-en:a b\n'), 'a.csv', new Set(['iana-en:a b']));
    expect(await read(rows)).toMatchObject([{ carrier: 'iana-en:a b' }]);
  });

  it('reports ten faults at most', async () => {
    const message = await faultOf(`number,carrier\n${'x,iana-en:1\n'.repeat(50)}`);
    expect(message.split('\n')).toHaveLength(10);
    expect(message).toContain('line 11: ');
  });
});

describe('on disk', () => {
  let folder = '';
  const text = 'number,carrier\r\n1202*,iana-en:1\r\n';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sppp-cor-'));
    await writeFile(join(folder, 'a.csv'), text);
    await writeFile(join(folder, 'a.csv.gz'), gzipSync(text));
    await writeFile(join(folder, 'cut.csv.gz'), gzipSync(text.repeat(100)).subarray(0, 40));
    await writeFile(join(folder, 'plain.csv.gz'), text);
    await writeFile(join(folder, 'packed.csv'), gzipSync(text));
    await writeFile(join(folder, 'utf16.csv'), `\uFEFF${text}`, 'utf16le');
    await writeFile(join(folder, 'mac.csv'), text.replaceAll('\n', ''));
    await writeFile(join(folder, 'latin1.csv'), 'number,carrier\n1202*,iana-en:é\n', 'latin1');
    await writeFile(join(folder, 'lro.csv'), 'number,carrier\n\u202d+12025550100\u202c,iana-en:222\n');
    await writeFile(join(folder, 'sci.csv'), 'number,carrier\n1.2025550100E+10,iana-en:222\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['a.csv', 'a.csv.gz', 'plain.csv.gz', 'packed.csv', 'utf16.csv', 'mac.csv'])('%s is read', async (name) => {
    expect((await read(readAuthorityCsv(join(folder, name)))).map(({ value }) => value)).toEqual(['1202']);
  });

  it.each([
    ['latin1.csv', 'line 2: carrier iana-en:\\xe9: not UTF-8; save the file as UTF-8'],
    ['lro.csv', 'line 2: number \\u202d+12025550100\\u202c: not digits 0 to 9 after an optional +'],
    [
      'sci.csv',
      'line 2: number 1.2025550100E+10: not digits 0 to 9 after an optional +; make the column one of text in the spreadsheet',
    ],
  ])('%s is refused with file, line, column, value and rule', async (name, message) => {
    const file = join(folder, name);
    await expect(read(readAuthorityCsv(file))).rejects.toThrow(new OperatorError(`${file}: ${message}`));
  });

  it.each(['absent.csv', 'cut.csv.gz', ''])('%j is a fault', async (name) => {
    await expect(read(readAuthorityCsv(join(folder, name)))).rejects.toThrow(OperatorError);
  });
});
