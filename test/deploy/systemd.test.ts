/** The units of systemd: their commands start, and systemd-analyze (Debian: systemd) finds no fault and little exposure. */

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install } from '../support/command-line.js';
import { pathOf, runDeployed, startDeployed, textOf, unknownIn } from './support/deployed.js';
import { type DurableDatabase, startDurable } from './support/durable.js';
import { isMissing, run, systemdAnalyze } from './support/programs.js';

const units = (await readdir(pathOf('deploy/systemd'))).filter((name) => name.endsWith('.service'));
const isWithoutSystemd = isMissing(systemdAnalyze, 'test/deploy/systemd.test.ts');
const COMMAND = '/usr/bin/node /opt/sppp/node_modules/sppp-server/dist/cli/sppp.js ';
/** Of ten; systemd calls up to 2 "OK". */
const MAX_EXPOSURE = 1.5;

let installation: Installation;
let database: DurableDatabase;
beforeAll(async () => {
  [installation, database] = await Promise.all([install(), startDurable('migrated')]);
}, 120_000);
afterAll(async () => {
  await installation?.remove();
  await database?.close();
});

/** The values of a name in a unit, in order. */
function valuesOf(unit: string, name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

describe.each(units)('%s', (name) => {
  it('starts a command that serves and ends at SIGTERM, or one that ends by itself', { timeout: 120_000 }, async () => {
    const unit = await textOf(`deploy/systemd/${name}`);
    const [command = ''] = valuesOf(unit, 'ExecStart');
    expect(command.startsWith(COMMAND)).toBe(true);
    const env = Object.fromEntries(valuesOf(unit, 'Environment').map((each) => each.split('=') as [string, string]));
    expect(unknownIn(env)).toEqual([]);
    // Each file of a secret is a credential that the unit loads.
    const loaded = valuesOf(unit, 'LoadCredential').map((each) => `%d/${each.split(':')[0]}`);
    expect(Object.values(env).filter((value) => value.startsWith('%d/'))).toEqual(loaded);
    const secrets = { DATABASE_URL_FILE: database.url, LOOKUP_DATABASE_URL_FILE: database.url };
    const deployed = { args: command.slice(COMMAND.length).split(' '), env };
    if (valuesOf(unit, 'Type')[0] === 'oneshot') {
      expect(await runDeployed(installation, deployed, secrets)).toEqual({ code: 0, out: 'nothing to do\n', err: '' });
      return;
    }
    const serving = await startDeployed(installation, deployed, secrets);
    expect(await serving.end('SIGTERM'), serving.err).toBe(0);
  });

  describe.skipIf(isWithoutSystemd)('systemd-analyze', () => {
    /** With a program that exists here. */
    async function analyze(args: readonly string[]): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'sppp-unit-'));
      try {
        const unit = await textOf(`deploy/systemd/${name}`);
        await writeFile(join(folder, name), unit.replace('/usr/bin/node', process.execPath));
        return await run(systemdAnalyze, [...args, join(folder, name)]);
      } finally {
        await rm(folder, { recursive: true });
      }
    }

    it('finds no fault', async () => {
      expect(await analyze(['verify', '--man=no'])).toBe('');
    });

    it(`finds an exposure of at most ${MAX_EXPOSURE}`, async () => {
      expect(await analyze(['security', '--offline=true', `--threshold=${MAX_EXPOSURE * 10}`])).toMatch(
        /Overall exposure level for \S+: \d/,
      );
    });
  });
});
