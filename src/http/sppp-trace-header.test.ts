import { describe, expect, it } from 'vitest';
import { answeringOf, traceHeader } from './sppp-trace-header.js';

const answering = { system: 'registry', node: 'n1' };

describe('the SPPP-Trace header of an answer', () => {
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

  it('names a node after its machine if the settings give it no name', () => {
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
