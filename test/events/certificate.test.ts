/** A reader that logged in by a client certificate, and waits while the certificate is taken from it. */

import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { subjectOf } from '../../src/http/tls.js';
import { addCertificate, removeCertificate } from '../../src/registry/access/administration.js';
import { issue } from '../support/certificate.js';
import { type CertificateServers, startCertificateServers } from '../support/certificate-servers.js';
import { publish, silenceCauses } from '../support/published-events.js';
import { sendSecurely } from '../support/tls-client.js';
import '../support/long-timeouts.js';

const authority = issue({ subject: [['CN', 'Carriers CA']], isAuthority: true });
const host = issue({ subject: [['CN', 'registry']], by: authority, use: 'server' });
const { cert, key } = issue({ subject: [['CN', 'ssp1.example']], by: authority, use: 'client' });

let servers: CertificateServers;
beforeAll(async () => {
  servers = await startCertificateServers(host, authority);
});
afterAll(() => servers.close());

it('is woken while it has the certificate, and refused without', async () => {
  const { required: server } = servers;
  const subject = subjectOf(new X509Certificate(cert));
  await addCertificate(server.deps.database.prisma, 'ssp1', { subject }, '');
  await silenceCauses(server);
  const event = { to: 'iana-en:111', subject: 'org:mine' };
  const read = async (after: number) => {
    const url = `${server.url}/events?after=${after}&wait=60`;
    const answer = sendSecurely(url, { method: 'GET' }, { ca: authority.cert, cert, key });
    await expect.poll(() => server.deps.eventReaders.count).toBe(1);
    return { answer };
  };
  const start = await publish(server);
  const woken = await read(start);
  await publish(server, event);
  expect(await woken.answer).toMatchObject({ status: 200, text: expect.stringContaining('org:mine') });
  const refused = await read(start + 1);
  await removeCertificate(server.deps.database.prisma, { subject });
  await publish(server, event);
  expect(await refused.answer).toMatchObject({ status: 401 });
});
