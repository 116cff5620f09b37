import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Refusal } from './refusal.js';

/**
 * The canonical text of an address, in which equal addresses are equal strings (RFC 5952 for IPv6).
 * IPv4 is four plain decimals; IPv6 any form of RFC 4291 §2.2, without a zone, which has no meaning on another machine.
 */
export function readIpAddress(addr: string, version: 'v4' | 'v6'): string | Refusal {
  if (version === 'v4') {
    if (isIPv4(addr)) return addr;
    return { error: isIPv6(addr) ? 'an IPv6 address where the type is v4' : 'not an IPv4 address' };
  }
  if (!isIPv6(addr) || addr.includes('%')) {
    return { error: isIPv4(addr) ? 'an IPv4 address where the type is v6' : 'not an IPv6 address' };
  }
  return new SocketAddress({ address: addr, family: 'ipv6' }).address;
}
