import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIP, isIPv6 } from 'node:net';

/**
 * A host that is not connected to. Registrars read the message. So it is the same for a name that does not resolve: else they
 * could learn which names there are inside, and where these lead.
 */
export class UnreachableHostError extends Error {
  override readonly name = 'UnreachableHostError';

  constructor(host: string) {
    super(isIP(host) === 0 ? `${host} does not resolve, or not to public addresses alone` : `${host} is not public`);
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
        if (addresses.length === 0 || !addresses.every(mayReach))
          return callback(new UnreachableHostError(host), '', 0);
        const checked = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
        const [first = { address: '', family: 0 }] = checked;
        if (all) callback(null, checked);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

/** All addresses of a name; none, too, if it could not be asked for. */
async function addressesOf(resolver: Resolver, host: string): Promise<string[]> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
