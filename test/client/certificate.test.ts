/** The client library's login by certificate, against servers with TLS. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, type ConnectOptions, connect, type Obj, WrongUseError } from '../../src/client/connect.js';
import { subjectOf } from '../../src/http/tls.js';
import { addCertificate } from '../../src/registry/access/administration.js';
import { type Issued, issue, type Wanted } from '../support/certificate.js';
import { type CertificateServers, startCertificateServers } from '../support/certificate-servers.js';
import type { TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const authority = issue({ subject: [['CN', 'Carriers CA']], isAuthority: true });
const host = issue({ subject: [['CN', 'registry']], by: authority, use: 'server' });
const client = (wanted: Partial<Wanted> = {}) =>
  issue({ subject: [['CN', 'ssp2r.example']], by: authority, use: 'client', ...wanted });
const carrier = client();
const expired = client({ notAfter: new Date(Date.now() - 3_600_000) });
const stranger = issue({ subject: [['CN', 'ssp2r.example']], use: 'client' });

const PASSPHRASE = 'very-secret passphrase';
const encrypted = String(
  createPrivateKey(carrier.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
);

const group = (name: string): Obj => ({ kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: name });

let servers: CertificateServers;
/** Asks for a certificate, and takes a password as well. */
let optional: TestServer;
/** Has no connection without a certificate. */
let required: TestServer;
const open: Connection[] = [];

beforeAll(async () => {
  servers = await startCertificateServers(host, authority);
  ({ optional, required } = servers);
  for (const { deps } of [optional, required]) {
    const subject = subjectOf(new X509Certificate(carrier.cert));
    await addCertificate(deps.database.prisma, 'ssp2r', { subject }, '');
  }
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

afterAll(() => servers.close());

function opened(server: TestServer, options: Partial<ConnectOptions>): Connection {
  const connection = connect({ url: server.url, ca: authority.cert, ...options });
  open.push(connection);
  return connection;
}

const shownBy = ({ cert, key }: Issued) => ({ certificate: { cert, key } });
const errorOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);

async function lastUser(server: TestServer): Promise<unknown> {
  const [row] = await server.sql('SELECT username FROM sppp_api.transaction ORDER BY received_at DESC LIMIT 1');
  return row;
}

describe('a certificate', () => {
  it.each(['optional', 'required'])(
    'is a login by itself, of requests, streams and GET, where it is %s',
    async (at) => {
      const server = at === 'optional' ? optional : required;
      const connection = opened(server, shownBy(carrier));
      expect(await connection.add([group('DG_CERTIFICATE')])).toMatchObject({ code: 1000, applied: 1 });
      const items = [1, 2, 3].map((n) => ({ verb: 'add' as const, subject: group(`DG_CERTIFICATE_${n}`) }));
      const codes: number[] = [];
      for await (const { outcome } of connection.bulk(items, { perRequest: 1 })) codes.push(outcome.code);
      expect(codes).toEqual([1000, 1000, 1000]);
      expect((await connection.httpGet('/transaction', { clientTransId: 'none' })).status).toBe(200);
      expect(await lastUser(server)).toEqual({ username: 'ssp2r' });
    },
  );

  it('may be given as bytes, and its key encrypted', async () => {
    const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text));
    const certificate = { cert: bytes(carrier.cert), key: bytes(encrypted), passphrase: PASSPHRASE };
    const connection = opened(required, { certificate, ca: bytes(authority.cert) });
    expect(await connection.status()).toMatchObject({ code: 1000 });
  });

  it('goes with user and password: the server takes the certificate', async () => {
    const login = { user: 'ssp1', password: 'ssp1' };
    expect(await opened(optional, { ...login, ...shownBy(carrier) }).status()).toMatchObject({ code: 1000 });
    expect(await lastUser(optional)).toEqual({ username: 'ssp2r' });
  });
});

describe('a certificate that cannot be used is refused by connect', () => {
  it.each([
    ['with the key of another', { cert: carrier.cert, key: expired.key }, /certificate, ca: .*key values mismatch/],
    ['with another passphrase', { cert: carrier.cert, key: encrypted, passphrase: 'another one' }, /certificate, ca: /],
    ['without the passphrase', { cert: carrier.cert, key: encrypted }, /certificate, ca: /],
    ['that is no PEM', { cert: 'certificate.pem', key: carrier.key }, /certificate, ca: .*no start line/],
    ['whose key is no PEM', { cert: carrier.cert, key: 'key.pem' }, /certificate, ca: /],
    ['that is empty', { cert: '', key: carrier.key }, /certificate\.cert: is no PEM/],
  ])('%s', (_, certificate, message) => {
    const call = () => opened(required, { certificate });
    expect(call).toThrow(WrongUseError);
    expect(call).toThrow(message);
    expect(call).not.toThrow(/PRIVATE KEY|very-secret|another one/);
  });
});

describe('a certificate that the server refuses', () => {
  it.each([
    ['expired', expired],
    ['signed by itself', stranger],
  ])('%s: where one is required, nothing is sent', async (_, issued) => {
    const error = await errorOf(opened(required, shownBy(issued)).add([group('DG_REFUSED')]));
    expect(error).toMatchObject({ name: 'NotConnectedError', isRetrySafe: true });
  });

  it('none at all: the same', async () => {
    const error = await errorOf(opened(required, { user: 'ssp2r', password: 'ssp2r' }).add([group('DG_REFUSED')]));
    expect(error).toMatchObject({ name: 'NotConnectedError', isRetrySafe: true });
    const { objects } = await opened(required, shownBy(carrier)).get([
      { kind: 'ObjKeyType', rant: 'iana-en:222', name: 'DG_REFUSED', type: 'DestGrp' },
    ]);
    expect(objects).toEqual([]);
  });

  it('where it is optional, the password logs in, and without one the login is refused', async () => {
    expect(await errorOf(opened(optional, shownBy(expired)).status())).toMatchObject({
      ...{ name: 'LoginRefusedError', status: 401, isRetrySafe: false },
    });
    const login = { user: 'ssp2r', password: 'ssp2r' };
    expect(await opened(optional, { ...login, ...shownBy(expired) }).status()).toMatchObject({ code: 1000 });
  });
});

describe('the certificate of the server', () => {
  it('is checked: without its authority nothing is sent', async () => {
    const connection = connect({ url: required.url, ...shownBy(carrier) });
    open.push(connection);
    const error = await errorOf(connection.add([group('DG_REFUSED')]));
    expect(error).toMatchObject({ name: 'NotConnectedError', isRetrySafe: true });
    expect((error as Error).message).toMatch(
      /the server's certificate is not accepted: check the host in url, and ca$/,
    );
  });
});

it('no connection shows its key', () => {
  const certificate = { cert: carrier.cert, key: encrypted, passphrase: PASSPHRASE };
  const shown = inspect(opened(required, { certificate }), { depth: 12, showHidden: true });
  expect(shown).not.toMatch(/PRIVATE KEY|very-secret/);
});
