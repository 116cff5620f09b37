/** docs/requirements.md: a row for each requirement, and existing tests. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/requirements.md', root), 'utf8');

interface Row {
  readonly number: string;
  readonly met: string;
  readonly how: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => /^\| (?:REQ-|S-)?[A-Z0-9]/.test(line) && !line.startsWith('| Number'))
  .map((line) => {
    const [, number = '', , met = '', how = '', tests = ''] = line.split('|').map((cell) => cell.trim());
    const named = [...tests.matchAll(/`([^`]+)` “([^”]+)”/g)].map(([, file = '', name = '']) => ({ file, name }));
    return { number, met, how, tests: named };
  });

const counted = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `REQ-${kind}-${n + 1}`);

it('every requirement that concerns a registry has its row, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual([
    ...counted('PROV', 3),
    ...counted('INTERCONNECT', 5),
    ...counted('SED', 4),
    ...counted('SED-RECORD', 2),
    ...counted('DATA-MGMT', 3),
    ...counted('PI-TNR-RN', 6),
    ...counted('MISC', 3),
    ...['S-1', 'S-2', 'S-3'],
    ...['1', '2', '3', '4', '5', '6', '7', '8', '9', '15', '16'],
  ]);
});

describe.each(rows)('$number', ({ met, how, tests }) => {
  it('is met, or names the exception and the reason', () => {
    expect(['yes', 'partly', 'no']).toContain(met);
    if (met === 'yes') expect(how).not.toMatch(/\bnot met\b/);
    else expect(how).toMatch(/not met\b.*, because /);
  });

  it('names existing tests', () => {
    expect(tests.length).toBeGreaterThan(0);
    for (const { file, name } of tests) {
      const at = new URL(file, root);
      expect(existsSync(at), file).toBe(true);
      expect(readFileSync(at, 'utf8'), `${file}: ${name}`).toContain(`it('${name}'`);
    }
  });
});
