import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuthorityCsv, readLines } from '../../src/cli/authority-csv.js';
import { AdministrationFault } from '../../src/registry/administration.js';
import type { AuthorityRow } from '../../src/registry/cor-authority.js';

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}

async function read(rows: AsyncIterable<AuthorityRow>): Promise<AuthorityRow[]> {
  const all: AuthorityRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

const faultOf = (text: string) =>
  read(readLines(linesOf(text))).then(
    () => 'none',
    (error: unknown) => (error instanceof AdministrationFault ? error.message : String(error)),
  );

describe('a file of authority data', () => {
  it('has numbers, ranges and prefixes, columns in any order, comments and empty lines', async () => {
    const text =
      '\uFEFFcarrier, space ,NUMBER\n# comment\n\niana-en:1,,+12025550100\niana-en:2,tn,1202-1299\n"x:a,""b""",RN,1202*';
    expect(await read(readLines(linesOf(text)))).toEqual([
      { line: 4, space: 'TN', kind: 'TN', value: '12025550100', carrier: 'iana-en:1' },
      { line: 5, space: 'TN', kind: 'TNRange', value: '1202-1299', carrier: 'iana-en:2' },
      { line: 6, space: 'RN', kind: 'TNPrefix', value: '1202', carrier: 'x:a,"b"' },
    ]);
  });

  it.each([
    ['', 'line 1: the names of the columns, number,carrier'],
    ['number\n', 'line 1: column carrier: not there'],
    ['number,carrier,name\n', 'line 1: column name: one of number, carrier, space, named in the first line'],
    ['number,number,carrier\n', 'line 1: column number: once'],
    ['number,carrier\n12x,iana-en:1', 'line 2: number 12x: not digits 0 to 9 after an optional +'],
    ['number,carrier\n,iana-en:1', 'line 2: number : not digits 0 to 9 after an optional +'],
    ['number,carrier\n*,iana-en:1', 'line 2: number *: not digits 0 to 9 after an optional +'],
    ['number,carrier\n13-12,iana-en:1', 'line 2: number 13-12: the start lies after the end'],
    ['number,carrier\n1-2-3,iana-en:1', 'line 2: number 1-2-3: not digits 0 to 9 after an optional +'],
    [`number,carrier\n${'1'.repeat(21)},iana-en:1`, `line 2: number ${'1'.repeat(21)}: more than 20 characters`],
    ['number,carrier\n12,nobody', 'line 2: carrier nobody: not namespace:value, the namespace a letter'],
    ['number,carrier,space\n12,iana-en:1,XX', 'line 2: space XX: TN or RN'],
    ['number,carrier\n12', 'line 2: 1 fields: 2, as the first line says'],
    ['number,carrier\n"12,iana-en:1', 'line 2: quotes around a whole field only, and doubled inside'],
    [`number,carrier\n${'1'.repeat(1001)}`, 'line 2: at most 1000 characters'],
  ])('%j is refused with the line, the field, the value and the rule', async (text, message) => {
    expect(await faultOf(text)).toContain(message);
  });

  it('tells ten faults and no more', async () => {
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
    await writeFile(join(folder, 'none.csv.gz'), text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['a.csv', 'a.csv.gz'])('%s is read', async (name) => {
    expect((await read(readAuthorityCsv(join(folder, name)))).map(({ value }) => value)).toEqual(['1202']);
  });

  it.each(['absent.csv', 'cut.csv.gz', 'none.csv.gz', ''])('%j is a fault', async (name) => {
    await expect(read(readAuthorityCsv(join(folder, name)))).rejects.toThrow(AdministrationFault);
  });
});
