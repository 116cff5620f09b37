import { describe, expect, it } from 'vitest';
import { answeringOf, readTraceparent, traceHeader } from './trace.js';

const answering = { system: 'registry', node: 'n1' };

describe('the trace header of an answer', () => {
  it.each([
    ['none', 't1', undefined],
    ['id', 't1', 'transaction=t1'],
    ['full', 't1', 'system=registry; node=n1; transaction=t1'],
    ['none', undefined, undefined],
    ['id', undefined, undefined],
    ['full', undefined, 'system=registry; node=n1'],
  ] as const)('at level %s, for transaction %s', (level, transaction, expected) => {
    expect(traceHeader(level, answering, transaction)).toBe(expected);
  });

  it('names a node after its machine where the operator has given it no name', () => {
    const identity = {
      system: 's',
      node: undefined,
      operator: undefined,
      contact: undefined,
      privacyPolicy: undefined,
    };
    expect(answeringOf(identity).node).toMatch(/^[A-Za-z0-9._:-]+$/);
    expect(answeringOf({ ...identity, node: 'n7' })).toEqual({ system: 's', node: 'n7' });
  });
});

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
  ])('%s is none', (header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });
});
