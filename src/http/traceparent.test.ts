import { describe, expect, it } from 'vitest';
import { readTraceparent } from './traceparent.js';

describe('traceparent', () => {
  const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

  it.each([
    `00-${trace}-${parent}-01`,
    ` 00-${trace}-${parent}-01 `,
    `01-${trace}-${parent}-01`,
    `cc-${trace}-${parent}-01-what-the-future-will-be-like`,
  ])('%s is read', (header) => {
    expect(readTraceparent(header)).toEqual({ traceId: trace, parentId: parent, flags: '01' });
  });

  it.each([
    undefined,
    '',
    `00-${trace}-${parent}`,
    `00-${trace}-${parent}-01-more`,
    `00-${trace}-${parent}-01 x`,
    `ff-${trace}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent}-0g`,
    `cc-${trace}-${parent}-01.what`,
    `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`,
  ])('%s counts as absent', (header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });
});
