/** The address of this server as clients see it, for the documents that it publishes. */

export interface UrlSources {
  /** The public URL from the settings, without the path of the resource and without a final slash; it outranks the rest. */
  readonly configured?: string | undefined;
  /** The request's Host header. */
  readonly host?: string | undefined;
  /** The scheme that the client used. */
  readonly protocol: 'http' | 'https';
  /** The listening address as `scheme://host:port`, for requests without a usable Host header. */
  readonly listening: string;
  /** The resource, such as `/sppp/partial`. */
  readonly path: string;
}

/** Characters of the longest name (RFC 1035) with a port. */
const MAX_HOST_LENGTH = 253 + ':65535'.length;

/** A name (with `_`, which container networks use) or IPv4 address, or a bracketed IPv6 one; then a port or none. */
const plainHost = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

/**
 * The absolute address of a resource as this client should use it.
 *
 * A client can send any Host header. One that is not `host[:port]` is ignored, not repaired.
 *
 * @returns an absolute URL without query
 */
export function publicUrl({ configured, host, protocol, listening, path }: UrlSources): string {
  const root = configured ?? (host !== undefined && isPlain(host) ? `${protocol}://${host}` : listening);
  return root + path;
}

/** The pattern keeps markup, paths and user names out; the URL parser then refuses impossible addresses and ports. */
function isPlain(host: string): boolean {
  return host.length <= MAX_HOST_LENGTH && plainHost.test(host) && URL.canParse(`http://${host}`);
}
