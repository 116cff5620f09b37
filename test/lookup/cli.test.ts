/** `sppp resolve`: its tables on a registry with data, and the command itself in a process of its own. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerLines } from '../../src/cli/resolve.js';
import { explain, type Question, resolve } from '../../src/registry/resolve/resolve.js';
import { TestClock } from '../support/carrier.js';
import { type Installation, install, sppp } from '../support/command-line.js';
import { startServer, type TestServer } from '../support/server.js';
import { seed } from '../support/sql-seed.js';

const asker = 'iana-en:111';
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the table', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ clock: new TestClock().read });
    await seed(server);
  });
  afterAll(() => server.close());

  const lines = async (question: Question, ask: typeof resolve | typeof explain) =>
    answerLines(question, await ask(server.deps.database.pool, question));

  it('has a line for each record, in order, and no empty column', async () => {
    const question = { identifier: '+12025550101', asker, sourceIp: '192.0.2.7' };
    const printed = await lines(question, resolve);
    expect(readme).toContain(
      `$ sppp resolve +12025550101 --asker ${asker} --source-ip 192.0.2.7\n${printed.join('\n')}\n`,
    );
    expect(printed).toEqual([
      '   registrant   matched          SED group           SED record        kind   services  target',
      '1  iana-en:222  TN +12025550101  INGRESS_WEST (5)    SBE_WEST (10)     URI              sip:+12025550101@west2.ssp2.example',
      '2  iana-en:222  TN +12025550101  INGRESS_EAST (10)   SBE_EAST (10)     NAPTR  E2U+sip   sip:+12025550101@east.ssp2.example',
      '3  iana-en:225  TNPrefix +1      TRANSIT_GROUP (50)  SBE_TRANSIT (10)  URI              sip:+12025550101@transit.ssp3.example',
    ]);
  });

  it('explains every candidate', async () => {
    const printed = await lines({ identifier: '12025550250', asker: 'iana-en:226' }, explain);
    expect(printed).toEqual([
      'verdict  step  reason                                     decided by   registrant   matched                            destination group  SED group',
      'dropped  peer  the SED group is not offered to the asker  iana-en:226  iana-en:222  TNRange +12025550200-+12025550299  WEST               INGRESS_WEST',
      'dropped  peer  the SED group is not offered to the asker  iana-en:226  iana-en:225  TNPrefix +1                        TRANSIT            TRANSIT_GROUP',
    ]);
  });

  it('says that there is no answer, and how to find the reason', async () => {
    expect(await lines({ identifier: '4930', asker }, resolve)).toEqual([
      'iana-en:111 gets nothing for 4930; --explain tells why',
    ]);
  });
});

describe('the command', () => {
  let installation: Installation;
  let settings: Record<string, string>;
  beforeAll(async () => {
    installation = await install();
    settings = { SPPP_DATA_DIR: await mkdtemp(join(tmpdir(), 'sppp-resolve-')) };
    expect(await sppp(installation, ['follow', '--create', '--position', asker], settings)).toMatchObject({ code: 0 });
    expect(await sppp(installation, ['org', 'add', asker], settings)).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await installation.remove();
    await rm(settings.SPPP_DATA_DIR ?? '', { recursive: true, force: true, maxRetries: 20 });
  }, 120_000);

  it('asks the registry, explains, and prints JSON', async () => {
    const run = (...args: string[]) => sppp(installation, ['resolve', '+4930', '--asker', asker, ...args], settings);
    expect(await run()).toEqual({ code: 0, out: `${asker} gets nothing for +4930; --explain tells why\n`, err: '' });
    expect(await run('--json', '--source-uri', 'sip:a@b', '--root-domain', 'e164.example')).toMatchObject({
      out: '[]\n',
    });
    const { code, out } = await run('--explain', '--json', '--source-ip', '192.0.2.1');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      [expect.objectContaining({ verdict: 'dropped', step: 'identifier', reason: 'no public identifier holds it' })],
    ]);
  }, 120_000);

  it('names an invalid argument, and exits with 1', async () => {
    const refused = await sppp(installation, ['resolve', '1', '--asker', asker, '--source-ip', '1.2.3'], settings);
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: 'sppp: sourceIp=1.2.3: an IPv4 or IPv6 address without zone or prefix length\n',
    });
    expect(await sppp(installation, ['resolve', '+49-30-5555555', '--asker', asker], settings)).toEqual({
      code: 1,
      out: '',
      err: 'sppp: identifier=+49-30-5555555: digits 0 to 9, with or without + before them; a URI has a scheme\n',
    });
    const { code, err } = await sppp(installation, ['resolve', '1'], settings);
    expect([code, err]).toEqual([1, expect.stringContaining('--asker')]);
  }, 120_000);
});
