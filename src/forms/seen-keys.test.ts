import { describe, expect, it } from 'vitest';
import { SeenKeys } from './seen-keys.js';

describe('SeenKeys', () => {
  it('tells the first line of each of many objects, and takes none for another', () => {
    const seen = new SeenKeys();
    const identity = (index: number) => `iana-en:222\nTN\n1202${index}`;
    let wrong = 0;
    for (let index = 0; index < 100_000; index++)
      if (seen.firstLine(identity(index), index + 2) !== undefined) wrong += 1;
    for (let index = 0; index < 100_000; index++) if (seen.firstLine(identity(index), 1) !== index + 2) wrong += 1;
    expect(wrong).toBe(0);
  });

  it('forgets the oldest of very many, never those of the last part', () => {
    const seen = new SeenKeys(8192);
    for (let index = 0; index < 14_000; index++) seen.firstLine(`${index}`, index + 1);
    expect(seen.firstLine('0', 99_000)).toBeUndefined();
    for (let index = 9_000; index < 14_000; index++) expect(seen.firstLine(`${index}`, 1)).toBe(index + 1);
  });
});
