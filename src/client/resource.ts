/** How a request with objects that fail ends (docs/clients.md). */
export type Mode = 'atomic' | 'partial' | 'validate';

/** Where a server is, and its SPPP resource. */
export interface Resource {
  /** Below which `/objects` and `/transaction` are; its path has no slash at the end. */
  readonly server: URL;
  /** Where messages are posted in each mode. */
  readonly endpoints: Readonly<Record<Mode, URL>>;
  /** The mode that the URL itself names. */
  readonly mode: Mode | undefined;
}

/**
 * Reads the URL of a server or of its SPPP resource. A path that is empty or ends in a slash is a server's, and the resource
 * is `sppp` below it; any other path is the resource, which may end in `/partial` or `/validate`.
 *
 * @throws TypeError if it is no such URL. The message does not repeat a URL with a password.
 */
export function readResource(text: string): Resource {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw new TypeError('url: holds a login; pass it as user and password');
  }
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`url: ${text} is no absolute URL of http or https, such as https://sppp.example.net`);
  }
  if (url.search !== '' || url.hash !== '') throw new TypeError(`url: ${text} has a query or a fragment`);
  const path = url.pathname.replace(/\/sppp\/$/, '/sppp');
  const [, named] = /\/(partial|validate)$/.exec(path) ?? [];
  const resource = path.endsWith('/') ? `${path}sppp` : path.replace(/\/(?:partial|validate)$/, '');
  const at = (pathname: string) => Object.assign(new URL(url), { pathname });
  return {
    server: at(resource.replace(/\/[^/]*$/, '')),
    endpoints: { atomic: at(resource), partial: at(`${resource}/partial`), validate: at(`${resource}/validate`) },
    mode: named as Mode | undefined,
  };
}
