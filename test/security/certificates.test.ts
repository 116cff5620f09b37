/** Authentication by client certificates (RFC 7878 §5). */

import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf, subjectOf } from '../../src/http/tls.js';
import { addCertificate, removeCertificate, revokeCredential } from '../../src/registry/access/administration.js';
import { type Issued, issue, type Wanted } from '../support/certificate.js';
import { type CertificateServers, startCertificateServers } from '../support/certificate-servers.js';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { addRequest, destGrp, envelope, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { sendSecurely, shakeHands } from '../support/tls-client.js';

const status = envelope('<s:spppServerStatusRequest/>');
const authority = issue({ subject: [['CN', 'Carriers CA']], isAuthority: true });
const stranger = issue({ subject: [['CN', 'Carriers CA']], isAuthority: true });
const host = issue({ subject: [['CN', 'registry']], by: authority, use: 'server' });

const carrier: Wanted['subject'] = [
  ['C', 'DE'],
  ['O', 'SSP2'],
  ['CN', 'ssp2r.example'],
];
const client = (wanted: Partial<Wanted> = {}) => issue({ subject: carrier, by: authority, use: 'client', ...wanted });
const named = (issued: Issued) => new X509Certificate(issued.cert);

let servers: CertificateServers;
let optional: TestServer;
let required: TestServer;
let pinned: Issued;

beforeAll(async () => {
  servers = await startCertificateServers(host, authority);
  ({ optional, required } = servers);
  pinned = client({ subject: [['CN', 'pinned']] });
  for (const { deps } of [optional, required]) {
    const { prisma } = deps.database;
    await addCertificate(prisma, 'ssp2r', { subject: subjectOf(named(client())) }, 'any of ours');
    await addCertificate(prisma, 'ssp3', { fingerprint: fingerprintOf(named(pinned)) }, 'this one alone');
  }
});
afterAll(() => servers.close());

const post = (server: TestServer, shown?: Issued, body = status, headers: Record<string, string> = {}) =>
  sendSecurely(
    `${server.url}/sppp`,
    { body, headers },
    { ca: authority.cert, ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key }) },
  );

/** The registrar of the last request that was carried out. */
async function lastRegistrar(server: TestServer): Promise<unknown> {
  const [row] = await server.sql(
    'SELECT registrar, username FROM sppp_api.transaction ORDER BY received_at DESC LIMIT 1',
  );
  return row;
}

describe('a certificate that maps to a credential', () => {
  it('is sufficient by itself, by its whole subject', async () => {
    const { status: code, text } = await post(optional, client(), addRequest(destGrp('BY_CERTIFICATE')));
    expect({ code, sppp: readAnswer(text).code }).toEqual({ code: 200, sppp: 1000 });
    expect(await lastRegistrar(optional)).toEqual({ registrar: 'iana-en:223', username: 'ssp2r' });
  });

  it('or by its fingerprint', async () => {
    expect((await post(optional, pinned)).status).toBe(200);
    expect(await lastRegistrar(optional)).toEqual({ registrar: 'iana-en:225', username: 'ssp3' });
  });

  it('takes precedence over a password: the client acts with the credential of the certificate', async () => {
    const nonce = nonceOf(await post(optional));
    const login = { authorization: authorization({ username: 'ssp1', password: 'ssp1', nonce }) };
    expect((await post(optional, pinned, status, login)).status).toBe(200);
    expect(await lastRegistrar(optional)).toEqual({ registrar: 'iana-en:225', username: 'ssp3' });
  });

  it('does so on every request of its connection', async () => {
    const socket = await shakeHands(optional.url, { ca: authority.cert, cert: pinned.cert, key: pinned.key });
    const head = `POST /sppp HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${status.length}\r\n\r\n`;
    let received = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      received += piece;
    });
    for (let round = 1; round <= 3; round++) {
      socket.write(head + status);
      while ((received.match(/<\/[^>]*:Envelope>/g) ?? []).length < round)
        await new Promise((resolve) => socket.once('data', resolve));
    }
    expect(received.match(/HTTP\/1.1 200/g)).toHaveLength(3);
    socket.destroy();
  });
});

describe('a certificate that maps to no credential', () => {
  const other = (subject: Wanted['subject']) => client({ subject });
  const [c, o, cn] = carrier;
  it.each<[string, () => Issued]>([
    [
      'a name that contains the mapped one',
      () =>
        other([
          ['C', 'DE'],
          ['O', 'SSP2'],
          ['CN', 'ssp2r.example.org'],
        ]),
    ],
    [
      'a name that the mapped one contains',
      () =>
        other([
          ['C', 'DE'],
          ['O', 'SSP2'],
          ['CN', 'ssp2r'],
        ]),
    ],
    [
      'another case',
      () =>
        other([
          ['C', 'DE'],
          ['O', 'SSP2'],
          ['CN', 'SSP2R.example'],
        ]),
    ],
    ['the common name alone', () => other([['CN', 'ssp2r.example']])],
    ['the same parts in another order', () => other([...carrier].reverse())],
    ['a part more', () => other([...carrier, ['OU', 'x']])],
    ['a part twice', () => other([...carrier, ['CN', 'ssp2r.example']])],
    ['the whole written into one part', () => other([['CN', 'ssp2r.example,O=SSP2,C=DE']])],
    [
      'a part with line ends in it',
      () =>
        other([
          ['C', 'DE'],
          ['O', 'SSP2\nCN=ssp2r.example'],
        ]),
    ],
    [
      'a part that ends in a zero byte',
      () =>
        other([
          ['C', 'DE'],
          ['O', 'SSP2'],
          ['CN', 'ssp2r.example\0.evil'],
        ]),
    ],
    ['the subject of the pinned one, with another key', () => other([['CN', 'pinned']])],
  ])('%s: the server asks for a password', async (_, make) => {
    expect([c, o, cn]).toEqual(carrier);
    const shown = make();
    expect((await post(optional, shown)).status).toBe(401);
    expect((await post(required, shown)).status).toBe(401);
  });

  it('its owner can log in with a password', async () => {
    const shown = other([['CN', 'somebody']]);
    const nonce = nonceOf(await post(required, shown));
    const login = { authorization: authorization({ nonce }) };
    expect((await post(required, shown, status, login)).status).toBe(200);
    expect(await lastRegistrar(required)).toMatchObject({ username: 'ssp2r' });
  });
});

describe('an invalid certificate', () => {
  const yesterday = new Date(Date.now() - 3_600_000);
  const tomorrow = new Date(Date.now() + 3_600_000);
  const bad: [string, () => Issued][] = [
    ['signed by itself, with a mapped subject', () => issue({ subject: carrier, use: 'client' })],
    ['of an authority with the same name as ours', () => client({ by: stranger })],
    ['of somebody who is no authority', () => client({ by: client() })],
    ['out of its time', () => client({ notAfter: yesterday })],
    ['not yet in its time', () => client({ notBefore: tomorrow })],
    ['made for servers', () => client({ use: 'server' })],
  ];
  it.each(bad)('%s: is ignored', async (_, make) => {
    expect((await post(optional, make())).status).toBe(401);
  });

  it.each(bad)('%s: opens no connection if one is required', async (_, make) => {
    await expect(post(required, make())).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up|alert|closed/i);
  });

  it('no certificate opens no connection either', async () => {
    await expect(post(required)).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up|alert|closed/i);
    expect((await post(optional)).status).toBe(401);
  });

  it('a valid one is no login if the server asks for none', async () => {
    const none = await startServer({
      settings: { SPPP_TLS_CERT: join(servers.folder, 'cert.pem'), SPPP_TLS_KEY: join(servers.folder, 'key.pem') },
    });
    try {
      await addCertificate(none.deps.database.prisma, 'ssp3', { fingerprint: fingerprintOf(named(pinned)) }, '');
      expect((await post(none, pinned)).status).toBe(401);
    } finally {
      await none.close();
    }
  });
});

describe('a certificate in a header', () => {
  it.each([
    ['X-SSL-Client-Cert', () => encodeURIComponent(pinned.cert)],
    ['X-Forwarded-Client-Cert', () => `Hash=${fingerprintOf(named(pinned))};Subject="CN=pinned"`],
    ['Client-Cert', () => `:${named(pinned).raw.toString('base64')}:`],
    ['X-Client-Verify', () => 'SUCCESS'],
    ['SSL_CLIENT_S_DN', () => subjectOf(named(client()))],
    ['X-SSL-Client-S-DN', () => subjectOf(named(client()))],
    ['X-ARR-ClientCert', () => named(pinned).raw.toString('base64')],
  ])('%s: is ignored', async (name, value) => {
    expect((await post(optional, undefined, status, { [name]: value() })).status).toBe(401);
  });
});

describe('the life of a mapping', () => {
  it('ends with the credential’s revocation, on connections that are open as well', async () => {
    const shown = client({ subject: [['CN', 'short-lived']] });
    const { prisma } = optional.deps.database;
    expect((await post(optional, shown)).status).toBe(401);
    await addCertificate(prisma, 'ssp4', { fingerprint: fingerprintOf(named(shown)) }, '');
    await until(async () => (await post(optional, shown)).status === 200);
    await revokeCredential(prisma, 'ssp4', new Date());
    await until(async () => (await post(optional, shown)).status === 401);
  });

  it('ends with the mapping; the credential stays', async () => {
    const shown = client({ subject: [['CN', 'moved']] });
    const name = { subject: subjectOf(named(shown)) };
    const { prisma } = optional.deps.database;
    await addCertificate(prisma, 'ssp1', name, '');
    await until(async () => (await post(optional, shown)).status === 200);
    await removeCertificate(prisma, name);
    await until(async () => (await post(optional, shown)).status === 401);
    const nonce = nonceOf(await post(optional, shown));
    const login = { authorization: authorization({ username: 'ssp1', password: 'ssp1', nonce }) };
    expect((await post(optional, shown, status, login)).status).toBe(200);
  });

  it('one certificate maps to one credential', async () => {
    const name = { fingerprint: fingerprintOf(named(pinned)) };
    await expect(addCertificate(optional.deps.database.prisma, 'ssp1', name, '')).rejects.toThrow('another credential');
    await addCertificate(optional.deps.database.prisma, 'ssp3', name, 'again');
  });

  it('operators read it in sppp_api.client_certificate', async () => {
    expect(
      await required.sql(
        'SELECT registrar, username, fingerprint, subject, label FROM sppp_api.client_certificate ORDER BY 2',
      ),
    ).toEqual([
      {
        registrar: 'iana-en:223',
        username: 'ssp2r',
        fingerprint: null,
        subject: 'CN=ssp2r.example,O=SSP2,C=DE',
        label: 'any of ours',
      },
      {
        registrar: 'iana-en:225',
        username: 'ssp3',
        fingerprint: fingerprintOf(named(pinned)),
        subject: null,
        label: 'this one alone',
      },
    ]);
  });
});

/** Servers hear of changes a moment later. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
