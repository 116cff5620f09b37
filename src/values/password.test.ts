import { describe, expect, it } from 'vitest';
import { checkPassword } from './password.js';

describe('a password', () => {
  it.each(['correct horse battery', 'pässwörd-åäö-12', 'Zq8!kP2#mX7$', 'съешь ещё этих булок'])(
    'may be %s',
    (password) => {
      expect(checkPassword('ann', password)).toBeUndefined();
    },
  );

  it.each([
    ['', /at least 12 characters/],
    ['secret', /at least 12 characters/],
    ['elevenchars', /at least 12 characters/],
    ['🔑🔑🔒🔒🔐🔐', /at least 12 characters/],
    ['aaaaaaaaaaaaaaaa', /at least 5 different/],
    ['12121212121212', /at least 5 different/],
    ['carrier-2026-X', /without the user name/],
    ['my-CARRIER-login', /without the user name/],
    ['first line\nsecond line', /line ends/],
    ['nul\u0000in the middle', /controls/],
    ['hidden\u200bcharacters', /invisible/],
  ])('may not be %j', (password, rule) => {
    expect(checkPassword('carrier', password)?.error).toMatch(rule);
  });
});
