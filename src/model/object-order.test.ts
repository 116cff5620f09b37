import { describe, expect, it } from 'vitest';
import { compareCodePoints } from '../values/code-point-order.js';
import type { Key } from './key.js';
import { objectOrder, objKinds, orderTextOf } from './object-order.js';

const named = (rant: string, name: string, type: 'DestGrp' | 'SedRec' | 'SedGrp' | 'EgrRte'): Key => ({
  ...{ kind: 'ObjKeyType', rant, name, type },
});
const number = (value: string, type: 'TN' | 'TNPrefix' | 'RN'): Key => ({
  ...{ kind: 'PubIdKeyType', rant: 'a:1', number: { value, type } },
});
const offer = (name: string, offeredTo: string): Key => {
  const sedGrpKey = { kind: 'ObjKeyType', rant: 'a:1', name, type: 'SedGrp' } as const;
  return { kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo };
};

describe('the order of lists', () => {
  it('is by kind, registrant and what identifies the object', () => {
    const sorted = [
      ...[named('a:1', 'B', 'DestGrp'), named('a:10', 'A', 'DestGrp'), named('a:2', 'A', 'DestGrp')],
      ...[named('a:1', 'b', 'SedRec'), named('a:1', 'ba', 'SedRec'), named('a:1', 'A', 'SedGrp')],
      ...[offer('A', 'b:1'), offer('a', 'b:2'), offer('A A', 'a:1'), named('a:1', 'A', 'EgrRte')],
      ...[number('+12', 'TN'), number('120', 'TN'), number('+2', 'TN')],
      { kind: 'PubIdKeyType', rant: 'a:1', range: { startRange: '+1', endRange: '+3' } } as const,
      ...[number('1', 'TNPrefix'), number('+1', 'RN'), { kind: 'PubIdKeyType', rant: 'a:1', uri: 'a' } as const],
    ];
    const texts = sorted.map(orderTextOf);
    expect([...texts].reverse().sort(compareCodePoints)).toEqual(texts);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('has one text for all ways to name an object', () => {
    expect(orderTextOf(named('a:1', 'STRASSE', 'SedGrp'))).toBe(orderTextOf(named('a:1', 'straße', 'SedGrp')));
    expect(orderTextOf(number('+12', 'TN'))).toBe(orderTextOf(number('12', 'TN')));
  });

  it('has each kind once', () => {
    expect(new Set(objKinds).size).toBe(objKinds.length);
    expect(objectOrder.map(({ noun }) => noun).sort()).toEqual([
      ...['DestGrp', 'EgrRte', 'PubId', 'SedGrp', 'SedGrpOffer', 'SedRec'],
    ]);
  });
});
