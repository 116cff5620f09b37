import type { IncomingMessage } from 'node:http';

/** What every path of ours begins with. */
const firsts: ReadonlySet<string> = new Set(
  ['', 'about', 'feed', 'health', 'lookup', 'openapi.json', 'sppp', 'transaction'].map((name) => `/${name}`),
);

/** The path of the public URL, which proxies may pass on or take away; empty if there is none. */
export function pathOf(publicUrl: string | undefined): string {
  const path = publicUrl === undefined ? '/' : new URL(publicUrl).pathname;
  return path === '/' ? '' : path;
}

/**
 * The path and query of ours that a request asks for: without the host that the absolute form has (RFC 9112 §3.2.2), which
 * counts more than the Host header, and without the path of the public URL.
 */
export function ownTarget({ url: target = '/', headers }: IncomingMessage, basePath: string): string {
  if (target.startsWith('/') && basePath === '') return target;
  const { authority, rest } = splitTarget(target);
  if (authority !== undefined) headers.host = authority;
  if (basePath === '' || !rest.startsWith(`${basePath}/`)) return rest;
  const detachedCopy = rest.slice(basePath.length);
  const [first = ''] = /^\/[^/?]*/.exec(detachedCopy) ?? [];
  return firsts.has(first) ? detachedCopy : rest;
}

/**
 * Whether two targets are of the same resource (RFC 7616 §3.4.6): what a client has signed, and what has come. On their
 * way proxies turn one form into the other, escape and unescape, and take away the path of the public URL.
 */
export function isSameResource(uri: string, target: string, basePath: string): boolean {
  if (uri === target) return true;
  const [signed, come] = [partsOf(uri), partsOf(target)];
  if (signed.query !== come.query) return false;
  if (signed.path === come.path) return true;
  return basePath !== '' && (signed.path === basePath + come.path || basePath + signed.path === come.path);
}

/** The path without escapes; the query as it is, since they mean something in it. */
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

/** Authority of an absolute target, and what follows it from the slash on. */
function splitTarget(target: string): { readonly authority: string | undefined; readonly rest: string } {
  const [whole, authority] = /^https?:\/\/([^/?#]*)/i.exec(target) ?? [''];
  const rest = target.slice(whole.length);
  return { authority, rest: rest.startsWith('/') ? rest : `/${rest}` };
}
