import { BlockList, isIP } from 'node:net';
import { OperatorError } from '../operator-error.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether the server may use HTTP without TLS on a listening address: always on loopback, elsewhere only if the settings
 * allow it (behind a TLS proxy). A name other than localhost counts as elsewhere, because its address may change. RFC 7878
 * §5 requires protection against eavesdropping, which Digest alone does not give.
 */
export function mayServeCleartext(host: string, allowed: boolean): boolean {
  if (allowed || host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Throws an OperatorError for a setting with an address on which the server may not use HTTP without TLS. */
export function checkCleartext(setting: string, host: string, allowed: boolean): void {
  if (mayServeCleartext(host, allowed)) return;
  throw new OperatorError(
    `${setting}=${host}: HTTP without TLS is served beyond loopback only with SPPP_CLEARTEXT=allow, behind a TLS proxy`,
  );
}
