/** The checker of histories finds what it should: a checker that finds nothing would be pleased with any registry. */

import { describe, expect, it } from 'vitest';
import { findingsOf, type Registry } from './support/checker.js';
import type { Read, Write } from './support/history.js';

const write = (id: string, verdict: Write['verdict'], numbers: string[], verb: Write['verb'] = 'add'): Write => ({
  ...{ id, verdict, numbers, verb, registrar: 'iana-en:111', sentAt: 0, endedAt: 1, answer: 'an answer' },
});
const done = { code: 1000, committed: true };
const undone = { code: 2300, committed: false };

/** Findings of a history beside a registry with these numbers and journal rows. */
function find(writes: Write[], numbers: string[], rows: Record<string, typeof done>, reads: Read[] = []) {
  const registry: Registry = { numbers: new Set(numbers), rows: new Map(Object.entries(rows)) };
  const { lost, broken } = findingsOf({ writes, reads }, registry);
  return [...lost, ...broken].map((line) => line.replace(/:.*/, ''));
}

describe('a request', () => {
  it.each<[string, Write['verdict'], Write['verb'], string[], typeof done | undefined, string[]]>([
    ['acknowledged, and there', 'acknowledged', 'add', ['1', '2'], done, []],
    ['acknowledged, and gone', 'acknowledged', 'add', [], undefined, ['acknowledged, and not carried out']],
    ['acknowledged, and there in part', 'acknowledged', 'add', ['1'], done, ['acknowledged, and not carried out']],
    ['acknowledged, without a row', 'acknowledged', 'add', ['1', '2'], undefined, ['acknowledged, and not journalled']],
    ['refused, and not there', 'refused', 'add', [], undone, []],
    ['refused, without a row', 'refused', 'add', [], undefined, []],
    ['refused, and there', 'refused', 'add', ['1', '2'], done, ['refused, and carried out']],
    ['refused, and its row says otherwise', 'refused', 'add', [], done, ['refused, and journalled as carried out']],
    ['unanswered, and there', 'unanswered', 'add', ['1', '2'], done, []],
    ['unanswered, and not there', 'unanswered', 'add', [], undefined, []],
    ['unanswered, and there in part', 'unanswered', 'add', ['2'], done, ['unanswered, and carried out in part']],
    [
      'unanswered, there without a row',
      'unanswered',
      'add',
      ['1', '2'],
      undefined,
      ['unanswered, and journalled as it is not'],
    ],
    ['unanswered, not there with a row', 'unanswered', 'add', [], done, ['unanswered, and journalled as it is not']],
    ['with another answer', 'strange', 'add', [], undefined, ['an answer that no event explains']],
    ['to delete, acknowledged', 'acknowledged', 'delete', [], done, []],
    [
      'to delete, acknowledged, and still there',
      'acknowledged',
      'delete',
      ['1'],
      done,
      ['acknowledged, and not carried out'],
    ],
    ['to delete, refused, and gone', 'refused', 'delete', [], undone, ['refused, and carried out']],
    [
      'to delete, unanswered, and gone in part',
      'unanswered',
      'delete',
      ['2'],
      done,
      ['unanswered, and carried out in part'],
    ],
  ])('%s', (_, verdict, verb, present, row, expected) => {
    expect(find([write('a', verdict, ['1', '2'], verb)], present, row === undefined ? {} : { a: row })).toEqual(
      expected,
    );
  });

  it('whose numbers were deleted later', () => {
    const both = [write('a', 'acknowledged', ['1']), write('b', 'acknowledged', ['1'], 'delete')];
    expect(find(both, [], { a: done, b: done })).toEqual([]);
    expect(find(both, ['1'], { a: done, b: done })).toEqual(['acknowledged, and not carried out']);
  });
});

describe('a read', () => {
  it('that misses what was acknowledged before it is stale; one without an answer is none', () => {
    const writes = [write('a', 'acknowledged', ['1', '2'])];
    const read = (found: number | undefined): Read => ({ of: 'a', at: 'node2', found, expected: 2 });
    expect(find(writes, ['1', '2'], { a: done }, [read(2), read(undefined)])).toEqual([]);
    expect(find(writes, ['1', '2'], { a: done }, [read(1)])).toEqual(['stale']);
  });
});
