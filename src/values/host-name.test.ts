import { describe, expect, it } from 'vitest';
import { checkHostName } from './host-name.js';

const label63 = 'a'.repeat(63);
const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`;

describe('checkHostName', () => {
  it.each([
    'ns1.example.com',
    'NS1.Example.COM.',
    'localhost',
    '3com.com',
    'xn--bcher-kva.example',
    '_dns.example',
    'ns_1.example',
    'a.b-c.d',
    '1.2.3.4a',
    label63,
    name253,
    `${name253}.`,
  ])('takes %s', (name) => {
    expect(checkHostName(name)).toBeUndefined();
  });

  it.each([
    '',
    '.',
    '.example',
    'a..b',
    'a.b..',
    '-a.example',
    'a-.example',
    'a b.example',
    'bücher.example',
    'a@b',
    'example.com:53',
    '*.example',
    `${label63}a.example`,
    'a.example\n',
  ])('finds an invalid label in %j', (name) => {
    expect(checkHostName(name)).toEqual({
      error: 'a label is not 1 to 63 letters, digits, underscores and inner hyphens',
    });
  });

  it.each(['192.0.2.1', '192.0.2.1.', '42', 'example.7'])('recognizes an address or a part of one in %s', (name) => {
    expect(checkHostName(name)).toEqual({ error: 'the last label is a number; addresses belong in ipAddr' });
  });

  it('refuses a name that is too long', () => {
    expect(checkHostName(`${name253}a`)).toEqual({ error: 'more than 253 characters' });
  });
});
