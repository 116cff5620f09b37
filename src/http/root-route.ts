import type { FastifyInstance } from 'fastify';
import { CachedDocument } from './document-cache.js';
import { documentsOf } from './wsdl-route.js';

/** What is to be found here, for whoever knows no more than the host; `?wsdl` is that of the first resource. */
export function addRootRoute(
  app: FastifyInstance,
  paths: readonly [string, ...string[]],
  configured: string | undefined,
): void {
  const [first, ...others] = paths;
  const documentFor = documentsOf(first, configured);
  const text = [
    'Session Peering Provisioning Protocol (SPPP) over SOAP, RFC 7877 and RFC 7878.',
    '',
    `POST ${first}          requests; its WSDL is at ${first}?wsdl, in one piece at ${first}?singleWsdl`,
    `                    names for JAXB (Java) at ${first}?bindings`,
    ...others.map((path) => `POST ${path}  the same, in another mode; its WSDL is at ${path}?wsdl`),
    'GET /lookup/{id}    look-ups, described in /openapi.json',
    'GET /feed           what an organization may see, as it changes',
    'GET /transaction    whether a request was carried out',
    'GET /operator/status  what this node is doing, for operators',
    'GET /about          who runs this server, and what it speaks',
    'GET /health         whether it can answer',
    '',
  ].join('\n');
  const overview = new CachedDocument(text, 'text/plain; charset=utf-8');
  app.get('/', (request, reply) => {
    const document = documentFor(request);
    if (document === undefined) return overview.send(request, reply.header('cache-control', 'max-age=300'));
    return document.send(request, reply.header('cache-control', 'no-store'));
  });
}
