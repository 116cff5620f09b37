import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { MetricsSettings } from '../config.js';

/** Connections at once. A further one closes the connection that has been idle longest. */
const MAX_CONNECTIONS = 16;

/** Within this time a request has to arrive. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Metrics as text. */
export interface ScrapedMetrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** The port for monitoring, apart from the clients' port, because metrics are not for clients. */
export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers GET /metrics to every client that can reach the port. Rejects if it cannot listen there. */
export async function listenForMetrics(
  { host, port }: MetricsSettings,
  metrics: ScrapedMetrics,
): Promise<MetricsListener> {
  /** In the order in which they were opened or last answered. */
  const idle = new Set<Socket>();
  const settings = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(settings, (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
    return answer(request, response, metrics);
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    idle.add(socket);
    socket.once('close', () => {
      connections -= 1;
      idle.delete(socket);
    });
    const [longestIdle] = idle;
    if (connections > MAX_CONNECTIONS) longestIdle?.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { address, port: listeningPort, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${listeningPort}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, metrics: ScrapedMetrics): Promise<void> {
  const [path] = request.url?.split('?', 1) ?? [];
  const refuse = (status: number, text: string, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text);
  if (path !== '/metrics') return void refuse(404, 'Only GET /metrics.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return void refuse(405, 'Only GET /metrics.\n', { allow: 'GET, HEAD' });
  }
  try {
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
  } catch {
    response.writeHead(500).end();
  }
}
