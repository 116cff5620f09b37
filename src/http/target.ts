import type { IncomingMessage } from 'node:http';

/** The first segments of our paths. */
const firstSegments: ReadonlySet<string> = new Set(
  [
    '',
    'about',
    'agreements',
    'console',
    'events',
    'feed',
    'health',
    'lookup',
    'objects',
    'openapi.json',
    'operator',
    'sppp',
    'transaction',
    'webhooks',
  ].map((name) => `/${name}`),
);

/** The path of the public URL, which a proxy may pass on or take away; empty if the URL has none. */
export function pathOf(publicUrl: string | undefined): string {
  const path = publicUrl === undefined ? '/' : new URL(publicUrl).pathname;
  return path === '/' ? '' : path;
}

/**
 * The target of a request in our own terms: path and query without the host of the absolute form (RFC 9112 §3.2.2) and
 * without the path of the public URL. The host of the absolute form replaces the Host header.
 */
export function ownTarget({ url: target = '/', headers }: IncomingMessage, basePath: string): string {
  if (target.startsWith('/') && basePath === '') return target;
  const { authority, rest } = splitTarget(target);
  if (authority !== undefined) headers.host = authority;
  if (basePath === '' || !rest.startsWith(`${basePath}/`)) return rest;
  const ownPath = rest.slice(basePath.length);
  const [first = ''] = /^\/[^/?]*/.exec(ownPath) ?? [];
  return firstSegments.has(first) ? ownPath : rest;
}

/**
 * Whether the target that a client signed and the target that arrived name the same resource (RFC 7616 §3.4.6). Proxies on
 * the way change the form of a target, escape and unescape it, and take away the path of the public URL.
 */
export function isSameResource(uri: string, target: string, basePath: string): boolean {
  if (uri === target) return true;
  const [signed, received] = [partsOf(uri), partsOf(target)];
  if (signed.query !== received.query) return false;
  if (signed.path === received.path) return true;
  return basePath !== '' && (signed.path === basePath + received.path || basePath + signed.path === received.path);
}

/** The path without its escapes, and the query as it is, since escapes change the meaning of a query. */
function partsOf(target: string): { readonly path: string; readonly query: string } {
  const { rest } = splitTarget(target);
  const [path = ''] = rest.split('?', 1);
  return { path: unescaped(path), query: rest.slice(path.length) };
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The authority of an absolute target, and the path and query after it. */
function splitTarget(target: string): { readonly authority: string | undefined; readonly rest: string } {
  const [origin, authority] = /^https?:\/\/([^/?#]*)/i.exec(target) ?? [''];
  const rest = target.slice(origin.length);
  return { authority, rest: rest.startsWith('/') ? rest : `/${rest}` };
}
