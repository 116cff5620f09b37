import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Issued } from './certificate.js';
import { startServer, type TestServer } from './server.js';

/** Two servers with TLS. */
export interface CertificateServers {
  /** Asks for a certificate, and takes a password as well. */
  readonly optional: TestServer;
  /** Has no connection without a certificate. */
  readonly required: TestServer;
  /** Where the files of the servers are. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Starts the servers with the certificate of a host; they let in who has one of the authority. */
export async function startCertificateServers(host: Issued, authority: Issued): Promise<CertificateServers> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-certificates-'));
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const settings = {
    SPPP_TLS_CERT: await file('cert.pem', host.cert),
    SPPP_TLS_KEY: await file('key.pem', host.key),
    SPPP_TLS_CA: await file('ca.pem', authority.cert),
  };
  const [optional, required] = await Promise.all([
    startServer({ settings: { ...settings, SPPP_TLS_CLIENT: 'optional' } }),
    startServer({ settings: { ...settings, SPPP_TLS_CLIENT: 'required' } }),
  ]);
  const close = async () => {
    await Promise.all([optional.close(), required.close()]);
    await rm(folder, { recursive: true });
  };
  return { optional, required, folder, close };
}
