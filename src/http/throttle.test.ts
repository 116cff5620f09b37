import { beforeEach, describe, expect, it } from 'vitest';
import { type Rates, readConfig } from '../config.js';
import { Buckets, Throttle } from './throttle.js';

let now: number;
const clock = () => now;
beforeEach(() => {
  now = 1_000_000;
});

describe('a bucket', () => {
  const rate = { count: 10, seconds: 5 };

  it('is full at first, and can be emptied at once', () => {
    const buckets = new Buckets(rate, clock);
    for (let n = 0; n < 10; n++) {
      expect(buckets.wait('a')).toBe(0);
      buckets.take('a', 1);
    }
    expect(buckets.wait('a')).toBe(1);
  });

  it('fills steadily, and no further than its size', () => {
    const buckets = new Buckets(rate, clock);
    buckets.take('a', 10);
    now += 499;
    expect(buckets.wait('a')).toBe(1);
    now += 1;
    expect(buckets.wait('a')).toBe(0);
    now += 1_000_000;
    buckets.take('a', 10);
    expect(buckets.wait('a')).toBeGreaterThan(0);
  });

  it('runs into debt by no more than it holds', () => {
    const buckets = new Buckets(rate, clock);
    buckets.take('a', 1_000_000_000);
    expect(buckets.wait('a')).toBe(6); // eleven tokens at two a second
    now += 5500;
    expect(buckets.wait('a')).toBe(0);
  });

  it('is one per key', () => {
    const buckets = new Buckets(rate, clock);
    buckets.take('a', 10);
    expect(buckets.wait('b')).toBe(0);
  });

  it('without a rate never runs dry', () => {
    const buckets = new Buckets(undefined, clock);
    buckets.take('a', Number.MAX_SAFE_INTEGER);
    expect(buckets.wait('a')).toBe(0);
  });

  it('does not run dry because a clock was set back', () => {
    const buckets = new Buckets(rate, clock);
    buckets.take('a', 1);
    now -= 3_600_000;
    expect(buckets.wait('a')).toBe(0);
    buckets.take('a', 1);
    now += 500;
    expect(buckets.wait('a')).toBe(0);
  });

  it('that is least recently used is dropped first, so that strangers fill no memory', () => {
    const buckets = new Buckets(rate, clock, 2);
    buckets.take('a', 10);
    buckets.take('b', 10);
    buckets.take('a', 1);
    buckets.take('c', 10);
    expect([buckets.wait('a') > 0, buckets.wait('b') > 0, buckets.wait('c') > 0]).toEqual([true, false, true]);
  });
});

describe('the throttle', () => {
  const off: Rates = {
    requests: undefined,
    objects: undefined,
    undone: undefined,
    addressRequests: undefined,
    addressObjects: undefined,
    health: undefined,
  };
  const narrow = { count: 3, seconds: 60 };

  it('limits no registrar if no rate is set', () => {
    const throttle = new Throttle(off, clock);
    for (let n = 0; n < 1000; n++) {
      expect(throttle.enterFrom('192.0.2.1')).toBeUndefined();
      expect(throttle.enter(1)).toBeUndefined();
      throttle.spent(1, '192.0.2.1', { objects: 1_000_000, undone: 1_000_000 });
    }
  });

  it.each(['requests', 'objects', 'undone'] as const)('counts %s per registrar', (kind) => {
    const throttle = new Throttle({ ...off, [kind]: narrow }, clock);
    for (let n = 0; n < 3; n++) {
      expect(throttle.enter(1)).toBeUndefined();
      throttle.spent(1, '192.0.2.1', { objects: 1, undone: 1 });
    }
    expect(throttle.enter(1)).toMatchObject({ retryAfter: 20, refusals: 1, unread: false });
    expect(throttle.enter(1)?.reason).toMatch(
      /^throttled: too many (requests|objects|objects rolled back), come back in 20 s$/,
    );
    expect(throttle.enter(2)).toBeUndefined();
    now += 20_000;
    expect(throttle.enter(1)).toBeUndefined();
  });

  it('counts objects rolled back, and no others, against their rate', () => {
    const throttle = new Throttle({ ...off, undone: narrow }, clock);
    throttle.spent(1, '192.0.2.1', { objects: 1000, undone: 0 });
    expect(throttle.enter(1)).toBeUndefined();
    throttle.spent(1, '192.0.2.1', { objects: 1000, undone: 1000 });
    expect(throttle.enter(1)?.reason).toContain('objects rolled back');
  });

  it.each(['addressRequests', 'addressObjects'] as const)(
    'counts %s per address, IPv6 by its first 64 bits',
    (kind) => {
      const throttle = new Throttle({ ...off, [kind]: narrow }, clock);
      for (const end of ['1', '2', 'ffff:1']) {
        expect(throttle.enterFrom(`2001:db8::${end}`)).toBeUndefined();
        throttle.spent(1, `2001:db8::${end}`, { objects: 1, undone: 0 });
      }
      expect(throttle.enterFrom('2001:db8::3')).toBe(20);
      expect(throttle.enterFrom('2001:db8:0:1::3')).toBeUndefined();
    },
  );

  it('reads no bodies of a registrar after ten refusals in a row, until a request passes', () => {
    const throttle = new Throttle({ ...off, requests: { count: 1, seconds: 1 } }, clock);
    expect(throttle.enter(1)).toBeUndefined();
    const unread = Array.from({ length: 12 }, () => throttle.enter(1)?.unread);
    expect(unread).toEqual([...Array(10).fill(false), true, true]);
    now += 1000;
    expect(throttle.enter(1)).toBeUndefined();
    expect(throttle.enter(1)).toMatchObject({ unread: false, refusals: 1 });
  });
});

describe('two workers of a node', () => {
  it('count together what one of them tells the other', () => {
    const rates = readConfig({ SPPP_RATE_REQUESTS: '3/60', SPPP_RATE_ADDRESS_REQUESTS: '2/60' }).rates;
    const [one, other] = [new Throttle(rates, () => 0), new Throttle(rates, () => 0)];
    for (const each of [one, other]) each.note(2);
    expect(one.noted()).toBeUndefined();
    for (let entered = 0; entered < 2; entered++) one.enter(7);
    one.enterFrom('192.0.2.1');
    const spending = one.noted();
    if (spending === undefined) throw new Error('nothing was noted');
    other.hear(spending);
    expect([other.enter(7), other.enter(7)]).toMatchObject([undefined, { what: 'requests' }]);
    expect([other.enterFrom('192.0.2.1'), other.enterFrom('192.0.2.1')]).toEqual([undefined, 30]);
    // What was heard is not told again.
    expect(other.noted()?.map((taken) => taken.length)).toEqual([1, 0, 0, 1, 0, 0]);
    expect(one.noted()).toBeUndefined();
  });

  it('tell it soon when a rate is half used up, or when an eighth of it was taken that the other one does not know of', () => {
    let now = 0;
    const rates = readConfig({ SPPP_RATE_REQUESTS: '16/16' }).rates;
    const [one, other] = [new Throttle(rates, () => now), new Throttle(rates, () => now)];
    for (const each of [one, other]) each.note(2);
    const enter = (throttle: Throttle, times: number) => {
      for (let entered = 0; entered < times; entered++) expect(throttle.enter(7)).toBeUndefined();
      return throttle.isDue;
    };
    const tell = () => one.hear(other.noted() ?? []);
    expect(enter(other, 2)).toBe(false);
    expect(enter(other, 1)).toBe(true);
    tell();
    expect(enter(other, 2)).toBe(false);
    tell();
    expect(enter(one, 2)).toBe(false); // 9 of 16 are left.
    one.noted();
    expect(enter(one, 1)).toBe(false);
    expect(enter(one, 1)).toBe(true); // 7 are left.
    one.noted();
    now += 16_000;
    expect(enter(one, 1)).toBe(false);
  });
});
