import type { FastifyInstance, FastifyRequest } from 'fastify';
import { clientProtocol } from './client-address.js';
import { CachedDocument, DocumentCache } from './document-cache.js';
import { publicUrl } from './public-url.js';
import { bindings, schemaNamed, singleWsdlAt, wsdlAt } from './wsdl.js';

const xml = 'text/xml; charset=utf-8';

/** The documents that depend on the address of the resource. */
const wsdls = {
  wsdl: (address: string) => new CachedDocument(wsdlAt(address), xml),
  singlewsdl: (address: string) => new CachedDocument(singleWsdlAt(address), xml),
} as const;
const cachedBindings = new CachedDocument(bindings, xml);

/**
 * Serves the documents of a resource without a login: `?wsdl`, `?singleWsdl` and `?xsd=sppfbase.xsd` (RFC 7878 §9), and
 * `?bindings` for JAXB. The path may end in a slash.
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

/** Finds the document that the query of a request names; undefined if it names none. */
export function documentsOf(
  path: string,
  configured: string | undefined,
): (request: FastifyRequest) => CachedDocument | undefined {
  const cached = { wsdl: new DocumentCache(wsdls.wsdl), singlewsdl: new DocumentCache(wsdls.singlewsdl) };
  const schemas = new DocumentCache((name) => new CachedDocument(schemaNamed(name) ?? '', xml));
  return (request) => {
    const [, query] = (request.raw.url ?? '').split('?', 2);
    if (query === undefined) return undefined;
    for (const [name, value] of new URLSearchParams(query)) {
      const kind = name.toLowerCase();
      if (kind === 'xsd') return schemaNamed(value) === undefined ? undefined : schemas.get(value);
      if (kind === 'bindings') return cachedBindings;
      if (kind === 'wsdl' || kind === 'singlewsdl') return cached[kind].get(addressFor(request, path, configured));
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
