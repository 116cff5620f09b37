/** `sppp webhook`, beside a running server. */

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { type Receiver, startReceiver } from '../support/webhook-receiver.js';
import { authorityFile } from '../support/webhooks.js';

const TIMEOUT_MS = 300_000;
const ca = authorityFile();
let installation: Installation;
let receiver: Receiver;
let dataDir: string;
let settings: Record<string, string>;
let demo: Serving;
beforeAll(async () => {
  [installation, receiver] = await Promise.all([install(), startReceiver()]);
  dataDir = await mkdtemp(join(tmpdir(), 'sppp-webhook-'));
  await chmod(dataDir, 0o755); // PostgreSQL may run under an account of its own
  settings = {
    ...{ SPPP_PORT: '0', SPPP_DATA_DIR: join(dataDir, 'data'), SPPP_WEBHOOKS_PER_ORGANIZATION: '1' },
    ...{ SPPP_WEBHOOK_NETWORKS: '127.0.0.1', NODE_EXTRA_CA_CERTS: ca.path },
  };
  demo = await Serving.start(installation, ['demo'], settings);
}, TIMEOUT_MS);
afterAll(async () => {
  await demo?.end('SIGTERM');
  await Promise.all([receiver?.close(), installation?.remove()]);
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20 });
  ca.remove();
}, TIMEOUT_MS);

const command = async (...args: string[]) => {
  const { code, out, err } = await sppp(installation, ['webhook', ...args], settings);
  return { code, lines: out.trimEnd().split('\n'), err };
};
const documentOf = async (...args: string[]) => JSON.parse((await command(...args, '--json')).lines.join('\n'));

it('makes, tests, shows, rotates and removes', { timeout: TIMEOUT_MS }, async () => {
  const made = await command('add', receiver.url, '--for', 'iana-en:225', '--type', 'sppp.offer.*');
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.lines[0]).toBe(`webhook 1 of iana-en:225: sppp.offer.* to ${receiver.url}`);
  expect(made.lines[1]).toMatch(/^secret whsec_[A-Za-z0-9+/]{43}=$/);
  const operators = await documentOf('add', receiver.url);
  expect(operators).toMatchObject({ id: 2, organization: null, types: null, secret: expect.stringMatching(/^whsec_/) });
  expect((await command('list')).lines).toEqual([
    made.lines[0],
    `webhook 2 of the operators: all events to ${receiver.url}`,
  ]);
  expect((await documentOf('list', '--for', 'iana-en:225')).map(({ id }: { id: number }) => id)).toEqual([1]);

  const tested = await command('test', '1');
  expect([tested.code, tested.err]).toEqual([0, '']);
  expect(tested.lines[0]).toMatch(
    /^event \d+ sppp\.webhook\.test\.v1: delivered, 1 attempts, the last at [^ ]+Z, HTTP 204$/,
  );
  expect(receiver.received).toHaveLength(1);
  const [delivery] = await documentOf('deliveries', '1');
  expect(delivery).toMatchObject({ type: 'sppp.webhook.test.v1', state: 'delivered', attempts: 1, httpStatus: 204 });
  expect((await command('redeliver', '1', String(delivery.event))).code).toBe(0);
  await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(2);
  expect(receiver.received[0]?.headers['webhook-id']).toBe(receiver.received[1]?.headers['webhook-id']);

  const rotated = await documentOf('rotate', '1', '--overlap', '1');
  expect([rotated.secret === made.lines[1]?.slice(7), rotated.formerSecretUntil]).toEqual([false, expect.any(String)]);
  const third = await command('rotate', '1');
  expect(third).toMatchObject({
    code: 1,
    err: `sppp: webhook 1 has two secrets until ${rotated.formerSecretUntil}; wait, or end both with an overlap of 0 hours\n`,
  });
  expect((await documentOf('rotate', '1', '--overlap', '0')).formerSecretUntil).toBeNull();
  expect((await documentOf('enable', '1')).disabledAt).toBeNull();
  expect((await command('remove', '1')).lines).toEqual(['webhook 1 is removed']);
});

it('says what is wrong', { timeout: TIMEOUT_MS }, async () => {
  for (const [args, err] of [
    [
      ['add', 'http://carrier.example/'],
      'sppp: http://carrier.example/: an https URL without user, password, fragment and port 0',
    ],
    [['add', 'https://10.0.0.1/'], 'sppp: https://10.0.0.1/: 10.0.0.1 is not public, and SPPP_WEBHOOK_NETWORKS'],
    [['add', 'https://carrier.example/', '--for', 'iana-en:9'], 'sppp: organization iana-en:9: not known'],
    [['add', 'https://carrier.example/', '--type', 'sppp.none'], 'sppp: --type sppp.none: up to 100 types'],
    [['add', 'https://carrier.example/'], 'sppp: the operators: has SPPP_WEBHOOKS_PER_ORGANIZATION=1 webhooks already'],
    [['test', '77'], 'sppp: webhook 77: not known; sppp webhook list'],
    [['remove', '77'], 'sppp: webhook 77: not known; sppp webhook list'],
    [['redeliver', '2', '999999'], 'sppp: event 999999: not there, or not for webhook 2'],
  ] as const) {
    const refused = await command(...args);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(err);
  }
});
