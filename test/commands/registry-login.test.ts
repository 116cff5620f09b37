/** The login of the carriers' commands by certificate, against a server with TLS. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectFrom, type LoginOptions } from '../../src/cli/registry-login.js';
import { NotConnectedError } from '../../src/client/connect.js';
import { subjectOf } from '../../src/http/tls.js';
import { addCertificate } from '../../src/registry/access/administration.js';
import { issue } from '../support/certificate.js';
import { startServer, type TestServer } from '../support/server.js';

const authority = issue({ subject: [['CN', 'Carriers CA']], isAuthority: true });
const host = issue({ subject: [['CN', 'registry']], by: authority, use: 'server' });
const carrier = issue({ subject: [['CN', 'ssp2r.example']], by: authority, use: 'client' });
const PASSPHRASE = 'very-secret passphrase';

let folder: string;
let server: TestServer;
let login: LoginOptions;

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-login-'));
  const ca = await file('ca.pem', authority.cert);
  const settings = {
    SPPP_TLS_CERT: await file('host.pem', host.cert),
    SPPP_TLS_KEY: await file('host-key.pem', host.key),
    SPPP_TLS_CA: ca,
    SPPP_TLS_CLIENT: 'optional',
  };
  server = await startServer({ settings });
  const { prisma } = server.deps.database;
  await addCertificate(prisma, 'ssp2r', { subject: subjectOf(new X509Certificate(carrier.cert)) }, 'of the test');
  const certificate = await file('carrier.pem', carrier.cert);
  login = { url: server.url, ca, certificate, key: await file('carrier-key.pem', carrier.key) };
});

afterEach(() => vi.unstubAllEnvs());

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function status(options: LoginOptions): Promise<string> {
  const connection = await connectFrom(options);
  try {
    return (await connection.status()).serverStatus;
  } finally {
    connection.close();
  }
}

describe('a login by certificate', () => {
  it('needs no user and no password', async () => {
    expect(await status(login)).toBe('inService');
  });

  it('trusts no registry whose authority it does not know', async () => {
    const { ca: _known, ...others } = login;
    await expect(status(others)).rejects.toThrow(NotConnectedError);
  });

  it('is refused at a URL without TLS', async () => {
    const url = server.url.replace('https:', 'http:');
    await expect(status({ ...login, url })).rejects.toThrow(`--url ${url}: a URL of https, because of --ca`);
  });

  it('is refused with a key that others can read', async () => {
    const key = await file('open.pem', carrier.key);
    await chmod(key, 0o604);
    await expect(status({ ...login, key })).rejects.toThrow(`--key ${key}: its mode is 0604, and it holds a secret`);
  });

  it('takes the passphrase of a key from its variable', async () => {
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE } as const;
    const key = await file('encrypted.pem', String(createPrivateKey(carrier.key).export(options)));
    await expect(status({ ...login, key })).rejects.toThrow(
      `--key ${key}: it is encrypted; its passphrase in SPPP_KEY_PASSPHRASE`,
    );
    vi.stubEnv('SPPP_KEY_PASSPHRASE', 'another');
    await expect(status({ ...login, key })).rejects.toThrow(/^--certificate .*, --key .*: no PEM that TLS can use \(/);
    vi.stubEnv('SPPP_KEY_PASSPHRASE', PASSPHRASE);
    expect(await status({ ...login, key })).toBe('inService');
  });

  it('is refused with files that are no PEM, or do not belong together', async () => {
    const none = await file('none.pem', 'no PEM');
    for (const wrong of [{ key: none }, { certificate: none }, { certificate: join(folder, 'host.pem') }]) {
      await expect(status({ ...login, ...wrong }), JSON.stringify(wrong)).rejects.toThrow('no PEM that TLS can use');
    }
    await expect(status({ ...login, ca: none })).rejects.toThrow(`--ca ${none}: no PEM that TLS can use`);
  });
});
