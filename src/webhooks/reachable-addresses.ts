import { BlockList, isIP, isIPv6 } from 'node:net';

/** IPv4 addresses that are not public (IANA's special-purpose registry), multicast and the old class E included. */
const notPublic4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];

/** Public IPv6 addresses; what is outside, such as loopback, fc00::/7, fe80::/10, mapped IPv4 and NAT64, is not. */
const public6 = ['2000::/3'];

/** Within these: protocols such as Teredo, documentation, and 6to4, which hides an IPv4 address. */
const notPublic6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const refused = listOf([...notPublic4, ...notPublic6]);
const wide = listOf(public6);

/**
 * Makes the rule of the addresses to which a webhook may lead: public ones, and those that the operator lists.
 *
 * @param networks addresses and ranges (`isAddressRange`)
 */
export function reachableAddresses(networks: readonly string[]): (address: string) => boolean {
  const listed = listOf(networks);
  return (address) => {
    if (isIP(address) === 0 || address.includes('%')) return false;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (listed.check(address, family)) return true;
    return !refused.check(address, family) && (family === 'ipv4' || wide.check(address, family));
  };
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', length] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(length ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}
