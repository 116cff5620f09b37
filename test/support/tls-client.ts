import { type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Received, Sent } from './digest-client.js';

/** One request over a TLS connection of its own; resolves once it is answered. */
export function sendSecurely(url: string, sent: Sent, tls: ConnectionOptions): Promise<Received> {
  const { method = 'POST', headers = {}, body = '' } = sent;
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const options: RequestOptions = {
      ...(tls as RequestOptions),
      method,
      agent: false,
      headers: { 'content-type': 'text/xml; charset=utf-8', 'content-length': bytes.length, ...headers },
    };
    const outgoing = request(url, options, (incoming) => {
      text(incoming)
        .then((body) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: body }))
        .catch(reject);
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

/** Opens a TLS connection and nothing more. */
export function shakeHands(url: string, tls: ConnectionOptions): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ...tls }, () => resolve(socket));
    socket.on('error', reject);
  });
}
