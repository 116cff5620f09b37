import { describe, expect, it } from 'vitest';
import { FailedLogins } from './failed-logins.js';

const limits = { failures: 10, windowMs: 60_000, pairs: 100 };

function fail(logins: FailedLogins, times: number, username: string, address: string): void {
  for (let i = 0; i < times; i++) logins.failed(username, address);
}

describe('FailedLogins', () => {
  it('allows nine failures and locks the pair out after the tenth, until the window is over', () => {
    let now = 1_000_000;
    const logins = new FailedLogins(() => now, limits);
    fail(logins, 9, 'carrier', '192.0.2.1');
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBeUndefined();
    now += 15_500;
    logins.failed('carrier', '192.0.2.1');
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBe(45);
    now += 44_499;
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBe(1);
    now += 1;
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBeUndefined();
    logins.failed('carrier', '192.0.2.1');
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBeUndefined();
  });

  it('ten failures in more than a window lock no pair out', () => {
    let now = 0;
    const logins = new FailedLogins(() => now, limits);
    for (let i = 0; i < 30; i++) {
      logins.failed('carrier', '192.0.2.1');
      expect(logins.retryAfter('carrier', '192.0.2.1')).toBeUndefined();
      now += 6700;
    }
  });

  it('10,000 failures from one address lock out neither the user at another address nor other users at that one', () => {
    const logins = new FailedLogins(() => 0, limits);
    fail(logins, 10_000, 'carrier', '192.0.2.1');
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBe(60);
    expect(logins.retryAfter('carrier', '192.0.2.2')).toBeUndefined();
    expect(logins.retryAfter('other', '192.0.2.1')).toBeUndefined();
  });

  it('a success clears its own pair only', () => {
    const logins = new FailedLogins(() => 0, limits);
    fail(logins, 10, 'carrier', '192.0.2.1');
    fail(logins, 10, 'carrier', '192.0.2.2');
    logins.succeeded('carrier', '192.0.2.1');
    expect(logins.retryAfter('carrier', '192.0.2.1')).toBeUndefined();
    expect(logins.retryAfter('carrier', '192.0.2.2')).toBe(60);
  });

  it('remembers a bounded number of pairs, the latest failures first', () => {
    const logins = new FailedLogins(() => 0, limits);
    fail(logins, 10, 'first', '192.0.2.1');
    fail(logins, 10, 'kept', '192.0.2.1');
    for (let i = 0; i < 99; i++) logins.failed(`guess ${i}`, '192.0.2.1');
    expect(logins.retryAfter('first', '192.0.2.1')).toBeUndefined();
    expect(logins.retryAfter('kept', '192.0.2.1')).toBe(60);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:DB8:1:2::1', '2001:0db8:0001:0002:0:0:0:9'],
    ['::1', '0:0:0:0:0:0:0:2'],
    ['1::2:3:4:5:6:7', '1:0:2:3:9:9:9:9'],
    ['::1:2:3:4:5:6:7', '0:1:2:3::'],
    ['1::2:3:4:5:192.0.2.1', '1:0:2:3:9:9:9:9'],
    ['fe80::1%eth0', 'fe80::2'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ])('%s and %s are one site', (one, other) => {
    const logins = new FailedLogins(() => 0, limits);
    fail(logins, 10, 'carrier', one);
    expect(logins.retryAfter('carrier', other)).toBe(60);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
    ['::ffff:192.0.2.1', '::1'],
  ])('%s and %s are two', (one, other) => {
    const logins = new FailedLogins(() => 0, limits);
    fail(logins, 10, 'carrier', one);
    expect(logins.retryAfter('carrier', other)).toBeUndefined();
  });
});

it('workers of a node count together what one tells the other', () => {
  const [one, other] = [new FailedLogins(() => 0), new FailedLogins(() => 0)];
  one.tell = (news) => other.hear(news);
  other.tell = (news) => one.hear(news);
  for (let guesses = 0; guesses < 5; guesses++) {
    one.failed('ssp1', '192.0.2.1');
    other.failed('ssp1', '192.0.2.1');
  }
  expect([one, other].map((each) => each.retryAfter('ssp1', '192.0.2.1'))).toEqual([60, 60]);
  other.succeeded('ssp1', '192.0.2.1');
  expect([one, other].map((each) => each.retryAfter('ssp1', '192.0.2.1'))).toEqual([undefined, undefined]);
});
