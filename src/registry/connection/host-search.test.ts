import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Host, SessionAttributes } from './host-list.js';
import { HostSearch, type HostSearchSettings, type ServerState } from './host-search.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

const [a, b, c] = ['a', 'b', 'c'].map((host): Host => ({ host, port: 5432 })) as [Host, Host, Host];
const search = (settings: Partial<HostSearchSettings> = {}) =>
  new HostSearch({
    ...{ hosts: [a, b, c], targetSession: 'any', isShuffled: false, timeout: 1000, maxAge: undefined },
    ...settings,
  });
const primary: ServerState = { isStandby: false, isReadOnly: false, age: 0 };
const readOnly: ServerState = { isStandby: false, isReadOnly: true, age: 0 };
const standby: ServerState = { isStandby: true, isReadOnly: true, age: 5 };

it('keeps the order of the URL, with hosts that were late behind the others for a minute', () => {
  const hosts = search();
  expect(hosts.order()).toEqual([a, b, c]);
  hosts.wasLate(a);
  expect(hosts.order()).toEqual([b, c, a]);
  hosts.wasLate(b);
  expect(hosts.order()).toEqual([c, a, b]);
  vi.advanceTimersByTime(60_001);
  expect(hosts.order()).toEqual([a, b, c]);
});

it('has one other order for good where hosts are shuffled', () => {
  const orders = new Set<string>();
  for (let n = 0; n < 200; n++) {
    const shuffled = search({ isShuffled: true });
    const order = shuffled.order();
    expect(shuffled.order()).toEqual(order);
    orders.add(order.map(({ host }) => host).join());
  }
  expect(orders.size).toBe(6);
});

it.each<[SessionAttributes, ServerState[], ServerState[]]>([
  ['any', [primary, readOnly, standby], []],
  ['read-write', [primary], [readOnly, standby]],
  ['read-only', [readOnly, standby], [primary]],
  ['primary', [primary, readOnly], [standby]],
  ['standby', [standby], [primary, readOnly]],
])('%s takes the servers that libpq takes', (targetSession, taken, refused) => {
  const hosts = search({ targetSession });
  expect(hosts.rounds).toEqual([targetSession]);
  for (const state of taken) expect(hosts.whyNot(targetSession, state)).toBeUndefined();
  for (const state of refused)
    expect(hosts.whyNot(targetSession, state)).toMatch(`target_session_attrs is ${targetSession}`);
});

it('prefer-standby asks for a standby, then for any server', () => {
  expect(search({ targetSession: 'prefer-standby' }).rounds).toEqual(['standby', 'any']);
});

it('takes no standby that is older than is allowed, or does not know how old it is', () => {
  const hosts = search({ maxAge: 4 });
  expect(hosts.whyNot('any', primary)).toBeUndefined();
  expect(hosts.whyNot('any', { ...standby, age: 4 })).toBeUndefined();
  expect(hosts.whyNot('any', standby)).toBe('it is a standby whose data may be 5 s old, and 4 s are allowed');
  expect(hosts.whyNot('any', { ...standby, age: undefined })).toMatch('does not know how old');
});
