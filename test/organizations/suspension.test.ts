/** A suspended organization: refusals of its credentials, look-ups without its data, and its return. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import {
  listOrganizations,
  removeOrganization,
  renameOrganization,
  resumeOrganization,
  showOrganization,
  suspendOrganization,
} from '../../src/registry/access/organizations.js';
import { feed } from '../../src/registry/feed/feed.js';
import { explain, resolve } from '../../src/registry/resolve/resolve.js';
import { expectDone } from '../support/carrier.js';
import { askUdp, enumName, NXDOMAIN, naptrs } from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import { type Lookups, lookups } from '../support/lookup.js';
import { addRequest, destGrp, readAnswer, tn } from '../support/message.js';
import { party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import { share, twoWaysIn } from '../support/sharing.js';

const [ssp1, ssp2, ssp2r, ssp4] = ['iana-en:111', 'iana-en:222', 'iana-en:223', 'iana-en:226'] as const;
const number = '+12025550123';
const target = ['sip:+12025550123@gold.ssp2.example'];
const at = new Date('2026-11-29T12:00:00Z');

let server: TestServer;
let dns: TestEnum;
let asked: Lookups;
const pool = () => server.deps.database.pool;

beforeAll(async () => {
  server = await startServer();
  asked = lookups(server);
  dns = await startEnum(pool(), { SPPP_ENUM_LISTEN: `${ssp1}=127.0.0.1:0`, SPPP_ENUM_APEXES: 'e164.arpa' });
  const owner = party(server, 'ssp2r');
  expectDone(await owner.add(...twoWaysIn, tn('+12025559999', ['DG_SELECTIVE'])));
  await share(owner, 'SG_GOLD', party(server, 'ssp1'), ssp1);
});
afterAll(async () => {
  await dns.close();
  await server.close();
});

const pull = async (since?: string) => {
  const lines: Record<string, unknown>[] = [];
  for await (const item of feed(pool(), { asker: ssp1, since })) {
    if (typeof item !== 'string') return item;
    lines.push(
      ...item
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  }
  return lines;
};
const cursorOf = (lines: Awaited<ReturnType<typeof pull>>) =>
  Array.isArray(lines) ? String(lines.at(-1)?.end) : expect.unreachable('a fault instead of a feed');
const identifiersIn = (lines: Awaited<ReturnType<typeof pull>>) =>
  Array.isArray(lines) ? lines.filter(({ put }) => put === 'PubId').length : lines;

describe('a suspended registrant', () => {
  it('is in no answer over HTTP, ENUM and SQL and in no feed, and in them as before after it is resumed', async () => {
    const seen = async () => ({
      http: await asked.targets('ssp1', number),
      enum: naptrs(await askUdp(dns.at, enumName(number))).length,
      sql: (await resolve(pool(), { identifier: number, asker: ssp1 })).map(({ finalUri }) => finalUri),
      feed: identifiersIn(await pull()),
    });
    const before = await seen();
    expect(before).toEqual({ http: target, enum: 1, sql: target, feed: 2 });
    const cursor = cursorOf(await pull());

    await suspendOrganization(pool(), ssp2, at);
    expect(await seen()).toEqual({ http: [], enum: 0, sql: [], feed: 0 });
    expect((await askUdp(dns.at, enumName(number))).rcode).toBe(NXDOMAIN);
    expect(await pull(cursor)).toMatchObject({ fault: 'gone' });
    const whileSuspended = cursorOf(await pull());
    expect(identifiersIn(await pull(whileSuspended))).toBe(0);

    await resumeOrganization(pool(), ssp2);
    expect(await seen()).toEqual(before);
    expect(await pull(whileSuspended)).toMatchObject({ fault: 'gone' });
  });

  it('is named by explain', async () => {
    await suspendOrganization(pool(), ssp2, at);
    expect(await explain(pool(), { identifier: number, asker: ssp1 })).toMatchObject([
      { verdict: 'dropped', step: 'identifier', reason: 'the registrant is suspended', decidedBy: ssp2 },
    ]);
    await resumeOrganization(pool(), ssp2);
    await suspendOrganization(pool(), ssp1, at);
    expect(await explain(pool(), { identifier: number, asker: ssp1 })).toMatchObject([
      { verdict: 'dropped', step: 'asker', reason: 'the asker is suspended', decidedBy: ssp1 },
    ]);
    expect(await resolve(pool(), { identifier: number, asker: ssp1 })).toEqual([]);
    await resumeOrganization(pool(), ssp1);
  });

  it('can still be provisioned by a registrar that is not suspended', async () => {
    await suspendOrganization(pool(), ssp2, at);
    expectDone(await party(server, 'ssp2r').add(destGrp('DG_MEANWHILE')));
    await resumeOrganization(pool(), ssp2);
  });
});

describe('a suspended registrar', () => {
  it('is refused with 403 until it is resumed; a wrong password stays 401', async () => {
    const ask = () => server.post(addRequest(destGrp('DG_SUSPENDED')));
    await suspendOrganization(pool(), ssp2r, at);
    const refused = await ask();
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('suspended');
    const [count] = await server.sql(
      `SELECT count(*)::int AS objects FROM sppp.destination_group WHERE name = 'DG_SUSPENDED'`,
    );
    expect(count).toEqual({ objects: 0 });
    await resumeOrganization(pool(), ssp2r);
    await expect.poll(async () => (await ask()).status).toBe(200); // the node hears of it a moment later
    expect(readAnswer((await ask()).text).code).toBe(1000);
  });
});

describe('operators', () => {
  it('see the objects of an organization, and the time of its suspension', async () => {
    expect(await showOrganization(pool(), ssp2)).toMatchObject({
      orgId: ssp2,
      suspendedAt: null,
      usernames: [],
      actsFor: [],
      actedForBy: [ssp2r],
      publicIdentifiers: 2,
      sedGroups: 2,
      sedRecords: 2,
      peers: [ssp1],
      objectsOfOthers: 0,
    });
    expect((await showOrganization(pool(), ssp2r)).objectsOfOthers).toBeGreaterThan(0);
    await suspendOrganization(pool(), ssp2, at);
    await suspendOrganization(pool(), ssp2, new Date());
    const listed = await listOrganizations(pool());
    expect(listed.find(({ orgId }) => orgId === ssp2)?.suspendedAt).toEqual(at);
    await resumeOrganization(pool(), ssp2);
    await renameOrganization(pool(), ssp2, 'Second');
    expect((await showOrganization(pool(), ssp2)).name).toBe('Second');
  });

  it('remove only an organization that owns nothing; it is then unknown, and starts anew when it is added again', async () => {
    await expect(removeOrganization(pool(), ssp2, at)).rejects.toThrow(
      /still has 2 public identifiers, .*delete these/,
    );
    await expect(removeOrganization(pool(), ssp1, at)).rejects.toThrow('still has 1 offers made to it');
    await removeOrganization(pool(), ssp4, at);
    expect((await server.post(addRequest(destGrp('DG_REMOVED')), { as: 'ssp4' })).status).toBe(401);
    expect((await listOrganizations(pool())).map(({ orgId }) => orgId)).not.toContain(ssp4);
    await expect(removeOrganization(pool(), ssp4, at)).rejects.toThrow('not known');
    await addOrganization(server.deps.database.prisma, ssp4, 'Fourth');
    expect(await showOrganization(pool(), ssp4)).toMatchObject({ name: 'Fourth', suspendedAt: null, usernames: [] });
  });

  it.each([suspendOrganization, removeOrganization])('get a clear message for an unknown organization', async (act) => {
    await expect(act(pool(), 'iana-en:9', at)).rejects.toThrow('organization iana-en:9: not known');
  });
});
