import { describe, expect, it } from 'vitest';
import { readsGzip, readWeightedList } from './weighted-list.js';

describe('readWeightedList', () => {
  it.each([
    ['', [['', 1]]],
    ['gzip', [['gzip', 1]]],
    [
      ' GZIP ; q=0.5 ,\tbr;q=0,*',
      [
        ['gzip', 0.5],
        ['br', 0],
        ['*', 1],
      ],
    ],
    ['text/dns; charset=utf-8; q=0.3', [['text/dns', 0.3]]],
    ['gzip;q=high', [['gzip', 0]]],
    ['gzip;q=', [['gzip', 0]]],
    ['a b', [['a b', 1]]],
  ])('reads %j', (header, expected) => {
    expect(readWeightedList(header).map(({ name, weight }) => [name, weight])).toEqual(expected);
  });
});

describe('readsGzip', () => {
  it.each(['gzip', 'GZIP', 'br, gzip', 'gzip;q=0.001', '*', 'br;q=0, *;q=0.1', ['br', 'gzip'], 'gzip ; q=1'])(
    'admits it for %j',
    (header) => {
      expect(readsGzip(header)).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    'identity',
    'br',
    'gzip;q=0',
    'gzip;q=0, *',
    '*;q=0',
    'x-gzip',
    'gzip !',
    `a${' '.repeat(16_000)}!`,
  ])('does not for %j', (header) => {
    expect(readsGzip(header)).toBe(false);
  });
});
