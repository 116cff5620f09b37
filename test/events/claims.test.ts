/** Events about claims to be carrier of record, whoever decides them. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideClaim } from '../../src/registry/cor/decisions.js';
import { expectDone, TestClock } from '../support/carrier.js';
import { claimed, keyOf, load, of111, settleWaiting } from '../support/claims.js';
import { EventReader, type Told } from '../support/events.js';
import { type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let clock: TestClock;
let server: TestServer;
let events: EventReader;
let one: Party;
let two: Party;

const start = async (settings: Record<string, string>) => {
  clock = new TestClock();
  server = await startServer({ clock: clock.read, settings });
  events = new EventReader(server);
  [one, two] = [party(server, 'ssp1'), party(server, 'ssp2r')];
  await events.read();
};
afterEach(() => server.close());

const decide = (value: string, orgId: string, accept: boolean) =>
  decideClaim(server.deps.database.pool, { type: 'TN', value }, orgId, accept, clock.read());
const subjectOf = (value: string, orgId = 'iana-en:222') => `tn:${orgId}:${value}`;
/** Type, claimant, and who or what decided. */
const saidOf = ({ type, organization, data }: Told) =>
  [type.replace(/^sppp\.claim\.|\.v1$/g, ''), organization, data.decidedBy, data.rival].filter(Boolean).join(' ');
const said = async () => (await events.read()).map(saidOf).sort();

describe('with authority data', () => {
  beforeEach(() => start({ SPPP_COR_FORMER: 'keep' }));

  it('a claim that holds at once is told by the answer alone, one that is lost is told', async () => {
    await load(server, ['1202*,iana-en:222', '12025550100,iana-en:111']);
    expectDone({ ...(await two.add(claimed('TN 12025550199'))), details: [] });
    expect(await said()).toEqual([]);
    expectDone(await two.add(claimed('TN 12025550100')));
    const [lost, ...others] = await events.read();
    expect(others).toEqual([]);
    expect(lost).toMatchObject({
      ...{ type: 'sppp.claim.lost.v1', organization: 'iana-en:222', noun: 'PubId', subject: subjectOf('12025550100') },
      data: { registrant: 'iana-en:222', kind: 'TN', value: '12025550100', decidedBy: 'authority', rival: 'iana-en:111' },
    });
    expect(lost?.by).not.toBeNull();
  });

  it('a holder loses to another’s request, which the event names', async () => {
    await two.add(claimed('TN 12025550100'), claimed('TN 12025550101'));
    await load(server, ['12025550100,iana-en:111', '12025550101,iana-en:222']);
    expect(await said()).toEqual(['lost iana-en:222 authority iana-en:111']);
    await two.add(claimed('TN 12025550102'));
    await server.sql("INSERT INTO sppp.cor_segment SELECT s.first + 200, s.last + 200, 'iana-en:111' FROM sppp.cor_segment s ORDER BY 1 DESC LIMIT 1");
    expect(await said()).toEqual([]);
    await one.add(claimed('TN 12025550102', of111));
    const told = await events.read();
    expect(told.map(saidOf)).toEqual([]);
  });
});
