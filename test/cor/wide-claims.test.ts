/** First claims over the operator's limit of numbers wait for the operator, and no other claim waits for them. */

import { afterEach, describe, expect, it } from 'vitest';
import { pictureLines } from '../../src/cli/cor.js';
import { addGrant } from '../../src/registry/access/administration.js';
import { decideClaim, pictureOf } from '../../src/registry/cor/decisions.js';
import { type Carrier, carrier, expectDone, TestClock } from '../support/carrier.js';
import { claimed, load, of111, of225, settleWaiting, standing, unclaimed } from '../support/claims.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const [own, other] = ['iana-en:222', 'iana-en:111'];
let clock: TestClock;
let server: TestServer;
let ssp1: Carrier;
let ssp2: Carrier;
let ssp3: Carrier;

async function start(settings: Record<string, string> = {}) {
  clock = new TestClock();
  server = await startServer({ clock: clock.read, settings });
  [ssp1, ssp2, ssp3] = [carrier(server, 'ssp1'), carrier(server), carrier(server, 'ssp3')];
}
afterEach(() => server.close());

const decide = (type: 'TNPrefix' | 'TNRange', value: string, orgId: string, accept: boolean) =>
  decideClaim(server.deps.database.pool, { type, value }, orgId, accept, clock.read());

describe('with firstClaim', () => {
  it('one claim to the prefix 7 takes no number; others claim numbers in it as if it did not exist', async () => {
    await start();
    expectDone(await ssp2.add(claimed('prefix 7')));
    expect(await standing(server, '7')).toEqual({ [own]: 'pending' });
    const [told] = await server.sql<{ is_wide: boolean; cor: unknown }>('SELECT is_wide, cor FROM sppp_api.cor_claim');
    expect(told).toEqual({ is_wide: true, cor: null });
    expect((await ssp1.add(claimed('TN 74955550100', of111))).details).toHaveLength(1);
    expect(await standing(server, '74955550100')).toEqual({ [other]: 'holds by firstClaim' });
    // A new claim to the whole prefix is second now; the waiting claim waits for the operator.
    expectDone(await ssp3.add(claimed('prefix 7', of225)));
    expect(await standing(server, '7')).toEqual({
      [own]: 'pending',
      'iana-en:225': 'lost by firstClaim rival iana-en:111',
    });
  });

  it.each([
    ['TN 7', {}, 'holds by firstClaim'],
    ['RN 7', {}, 'holds by firstClaim'],
    ['prefix 74955550100', {}, 'holds by firstClaim'],
    ['prefix 7495555010', {}, 'pending'],
    ['range 749555501000000-749555501009999', {}, 'holds by firstClaim'],
    ['range 749555501000000-749555501010000', {}, 'pending'],
    ['range 74955550100-74955550199', {}, 'pending'],
    ['range 74955550100-74955550199', { SPPP_COR_NUMBER_LENGTHS: '1=11, 7=11' }, 'holds by firstClaim'],
    ['prefix 7495555', { SPPP_COR_NUMBER_LENGTHS: '7=11' }, 'holds by firstClaim'],
    ['prefix 749555', { SPPP_COR_NUMBER_LENGTHS: '7=11' }, 'pending'],
    [
      'prefix 749555',
      { SPPP_COR_NUMBER_LENGTHS: '7=11', SPPP_COR_FIRST_CLAIM_NUMBERS: '100000' },
      'holds by firstClaim',
    ],
    ['prefix 7495', { SPPP_COR_POLICY: 'deny' }, 'lost by deny'],
    ['prefix 7495', { SPPP_COR_POLICY: 'hold' }, 'pending'],
  ])('%s with %j: %s', async (what, settings, expected) => {
    await start(settings);
    await ssp2.add(claimed(what));
    expect(await standing(server, what.split(' ')[1] ?? '')).toEqual({ [own]: expected });
  });

  it('numbers that authority data, or the spans of a grant, give the claimant are its own in any amount', async () => {
    await start();
    await load(server, ['7*,iana-en:222']);
    await ssp2.add(claimed('prefix 7'));
    expect(await standing(server, '7')).toEqual({ [own]: 'holds by authority' });
    await addGrant(server.deps.database.prisma, other, other, { spans: ['44', '33-34'] });
    await expect
      .poll(async () => {
        await ssp1.add(claimed('prefix 4420', of111));
        return standing(server, '4420');
      })
      .toEqual({ [other]: 'holds by firstClaim' });
    await ssp1.add(claimed('range 33-34', of111), claimed('range 33-35', of111), claimed('prefix 4', of111));
    expect(await standing(server, '33-34')).toEqual({ [other]: 'holds by firstClaim' });
    expect([await standing(server, '33-35'), await standing(server, '4')]).toEqual([
      { [other]: 'pending' },
      { [other]: 'pending' },
    ]);
  });

  it('it wins by the operator or by data, not by withdrawals of others, and it is lost when its time has passed', async () => {
    await start({ SPPP_COR_HOLD_DAYS: '1' });
    expectDone(await ssp2.add(claimed('prefix 7'), claimed('prefix 8'), claimed('prefix 9')));
    // A rival, which waits as well, and withdraws.
    expectDone(await ssp1.add(claimed('prefix 77', of111)));
    expect(await standing(server, '77')).toEqual({ [other]: 'pending' });
    expect(await standing(server, '7')).toEqual({ [own]: `contested rival ${other}` });
    await ssp1.add(unclaimed('prefix 77', of111));
    expect(await settleWaiting(server)).toEqual({ won: 0, lost: 0 });
    await decide('TNPrefix', '7', own, true);
    expect(await standing(server, '7')).toEqual({ [own]: 'holds by operator' });
    await load(server, ['8*,iana-en:222']);
    expect(await standing(server, '8')).toEqual({ [own]: 'holds by authority' });
    for (let minute = 0; minute < 60 * 25; minute++) clock.tick();
    expect(await settleWaiting(server)).toMatchObject({ won: 0 });
    expect(await standing(server, '9')).toEqual({ [own]: 'lost by expiry' });
  });

  it('sppp cor show gives the reason why it waits, and the command that decides it', async () => {
    await start();
    await ssp2.add(claimed('prefix 7'), claimed('range 70-71'));
    const lines = pictureLines('7012', await pictureOf(server.deps.database.pool, 'TN', '7012'));
    expect(lines).toContainEqual(
      expect.stringMatching(/claims TNPrefix 7: pending since .*, more numbers than SPPP_COR_FIRST_CLAIM_NUMBERS$/),
    );
    expect(lines).toContain(`    decide with: sppp cor decide '7*' ${own} accept (or refuse)`);
    expect(lines).toContain(`    decide with: sppp cor decide 70-71 ${own} accept (or refuse)`);
    await decide('TNPrefix', '7', own, false);
    expect(await standing(server, '7')).toEqual({ [own]: 'lost by operator' });
  });
});
