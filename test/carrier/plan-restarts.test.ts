/**
 * Plans whose server is killed between plan and apply, and during apply. SPPP_TEST_SEED repeats the random states,
 * SPPP_TEST_ROUNDS is how many there are.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../src/client/connect.js';
import { Dice } from '../support/authority-model.js';
import { type Installation, install, Serving } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
import { applyAt, contentIn, contentOf, type Desk, planAt, pullAt, withOther, writeForms } from '../support/plans.js';
import { randomState } from '../support/random-state.js';

const PASSWORD = 'demo-password-9c41aa';
const TOO_LONG = 600_000;
const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.SPPP_TEST_ROUNDS ?? 3);
const rant = 'iana-en:111';
const peers = ['iana-en:222', 'iana-en:225'];

let installation: Installation;
let folder: string;
let data: string;
let settings: Record<string, string>;
let server: Serving;
let connection: Connection;
let url: string;

beforeAll(async () => {
  installation = await install();
  folder = await mkdtemp(join(tmpdir(), 'sppp-plans-'));
  data = await mkdtemp(join(tmpdir(), 'sppp-plans-data-'));
  settings = { SPPP_PORT: String(await freePort()), SPPP_DATA_DIR: data, SPPP_DEMO_PASSWORD: PASSWORD };
  server = await Serving.start(installation, ['demo'], settings);
  url = server.url ?? '';
  connection = connect({ url, user: 'ssp1', password: PASSWORD });
}, TOO_LONG);

afterAll(async () => {
  connection?.close();
  await server.end('SIGINT');
  await installation.remove();
  for (const each of [folder, data]) await rm(each, { recursive: true, force: true, maxRetries: 20 });
}, TOO_LONG);

async function restart(): Promise<void> {
  await server.end('SIGKILL');
  server = await Serving.start(installation, ['demo'], settings);
}

const desk = (): Desk => ({ connection, url, folder });

describe.sequential('a plan', () => {
  it(`is carried out exactly after its server was killed and started again, ${rounds} times`, {
    timeout: TOO_LONG,
  }, async () => {
    const dice = new Dice(seed);
    for (let round = 0; round < rounds; round++) {
      const told = `seed ${seed}, round ${round}`;
      const state = randomState(dice, rant, rant, peers);
      const desired = await writeForms(desk(), 'desired', state);
      const { file, changes } = await planAt(desk(), [desired], [rant]);
      await restart();
      const report = await applyAt(desk(), file, dice.one([1, 3, 10_000]));
      expect(report, told).toMatchObject({ applied: changes.length, already: 0, failed: 0, failures: [] });
      expect(await contentOf(await pullAt(desk())), told).toEqual(contentIn(state));
      expect((await planAt(desk(), [desired], [rant])).changes, told).toEqual([]);
    }
  });

  it(`whose server is killed during apply waits for it and goes on, ${rounds} times`, {
    timeout: TOO_LONG,
  }, async () => {
    const dice = new Dice(seed + 1);
    for (let round = 0; round < rounds; round++) {
      const told = `seed ${seed}, round ${round}`;
      const state = randomState(dice, rant, rant, peers);
      const desired = await writeForms(desk(), 'desired', state);
      const { file, changes } = await planAt(desk(), [desired], [rant]);
      let restarted: Promise<void> | undefined;
      const killed = withOther(connection, {
        bulk: (items, options) => {
          restarted ??= delay(dice.below(300)).then(restart);
          return connection.bulk(items, options);
        },
      });
      const report = await applyAt({ connection: killed, url }, file, 1);
      await restarted;
      expect(report, told).toMatchObject({ changes: changes.length, failed: 0, failures: [] });
      expect(report.already + report.applied, told).toBe(changes.length);
      const next = await applyAt(desk(), file, 1);
      expect(next, told).toMatchObject({ already: changes.length, applied: 0, failed: 0 });
      expect(await contentOf(await pullAt(desk())), told).toEqual(contentIn(state));
    }
  });
});
