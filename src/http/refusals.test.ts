import { describe, expect, it } from 'vitest';
import type { RefusalCount } from '../registry/journal/refusal-counts.js';
import { Refusals } from './refusals.js';

const HOUR_MS = 3_600_000;

function start(most?: number) {
  const clock = { now: 1000 * HOUR_MS };
  const written: RefusalCount[][] = [];
  const away = { is: false };
  const write = async (counts: readonly RefusalCount[]) => {
    if (away.is) throw new Error('away');
    written.push([...counts]);
  };
  return { clock, written, away, refusals: new Refusals(() => clock.now, write, most) };
}

const total = (counts: readonly RefusalCount[]) => counts.reduce((sum, { refusals }) => sum + refusals, 0);

describe('refusals', () => {
  it('of the same kind in the same hour are one count, with the time of the last', async () => {
    const { clock, written, refusals } = start();
    refusals.count(401, { reason: 'wrong', username: 'a' }, '192.0.2.1');
    clock.now += 60_000;
    refusals.count(401, { reason: 'wrong', username: 'a' }, '192.0.2.1');
    refusals.count(429, { reason: 'tooMany', registrar: { id: 7, orgId: 'iana-en:7' } }, '192.0.2.1');
    clock.now += HOUR_MS;
    refusals.count(401, { reason: 'wrong', username: 'a' }, '192.0.2.1');
    await refusals.flush();
    expect(written[0]?.map(({ status, registrarId, refusals: n }) => [status, registrarId, n])).toEqual([
      [401, undefined, 2],
      [429, 7, 1],
      [401, undefined, 1],
    ]);
    expect(written[0]?.[0]?.lastAt).toEqual(new Date(1000 * HOUR_MS + 60_000));
    await refusals.flush();
    expect(written[1]).toEqual([]);
  });

  it('are distinguished up to a number an hour, written or not; none is lost', async () => {
    const { clock, written, refusals } = start(50);
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 100; n++) refusals.count(401, { reason: 'wrong', username: `u${n}` }, `192.0.2.${n}`);
      await refusals.flush();
    }
    const all = written.flat();
    expect(total(all)).toBe(1000);
    expect(new Set(all.map(({ username }) => username)).size).toBe(51);
    expect(all.filter(({ address }) => address === undefined)).toHaveLength(10);
    clock.now += HOUR_MS;
    refusals.count(401, { reason: 'wrong', username: 'u99' }, '192.0.2.99');
    await refusals.flush();
    expect(written.at(-1)).toMatchObject([{ username: 'u99' }]);
  });

  it('that cannot be written are written the next time, in bounded memory', async () => {
    const { clock, written, away, refusals } = start(50);
    away.is = true;
    for (let hours = 0; hours < 10; hours++) {
      for (let n = 0; n < 100; n++) refusals.count(401, { reason: 'wrong', username: `u${n}` }, '192.0.2.1');
      await expect(refusals.flush()).rejects.toThrow('away');
      clock.now += HOUR_MS;
    }
    away.is = false;
    await refusals.flush();
    expect(written[0]?.length).toBe(100);
    expect(total(written[0] ?? [])).toBeGreaterThan(100);
  });

  it('keep an IPv6 address by its network, and no user name that is too long for a credential', async () => {
    const { written, refusals } = start();
    refusals.count(401, { reason: 'wrong', username: 'x'.repeat(300) }, '2001:db8:1:2:3::4');
    refusals.count(401, { reason: 'wrong', username: 'a\0b' }, '2001:db8:1:2:9::9');
    refusals.count(401, { reason: 'wrong' }, '::1');
    await refusals.flush();
    expect(written[0]?.map(({ username, address, refusals: n }) => [username, address, n])).toEqual([
      [undefined, '2001:db8:1:2::/64', 2],
      [undefined, '0:0:0:0::/64', 1],
    ]);
  });
});
