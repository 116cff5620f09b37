import { BlockList, isIPv6 } from 'node:net';
import type { ClientRange, EnumSettings } from './settings.js';

/** Addresses whose asker is remembered; the rest is looked up again. */
const MAX_REMEMBERED = 10_000;

/** As which organization somebody asks, by the address that the question came from (the narrowest range) or came to. */
export class Askers {
  readonly #ranges: readonly { readonly range: ClientRange; readonly list: BlockList }[];
  readonly #remembered = new Map<string, string | undefined>();

  constructor({ clients }: Pick<EnumSettings, 'clients'>) {
    this.#ranges = clients
      .map((range) => {
        const list = new BlockList();
        list.addSubnet(range.address, range.prefix, range.family);
        return { range, list };
      })
      .sort((a, b) => b.range.prefix - a.range.prefix);
  }

  /** The asker for a plain address. */
  of(address: string): string | undefined {
    if (this.#ranges.length === 0) return undefined;
    if (this.#remembered.has(address)) return this.#remembered.get(address);
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const found = this.#ranges.find(({ range, list }) => range.family === family && list.check(address, family));
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(address, found?.range.asker);
    return found?.range.asker;
  }
}

/** An address without what means something on one machine only; what IPv6 sockets say of IPv4 is IPv4. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%', 1);
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}
