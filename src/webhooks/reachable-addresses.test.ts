import { describe, expect, it } from 'vitest';
import { reachableAddresses } from './reachable-addresses.js';

describe('without a list', () => {
  const mayReach = reachableAddresses([]);

  it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.0', '172.15.0.1', '172.32.0.1', '223.255.255.255'])(
    '%s is public',
    (address) => expect(mayReach(address)).toBe(true),
  );

  it.each(['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450:4001:81b::200e'])('%s is public', (address) =>
    expect(mayReach(address)).toBe(true),
  );

  it.each([
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.255'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ])('%s is not', (address) => expect(mayReach(address)).toBe(false));

  it.each([
    ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::a00:1', '64:ff9b:1::1', '100::1'],
    ...['2001::1', '2001:10::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
    ...['fe80::1%eth0', 'fec0::1', 'ff02::1', '5f00::1'],
  ])('%s is not', (address) => expect(mayReach(address)).toBe(false));

  it.each(['', 'localhost', '1.1.1', '1.1.1.1:80', '2606:4700::1%1'])('%j is no address', (text) =>
    expect(mayReach(text)).toBe(false),
  );
});

it('a list adds addresses and ranges, and nothing beside them', () => {
  const mayReach = reachableAddresses(['10.20.0.0/16', '127.0.0.1', 'fd12::/16']);
  expect(['10.20.3.4', '127.0.0.1', 'fd12::1', '1.1.1.1'].map(mayReach)).toEqual([true, true, true, true]);
  expect(['10.21.0.1', '127.0.0.2', 'fd13::1', '::1'].map(mayReach)).toEqual([false, false, false, false]);
});
