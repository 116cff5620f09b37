import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIPv6 } from 'node:net';

/** An address that must not be connected to. */
export class UnreachableAddressError extends Error {
  override readonly name = 'UnreachableAddressError';

  constructor(host: string, address: string) {
    super(host === address ? `${address} is not public` : `${host} leads to ${address}, which is not public`);
  }
}

const TIMEOUT_MS = 1500;
const TRIES = 2;

/**
 * Makes what connections resolve their names with. A name is resolved once for a connection; all of its addresses are checked, and
 * one of these is connected to. It asks DNS itself: the system's own resolver has few threads, which slow names would occupy.
 *
 * @param nameServers empty: the system's
 * @param mayReach whether an address may be connected to
 */
export function checkedLookup(nameServers: readonly string[], mayReach: (address: string) => boolean): LookupFunction {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (nameServers.length > 0) resolver.setServers(nameServers);
  return (host, { all }, callback) => {
    addressesOf(resolver, host).then(
      (addresses) => {
        const bad = addresses.find((address) => !mayReach(address));
        if (bad !== undefined) return callback(new UnreachableAddressError(host, bad), '', 0);
        const checked = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
        const [first = { address: '', family: 0 }] = checked;
        if (all) callback(null, checked);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

/** All addresses of a name. Throws the resolver's error if it has none. */
async function addressesOf(resolver: Resolver, host: string): Promise<string[]> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  throw v4.status === 'rejected' ? v4.reason : new Error(`${host} has no address`);
}
