/** What a call says, and whether it may be repeated, where no registry answers: real sockets, no server of ours. */

import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Issued, issue } from '../../test/support/certificate.js';
import { type Connection, type ConnectOptions, connect, type Obj, SpppError } from './connect.js';
import { HttpConnection } from './http-connection.js';

const authority = issue({ subject: [['CN', 'Registries CA']], isAuthority: true });
const host = issue({ subject: [['CN', 'registry']], by: authority, use: 'server' });
const expired = issue({ subject: [['CN', 'registry']], by: authority, use: 'server', notAfter: new Date(0) });

const group: Obj = { kind: 'DestGrpType', rant: 'a:1', rar: 'a:1', dgName: 'DG_UNSENT' };

const closings: (() => unknown)[] = [];
/** All that the servers of a test were sent. */
let received = '';

afterEach(async () => {
  for (const close of closings.splice(0)) await close();
  received = '';
});

async function listening(server: Server | HttpServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** A server of TCP that does this with each connection. */
const tcp = (each: (socket: Socket) => void) => listening(createServer(each));

const web = (status: number, headers: Record<string, string>, body: string) =>
  listening(
    createHttpServer((request, response) => {
      request.setEncoding('latin1').on('data', (text: string) => {
        received += text;
      });
      request.on('end', () => response.writeHead(status, headers).end(body));
    }),
  );

const tls = ({ cert, key }: Issued) => listening(createHttpsServer({ cert, key }, (_, response) => response.end()));

function opened(url: string, options: Partial<ConnectOptions> = {}): Connection {
  const connection = connect({ url, user: 'ssp1', password: 'the-secret', patience: 0, ...options });
  closings.push(() => connection.close());
  return connection;
}

async function errorOf(call: Promise<unknown>): Promise<SpppError> {
  const error = await call.catch((thrown: unknown) => thrown);
  if (!(error instanceof SpppError)) throw new Error(`no SpppError: ${error}`);
  expect(error.message).not.toContain('the-secret');
  return error;
}

/** The error of one POST by itself, of a server that nothing is known of. */
async function errorOfPost(url: string, ca?: string): Promise<SpppError> {
  const http = new HttpConnection(new URL(url), undefined, { ca }, 10_000);
  closings.push(() => http.close());
  return errorOf(http.send({ method: 'POST', url: new URL(url), body: '<x/>' }));
}

interface Case {
  readonly what: string;
  readonly url: () => Promise<string>;
  readonly ca?: string;
  readonly name?: string;
  readonly says: RegExp;
  /** Of one POST, which may be a change: whether it may have been carried out. */
  readonly mayBeDone?: boolean;
}

const cases: readonly Case[] = [
  {
    what: 'https at a port of http',
    url: async () => `https://127.0.0.1:${await web(200, {}, '')}`,
    says: /wrong version number; no TLS could be agreed on: check the port in url, and whether it is one of http/,
  },
  {
    what: 'http at a port of https',
    url: async () => `http://127.0.0.1:${await tls(host)}`,
    says: /(?:socket hang up|ECONNRESET); the server closed the connection without an answer: check whether the port in url is one of https/,
    mayBeDone: true,
  },
  {
    what: 'http at a port of https that sends an alert',
    url: async () => `http://127.0.0.1:${await tcp((socket) => socket.end('\x15\x03\x01\x00\x02\x02\x46', 'latin1'))}`,
    says: /the server speaks TLS: the port in url is one of https/,
  },
  {
    what: 'a certificate signed by an authority that is not known',
    url: async () => `https://127.0.0.1:${await tls(host)}`,
    says: /unable to verify the first certificate; the server's certificate is not accepted: check the host in url, and ca/,
  },
  {
    what: 'a certificate signed by itself',
    url: async () => `https://127.0.0.1:${await tls(issue({ subject: [['CN', 'registry']] }))}`,
    says: /self-signed certificate; the server's certificate is not accepted/,
  },
  {
    what: 'a certificate for another name',
    url: async () => `https://127.0.0.2:${await tls(host)}`.replace('127.0.0.2', '[::ffff:127.0.0.1]'),
    ca: authority.cert,
    says: /does not match certificate's altnames.*; the server's certificate is not accepted/,
  },
  {
    what: 'a certificate that has expired',
    url: async () => `https://127.0.0.1:${await tls(expired)}`,
    ca: authority.cert,
    says: /certificate has expired; the server's certificate is not accepted/,
  },
  {
    what: 'a connection that is reset in its handshake',
    url: async () => `https://127.0.0.1:${await tcp((socket) => socket.resetAndDestroy())}`,
    says: /ECONNRESET|disconnected before secure TLS connection/,
  },
  {
    what: 'a connection that is closed without a word',
    url: async () => `http://127.0.0.1:${await tcp((socket) => socket.once('data', () => socket.destroy()))}`,
    says: /socket hang up; the server closed the connection without an answer/,
    mayBeDone: true,
  },
  {
    what: 'a name that is none',
    // Longer than a name may be, so that no server of names is asked.
    url: async () => `http://${'x'.repeat(64)}.invalid`,
    says: /getaddrinfo ENOTFOUND x+\.invalid$/,
  },
  {
    what: 'a port where nothing listens',
    url: async () => 'http://127.0.0.1:1',
    says: /ECONNREFUSED/,
  },
  {
    what: 'a port of SSH',
    url: async () => `http://127.0.0.1:${await tcp((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))}`,
    says: /the server does not speak HTTP, it says SSH-2\.0-OpenSSH_9\.2: check the port in url/,
  },
];

describe('a change is not sent, and may be repeated, at', () => {
  it.each(cases)('$what', async ({ url, ca, says, mayBeDone = false }) => {
    const at = await url();
    for (const mode of ['atomic', 'partial', undefined] as const) {
      const error = await errorOf(opened(at, { mode, ...(at.startsWith('https') ? { ca } : {}) }).add([group]));
      expect([error.name, error.isRetrySafe]).toEqual(['NotConnectedError', true]);
      expect(error.message).toMatch(says);
    }
    const posted = await errorOfPost(at, ca);
    expect([posted.name, posted.isRetrySafe]).toEqual(
      mayBeDone ? ['LostAnswerError', false] : ['NotConnectedError', true],
    );
    expect(posted.message).toMatch(says);
    expect(received).not.toContain('DG_UNSENT');
  });
});

describe('a gateway before a registry', () => {
  const page = (title: string) =>
    `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center></body></html>`;
  const html = { 'content-type': 'text/html; charset=utf-8' };

  it.each([
    [502, 'Bad Gateway', 'NotConnectedError'],
    [504, 'Gateway Time-out', 'NotConnectedError'],
    [503, 'Service Temporarily Unavailable', 'ThrottledError'],
  ])('that answers %i: no change is sent', async (status, title, name) => {
    const port = await web(status, html, page(`${status} ${title}`));
    const error = await errorOf(opened(`http://127.0.0.1:${port}`).add([group]));
    expect([error.name, error.isRetrySafe]).toEqual([name, true]);
    expect(error.message).toContain(`HTTP ${status}: ${status} ${title} ${status} ${title}`);
    expect(received).not.toContain('DG_UNSENT');
  });

  it('that answers without end is not read to its end', async () => {
    let sent = 0;
    const server = createHttpServer((_, response) => {
      response.writeHead(404, html);
      const more = () => {
        while (!response.destroyed && response.write('<p>no\u202e</p>'.repeat(1000))) sent += 1;
      };
      response.on('drain', more);
      more();
    });
    const port = await listening(server);
    const error = await errorOf(opened(`http://127.0.0.1:${port}`).status());
    expect(error).toMatchObject({ name: 'HttpStatusError', status: 404, isRetrySafe: false });
    expect(error.message).toMatch(/^HTTP 404: (?:no\\u202e ?)+n?o?$/);
    expect(sent).toBeLessThan(10_000);
  });
});

describe('a query', () => {
  it('whose answers are lost says so, and that it may be repeated', async () => {
    const port = await tcp((socket) => socket.once('data', () => socket.destroy()));
    const error = await errorOf(opened(`http://127.0.0.1:${port}`).status());
    expect([error.name, error.isRetrySafe]).toEqual(['LostAnswerError', true]);
  });
});

describe('time', () => {
  it('for a connection is not that for an answer', async () => {
    const port = await tcp(() => undefined);
    const started = opened(`https://127.0.0.1:${port}`, { timeout: 50 });
    const error = await errorOf(started.status());
    expect([error.name, error.message]).toEqual([
      'NotConnectedError',
      `POST https://127.0.0.1:${port}/sppp: no connection within 50 ms`,
    ]);
  });
});
