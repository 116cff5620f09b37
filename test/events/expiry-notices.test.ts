/** Notices of credentials and certificates that end soon: each once, by whatever node, after whatever restart. */

import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/http/tls.js';
import { addCertificate, addCredential, revokeCredential } from '../../src/registry/access/administration.js';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { giveExpiryNotices, type NodeCertificate } from '../../src/registry/events/expiry-notices.js';
import { issue } from '../support/certificate.js';
import { EventReader } from '../support/events.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const DAY_MS = 86_400_000;
const now = new Date('2040-01-31T12:00:00Z');
const after = (days: number) => new Date(now.getTime() + days * DAY_MS);
const registrar = 'iana-en:226';

let server: TestServer;
let events: EventReader;

beforeAll(async () => {
  server = await startServer();
  events = new EventReader(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.sql('DELETE FROM sppp.client_certificate');
  await server.sql('DELETE FROM sppp.expiry_notice');
  await server.sql('UPDATE sppp.credential SET valid_until = NULL WHERE valid_until IS NOT NULL');
  await events.read();
});

const prisma = () => server.deps.database.prisma;
const notices = async (at: Date, certificate?: NodeCertificate) => {
  await giveExpiryNotices(server.deps.database.pool, at, certificate);
  return (await events.read())
    .filter(({ type }) => /expires/i.test(type))
    .map(({ type, organization, subject, data }) => [
      type.split('.').slice(1, 3).join('.'),
      organization,
      subject,
      data.days,
    ]);
};
const credential = (username: string, validUntil: Date) =>
  addCredential(prisma(), { registrar, username, ha1Md5: 'a'.repeat(32), ha1Sha256: 'a'.repeat(64), validUntil });

describe('credentials', () => {
  it('are told of 30, 7 and 1 days before they end, once each', async () => {
    await credential('ending', after(40));
    const told: unknown[] = [];
    for (const day of [0, 9, 10, 11, 32, 33, 34, 38, 39, 39.5, 40, 41]) {
      for (const [, , subject, days] of await notices(after(day))) told.push([day, subject, days]);
    }
    expect(told).toEqual([
      [10, 'credential:ending', 30],
      [33, 'credential:ending', 7],
      [39, 'credential:ending', 1],
    ]);
  });

  it('are told of by several nodes at once only once', async () => {
    await credential('ending', after(5));
    const { pool } = server.deps.database;
    const given = await Promise.all([0, 1, 2, 3].map(() => giveExpiryNotices(pool, now, undefined)));
    expect(given.sort()).toEqual([0, 0, 0, 1]);
    expect(await notices(now)).toEqual([['credential.expires', registrar, 'credential:ending', 7]]);
  });

  it('are told of anew if they have another end', async () => {
    await credential('ending', after(5));
    expect(await notices(now)).toHaveLength(1);
    await credential('ending', after(6));
    expect(await notices(now)).toEqual([['credential.expires', registrar, 'credential:ending', 7]]);
    await credential('ending', after(60));
    expect(await notices(now)).toEqual([]);
  });

  it('are not told of if they are revoked, and when a suspension has ended', async () => {
    await credential('ending', after(5));
    await credential('revoked', after(5));
    await revokeCredential(prisma(), 'revoked', now);
    await suspendOrganization(server.deps.database.pool, registrar, now);
    expect(await notices(now)).toEqual([]);
    await resumeOrganization(server.deps.database.pool, registrar);
    expect(await notices(now)).toEqual([['credential.expires', registrar, 'credential:ending', 7]]);
  });

  it('without an end, or with one that has passed, are passed over', async () => {
    await credential('ended', after(-1));
    await server.sql("UPDATE sppp.credential SET valid_until = 'infinity' WHERE username = 'ssp4'");
    expect(await notices(now)).toEqual([]);
  });
});

describe('certificates', () => {
  const fingerprint = 'e'.repeat(64);

  it('of clients are told of if their end is known', async () => {
    await addCertificate(prisma(), 'ssp4', { fingerprint }, undefined, after(20));
    await addCertificate(prisma(), 'ssp4', { fingerprint: 'd'.repeat(64) });
    expect(await notices(now)).toEqual([['certificate.expires', registrar, `certificate:${fingerprint}`, 30]]);
    expect(await notices(now)).toEqual([]);
  });

  it('of nodes are told to operators, once for all nodes that have the same', async () => {
    const certificate = { fingerprint, notAfter: after(1) };
    const other = { fingerprint: 'c'.repeat(64), notAfter: after(29) };
    const told = [...(await notices(now, certificate)), ...(await notices(now, certificate))];
    expect(told).toEqual([['server.certificateExpires', null, `certificate:${fingerprint}`, 1]]);
    expect(await notices(now, other)).toEqual([
      ['server.certificateExpires', null, `certificate:${'c'.repeat(64)}`, 30],
    ]);
  });
});

it('records of notices go when what they are about has ended', async () => {
  await credential('ending', after(5));
  await notices(now);
  expect(await server.sql('SELECT FROM sppp.expiry_notice')).toHaveLength(1);
  await notices(after(7));
  expect(await server.sql('SELECT FROM sppp.expiry_notice')).toEqual([]);
});

it('a server tells of its own certificate by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-notice-'));
  const { cert, key } = issue({ subject: [['CN', 'node']], notAfter: new Date(Date.now() + 6.5 * DAY_MS) });
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  const node = await startServer({ settings: { SPPP_TLS_CERT: certFile, SPPP_TLS_KEY: keyFile } });
  try {
    const read = new EventReader(node);
    const subject = `certificate:${fingerprintOf(new X509Certificate(cert))}`;
    const told: unknown[] = [];
    await expect
      .poll(
        async () => {
          told.push(...(await read.read()).filter((each) => each.subject === subject));
          return told;
        },
        { timeout: 60_000 },
      )
      .toMatchObject([{ type: 'sppp.server.certificateExpires.v1', organization: null, data: { days: 7 } }]);
  } finally {
    await node.close();
    await rm(folder, { recursive: true });
  }
});
