import { expect, it } from 'vitest';
import { GAP, Template } from './template.js';

const text = (first: string, other: string) => JSON.stringify({ first, more: [other, `sip:${other}@x`], also: '\\1' });

it('gives the text that JSON.stringify gives for the values', () => {
  const template = new Template(text(GAP, GAP));
  for (const [first, other] of [
    ['12', '+12'],
    ['', ''],
    ['"\\\u0001\ud800é', 'sip:"a\\'],
    ['$&', '$1'],
  ] as const) {
    expect(template.fill(first, other)).toBe(text(first, other));
  }
});

it('has the same tag for all values, and another tag for another text', () => {
  const { tag } = new Template(text(GAP, GAP));
  expect(tag).toMatch(/^[\w-]{22}$/);
  expect(new Template(text(GAP, GAP)).tag).toBe(tag);
  expect(new Template(text(GAP, `${GAP}x`)).tag).not.toBe(tag);
});
