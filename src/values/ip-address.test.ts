import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIpAddress } from './ip-address.js';

describe('readIpAddress', () => {
  it.each(['192.0.2.1', '0.0.0.0', '255.255.255.255'])('reads %s', (addr) => {
    expect(readIpAddress(addr, 'v4')).toBe(addr);
  });

  it.each(['', '192.0.2', '192.0.2.256', '192.0.2.01', '192.0.2.1.', '0x7f.0.0.1', '192.0.2.1/24', '1', '١.0.0.1'])(
    'finds no IPv4 address in %j',
    (addr) => {
      expect(readIpAddress(addr, 'v4')).toEqual({ error: 'not an IPv4 address' });
    },
  );

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('reads %s as %s', (addr, canonical) => {
    expect(readIpAddress(addr, 'v6')).toBe(canonical);
  });

  it.each(['', ':::', '2001:db8::1::', '2001:db8', '12345::', 'fe80::1%eth0', '[::1]', '::1/128', '::ffff:256.0.0.1'])(
    'finds no IPv6 address in %j',
    (addr) => {
      expect(readIpAddress(addr, 'v6')).toEqual({ error: 'not an IPv6 address' });
    },
  );

  it('refuses an address of the other version', () => {
    expect(readIpAddress('2001:db8::1', 'v4')).toEqual({ error: 'an IPv6 address where the type is v4' });
    expect(readIpAddress('192.0.2.1', 'v6')).toEqual({ error: 'an IPv4 address where the type is v6' });
  });

  it('gives all spellings of an address one text', () => {
    fc.assert(
      fc.property(fc.ipV6(), (addr) => {
        const canonical = readIpAddress(addr, 'v6');
        expect(canonical).toBe(readIpAddress(addr.toUpperCase(), 'v6'));
        expect(readIpAddress(String(canonical), 'v6')).toBe(canonical);
      }),
    );
  });
});
