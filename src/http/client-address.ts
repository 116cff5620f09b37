import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Whether this names addresses that a proxy may have: one, or a range as `192.0.2.0/24`. */
export function isAddressRange(text: string): boolean {
  const [, address = '', length] = /^([0-9A-Fa-f.:]+)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(length ?? 0) <= (family === 4 ? 32 : 128);
}

/** The address of a client as a database can hold it: no zone, which means something on one machine only. */
export function clientAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return plain(request.ip) ?? plain(request.socket.remoteAddress ?? '') ?? '::';
}

/** What a trusted proxy says of its own client is believed, but it may pass on what it was told: nonsense is none. */
function plain(address: string): string | undefined {
  const [bare = ''] = address.trim().split('%', 1);
  return isIP(bare) === 0 ? undefined : bare;
}

/** The scheme that the client used, which a trusted proxy tells. */
export function clientProtocol(request: Pick<FastifyRequest, 'protocol' | 'socket'>): 'http' | 'https' {
  const { protocol } = request;
  if (protocol === 'http' || protocol === 'https') return protocol;
  return 'encrypted' in request.socket ? 'https' : 'http';
}
