/** Where clients find us: the address that goes into what we publish about ourselves. */

export interface Reach {
  /** The public URL that the operator configured, without the resource's path and a final slash; it wins over everything. */
  readonly configured?: string | undefined;
  /** The request's Host header. */
  readonly host?: string | undefined;
  /** The scheme by which the request came. */
  readonly protocol: 'http' | 'https';
  /** Where the server listens, as `scheme://host:port`: for requests without a usable Host. */
  readonly listening: string;
  /** The resource, such as `/sppp/partial`. */
  readonly path: string;
}

/** Characters of the longest name (RFC 1035) with a port. */
const LONGEST_HOST = 253 + ':65535'.length;

/** A name (with `_`, which container networks use) or IPv4 address, or a bracketed IPv6 one; then a port or none. */
const plainHost = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

/**
 * The absolute address of a resource as this client should use it.
 *
 * Anybody can send any Host header, so one that is more than `host[:port]` is ignored rather than repaired.
 *
 * @returns an absolute URL without query
 */
export function publicUrl({ configured, host, protocol, listening, path }: Reach): string {
  const root = configured ?? (host !== undefined && isPlain(host) ? `${protocol}://${host}` : listening);
  return root + path;
}

/** The pattern keeps markup, paths and user names out; the URL parser then refuses impossible addresses and ports. */
function isPlain(host: string): boolean {
  return host.length <= LONGEST_HOST && plainHost.test(host) && URL.canParse(`http://${host}`);
}
