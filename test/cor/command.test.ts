/** `sppp cor` beside a running server. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimed, of111 } from '../support/claims.js';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, readAnswer } from '../support/message.js';

const TIMEOUT_MS = 120_000;
const password = 'demo-password-9c1e';
const settings: Record<string, string> = {
  SPPP_PORT: '0',
  SPPP_DEMO_PASSWORD: password,
  SPPP_COR_POLICY: 'hold',
};
let installation: Installation;
let demo: Serving;

beforeAll(async () => {
  installation = await install();
  settings.SPPP_DATA_DIR = await mkdtemp(join(tmpdir(), 'sppp-cor-'));
  demo = await Serving.start(installation, ['demo'], settings);
}, TIMEOUT_MS);
afterAll(async () => {
  await demo.end('SIGINT');
  await installation.remove();
  await rm(settings.SPPP_DATA_DIR ?? '', { recursive: true, force: true, maxRetries: 20 });
}, TIMEOUT_MS);

const run = (args: string[], input = '') => sppp(installation, ['cor', ...args], settings, input);

async function add(username: string, ...objs: string[]): Promise<void> {
  const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: addRequest(...objs) };
  const { text } = await new DigestClient({ username, password }).send(demo.url ?? '', sent);
  expect(readAnswer(text).code).toBe(1000);
}

it(
  'loads from a file and from the standard input, shows, decides and settles',
  async () => {
    await add('ssp2r', claimed('TN 12025550100'), claimed('TN 13'));
    await add('ssp1', claimed('TN 12025550100', of111), claimed('TN 13', of111));
    const file = join(installation.folder, 'authority.csv');
    await writeFile(file, 'number,carrier\n1202*,iana-en:222\n12025550100,iana-en:111\n9*,x:nobody\n');
    expect(await run(['load', file, '--source', 'npac', '--replace'])).toEqual({
      code: 0,
      out: '3 rows loaded; 3 spans in all, 4 without overlaps\ncarriers that are not organizations of this registry: 1\n4 claims: 1 win now, 1 lose\n',
      err: '',
    });
    const shown = await run(['show', '+12025550100']);
    expect(shown.out.replace(/\d{4}-\S+Z/g, 'T')).toBe(
      [
        '12025550100: carrier of record is iana-en:111',
        '  iana-en:111 claims TN 12025550100: holds since T by authority',
        '  iana-en:222 claims TN 12025550100: lost since T by authority, rival iana-en:111',
        '  authority data: iana-en:111, by 12025550100 of npac',
        '    wider, does not count: iana-en:222, by 1202* of npac',
        '',
      ].join('\n'),
    );
    expect((await run(['show', '13'])).out).toContain('13: no carrier of record\n  iana-en:');
    expect(await run(['decide', '13', 'iana-en:222', 'accept'])).toEqual({
      code: 0,
      out: 'TN 13: claim of iana-en:222 accepted\n',
      err: '',
    });
    expect((await run(['show', '13'])).out).toContain('13: carrier of record is iana-en:222');
    expect((await run(['load', '-', '--source', 'npac', '--replace'], 'number,carrier\n13,iana-en:111\n')).out).toBe(
      '1 rows loaded; 1 spans in all, 1 without overlaps\n4 claims: 1 win now, 1 lose\n',
    );
    expect((await run(['settle'])).out).toBe('4 claims: 0 win now, 0 lose\n');
  },
  TIMEOUT_MS,
);

it.each([
  [['decide', '14', 'iana-en:222', 'accept'], 'sppp: TN 14: iana-en:222 has no claim to it\n'],
  [['decide', '1*', 'iana-en:222', 'accept', '--rn'], 'sppp: number 1*: routing numbers are claimed one by one\n'],
  [['show', '1*'], 'sppp: number 1*: one number\n'],
  [['show', 'x'], 'sppp: number x: not digits 0 to 9 after an optional +\n'],
  [['load', 'absent.csv'], 'sppp: absent.csv: ENOENT: no such file or directory'],
])('%j is refused', async (args, message) => {
  const { code, err } = await run(args);
  expect([code, err.slice(0, message.length)]).toEqual([1, message]);
});

it('a file with faults changes nothing, and the command reports all of its faults', async () => {
  const { code, err } = await run(['load', '-', '--replace'], 'number,carrier\n15*,iana-en:222\nx,iana-en:1\n16,y\n');
  expect(code).toBe(1);
  expect(err).toContain(
    [
      'standard input: line 3: number x: not digits 0 to 9 after an optional +',
      'standard input: line 4: carrier y: not namespace:value',
    ].join('\n'),
  );
  expect((await run(['show', '15'])).out).toContain('authority data say nothing');
});
