import { BlockList, isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { ClientRange, EnumSettings } from './settings.js';

/** Addresses whose asker is cached; the least recently used is dropped. */
const MAX_CACHED = 10_000;

/** The askers of clients, by the narrowest range that holds a client's address. */
export class Askers {
  readonly #ranges: readonly { readonly range: ClientRange; readonly list: BlockList }[];
  readonly #cached = new LRUCache<string, { readonly asker: string | undefined }>({ max: MAX_CACHED });

  constructor({ clients }: Pick<EnumSettings, 'clients'>) {
    this.#ranges = clients
      .map((range) => {
        const list = new BlockList();
        list.addSubnet(range.address, range.prefix, range.family);
        return { range, list };
      })
      .sort((a, b) => b.range.prefix - a.range.prefix);
  }

  /** The asker for a plain address; undefined if no range holds it. */
  of(address: string): string | undefined {
    if (this.#ranges.length === 0) return undefined;
    const cached = this.#cached.get(address);
    if (cached !== undefined) return cached.asker;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const found = this.#ranges.find(({ range, list }) => range.family === family && list.check(address, family));
    const asker = found?.range.asker;
    this.#cached.set(address, { asker });
    return asker;
  }
}

/** An address without its zone, which only one machine understands; an IPv4 address that an IPv6 socket maps is IPv4. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [bare = ''] = address.split('%', 1);
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}
