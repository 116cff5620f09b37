import type { FastifyInstance, FastifyRequest } from 'fastify';
import { clientProtocol } from './client-address.js';
import { CachedDocument, DocumentCache } from './document-cache.js';
import { publicUrl } from './public-url.js';
import { bindings, schemaNamed, singleWsdlAt, wsdlAt } from './wsdl.js';

const xml = 'text/xml; charset=utf-8';

/** Written once for each address. */
const wsdls = {
  wsdl: (address: string) => new CachedDocument(wsdlAt(address), xml),
  singlewsdl: (address: string) => new CachedDocument(singleWsdlAt(address), xml),
} as const;
const cachedBindings = new CachedDocument(bindings, xml);

/**
 * The documents of a resource, for everybody: `?wsdl`, `?singleWsdl` and `?xsd=sppfbase.xsd` (RFC 7878 §9), and for JAXB
 * `?bindings`, with or without a slash at the end of its path.
 */
export function addWsdlRoute(app: FastifyInstance, path: string, configured: string | undefined): void {
  const documentFor = documentsOf(path, configured);
  const otherwise = new CachedDocument(
    `POST SOAP messages to ${path}; its WSDL is at ${path}?wsdl\n`,
    'text/plain; charset=utf-8',
  );
  for (const url of [path, `${path}/`]) {
    app.get(url, (request, reply) => {
      const document = documentFor(request);
      if (document === undefined) return otherwise.send(request, reply.code(404));
      return document.send(request, reply.header('cache-control', 'no-store')); // It depends on the Host header.
    });
  }
}

/** Finds the document that a request asks for by its query; undefined if there is none. */
export function documentsOf(
  path: string,
  configured: string | undefined,
): (request: FastifyRequest) => CachedDocument | undefined {
  const kept = { wsdl: new DocumentCache(wsdls.wsdl), singlewsdl: new DocumentCache(wsdls.singlewsdl) };
  const schemas = new DocumentCache((name) => new CachedDocument(schemaNamed(name) ?? '', xml));
  return (request) => {
    const [, query] = (request.raw.url ?? '').split('?', 2);
    if (query === undefined) return undefined;
    for (const [name, value] of new URLSearchParams(query)) {
      const kind = name.toLowerCase();
      if (kind === 'xsd') return schemaNamed(value) === undefined ? undefined : schemas.get(value);
      if (kind === 'bindings') return cachedBindings;
      if (kind === 'wsdl' || kind === 'singlewsdl') return kept[kind].get(addressFor(request, path, configured));
    }
    return undefined;
  };
}

function addressFor(request: FastifyRequest, path: string, configured: string | undefined): string {
  const { localAddress = '', localPort } = request.socket;
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  const listening = `${scheme}://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  return publicUrl({ configured, host: request.headers.host, protocol: clientProtocol(request), listening, path });
}
