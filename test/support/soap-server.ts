import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type IServicePort, listen } from 'soap';

const wsdlFile = fileURLToPath(new URL('../../wsdl/sppp.wsdl', import.meta.url));

/** The path of the service. */
export const SERVICE = '/services/sppp';

/** A server that is not ours, made by the package `soap` and the WSDL. */
export async function startSoapServer(
  operations: IServicePort,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_, response) => response.writeHead(404).end('nothing here'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ports = { spppPort: operations, spppSoap12Port: operations };
  listen(server, {
    path: SERVICE,
    services: { spppService: ports },
    xml: readFileSync(wsdlFile, 'utf8'),
    uri: wsdlFile,
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
