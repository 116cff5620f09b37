/** Events about claims to be carrier of record, whoever decides them. */

import { afterEach, describe, expect, it } from 'vitest';
import { decideClaim } from '../../src/registry/cor/decisions.js';
import { settlePending } from '../../src/registry/cor/pending.js';
import { TestClock } from '../support/carrier.js';
import { claimed, keyOf, load, of111, settleWaiting } from '../support/claims.js';
import { EventReader, type Told } from '../support/events.js';
import type { ReadAnswer } from '../support/message.js';
import { type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let clock: TestClock;
let server: TestServer;
let events: EventReader;
let one: Party;
let two: Party;

const start = async (settings: Record<string, string> = {}) => {
  clock = new TestClock();
  server = await startServer({ clock: clock.read, settings });
  events = new EventReader(server);
  [one, two] = [party(server, 'ssp1'), party(server, 'ssp2r')];
  await events.read();
};
afterEach(() => server.close());

const number = '12025550100';
const decide = (orgId: string, accept: boolean) =>
  decideClaim(server.deps.database.pool, { type: 'TN', value: number }, orgId, accept, clock.read());
/** What an event says, and whether a request caused it. */
const saidOf = ({ type, organization, by, data: { decidedBy, rival, isWide } }: Told) =>
  [
    `${type.replace(/^sppp\.|\.v1$/g, '')} to ${organization}`,
    ...(decidedBy === undefined ? [] : [`by ${decidedBy}`]),
    ...(rival === undefined || rival === null ? [] : [`rival ${rival}`]),
    ...(isWide === undefined ? [] : [`wide ${isWide}`]),
    by === null ? 'without request' : 'by request',
  ].join(', ');
const said = async () => (await events.read()).map(saidOf).sort();
const done = ({ code, msg }: ReadAnswer) => expect({ code, msg }).toMatchObject({ code: 1000 });

describe('authority data', () => {
  it('a claim that holds at once is told by the answer alone, one that is lost is told', async () => {
    await start();
    await load(server, ['1202*,iana-en:222', `${number},iana-en:111`]);
    done(await two.add(claimed('TN 12025550199')));
    expect(await said()).toEqual([]);
    done(await two.add(claimed(`TN ${number}`)));
    const [lost, ...others] = await events.read();
    expect(others).toEqual([]);
    expect(lost).toMatchObject({
      ...{
        type: 'sppp.claim.lost.v1',
        organization: 'iana-en:222',
        noun: 'PubId',
        subject: `tn:iana-en:222:${number}`,
      },
      data: { registrant: 'iana-en:222', kind: 'TN', value: number, decidedBy: 'authority', rival: 'iana-en:111' },
    });
    expect(lost?.by).not.toBeNull();
  });

  it('that are loaded decide claims anew', async () => {
    await start();
    done(await two.add(claimed(`TN ${number}`)));
    done(await one.add(claimed(`TN ${number}`, of111)));
    expect(await said()).toEqual(['claim.lost to iana-en:111, by firstClaim, rival iana-en:222, by request']);
    await load(server, [`${number},iana-en:111`]);
    expect(await said()).toEqual([
      'claim.lost to iana-en:222, by authority, rival iana-en:111, without request',
      'claim.won to iana-en:111, by authority, without request',
    ]);
  });

  it.each(['demote', 'remove'])('take numbers from a former holder: %s', async (former) => {
    await start({ SPPP_COR_FORMER: former });
    done(await two.add(claimed(`TN ${number}`)));
    // What settles all claims has not come to this one yet.
    await server.sql(
      `INSERT INTO sppp.cor_segment (first, last, carrier)
       SELECT lower(s), lower(s), 'iana-en:111' FROM sppp.number_interval('TN', $1) s`,
      [number],
    );
    done(await one.add(claimed(`TN ${number}`, of111)));
    const lost = 'claim.lost to iana-en:222, by authority, rival iana-en:111, by request';
    expect(await said()).toEqual(former === 'demote' ? [lost] : [lost, 'object.deleted to iana-en:222, by request']);
  });
});

describe('claims that wait', () => {
  it('for the operator: pending, contested by another, decided', async () => {
    await start({ SPPP_COR_POLICY: 'hold' });
    done(await two.add(claimed(`TN ${number}`)));
    expect(await said()).toEqual(['claim.pending to iana-en:222, wide false, by request']);
    done(await two.add(claimed(`TN ${number}`)));
    expect(await said()).toEqual([]);
    done(await one.add(claimed(`TN ${number}`, of111)));
    expect(await said()).toEqual([
      'claim.contested to iana-en:111, rival iana-en:222, by request',
      'claim.contested to iana-en:222, rival iana-en:111, by request',
    ]);
    await decide('iana-en:111', true);
    expect(await said()).toEqual([
      'claim.lost to iana-en:222, by operator, rival iana-en:111, without request',
      'claim.won to iana-en:111, by operator, without request',
    ]);
  });

  it('too long, or until the rival goes', async () => {
    await start({ SPPP_COR_POLICY: 'hold', SPPP_COR_HOLD_DAYS: '30' });
    done(await two.add(claimed(`TN ${number}`)));
    done(await one.add(claimed(`TN ${number}`, of111)));
    await events.read();
    done(await two.del(keyOf(`TN ${number}`)));
    expect(await said()).toEqual([]);
    await settleWaiting(server);
    expect(await said()).toEqual(['claim.won to iana-en:111, by withdrawal, without request']);
    done(await two.add(claimed('TN 12025550101')));
    await events.read();
    const late = new Date(clock.read().getTime() + 31 * 86_400_000);
    for (const _ of ['once', 'twice']) await settlePending(server.deps.database.pool, late, 30);
    expect(await said()).toEqual(['claim.expired to iana-en:222, by expiry, without request']);
  });

  it('because they are wide', async () => {
    await start();
    done(await two.add(claimed('prefix 1202')));
    expect(await said()).toEqual(['claim.pending to iana-en:222, wide true, by request']);
  });
});
