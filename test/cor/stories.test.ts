import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideClaim } from '../../src/registry/cor/decisions.js';
import { type Carrier, carrier, expectDone, expectRefused, TestClock } from '../support/carrier.js';
import { anyWidth, claimed, keyOf, load, of111, of225, settleWaiting, standing, unclaimed } from '../support/claims.js';
import { textAt } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let clock: TestClock;
let server: TestServer;
let ssp1: Carrier;
let ssp2: Carrier;
let ssp3: Carrier;

const start = async (settings: Record<string, string> = {}) => {
  clock = new TestClock();
  server = await startServer({ clock: clock.read, settings: { ...anyWidth, ...settings }, backgroundJobs: false });
  ssp1 = carrier(server, 'ssp1');
  ssp2 = carrier(server);
  ssp3 = carrier(server, 'ssp3');
};
afterEach(() => server.close());

const corOf = async (who: Carrier, what: string, rant?: string) => {
  const found = await who.read(keyOf(what, rant));
  return [textAt(found, 'corInfo', 'corClaim'), textAt(found, 'corInfo', 'cor'), textAt(found, 'corInfo', 'corDate')];
};
const decide = (value: string, orgId: string, accept: boolean) =>
  decideClaim(server.deps.database.pool, { type: 'TN', value }, orgId, accept, clock.read());

describe('with authority data', () => {
  beforeEach(() => start());

  it('a claim is settled at once, and the answer has the one that holds (RFC 7878 §10.5)', async () => {
    await load(server, ['1202*,iana-en:222', '12025550100,iana-en:111', '1202555,iana-en:222,RN']);
    const at = clock.tick();
    const won = await ssp2.add(claimed('TN 12025550199'), claimed('RN 1202555'));
    expect(won.details.map(({ code }) => code)).toEqual([1000, 1000]);
    expectDone(await ssp2.add(claimed('TN 12025550100')));
    expect(await corOf(ssp2, 'TN 12025550199')).toEqual(['true', 'true', at]);
    expect(await corOf(ssp2, 'TN 12025550100')).toEqual(['true', 'false', at]);
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:222': 'lost by authority rival iana-en:111' });
    expect((await ssp1.add(claimed('TN 12025550100', of111))).details).toHaveLength(1);
  });

  it.each([
    ['prefix 1202', ['1202*,iana-en:222'], 'holds by authority'],
    ['prefix 12025', ['1202*,iana-en:222'], 'holds by authority'],
    ['prefix 120', ['1202*,iana-en:222'], 'holds by firstClaim'],
    ['prefix 1202', ['1202*,iana-en:222', '12027-12028,iana-en:111'], 'lost by authority rival iana-en:111'],
    ['prefix 12026', ['1202*,iana-en:222', '12027-12028,iana-en:111'], 'holds by authority'],
    ['prefix 1202', ['1202*,iana-en:222', '12025550100,iana-en:111'], 'lost by authority rival iana-en:111'],
    ['prefix 1202', ['1*,iana-en:111', '1202*,iana-en:222'], 'holds by authority'],
    ['prefix 12', Array.from({ length: 10 }, (_, digit) => `12${digit}*,iana-en:222`), 'holds by authority'],
    ['prefix 12', Array.from({ length: 9 }, (_, digit) => `12${digit}*,iana-en:222`), 'holds by firstClaim'],
    ['range 12025550100-12025550199', ['120255501*,iana-en:222'], 'holds by authority'],
    [
      'range 12025550100-12025550109',
      ['12025550100-12025550104,iana-en:222', '12025550105-12025550109,iana-en:222'],
      'holds by authority',
    ],
    // A number alone never covers the longer ones that a range ends with.
    ['range 12025550100-12025550101', ['12025550100,iana-en:222', '12025550101,iana-en:222'], 'holds by firstClaim'],
    ['TN 1202', ['12020*,iana-en:222'], 'holds by firstClaim'],
    ['TN 12', ['120*,iana-en:111'], 'holds by firstClaim'],
    ['TN 120255501000', ['12025550100,iana-en:111'], 'holds by firstClaim'],
    ['RN 1202', ['1202*,iana-en:111'], 'holds by firstClaim'],
    ['RN 1202', ['12-13,iana-en:111,RN'], 'lost by authority rival iana-en:111'],
  ])('%s against %j: %s', async (what, data, expected) => {
    await load(server, data);
    await ssp2.add(claimed(what));
    expect(await standing(server, what.split(' ')[1] ?? '')).toEqual({ 'iana-en:222': expected });
  });

  it('a load settles earlier claims: refuted ones lose, confirmed ones win', async () => {
    await ssp2.add(claimed('TN 12025550100'), claimed('TN 12025550101'), claimed('TN 13'), claimed('prefix 14'));
    expectDone(await ssp1.add(claimed('TN 12025550100', of111)));
    const at = clock.tick();
    const loaded = await load(server, ['12025550100,iana-en:111', '12025550101,iana-en:222', '145*,iana-en:225']);
    expect(loaded).toMatchObject({ rows: 3, claims: 5, won: 1, lost: 2, strangers: 0 });
    expect(await standing(server, '12025550100')).toEqual({
      'iana-en:111': 'holds by authority',
      'iana-en:222': 'lost by authority rival iana-en:111',
    });
    expect(await corOf(ssp1, 'TN 12025550100', 'iana-en:111')).toEqual(['true', 'true', at]);
    expect(await standing(server, '12025550101')).toEqual({ 'iana-en:222': 'holds by firstClaim' });
    expect(await standing(server, '13')).toEqual({ 'iana-en:222': 'holds by firstClaim' });
    expect(await standing(server, '14')).toEqual({ 'iana-en:222': 'lost by authority rival iana-en:225' });
  });

  it('replaced data reverse an outcome, removed data leave it; of two sources the later counts', async () => {
    await load(server, ['1202*,iana-en:222'], { source: 'a' });
    await ssp2.add(claimed('TN 12025550100'));
    clock.tick();
    await load(server, ['1202*,iana-en:111'], { source: 'b' });
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:222': 'lost by authority rival iana-en:111' });
    clock.tick();
    await load(server, [], { source: 'b', replace: true });
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:222': 'holds by authority' });
    await load(server, ['1299*,iana-en:1'], { source: 'a', replace: true });
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:222': 'holds by authority' });
  });

  it('a load with a fault, or with two carriers for one span, changes nothing', async () => {
    await load(server, ['1202*,iana-en:222']);
    await expect(load(server, ['1*,iana-en:111', '2*,nobody'], { replace: true })).rejects.toThrow(
      'line 3: carrier nobody:',
    );
    await expect(
      load(server, ['13*,iana-en:111', '1*,iana-en:111', '13-13,iana-en:1', '13*,iana-en:3']),
    ).rejects.toThrow(
      'line 4: number 13-13, carrier iana-en:1: one carrier for the same numbers, iana-en:111 in line 2',
    );
    expect(await server.sql('SELECT numbers, carrier, is_organization FROM sppp_api.cor_authority')).toEqual([
      { numbers: '1202*', carrier: 'iana-en:222', is_organization: true },
    ]);
    expect(await server.sql('SELECT carrier FROM sppp.cor_segment')).toEqual([{ carrier: 'iana-en:222' }]);
  });
});

describe('a claim that authority data refute', () => {
  it('fails with 2103 if the operator has set that; the other objects of a partial request stay', async () => {
    await start({ SPPP_COR_REFUTED: 'refuse' });
    await load(server, ['1202*,iana-en:111']);
    const answer = await ssp2.add(unclaimed('TN 1'), claimed('TN 12025550100'));
    expectRefused(answer, 2103, 'corClaim', 'true');
    expect((await ssp2.get(keyOf('TN 12025550100'), keyOf('TN 1'))).resultObjs).toEqual([]);
    expectDone(await ssp2.add(unclaimed('TN 12025550100')));
    expectRefused(await ssp2.add(claimed('TN 12025550100')), 2103, 'corClaim', 'true');
    expect(await corOf(ssp2, 'TN 12025550100')).toEqual([undefined, undefined, undefined]);
  });
});

describe('a former holder, when data give the numbers to a new claim,', () => {
  /** The holder by the operator's word, the newcomer by data that came before. */
  const change = async (former: string) => {
    await start({ SPPP_COR_FORMER: former });
    await load(server, ['1202*,iana-en:111']);
    await ssp2.add(claimed('TN 12025550100'), claimed('prefix 120255501'));
    await decide('12025550100', 'iana-en:222', true);
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:222': 'holds by operator' });
    return ssp1.add(claimed('TN 12025550100', of111));
  };

  it('is demoted', async () => {
    expect((await change('demote')).details).toHaveLength(1);
    expect(await standing(server, '12025550100')).toEqual({
      'iana-en:111': 'holds by authority',
      'iana-en:222': 'lost by authority rival iana-en:111',
    });
  });

  it('is removed, and its deletion is recorded', async () => {
    expect((await change('remove')).details).toHaveLength(1);
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:111': 'holds by authority' });
    expect(await server.sql('SELECT registrar, registrant, identifier FROM sppp_api.deletion')).toEqual([
      { registrar: 'iana-en:111', registrant: 'iana-en:222', identifier: 'TN 12025550100' },
    ]);
  });

  it('stays, and the new claim waits until the former holder withdraws', async () => {
    expectDone(await change('hold'));
    expect(await standing(server, '12025550100')).toEqual({
      'iana-en:111': 'contested rival iana-en:222',
      'iana-en:222': 'holds by operator',
    });
    expect(await corOf(ssp1, 'TN 12025550100', 'iana-en:111')).toEqual(['true', undefined, undefined]);
    expect(await settleWaiting(server)).toEqual({ won: 0, lost: 0 });
    expectDone(await ssp2.add(unclaimed('TN 12025550100')));
    const at = clock.tick();
    expect(await settleWaiting(server)).toEqual({ won: 1, lost: 0 });
    expect(await corOf(ssp1, 'TN 12025550100', 'iana-en:111')).toEqual(['true', 'true', at]);
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:111': 'holds by withdrawal' });
  });
});

describe('without authority data', () => {
  it('the policy deny gives no number to any registrant', async () => {
    await start({ SPPP_COR_POLICY: 'deny' });
    expectDone(await ssp2.add(claimed('TN 12')));
    expect(await standing(server, '12')).toEqual({ 'iana-en:222': 'lost by deny' });
  });

  describe('the policy hold', () => {
    beforeEach(() => start({ SPPP_COR_POLICY: 'hold', SPPP_COR_HOLD_DAYS: '30' }));

    it('lets a claim wait, without cor, until the operator accepts it', async () => {
      expectDone(await ssp2.add(claimed('TN 12')));
      expect(await corOf(ssp2, 'TN 12')).toEqual(['true', undefined, undefined]);
      expect(await standing(server, '12')).toEqual({ 'iana-en:222': 'pending' });
      expect(await settleWaiting(server)).toEqual({ won: 0, lost: 0 });
      const at = clock.tick();
      await decide('12', 'iana-en:222', true);
      expect(await corOf(ssp2, 'TN 12')).toEqual(['true', 'true', at]);
      expect((await ssp2.add(claimed('TN 12'))).details).toHaveLength(1);
      expect(await corOf(ssp2, 'TN 12')).toEqual(['true', 'true', at]);
    });

    it('two waiting claims contest each other; accepting one refuses the other', async () => {
      await ssp2.add(claimed('TN 12025'));
      await ssp1.add(claimed('prefix 1202', of111));
      expect(await standing(server, '12025')).toEqual({ 'iana-en:222': 'contested rival iana-en:111' });
      expect(await standing(server, '1202')).toEqual({ 'iana-en:111': 'contested rival iana-en:222' });
      await decide('12025', 'iana-en:222', true);
      expect(await standing(server, '12025')).toEqual({ 'iana-en:222': 'holds by operator' });
      expect(await standing(server, '1202')).toEqual({ 'iana-en:111': 'lost by operator rival iana-en:222' });
    });

    it.each([
      ['deleting the identifier', () => ssp2.del(keyOf('TN 12'))],
      ['adding it again without the claim', () => ssp2.add(unclaimed('TN 12'))],
    ])('if one side withdraws by %s, the other wins', async (_how, drop) => {
      await ssp2.add(claimed('TN 12'));
      await ssp1.add(claimed('TN 12', of111));
      expect(await settleWaiting(server)).toEqual({ won: 0, lost: 0 });
      expectDone(await drop());
      expect(await settleWaiting(server)).toEqual({ won: 1, lost: 0 });
      expect(await standing(server, '12')).toEqual({ 'iana-en:111': 'holds by withdrawal' });
      expect(await server.sql('SELECT FROM sppp.cor_ruling WHERE decided_by IS NULL')).toEqual([]);
    });

    it('a refusal of one is not a withdrawal: the other continues to wait', async () => {
      await ssp2.add(claimed('TN 12'));
      await ssp1.add(claimed('TN 12', of111));
      await decide('12', 'iana-en:222', false);
      expect(await settleWaiting(server)).toEqual({ won: 0, lost: 0 });
      expect(await standing(server, '12')).toEqual({
        'iana-en:111': 'contested rival iana-en:222',
        'iana-en:222': 'lost by operator rival iana-en:111',
      });
    });

    it('expires: no claim wins by that, and only a new claim waits again', async () => {
      await ssp2.add(claimed('TN 12'));
      for (let minutes = 0; minutes < 15 * 24 * 60; minutes += 1) clock.tick();
      await ssp1.add(claimed('TN 12', of111));
      await ssp2.add(claimed('TN 12'));
      for (let minutes = 0; minutes <= 15 * 24 * 60; minutes += 1) clock.tick();
      expect(await settleWaiting(server)).toEqual({ won: 0, lost: 1 });
      expect(await standing(server, '12')).toEqual({
        'iana-en:111': 'contested rival iana-en:222',
        'iana-en:222': 'lost by expiry rival iana-en:111',
      });
      expect(await settleWaiting(server)).toEqual({ won: 0, lost: 0 });
      await ssp2.add(claimed('TN 12'));
      expect((await standing(server, '12'))['iana-en:222']).toBe('contested rival iana-en:111');
    });

    it('new data settle waiting claims', async () => {
      await ssp2.add(claimed('TN 12'));
      await ssp1.add(claimed('TN 12', of111));
      await ssp3.add(claimed('TN 13', of225));
      expect(await load(server, ['12,iana-en:222'])).toMatchObject({ won: 1, lost: 1 });
      expect(await standing(server, '12')).toEqual({
        'iana-en:111': 'lost by authority rival iana-en:222',
        'iana-en:222': 'holds by authority',
      });
      expect(await standing(server, '13')).toEqual({ 'iana-en:225': 'pending' });
    });

    it('the operator cannot settle numbers without a claim', async () => {
      await ssp2.add(unclaimed('TN 12'));
      await expect(decide('12', 'iana-en:222', true)).rejects.toThrow('TN 12: iana-en:222 has no claim to it');
    });

    it('rulings are deleted with their identifiers', async () => {
      await ssp2.add(claimed('TN 12'));
      await ssp2.add(unclaimed('TN 12'));
      await ssp2.del(keyOf('TN 12'));
      expect(await server.sql('SELECT FROM sppp.cor_ruling')).toEqual([]);
    });
  });
});
