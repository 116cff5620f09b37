/** Workers that die: others take their place, and nothing that was acknowledged is lost. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Serving } from '../support/command-line.js';
import type { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, getRequest, objKey, readAnswer } from '../support/message.js';
import { logOf, post, samplesOf, userOf, WorkersStand, workersOf } from '../support/workers.js';

const KILLS = 4;
const CLIENTS = 8;

/** A worker starts in a second; on a loaded machine it takes its time. */
const IN_TIME = { timeout: 120_000, interval: 50 };

let stand: WorkersStand;
let serving: Serving;
let url: string;
beforeAll(async () => {
  stand = await WorkersStand.open();
  serving = await stand.start(['serve'], { SPPP_METRICS_PORT: '0' });
  url = serving.url ?? '';
}, 400_000);
afterAll(async () => {
  expect(await serving.end('SIGTERM')).toBe(0);
  await stand.close();
}, 400_000);

const STATUS = envelope('<s:spppServerStatusRequest/>');
const requestsSeen = async () =>
  [...(await samplesOf(serving))].reduce(
    (all, [name, value]) => (name.startsWith('sppp_requests_total') ? all + value : all),
    0,
  );

/** The process id of a worker by its number. */
const latest = (number: number) => workersOf(serving).findLast((worker) => worker.number === number)?.pid ?? 0;

/** Waits until both workers serve. */
async function both(): Promise<void> {
  await expect.poll(async () => (await samplesOf(serving)).get('sppp_workers'), IN_TIME).toBe(2);
}

it(`loses nothing that was acknowledged and refuses no connection while workers are killed ${KILLS} times`, async () => {
  let isOver = false;
  const acknowledged: string[] = [];
  const errors: string[] = [];
  const send = async (client: number) => {
    for (let sent = 0; !isOver; sent++) {
      const name = `DG_${client}_${sent}`;
      const { status, text } = await post(userOf(), url, addRequest(destGrp(name))).catch((error) => {
        errors.push(String(error.code));
        return { status: 0, text: '' };
      });
      if (status === 200 && readAnswer(text).code === 1000) acknowledged.push(name);
    }
  };
  const sending = Array.from({ length: CLIENTS }, (_, client) => send(client));
  for (let kills = 1; kills <= KILLS; kills++) {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, IN_TIME).toBeGreaterThan(before + CLIENTS);
    const pid = latest(1 + (kills % 2));
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => workersOf(serving).length, IN_TIME).toBe(2 + kills);
  }
  isOver = true;
  await Promise.all(sending);
  // A connection ends with its worker; none is refused, and none is left without an end.
  expect(errors.filter((code) => code !== 'ECONNRESET')).toEqual([]);
  await both();
  expect((await samplesOf(serving)).get('sppp_workers_replaced_total')).toBe(KILLS);
  const { text } = await post(userOf(), url, getRequest(...acknowledged.map((name) => objKey('DestGrp', name))));
  expect(readAnswer(text)).toMatchObject({ code: 1000 });
}, 400_000);

it('keeps connections while no worker is there, and counts what workers did that have died', async () => {
  await both();
  const client: DigestClient = userOf();
  for (let sent = 0; sent < 4; sent++) await post(client, url, STATUS);
  const counted = await requestsSeen();
  expect(counted).toBeGreaterThanOrEqual(4);
  const before = workersOf(serving).length;
  for (const number of [1, 2]) process.kill(latest(number), 'SIGKILL');
  // Nobody is there to answer it for now: it waits, and on a machine that starts no worker in 30 s it comes again.
  const codes: string[] = [];
  const answered = () =>
    post(userOf(), url, STATUS).then(
      ({ status }) => status,
      ({ code }) => codes.push(String(code)),
    );
  await expect.poll(answered, IN_TIME).toBe(200);
  expect(codes).not.toContain('ECONNREFUSED');
  await expect.poll(() => workersOf(serving).length, IN_TIME).toBe(before + 2);
  await expect.poll(requestsSeen, IN_TIME).toBeGreaterThan(counted);
}, 400_000);

it('replaces a worker that is told to end, without cutting a request', async () => {
  await both();
  let isOver = false;
  const statuses = new Set<number>();
  const sending = Array.from({ length: 4 }, async () => {
    while (!isOver) statuses.add((await post(userOf(), url, STATUS)).status);
  });
  const before = workersOf(serving).length;
  const [worker] = workersOf(serving).slice(-1);
  process.kill(worker?.pid ?? 0, 'SIGTERM');
  await expect.poll(() => workersOf(serving).length, IN_TIME).toBe(before + 1);
  isOver = true;
  await Promise.all(sending);
  expect([...statuses].filter((status) => status !== 200)).toEqual([]);
  expect(logOf(serving)).toContainEqual(
    expect.objectContaining({ worker: worker?.number, msg: 'worker ended; another one takes its place' }),
  );
}, 400_000);

it('answers what is asked on connections that a worker had taken before it was told to end', async () => {
  await both();
  const { port, hostname } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      return socket;
    }),
  );
  // Each is with a worker: one after the other is given away, and this one after all of them.
  await post(userOf(), url, STATUS);
  const before = workersOf(serving).length;
  process.kill(latest(2), 'SIGTERM');
  await delay(1000); // longer than a node as a whole still reads requests
  const answers = await Promise.all(
    sockets.map((socket) => {
      socket.write('GET /about HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      return text(socket);
    }),
  );
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(() => workersOf(serving).length, IN_TIME).toBe(before + 1);
}, 400_000);

it('waits longer each time before it replaces a worker that dies at once, and goes on with the other', async () => {
  await both();
  const waits = () =>
    logOf(serving)
      .filter(({ msg, worker }) => worker === 1 && msg === 'worker died; another one takes its place')
      .map(({ startsAgainInMs }) => Number(startsAgainInMs));
  const seen = waits().length;
  for (let deaths = 1; deaths <= 3; deaths++) {
    const isFirst = ({ number }: { number: number }) => number === 1;
    const before = workersOf(serving).filter(isFirst).length;
    process.kill(latest(1), 'SIGKILL');
    await expect.poll(() => waits().length, IN_TIME).toBe(seen + deaths);
    await expect.poll(async () => (await samplesOf(serving)).get('sppp_workers')).toBeGreaterThan(0);
    await expect.poll(() => workersOf(serving).filter(isFirst).length, IN_TIME).toBe(before + 1);
  }
  const [, second = 0, third = 0] = waits().slice(seen);
  expect(third).toBeGreaterThan(second);
}, 400_000);
