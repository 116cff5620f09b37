import { describe, expect, it } from 'vitest';
import { spanOfNumber, spanOfPrefix } from '../values/number-span.js';
import { spanOfGrant } from './grant.js';
import { Grants, Spans } from './grants.js';

describe('spanOfGrant', () => {
  it.each([
    ['1202', '1202', '1202:'],
    ['+1202', '1202', '1202:'],
    ['1202-1299', '1202', '1299:'],
    ['1202-12', '1202', '12:'],
  ])('%s is a span', (text, from, below) => {
    expect(spanOfGrant(text)).toMatchObject({ from, below });
  });

  it.each(['', '12O2', '1203-1202', '1-2-3', '-', '1202-', '-1202', '123456789012345678901'])(
    "'%s' is none",
    (text) => {
      expect(spanOfGrant(text)).toHaveProperty('error');
    },
  );
});

describe('Spans', () => {
  it('contain a span inside one of them, however they overlap', () => {
    const spans = new Spans(['1202-1204', '12', '1203', '1205-1207', '1206-1209', '33']);
    for (const held of ['12', '1202', '12999', '1209', '330']) expect(spans.hold(spanOfPrefix(held)), held).toBe(true);
    for (const not of ['1', '13', '3', '32', '34']) {
      expect(spans.hold(spanOfPrefix(not)), not).toBe(false);
    }
  });

  it('do not contain a span that lies in two of them together', () => {
    expect(new Spans(['1202', '1203']).hold({ kind: 'range', from: '1202', below: '1203:' })).toBe(false);
  });

  it('without a valid one contain nothing', () => {
    expect(new Spans([]).hold(spanOfNumber('1'))).toBe(false);
    expect(new Spans(['all']).hold(spanOfNumber('1'))).toBe(false);
  });
});

describe('Grants', () => {
  it('that are empty reach no registrant', () => {
    const none = new Grants([]);
    expect(none.has('iana-en:1')).toBe(false);
    expect(none.get('iana-en:1')).toBeUndefined();
    expect(none.reach('get', 'PubId', 'iana-en:1')).toBeUndefined();
    expect(none.reached('get', 'PubId')).toEqual([]);
  });

  it('narrowed to words that this server does not know reach no object', () => {
    const grants = new Grants([
      { registrant: 'iana-en:1', registrantId: 1, nouns: [], verbs: undefined, spans: undefined },
    ]);
    expect(grants.reach('get', 'PubId', 'iana-en:1')).toBeUndefined();
  });
});
