/** Offers that standing agreements accept (RFC 6461 REQ-MISC-2): from the agreement to the calls, and what withdraws it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import {
  removeOrganization,
  resumeOrganization,
  suspendOrganization,
} from '../../src/registry/access/organizations.js';
import { allTexts, b, expectDone, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { DigestClient } from '../support/digest-client.js';
import { type Lookups, lookups } from '../support/lookup.js';
import { destGrp, obj, objKey, textAt, tn } from '../support/message.js';
import { as, offer, offerKey, offerObjKey, type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const [ssp1, ssp2, ssp3] = ['iana-en:111', 'iana-en:222', 'iana-en:225'] as const;
const clock = new TestClock();
let server: TestServer;
let asked: Lookups;
let target: Party;
let origin: Party;
let client: DigestClient;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  asked = lookups(server);
  target = party(server, 'ssp2r');
  origin = party(server, 'ssp1');
  client = new DigestClient({ username: 'ssp1', password: 'ssp1' });
  expectDone(
    await target.add(
      destGrp('NUMBERS'),
      tn('12025550100', ['NUMBERS']),
      obj('URIType', uriRec('GATEWAY', 'sip:\\1@ssp2.example')),
      ...['WEST_1', 'WEST_2', 'WEST_3', 'WEST_4', 'EAST_1', 'EAST_2'].map((name) =>
        obj('SedGrpType', sedGrp(name, ref('GATEWAY', 10) + b('dgName', 'NUMBERS'))),
      ),
    ),
  );
});
afterAll(() => server.close());

async function agree(pattern: string | null, offeredBy: string = ssp2): Promise<number> {
  const { status, text } = await client.send(`${server.url}/agreements`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ offeredTo: ssp1, offeredBy, pattern }),
  });
  expect(status, text).toBe(201);
  return (JSON.parse(text) as { id: number }).id;
}

async function withdraw(id: number): Promise<void> {
  const { status, text } = await client.send(`${server.url}/agreements/${id}`, { method: 'DELETE' });
  expect(status, text).toBe(200);
}

async function feedSince(cursor?: string) {
  const query = new URLSearchParams({ asker: ssp1, ...(cursor === undefined ? {} : { since: cursor }) });
  const { text } = await asked.send('ssp1', `/feed?${query}`);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { lines, cursor: String(lines.at(-1)?.end) };
}

/** The state of an offer to SSP1: what Get says, and which agreement the operator reads. */
async function stateOf(group: string) {
  const read = await target.read(offerObjKey(group, ssp1));
  const [row] = await server.sql<{ agreement: number | null }>(
    'SELECT agreement FROM sppp_api.sed_group_offer WHERE sed_group = $1 AND offered_to = $2',
    [group, ssp1],
  );
  const times = ['offerDateTime', 'acceptDateTime', 'mDate'].map((name) => allTexts(read, name)[0]);
  return { status: textAt(read, 'status'), times, agreement: row?.agreement };
}

describe.sequential('a standing agreement', () => {
  let agreement = 0;

  it('accepts an offer in the request that makes it: calls are routed and the feed tells at once', async () => {
    agreement = await agree('west_*');
    expect(await asked.targets('ssp1', '+12025550100')).toEqual([]);
    const before = await feedSince();
    const now = clock.tick();
    expectDone(await target.add(offer('WEST_1', ssp1)));

    expect(await asked.targets('ssp1', '+12025550100')).toEqual(['sip:+12025550100@ssp2.example']);
    const told = (await feedSince(before.cursor)).lines.map(({ put, name }) => [put, name]);
    expect(told).toContainEqual(['SedGrp', 'WEST_1']);
    expect(await stateOf('WEST_1')).toEqual({ status: 'accepted', times: [now, now, undefined], agreement });
    expect(allTexts(await target.read(objKey('SedGrp', 'WEST_1')), 'peeringOrg')).toEqual([ssp1]);
    expect((await origin.getOffers('<status>accepted</status>')).resultObjs).toHaveLength(1);
  });

  it('leaves offers of other names, and to others, to their recipients', async () => {
    expectDone(await target.add(offer('EAST_1', ssp1), offer('WEST_1', ssp3)));
    expect(await stateOf('EAST_1')).toMatchObject({ status: 'offered', agreement: null });
    expect(textAt(await target.read(offerObjKey('WEST_1', ssp3)), 'status')).toBe('offered');
  });

  it('that is withdrawn has what it accepted stay accepted and routed, and the next offer wait', async () => {
    await withdraw(agreement);
    expect(await asked.targets('ssp1', '+12025550100')).toEqual(['sip:+12025550100@ssp2.example']);
    expectDone(await target.add(offer('WEST_2', ssp1)));
    expect(await stateOf('WEST_2')).toMatchObject({ status: 'offered', agreement: null });
    expectDone(await target.add(offer('WEST_1', ssp1, { note: 'again' })));
    expect(await stateOf('WEST_1')).toMatchObject({ status: 'accepted', agreement });
  });

  it('that is made later accepts an offer that waits when it is added again, and none before', async () => {
    const later = await agree(null);
    expect(await stateOf('EAST_1')).toMatchObject({ status: 'offered', agreement: null });
    const { times } = await stateOf('EAST_1');
    const now = clock.tick();
    expectDone(await target.add(offer('EAST_1', ssp1)));
    expect(await stateOf('EAST_1')).toEqual({
      status: 'accepted',
      times: [times[0], now, now],
      agreement: later,
    });
    await withdraw(later);
  });

  it('the oldest that covers an offer accepts it, and what was accepted by hand keeps no agreement', async () => {
    const [all, west] = [await agree(null), await agree('WEST*')];
    expectDone(await origin.accept(offerKey('WEST_2', ssp1)));
    expectDone(await target.add(offer('WEST_2', ssp1), offer('WEST_3', ssp1)));
    expect(await stateOf('WEST_2')).toMatchObject({ status: 'accepted', agreement: null });
    expect(await stateOf('WEST_3')).toMatchObject({ status: 'accepted', agreement: all });
    await withdraw(all);
    await withdraw(west);
  });

  it('ends no later rejection: the peer is lost, and a new offer is accepted again', async () => {
    const all = await agree(null);
    expectDone(await origin.reject(offerKey('WEST_3', ssp1)));
    expect((await target.get(offerObjKey('WEST_3', ssp1))).resultObjs).toEqual([]);
    expectDone(await target.add(offer('WEST_3', ssp1)));
    expect(await stateOf('WEST_3')).toMatchObject({ status: 'accepted', agreement: all });
    await withdraw(all);
  });

  it('is asked in the mode validate too, which leaves nothing', async () => {
    const all = await agree(null);
    expectDone(await party(server, 'ssp2r', '/sppp/validate').add(offer('WEST_4', ssp1)));
    expect((await target.get(offerObjKey('WEST_4', ssp1))).resultObjs).toEqual([]);
    await withdraw(all);
  });

  it('rests while one of its sides is suspended, and ends with the removal of one', async () => {
    const all = await agree(null);
    const { pool, prisma } = server.deps.database;
    await suspendOrganization(pool, ssp1, new Date());
    expectDone(await target.add(offer('WEST_4', ssp1)));
    await resumeOrganization(pool, ssp1);
    const login = async () => (await client.send(`${server.url}/agreements`, { method: 'GET' })).status;
    await expect.poll(login, { timeout: 60_000 }).toBe(200);
    expect(await stateOf('WEST_4')).toMatchObject({ status: 'offered', agreement: null });
    expectDone(await target.add(offer('EAST_2', ssp1)));
    expect(await stateOf('EAST_2')).toMatchObject({ status: 'accepted', agreement: all });
    await withdraw(all);

    await addOrganization(prisma, 'iana-en:900', 'Ninth');
    const gone = await agree(null, 'iana-en:900');
    await removeOrganization(pool, 'iana-en:900', new Date());
    const [row] = await server.sql('SELECT withdrawn_at, withdrawn_by FROM sppp_api.standing_agreement WHERE id = $1', [
      gone,
    ]);
    expect(row).toEqual({ withdrawn_at: expect.any(Date), withdrawn_by: 'removal of iana-en:900' });
  });
});

describe('items of one request about one offer', () => {
  it('have the outcome of one after the other', async () => {
    const all = await agree(null);
    const key = offerKey('WEST_4', ssp1);
    expectDone(await target.del(offerObjKey('WEST_4', ssp1)));
    expectDone(
      await target.batch(
        as('addObj', offer('WEST_4', ssp1)),
        as('delObj', offerObjKey('WEST_4', ssp1)),
        as('addObj', offer('WEST_4', ssp1)),
      ),
    );
    expect(await stateOf('WEST_4')).toMatchObject({ status: 'accepted', agreement: all });
    expectDone(await origin.accept(key));
    expect(await stateOf('WEST_4')).toMatchObject({ status: 'accepted', agreement: all });
    await withdraw(all);
  });
});
