import type { FastifyInstance, FastifyRequest } from 'fastify';
import { clientProtocol } from './client-address.js';
import { publicUrl } from './public-url.js';
import { sendDocument } from './send.js';
import { schemaNamed, wsdlAt } from './wsdl.js';

const xml = 'text/xml; charset=utf-8';

/** The WSDL of a resource and its schema, for everybody: `?wsdl` and `?xsd=sppfbase.xsd` (RFC 7878 §9). */
export function addWsdlRoute(app: FastifyInstance, path: string, configured: string | undefined): void {
  app.get(path, async (request, reply) => {
    const text = documentFor(request, path, configured);
    if (text === undefined) {
      reply.code(404).header('content-type', 'text/plain; charset=utf-8');
      return reply.send(Buffer.from(`POST SOAP messages to ${path}; its WSDL is at ${path}?wsdl\n`));
    }
    reply.header('cache-control', 'no-store'); // It depends on the Host header that the client sent.
    return sendDocument(request, reply, { status: 200, mediaType: xml, text });
  });
}

function documentFor(request: FastifyRequest, path: string, configured: string | undefined): string | undefined {
  const query = new URLSearchParams(request.raw.url?.split('?')[1] ?? '');
  const named = [...query].find(([name]) => /^(?:wsdl|xsd)$/i.test(name));
  if (named === undefined) return undefined;
  if (named[0].toLowerCase() === 'xsd') return schemaNamed(named[1]);
  const { localAddress = '', localPort } = request.socket;
  return wsdlAt(
    publicUrl({
      configured,
      host: request.headers.host,
      protocol: clientProtocol(request),
      listening: `${'encrypted' in request.socket ? 'https' : 'http'}://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`,
      path,
    }),
  );
}
