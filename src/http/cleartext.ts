import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether HTTP without TLS may be served on a listening address: on loopback always, elsewhere only if the operator
 * said so (a TLS proxy stands in front). A name other than localhost counts as elsewhere: what it resolves to may
 * change. RFC 7878 §5 wants eavesdropping prevented, and Digest alone does not.
 */
export function mayServeCleartext(host: string, allowed: boolean): boolean {
  if (allowed || host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
