/** TLS: versions, suites, renegotiation, resumption, and changed keys (RFC 7525). */

import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tls } from '../../src/http/tls.js';
import { type Issued, issue } from '../support/certificate.js';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { collectLog } from '../support/log-lines.js';
import { envelope } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { sendSecurely, shakeHands } from '../support/tls-client.js';

const authority = issue({ subject: [['CN', 'Test CA']], isAuthority: true });
const hostNamed = (name: string) => issue({ subject: [['CN', name]], by: authority, use: 'server' });

let folder: string;
let server: TestServer;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-tls-'));
  await put(hostNamed('first'));
  server = await startServer({ settings: { SPPP_TLS_CERT: path('cert.pem'), SPPP_TLS_KEY: path('key.pem') } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function put({ cert, key }: Pick<Issued, 'cert' | 'key'>): Promise<void> {
  await writeFile(path('cert.pem'), cert);
  await writeFile(path('key.pem'), key);
}

const hands = (options: ConnectionOptions = {}) => shakeHands(server.url, { ca: authority.cert, ...options });

async function nameShown(url = server.url): Promise<string> {
  const socket = await shakeHands(url, { ca: authority.cert });
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

describe('a listener with a certificate', () => {
  it('serves SPPP, and its WSDL names the https address', async () => {
    expect(server.url).toMatch(/^https:\/\//);
    const tls = { ca: authority.cert };
    const body = envelope('<s:spppServerStatusRequest/>');
    const nonce = nonceOf(await sendSecurely(`${server.url}/sppp`, { body }, tls));
    const login = { authorization: authorization({ nonce }) };
    expect((await sendSecurely(`${server.url}/sppp`, { body, headers: login }, tls)).status).toBe(200);
    const { text } = await sendSecurely(`${server.url}/sppp?wsdl`, { method: 'GET' }, tls);
    expect(text).toContain(`location="${server.url}/sppp"`);
  });

  it('speaks only TLS: cleartext HTTP gets no HTTP answer', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = createConnection(Number(port), hostname);
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    let received = '';
    for await (const piece of socket) received += String(piece);
    expect(received).not.toContain('200');
  });

  it('is served beyond loopback without SPPP_CLEARTEXT', async () => {
    const open = await startServer({
      settings: { SPPP_HOST: '0.0.0.0', SPPP_TLS_CERT: path('cert.pem'), SPPP_TLS_KEY: path('key.pem') },
    });
    await open.close();
  });
});

describe('versions', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is accepted', async (version) => {
    const socket = await hands({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    // At security level 0 our own client would speak it.
    await expect(hands({ minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' })).rejects.toThrow(
      /alert protocol version/,
    );
  });
});

describe('suites of TLS 1.2', () => {
  const one = (ciphers: string) => hands({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` });

  it.each(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'])(
    '%s is taken',
    async (suite) => {
      const socket = await one(suite);
      expect(socket.getCipher().name).toBe(suite);
      socket.destroy();
    },
  );

  it.each([
    ['CBC', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA'],
    ['without forward secrecy', 'AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA'],
    ['without authentication', 'aNULL'],
    ['without encryption', 'eNULL'],
    ['with short tags', 'ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES256-CCM8'],
    ['of finite fields', 'DHE-RSA-AES128-GCM-SHA256'],
  ])('%s: refused', async (_, suites) => {
    await expect(one(suites)).rejects.toThrow(/handshake failure|no ciphers available|no cipher match/i);
  });

  it('are chosen by the server’s order, not the client’s', async () => {
    const socket = await one(
      'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
    );
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
    socket.destroy();
  });
});

describe('a connection', () => {
  it('cannot be renegotiated', async () => {
    const socket = await hands({ maxVersion: 'TLSv1.2' });
    const error = await new Promise<Error | null | undefined>((resolve) => {
      socket.on('error', resolve);
      socket.renegotiate({}, resolve);
    });
    expect(String(error)).toMatch(/no renegotiation/i);
    socket.destroy();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('of %s cannot be resumed: each has a full handshake', async (version) => {
    const first = await hands({ minVersion: version, maxVersion: version });
    const session = await lastSession(first);
    first.destroy();
    const second = await hands({ minVersion: version, maxVersion: version, ...(session ? { session } : {}) });
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  it('agrees on HTTP/1.1 if the client asks', async () => {
    const socket = await hands({ ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });
});

async function lastSession(socket: TLSSocket): Promise<Buffer<ArrayBuffer> | undefined> {
  let session: Buffer | undefined = socket.getSession();
  socket.on('session', (given: Buffer) => {
    session = given;
  });
  // The answer arrives after all session tickets.
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  return session === undefined ? undefined : Buffer.from(session);
}

describe('changed files', () => {
  it('are read again on SIGHUP; open connections continue', async () => {
    const open = await hands();
    await put(hostNamed('second'));
    process.emit('SIGHUP', 'SIGHUP');
    expect(await nameShown()).toBe('second');
    open.write('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let received = '';
    for await (const piece of open) received += String(piece);
    expect(received).toContain('HTTP/1.1 200');
  });

  it('are read again by themselves, through a link too', async () => {
    const links = (name: string) => path(`live-${name}.pem`);
    for (const name of ['third', 'fourth']) {
      const { cert, key } = hostNamed(name);
      await writeFile(path(`${name}-cert.pem`), cert);
      await writeFile(path(`${name}-key.pem`), key);
    }
    await symlink(path('third-cert.pem'), links('cert'));
    await symlink(path('third-key.pem'), links('key'));
    const settings = { cert: links('cert'), key: links('key'), keyPassphrase: undefined, ca: undefined };
    const tls = new Tls({ ...settings, client: 'none' }, { info: () => {}, error: () => {} }, 10);
    const listener = tls.createServer({}, (_, response) => response.end());
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    try {
      expect(await nameShown(url)).toBe('third');
      for (const name of ['cert', 'key']) {
        await symlink(path(`fourth-${name}.pem`), path('new-link'));
        await rename(path('new-link'), links(name)); // Between the two, key and certificate do not fit.
      }
      while ((await nameShown(url)) !== 'fourth') await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      tls.close();
      await new Promise((resolve) => listener.close(resolve));
    }
  });

  it.each<[string, () => Pick<Issued, 'cert' | 'key'>]>([
    ['that do not fit together', () => ({ cert: hostNamed('x').cert, key: hostNamed('y').key })],
    ['that are cut short', () => ({ ...hostNamed('x'), cert: hostNamed('x').cert.slice(0, 200) })],
    ['that are empty', () => ({ cert: '', key: '' })],
  ])('%s are refused with a log line; the former ones stay in use', async (_, make) => {
    const lines = collectLog(server.deps.log);
    const before = await nameShown();
    const bad = make();
    await put(bad);
    process.emit('SIGHUP', 'SIGHUP');
    expect(await nameShown()).toBe(before);
    expect(lines).toContainEqual(expect.objectContaining({ level: 50, msg: expect.stringContaining('stay in use') }));
    if (bad.key !== '') expect(JSON.stringify(lines)).not.toContain(bad.key.split('\n')[1]);
    server.deps.log.level = 'silent';
  });

  it('that are invalid at the start prevent it, with their name', async () => {
    await writeFile(path('none.pem'), 'nothing');
    await expect(
      startServer({ settings: { SPPP_TLS_CERT: path('none.pem'), SPPP_TLS_KEY: path('key.pem') } }),
    ).rejects.toThrow(`SPPP_TLS_CERT=${path('none.pem')}: `);
  });
});
