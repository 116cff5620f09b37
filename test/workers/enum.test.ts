/** `sppp enum` with several processes. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Serving } from '../support/command-line.js';
import { askTcp, askUdp, NXDOMAIN, TcpConversation } from '../support/dns-client.js';
import { logOf, WorkersStand, workersOf } from '../support/workers.js';

let stand: WorkersStand;
let serving: Serving;
let at: { address: string; port: number; family: string };
beforeAll(async () => {
  stand = await WorkersStand.open();
  serving = await stand.start(['enum'], {
    SPPP_ENUM_LISTEN: 'iana-en:222=127.0.0.1:0',
    SPPP_ENUM_TCP_CONNECTIONS: '4',
  });
  at = { address: '127.0.0.1', port: Number(new URL(serving.url ?? '').port), family: 'IPv4' };
}, 300_000);
afterAll(async () => {
  await stand.close();
}, 300_000);

const NAME = '1.1.1.1.1.1.1.e164.arpa';

it('says once where it is', async () => {
  expect(serving.out).toMatch(
    /^apex e164\.arpa\nlistening dns:\/\/127\.0\.0\.1:\d+\nworkers 2\nready dns:\/\/127\.0\.0\.1:\d+\n$/,
  );
  await expect.poll(() => workersOf(serving).length).toBe(2); // the log comes by another way
});

it('answers over UDP and TCP, at both workers', async () => {
  for (let asked = 0; asked < 20; asked++) {
    expect((await askUdp(at, NAME)).rcode).toBe(NXDOMAIN);
    expect((await askTcp(at, NAME)).rcode).toBe(NXDOMAIN);
  }
});

it('goes on when a worker dies', async () => {
  const [worker] = workersOf(serving).slice(-1);
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  for (let asked = 0; asked < 20; asked++) expect((await askTcp(at, NAME)).rcode).toBe(NXDOMAIN);
  await expect.poll(() => workersOf(serving).length, { timeout: 120_000, interval: 50 }).toBe(3);
  for (let asked = 0; asked < 20; asked++) expect((await askUdp(at, NAME)).rcode).toBe(NXDOMAIN);
}, 300_000);

it('divides the connections of clients among the workers', async () => {
  // In turn, but not strictly: of as many as this both get more than they may have.
  const open = await Promise.all(Array.from({ length: 16 }, () => TcpConversation.open(at)));
  await expect.poll(() => open.filter(({ socket }) => !socket.destroyed).length, { timeout: 60_000 }).toBe(4);
  for (const each of open) each.close();
});

it('ends when it is told to, and each worker logs its counts', async () => {
  expect(await serving.end('SIGTERM')).toBe(0);
  const counts = logOf(serving).filter(({ msg }) => msg === 'ENUM counts');
  expect(new Set(counts.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  expect(counts.slice(-2).reduce((all, { queries }) => all + Number(queries), 0)).toBeGreaterThanOrEqual(40);
}, 300_000);
