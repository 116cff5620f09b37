import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Whether a text is an IP address or a range such as `192.0.2.0/24`. */
export function isAddressRange(text: string): boolean {
  const [, address = '', length] = /^([0-9A-Fa-f.:]+)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(length ?? 0) <= (family === 4 ? 32 : 128);
}

/**
 * The address of a client without its zone, which has a meaning on one machine only, and which the database cannot hold.
 * `::` for a client that has gone: its socket no longer knows the address.
 */
export function clientAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return plain(request.ip) ?? plain(request.socket.remoteAddress) ?? '::';
}

/** A trusted proxy may pass on an address that its client made up: undefined for a text that is no address. */
function plain(address: string | undefined): string | undefined {
  const [bare = ''] = (address ?? '').trim().split('%', 1);
  return isIP(bare) === 0 ? undefined : bare;
}

/** The scheme that the client used; behind a trusted proxy, the one that the proxy names. */
export function clientProtocol(request: Pick<FastifyRequest, 'protocol' | 'socket'>): 'http' | 'https' {
  const { protocol } = request;
  if (protocol === 'http' || protocol === 'https') return protocol;
  return 'encrypted' in request.socket ? 'https' : 'http';
}
