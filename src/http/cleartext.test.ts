import { expect, test } from 'vitest';
import { mayServeCleartext } from './cleartext.js';

test.each(['127.0.0.1', '127.255.3.4', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
  '%s is loopback: cleartext is served',
  (host) => {
    expect(mayServeCleartext(host, false)).toBe(true);
  },
);

test.each([
  '0.0.0.0',
  '::',
  '',
  '128.0.0.1',
  '10.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  'fe80::1',
  'sppp.example.org',
  'localhost.example.org',
  '127.0.0.1.example.org',
])('%j is not: cleartext needs the setting', (host) => {
  expect(mayServeCleartext(host, false)).toBe(false);
  expect(mayServeCleartext(host, true)).toBe(true);
});
