/** The first hour of an operator: the demo with its data, mistyped commands, hostile values on a terminal. */

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';

const TIMEOUT_MS = 300_000;
const run = promisify(execFile);
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');

let installation: Installation;
let scratch: string;
let settings: Record<string, string>;
let demo: Serving;

beforeAll(async () => {
  installation = await install();
  scratch = await mkdtemp(join(tmpdir(), 'sppp-first-'));
  await chmod(scratch, 0o755); // PostgreSQL may run under an account of its own
  settings = { SPPP_PORT: '0', SPPP_DATA_DIR: join(scratch, `it's a "folder"`) };
  demo = await Serving.start(installation, ['demo', '--with-data'], settings);
}, TIMEOUT_MS);

afterAll(async () => {
  await demo?.end('SIGINT');
  await installation.remove();
  await rm(scratch, { recursive: true, force: true, maxRetries: 20 });
}, TIMEOUT_MS);

const command = (...args: string[]) => sppp(installation, args, settings);
const jsonOf = async (...args: string[]) => JSON.parse((await command(...args, '--json')).out) as unknown;
const passwordOf = (username: string) => new RegExp(`^login {3}${username} (\\S{24})$`, 'm').exec(demo.out)?.[1] ?? '';

/** A line in a shell, as the operator types it. */
async function shell(line: string): Promise<{ out: string; err: string }> {
  const env = { PATH: process.env.PATH, ...settings, SPPP: `node ${join(installation.folder, 'dist/cli/sppp.js')}` };
  const { stdout, stderr } = await run('sh', ['-c', line], { env, encoding: 'utf8' });
  return { out: stdout, err: stderr };
}

describe.sequential('the demo', () => {
  it('prints that its registry is new, and the loaded messages', () => {
    expect(demo.out).toMatch(/^new {5}a new, empty registry: there was none in /);
    expect(demo.out).toMatch(/^loaded {2}9 messages: the registry of README.md and docs\/sql.md$/m);
  });

  it('with its data answers the look-up of README.md word for word', { timeout: TIMEOUT_MS }, async () => {
    const [, asked = '', answer = ''] = /^\$ sppp (resolve .*)\n((?: {3}|\d).*\n(?:\d.*\n)+)/m.exec(readme) ?? [];
    expect(asked).not.toBe('');
    expect(await command(...asked.split(' '))).toEqual({ code: 0, out: answer, err: '' });
  });

  it('prints a line that works in a shell, whatever the name of the folder', { timeout: TIMEOUT_MS }, async () => {
    const [line = ''] = /^curl .*$/m.exec(demo.out) ?? [];
    const curl = await run('sh', ['-c', 'command -v curl']).catch(() => undefined);
    if (curl === undefined) return void process.stdout.write('curl is not installed: its line is not tried\n');
    const { stdout } = await run('sh', ['-c', line.replace('curl', 'curl --silent --show-error')]);
    expect(readAnswer(stdout)).toMatchObject({ clientTransId: 'demo_1', code: 1000 });
  });

  it('beside a running one on its port changes nothing', { timeout: TIMEOUT_MS }, async () => {
    const port = new URL(demo.url ?? '').port;
    const again = { ...settings, SPPP_PORT: port, SPPP_DEMO_PASSWORD: 'another-password-1' };
    const { code, out, err } = await sppp(installation, ['demo'], again);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^sppp: listen EADDRINUSE/);
    const client = new DigestClient({ username: 'ssp2r', password: passwordOf('ssp2r') });
    expect((await client.send(demo.url ?? '', { method: 'POST', body: '' })).status).not.toBe(401);
  });

  it('has the same passwords at each start, in a file that only the owner can read', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const file = join(settings.SPPP_DATA_DIR ?? '', 'demo-logins');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = demo.out.match(/^login .*$/gm);
    await demo.end('SIGINT');
    demo = await Serving.start(installation, ['demo', '--with-data'], settings);
    expect(demo.out.match(/^login .*$/gm)).toEqual(before);
    expect(demo.out).not.toMatch(/^(?:new|loaded) /m);
  });

  it('keeps a changed password, and says so', { timeout: TIMEOUT_MS }, async () => {
    const changed = await command('credential', 'add', 'iana-en:226', 'ssp4');
    expect(changed).toMatchObject({ code: 0, err: '' });
    const beside = await Serving.start(installation, ['demo'], settings);
    expect(beside.told('login {3}ssp4')).toBe('(changed since: sppp credential add makes a new password)');
    await beside.end('SIGINT');
  });

  it('accepts a weak password on loopback only', { timeout: TIMEOUT_MS }, async () => {
    const wide = { ...settings, SPPP_HOST: '0.0.0.0', SPPP_CLEARTEXT: 'allow', SPPP_DEMO_PASSWORD: 'feeble' };
    const { code, err } = await sppp(installation, ['demo'], wide);
    expect([code, err]).toEqual([1, expect.stringMatching(/^sppp: SPPP_DEMO_PASSWORD: at least 12 characters/)]);
    expect(err).not.toContain('feeble');
  });
});

describe('a mistyped name', () => {
  it.each([
    ['org', 'add', 'iana-en:1'],
    ['credential', 'list'],
    ['resolve', '1', '--asker', 'iana-en:1'],
    ['psql'],
    ['enum'],
  ])(
    'of a data folder makes no registry: sppp %s',
    async (...args) => {
      const folder = join(scratch, 'mistyped');
      const { code, out, err } = await sppp(installation, args, { SPPP_DATA_DIR: folder });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toBe(`sppp: SPPP_DATA_DIR=${folder}: there is no registry; sppp serve makes a new one\n`);
      await expect(stat(folder)).rejects.toThrow('ENOENT');
    },
    TIMEOUT_MS,
  );

  it('of a database creates none either', { timeout: TIMEOUT_MS }, async () => {
    const url = new URL(/'?(postgresql:[^']+)/.exec(demo.told('sql'))?.[1] ?? '');
    url.pathname = '/postgres';
    const refused = await sppp(installation, ['org', 'add', 'iana-en:1'], { DATABASE_URL: url.href });
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: 'sppp: DATABASE_URL: there is no registry; sppp migrate makes one\n',
    });
  });

  it('of a variable gets a warning with the similar one', { timeout: TIMEOUT_MS }, async () => {
    const { out, err } = await sppp(installation, ['--version'], { SPPP_PROT: '8080' });
    const { version } = JSON.parse(await readFile(join(installation.folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect([out, err]).toEqual([`${version}\n`, 'sppp: SPPP_PROT: no such setting; SPPP_PORT is one\n']);
  });
});

describe('a reader that stops early', () => {
  it.each(['--help', 'completion bash', 'credential list', 'export --asker iana-en:111', 'org --nonsense'])(
    'from sppp %s is no error',
    async (args) => {
      // A reader that ends before the command begins to write.
      expect(await shell(`$SPPP ${args} 2>&1 | true`)).toEqual({ out: '', err: '' });
      const { out } = await shell(`{ $SPPP ${args} 2>&3; echo $? >&3; } 3>&1 1>/dev/null | tail -n 3`);
      expect(out).not.toMatch(/ at .*\.js|EPIPE/);
    },
    TIMEOUT_MS,
  );

  it('is distinguished from a full disk', { timeout: TIMEOUT_MS }, async () => {
    if ((await stat('/dev/full').catch(() => undefined)) === undefined) {
      return void process.stdout.write('there is no /dev/full here: a full disk is not tried\n');
    }
    const { out } = await shell('$SPPP credential list 2>&1 >/dev/full; echo $?');
    expect(out).toMatch(/^sppp: standard output: ENOSPC.*\n1\n$/);
  });
});

describe('text of a carrier', () => {
  const hostile = 'GRP_\u202e\u200b\u009b31m_X';
  const shown = 'GRP_\\u202e\\u200b\\u009b31m_X';
  let serverTransId: string;

  beforeAll(async () => {
    const client = new DigestClient({ username: 'ssp2r', password: passwordOf('ssp2r') });
    const sent = {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: addRequest(destGrp(hostile)),
    };
    const answer = readAnswer((await client.send(demo.url ?? '', sent)).text);
    expect(answer.code).toBe(1000);
    serverTransId = String(answer.serverTransId);
  }, TIMEOUT_MS);

  it('is shown without control characters of terminals, and is the same in JSON', { timeout: TIMEOUT_MS }, async () => {
    for (const args of [
      ['transaction', serverTransId, '--request'],
      ['transaction', serverTransId, '--request', '--json'],
      ['history', 'iana-en:222', 'DestGrp', hostile],
      ['history', 'iana-en:222', 'DestGrp', hostile, '--json'],
    ]) {
      const { code, out, err } = await command(...args);
      expect({ code, err }, args.join(' ')).toEqual({ code: 0, err: '' });
      expect(out.toLowerCase()).toContain(shown.toLowerCase());
      expect(out).not.toMatch(/[\u007f-\u009f\u200b-\u200f\u202a-\u202e]/);
    }
    expect(await jsonOf('transaction', serverTransId, '--request')).toMatchObject({
      request: expect.stringContaining(hostile) as unknown,
      isWhole: true,
    });
    const { out: raw } = await command('transaction', serverTransId, '--request', '--raw');
    expect(raw).toBe(addRequest(destGrp(hostile)));
  });

  it('is shown so in refusals', { timeout: TIMEOUT_MS }, async () => {
    for (const args of [['org', 'add', hostile], ['history', hostile, 'x', 'y'], ['cor', 'show', hostile], [hostile]]) {
      const { code, out, err } = await command(...args);
      expect({ code, out }, args.join(' ')).toEqual({ code: 1, out: '' });
      expect(err).not.toMatch(/[\u007f-\u009f\u200b-\u200f\u202a-\u202e]/);
    }
    const fed = await sppp(installation, ['follow'], settings, `${hostile}\n`);
    expect(fed).toEqual({ code: 1, out: '', err: `sppp: Line 1 is not a line of a feed: ${shown}\n` });
    const loaded = await sppp(installation, ['cor', 'load', '-'], settings, `number,carrier\n${hostile},iana-en:1\n`);
    expect(loaded.err).toBe(`sppp: standard input: line 2: number ${shown}: not digits 0 to 9 after an optional +\n`);
  });
});

describe('--json', () => {
  it('has the members of docs/commands.md, for commands that read', { timeout: TIMEOUT_MS }, async () => {
    expect(await jsonOf('cor', 'show', '+12025550100')).toMatchObject({
      number: '12025550100',
      claims: [
        { registrant: 'iana-en:222', kind: 'TN', identifier: '+12025550100', state: 'holds', decidedBy: 'firstClaim' },
        { registrant: 'iana-en:225', identifier: '+12025550100', state: 'lost', rival: 'iana-en:222' },
      ],
      spans: [],
    });
    expect(await jsonOf('grant', 'show', 'iana-en:223')).toEqual([
      {
        id: expect.any(Number),
        registrar: 'iana-en:223',
        registrant: 'iana-en:222',
        nouns: null,
        verbs: null,
        spans: null,
      },
    ]);
    const history = (await jsonOf('history', 'iana-en:222', 'SedRec', 'SBE_WEST')) as {
      events: { request: { serverTransId: string } }[];
    };
    expect(history).toMatchObject({
      ...{ registrant: 'iana-en:222', noun: 'SedRec', key: 'sbe_west', unread: [] },
      events: [
        { verbs: ['add'], request: { code: 1000 } },
        { verbs: ['add', 'last written'], request: { code: 1000 } },
      ],
      now: { registrar: 'iana-en:223' },
    });
    const serverTransId = history.events[0]?.request.serverTransId ?? '';
    expect(await jsonOf('transaction', serverTransId)).toMatchObject({
      ...{ serverTransId, registrar: 'iana-en:223', username: 'ssp2r', committed: true, deletions: [] },
      ...{ areAllDeletions: true, lastWriterOf: expect.any(Object) as unknown },
    });
    expect(await jsonOf('follow', '--position', 'iana-en:111')).toEqual({ asker: 'iana-en:111', cursor: null });
    expect(await jsonOf('cor', 'settle')).toEqual({ claims: 2, won: 0, lost: 0 });
    expect(await jsonOf('org', 'add', 'iana-en:9001', '--name', 'Nine')).toEqual({
      orgId: 'iana-en:9001',
      name: 'Nine',
    });
  });

  it('is one line when a server is ready', { timeout: TIMEOUT_MS }, async () => {
    const ready = await Serving.start(installation, ['serve', '--json'], settings);
    const printed = JSON.parse(ready.out) as { ready: string };
    expect((await fetch(new URL('/health', printed.ready))).status).toBe(200);
    await ready.end('SIGINT');
    expect(printed).toMatchObject({
      isNew: false,
      metrics: null,
      ready: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/sppp$/),
      sql: 'sppp psql',
    });
  });
});

describe('sppp psql', () => {
  it('runs as the role that only reads the views, unless --owner is given', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const psql = await run('sh', ['-c', 'command -v psql']).catch(() => undefined);
    if (psql === undefined) return void process.stdout.write('psql is not installed: sppp psql is not tried\n');
    const asked = ['psql', '-XAtc', `SELECT current_user, count(*) > 0 FROM sppp_api.registrar_grant`];
    expect(await command(...asked)).toEqual({ code: 0, out: 'sppp_operator|t\n', err: '' });
    const changed = await command('psql', '-XAtc', 'DELETE FROM sppp.credential');
    expect([changed.code, changed.err]).toEqual([1, expect.stringContaining('permission denied')]);
    const owner = await command('psql', '--owner', '-XAtc', 'SELECT current_user');
    expect(owner).toEqual({ code: 0, out: 'sppp\n', err: '' });
  });
});

describe('the demo at the end', () => {
  it('serves the clients of docs/clients.md', { timeout: TIMEOUT_MS }, async () => {
    const python =
      process.env.PYTHON ??
      (await stat('/usr/bin/python3').then(
        () => '/usr/bin/python3',
        () => 'python3',
      ));
    const zeep = await run(python, ['-c', 'import zeep']).catch(() => undefined);
    if (zeep === undefined) return void process.stdout.write('zeep is not installed: life.py is not tried\n');
    const life = new URL('../clients/life.py', import.meta.url).pathname;
    const origin = new URL(demo.url ?? '').origin;
    const logins = join(settings.SPPP_DATA_DIR ?? '', 'demo-logins');
    const { stdout } = await run(python, [life, origin, '1.2'], { env: { ...process.env, LOGINS: logins } });
    expect(stdout).toContain('the peer accepts: 1000');
    expect(stdout).toMatch(/get: 1000 .* 0 objects\n$/);
  });
});
