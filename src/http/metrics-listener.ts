import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsSettings } from '../config.js';
import type { Metrics } from './metrics.js';

/** Where monitoring asks: its own port, since what it is told is not for those who send requests. */
export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers GET /metrics, to everybody who can reach the port. Rejects with what keeps it from listening. */
export async function listenForMetrics({ host, port }: MetricsSettings, metrics: Metrics): Promise<MetricsListener> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, async (request, response) => {
    const path = request.url?.replace(/\?.*/s, '');
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Only GET /metrics.\n');
      return;
    }
    try {
      const text = await metrics.text();
      response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
    } catch {
      response.writeHead(500).end();
    }
  });
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { address, port: own, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${own}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
