import { describe, expect, it } from 'vitest';
import type { ChangeItem } from './change-item.js';
import { heldItems } from './held-items.js';

const names = (from: number, count: number): ChangeItem[] =>
  Array.from({ length: count }, (_, index) => ({
    verb: 'add',
    subject: { kind: 'DestGrpType', rant: 'iana-en:1', rar: 'iana-en:1', dgName: `Größe ${from + index}` },
  }));

describe('held items', () => {
  it('are equal to those that were given, in any order of asking', () => {
    const items: ChangeItem[] = [
      ...names(0, 3),
      { verb: 'delete', subject: { kind: 'ObjKeyType', rant: 'iana-en:1', name: 'a', type: 'DestGrp' } },
    ];
    const [held, others] = [heldItems(items), heldItems(names(7, 2))];
    const shown = (each: readonly ChangeItem[]) => each.map(({ verb, subject }) => ({ verb, subject }));
    expect(shown(held)).toEqual(items);
    expect([held[3]?.subject, others[1]?.subject, held[0]?.subject]).toEqual([
      ...[items[3]?.subject, names(8, 1)[0]?.subject, items[0]?.subject],
    ]);
  });

  it('hold no objects', () => {
    const [item] = heldItems(names(0, 1));
    expect(Object.keys(item ?? {})).toEqual(['verb']);
    expect(heldItems([])).toEqual([]);
  });
});
