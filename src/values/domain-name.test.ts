import { describe, expect, it } from 'vitest';
import { checkDomainName, labelsOf, zoneName } from './domain-name.js';

const label = 'x'.repeat(63);
/** Of 255 octets on the wire. */
const longest = `${label}.${label}.${label}.${'x'.repeat(61)}`;

describe('checkDomainName', () => {
  it.each(['a', 'a.', 'A-1.example', '_sip._udp.example.com.', '-', '1.2', longest, `${longest}.`])(
    'takes %s',
    (name) => {
      expect(checkDomainName(name)).toBeUndefined();
    },
  );

  it.each(['', '.', '..', 'a..b', '.a', 'a..', `${label}x`, `${longest}x`])('%s has an invalid length', (name) => {
    const error = 'not a domain name: labels have 1 to 63 octets, all together 255 at most';
    expect(checkDomainName(name)).toEqual({ error });
  });

  it.each(['a b', '(', '$INCLUDE zone.db', 'x;comment', 'a/b', 'é', 'a\\.b', '*', '@', 'a\n', '\u212a'])(
    '%j has other characters',
    (name) => {
      const error = 'not a domain name: a label has letters, digits, hyphens and underscores only';
      expect(checkDomainName(name)).toEqual({ error });
    },
  );
});

it('the labels of a name are its octets if DNS can carry it', () => {
  expect(labelsOf('')).toEqual([]);
  expect(labelsOf('.')).toEqual([]);
  expect(labelsOf('a.é.')).toEqual(['a', '\u00c3\u00a9']);
  expect(labelsOf('é'.repeat(32))).toBeUndefined();
  expect(labelsOf('a..b')).toBeUndefined();
});

it('a name in a zone file has special characters escaped', () => {
  const written = (name: string) => zoneName(labelsOf(name) ?? []);
  expect(['', 'a-1._b', '(', '$TTL', 'a b', 'a"b', 'a\\', 'é', 'a\nb'].map(written)).toEqual([
    ...['.', 'a-1._b.', '\\(.', '\\$TTL.', 'a\\032b.', 'a\\"b.', 'a\\\\.', '\\195\\169.', 'a\\010b.'],
  ]);
});
