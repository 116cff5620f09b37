/** `sppp serve` with several processes: one port, one set of limits, one node. */

import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import { startServer } from '../../src/start-server.js';
import { issue } from '../support/certificate.js';
import { type Serving, sppp } from '../support/command-line.js';
import { send } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, readAnswer } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { RawConnection } from '../support/raw-http.js';
import { logOf, once, PASSWORD, post, samplesOf, userOf, WorkersStand, workersOf } from '../support/workers.js';

let stand: WorkersStand;
let serving: Serving;
let url: string;
beforeAll(async () => {
  stand = await WorkersStand.open();
  serving = await stand.start(['serve'], { SPPP_METRICS_PORT: '0', SPPP_HEADERS_TIMEOUT: '500' });
  url = serving.url ?? '';
}, 300_000);
afterAll(async () => {
  expect(await serving.end('SIGTERM')).toBe(0);
  await stand.close();
}, 300_000);

/** For what a loaded machine takes its time for. */
const IN_TIME = { timeout: 120_000, interval: 50 };

const STATUS = envelope('<s:spppServerStatusRequest/>');

describe('a node with two workers', () => {
  it('says once where it is, and its log names the worker of each line', async () => {
    expect(serving.out).toMatch(
      /^data .*\nsql {5}sppp psql\nmetrics http:\/\/127\.0\.0\.1:\d+\/metrics\nworkers 2\nready http:\/\/127\.0\.0\.1:\d+\/sppp\n$/,
    );
    // The log comes by another way.
    await expect
      .poll(() =>
        workersOf(serving)
          .map(({ number }) => number)
          .sort(),
      )
      .toEqual([1, 2]);
    expect(logOf(serving).every(({ worker }) => worker === 1 || worker === 2)).toBe(true);
  });

  it('gives connections to both in turn, and its metrics add up', async () => {
    const client = userOf();
    for (let sent = 0; sent < 6; sent++) expect((await post(client, url, STATUS)).status).toBe(200);
    const name = 'sppp_requests_total{operation="submitServerStatusRqst",mode="atomic",code="1000"}';
    await expect.poll(async () => (await samplesOf(serving)).get(name)).toBe(6);
    const samples = await samplesOf(serving);
    expect(samples.get('sppp_workers')).toBe(2);
    expect(samples.get(`sppp_build_info{version="0.1.0",node="${process.versions.node}"}`)).toBe(1);
    expect(samples.get('process_start_time_seconds')).toBeLessThan(Date.now() / 1000);
    expect(samples.get('sppp_request_duration_seconds_count{operation="submitServerStatusRqst",mode="atomic"}')).toBe(
      6,
    );
  });

  it('shows both to operators', async () => {
    const { status, text } = await userOf('alice').send(url.replace('/sppp', '/operator/status'), { headers: once });
    expect(status).toBe(200);
    const { workers, queues, settings, nodes } = JSON.parse(text);
    expect(workers).toMatchObject([{ number: 1 }, { number: 2 }]);
    expect(new Set(workers.map(({ pid }: { pid: number }) => pid))).toEqual(
      new Set(workersOf(serving).map(({ pid }) => pid)),
    );
    expect(workers[0].queues).toMatchObject({ bulk: { running: 0, waiting: 0 } });
    expect(queues).toEqual(workers[0].queues);
    expect(nodes).toMatchObject([{ processes: 2 }]);
    expect(settings).toContainEqual({ name: 'SPPP_WORKERS', value: '2', source: 'environment', isSecret: false });
  });

  it('wakes readers of events that wait at either of them, and both know what was acknowledged', async () => {
    const client = userOf();
    const events = url.replace('/sppp', '/events');
    await client.send(`${events}/consumers`, { headers: once });
    const read = async (query = '') => {
      const { status, headers, text } = await client.send(`${events}?consumer=both${query}`, { headers: once });
      expect(status, text).toBe(200);
      const types = (JSON.parse(text) as CloudEvent[]).map(({ type }) => type);
      return { types, next: Number(headers['sppp-events-next']) };
    };
    const ack = async (position: number) => {
      const headers = { ...once, 'content-type': 'application/json' };
      const body = JSON.stringify({ consumer: 'both', position });
      expect((await client.send(`${events}/ack`, { method: 'POST', headers, body })).status).toBe(200);
    };
    const made = ['sppp.grant.made.v1', 'sppp.credential.made.v1'];
    await expect.poll(async () => [(await read()).types, (await read()).types], IN_TIME).toEqual([made, made]);
    await ack((await read()).next);
    expect([(await read()).types, (await read()).types]).toEqual([[], []]);
    // Connections go to both in turn: one reader waits at each.
    const waiting = [read('&wait=60'), read('&wait=60')];
    await expect.poll(async () => (await samplesOf(serving)).get('sppp_event_readers'), IN_TIME).toBe(2);
    const grant = ['grant', 'add', 'iana-en:223', 'iana-en:222', '--noun', 'PubId'];
    expect((await sppp(stand.installation, grant, stand.settings)).code).toBe(0);
    for (const { types } of await Promise.all(waiting)) expect(types).toEqual(['sppp.grant.made.v1']);
  }, 300_000);

  it('locks out who guesses passwords, wherever the guesses come in', async () => {
    const guess = () => post(userOf('ssp2r', 'wrong-wrong-wrong'), url, STATUS);
    for (let guesses = 0; guesses < 10; guesses++) expect((await guess()).status).toBe(401);
    // What one worker has counted, the other is told.
    await expect.poll(async () => [(await guess()).status, (await guess()).status]).toEqual([429, 429]);
    expect(await guessesCounted()).toBe(10);
  });

  const guessesCounted = async () => (await samplesOf(serving)).get('sppp_failed_logins_total');

  it('ends connections that are slow, as a single process does', async () => {
    const slow = await Promise.all([RawConnection.open(url), RawConnection.open(url)]);
    for (const connection of slow) connection.write('GET /health/live HTTP/1.1\r\nHost: a\r\n');
    for (const connection of slow) expect(await connection.status()).toBe(408);
    for (const connection of slow) await connection.ended();
  });
});

it('a rate is that of all workers together', async () => {
  const limited = await stand.start(['serve'], { SPPP_RATE_ADDRESS_REQUESTS: '60/3600' });
  try {
    let passed = 0;
    let refused = 0;
    while (refused < 4) {
      const { status } = await send((limited.url ?? '').replace('/sppp', '/about'), { headers: once });
      if (status === 429) refused += 1;
      else [passed, refused] = [passed + 1, 0];
    }
    // Each tells the other 20 times a second; each for itself, they would have let 120 pass.
    expect(passed).toBeGreaterThanOrEqual(60);
    expect(passed).toBeLessThan(120);
  } finally {
    await limited.end('SIGTERM');
  }
}, 300_000);

it('has the console at a port of its own, whose sessions all workers know', async () => {
  const apart = await stand.start(['serve'], { SPPP_CONSOLE_PORT: '0' });
  try {
    const { origin } = new URL(apart.told('console'));
    expect(origin).not.toBe(new URL(apart.url ?? '').origin);
    const reader = new PageReader(origin);
    expect((await reader.logIn('ssp2r', PASSWORD)).status).toBe(303);
    for (let time = 0; time < 4; time++) {
      expect(await reader.get('/console', once)).toMatchObject({
        status: 200,
        text: expect.stringContaining('ssp2r, iana-en:223'),
      });
      expect((await send(`${new URL(apart.url ?? '').origin}/console`, { headers: once })).status).toBe(404);
      expect((await post(userOf(), apart.url ?? '', STATUS)).status).toBe(200);
    }
  } finally {
    expect(await apart.end('SIGTERM')).toBe(0);
  }
}, 300_000);

it('answers requests under way when it is told to stop, and ends all processes', async () => {
  const stopping = await stand.start(['serve']);
  const client = userOf();
  await post(client, stopping.url ?? '', STATUS);
  const body = addRequest(destGrp('SLOW'));
  const connection = await RawConnection.open(stopping.url ?? '');
  connection.writeHead('POST', '/sppp', {
    ...{ Authorization: client.authorization(stopping.url ?? '', 'POST'), 'Content-Type': 'text/xml' },
    ...{ 'Content-Length': String(body.length), Expect: '100-continue' },
  });
  expect((await connection.answer()).status).toBe(100);
  const ended = stopping.end('SIGTERM');
  connection.write(body);
  const answer = await connection.answer();
  expect(answer.headers.get('connection')).toBe('close');
  expect(readAnswer(answer.body).code).toBe(1000);
  expect(await ended).toBe(0);
  for (const { pid } of workersOf(stopping)) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
}, 300_000);

it('reads certificates again in every worker', async () => {
  const file = (name: string) => join(stand.settings.SPPP_DATA_DIR ?? '', name);
  const renew = async (name: string) => {
    const { cert, key } = issue({ subject: [['CN', name]] });
    await writeFile(file('cert.pem'), cert);
    await writeFile(file('key.pem'), key);
  };
  await renew('first');
  const secure = await stand.start(['serve'], { SPPP_TLS_CERT: file('cert.pem'), SPPP_TLS_KEY: file('key.pem') });
  try {
    const { hostname, port } = new URL(secure.url ?? '');
    const shown = () =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        }).on('error', reject);
      });
    expect([await shown(), await shown()]).toEqual(['first', 'first']);
    const { status } = await send((secure.url ?? '').replace('/sppp', '/health/live'), {}).catch(() => ({ status: 0 }));
    expect(status).toBe(0); // This client speaks no TLS.
    await renew('second');
    secure.child.kill('SIGHUP');
    await expect.poll(async () => [await shown(), await shown()]).toEqual(['second', 'second']);
  } finally {
    expect(await secure.end('SIGTERM')).toBe(0);
  }
}, 300_000);

describe('a start that fails', () => {
  const refused = async (settings: Record<string, string>, args = ['serve']) => {
    const { code, out, err } = await sppp(stand.installation, args, { ...stand.settings, ...settings });
    expect(code).toBe(1);
    expect(out).not.toContain('ready');
    return err.split('\n').filter((line) => line.startsWith('sppp: '));
  };

  it('says why once, and leaves nothing behind', async () => {
    const own = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => own.once('listening', resolve));
    const { port } = own.address() as { port: number };
    expect(await refused({ SPPP_PORT: String(port) })).toEqual([expect.stringContaining('EADDRINUSE')]);
    own.close();
    // 64 workers need more connections than PostgreSQL has.
    expect(await refused({ SPPP_WORKERS: '20' })).toEqual([
      expect.stringMatching(
        /^sppp: PostgreSQL has \d+ connections .* SPPP_WORKERS=20 with SPPP_DATABASE_CONNECTIONS=6,/,
      ),
    ]);
    expect(await refused({}, ['serve', '--lookups-only'])).toEqual([expect.stringContaining('LOOKUP_DATABASE_URL')]);
  }, 300_000);

  it('names the bounds of the setting', async () => {
    const { code, err } = await sppp(stand.installation, ['config', 'check'], { SPPP_WORKERS: '0' });
    expect([code, err]).toEqual([1, 'sppp: SPPP_WORKERS=0: a whole number from 1 to 64\n']);
    expect((await sppp(stand.installation, ['config', 'check'], { SPPP_WORKERS: '2' })).out).toContain(
      'SPPP_WORKERS=2 (environment)',
    );
    await expect(startServer({ SPPP_WORKERS: '2' })).rejects.toThrow('SPPP_WORKERS=2: only sppp serve');
  });
});

it('one process loads nothing of it', () => {
  const loaded = `await import('${stand.installation.folder}/dist/cli/serve.js');
    await import('${stand.installation.folder}/dist/cli/enum.js');
    process.stdout.write(process.moduleLoadList.filter((name) => / cluster$|internal.cluster/.test(name)).join());`;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', loaded], { encoding: 'utf8' })).toBe('');
});
