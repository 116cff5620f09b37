import type { FastifyInstance } from 'fastify';
import { CachedDocument } from './document-cache.js';
import { documentsOf } from './wsdl-route.js';

/** `GET /`: an overview of the resources, with the console if that is among them; `/?wsdl` is the WSDL of the first one. */
export function addRootRoute(
  app: FastifyInstance,
  paths: readonly [string, ...string[]],
  configured: string | undefined,
  hasConsole: boolean,
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
    'GET /feed           the objects that an organization may see, and their changes',
    'GET /objects        everything that a registrar may read',
    'GET /agreements     whose offers are accepted when they are made; POST, DELETE',
    '/webhooks           where events are sent, described in /openapi.json',
    'GET /events         what happened to a registrar and its objects; types at /events/schemas',
    'GET /transaction    whether a request was carried out',
    'GET /operator/status  versions, settings, sizes and queues, for operators',
    'GET /operator/events  the events of all organizations, for operators',
    '/operator/webhooks  where the events for operators are sent',
    ...(hasConsole ? ['GET /console        pages for operators and carriers'] : []),
    'GET /about          the operator of this server, and its protocol versions',
    'GET /health         whether this server can answer; for load balancers: /health/live, /health/write, /health/lookup',
    '',
  ].join('\n');
  const overview = new CachedDocument(text, 'text/plain; charset=utf-8');
  app.get('/', (request, reply) => {
    const document = documentFor(request);
    if (document === undefined) return overview.send(request, reply.header('cache-control', 'max-age=300'));
    return document.send(request, reply.header('cache-control', 'no-store'));
  });
}
