import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { MetricsSettings } from '../config.js';
import type { Metrics } from './metrics.js';

/** Connections at once. The next one takes the place of the one that has asked for nothing longest. */
const MAX_CONNECTIONS = 16;

/** Milliseconds in which a request has to come. */
const PATIENCE = 10_000;

/** Where monitoring asks: its own port, since what it is told is not for those who send requests. */
export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers GET /metrics, to everybody who can reach the port. Rejects with what keeps it from listening. */
export async function listenForMetrics({ host, port }: MetricsSettings, metrics: Metrics): Promise<MetricsListener> {
  /** In the order in which they came, or were last answered. */
  const silent = new Set<Socket>();
  const settings = { requestTimeout: PATIENCE, headersTimeout: PATIENCE, connectionsCheckingInterval: 1000 };
  const server = createServer(settings, (request, response) => {
    const { socket } = request;
    silent.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) silent.add(socket);
    });
    return answer(request, response, metrics);
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    silent.add(socket);
    socket.once('close', () => {
      connections -= 1;
      silent.delete(socket);
    });
    const [longest] = silent;
    if (connections > MAX_CONNECTIONS) longest?.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { address, port: detachedCopy, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${detachedCopy}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics): Promise<void> {
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
