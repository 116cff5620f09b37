/** The built `sppp` command, in processes of its own, with an embedded PostgreSQL. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostmaster } from '../../src/registry/embedded/postmaster.js';
import { type Installation, install, processes, Serving, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, getRequest, objKey, readAnswer } from '../support/message.js';
import { validateMessage } from '../support/schema.js';

const PASSWORD = 'demo-password-8f3a1c';
const TIMEOUT_MS = 120_000;

let installation: Installation;
let folder: string;
let settings: Record<string, string>;
let demo: Serving | undefined;

beforeAll(async () => {
  installation = await install();
  folder = await mkdtemp(join(tmpdir(), 'sppp-cli-'));
  const data = await mkdtemp(join(tmpdir(), 'sppp-cli-data-'));
  settings = { SPPP_PORT: '0', SPPP_DATA_DIR: data, SPPP_DEMO_PASSWORD: PASSWORD };
}, TIMEOUT_MS);

afterAll(async () => {
  if (demo?.child.exitCode === null && demo.child.signalCode === null) await demo.end('SIGINT');
  const left = await postmaster();
  if (left !== undefined && (await isRunning(left))) process.kill(left, 'SIGQUIT');
  await installation.remove();
  for (const each of [folder, settings.SPPP_DATA_DIR ?? ''])
    await rm(each, { recursive: true, force: true, maxRetries: 20 });
}, TIMEOUT_MS);

/** The process id of the PostgreSQL on our data folder, if it runs. */
async function postmaster(): Promise<number | undefined> {
  const file = join(settings.SPPP_DATA_DIR ?? '', 'cluster', 'postmaster.pid');
  const [pid] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return pid === undefined || pid === '' ? undefined : Number(pid);
}

/** Not of a zombie: init may bury it late. */
function isRunning(pid: number): Promise<boolean> {
  return isPostmaster(pid, join(settings.SPPP_DATA_DIR ?? '', 'cluster'));
}

async function post(body: string, username = 'ssp2r', password = PASSWORD) {
  const client = new DigestClient({ username, password });
  const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body };
  const { status, text } = await client.send(demo?.url ?? '', sent);
  expect(status === 200 ? validateMessage(text) : []).toEqual([]);
  return { status, text };
}

async function expectFound(name: string): Promise<void> {
  const { text } = await post(getRequest(objKey('DestGrp', name)));
  expect(readAnswer(text)).toMatchObject({ code: 1000, resultObjs: [{ type: 'DestGrpType' }] });
}

const started = async () => {
  demo = await Serving.start(installation, ['demo'], settings);
  return demo;
};

describe.sequential('sppp demo', () => {
  it('prints the addresses and then one ready line, with its port', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { out, err, url } = await started();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/sppp$/);
    expect(out.trimEnd().split('\n').at(-1)).toBe(`ready ${url}`);
    expect(demo?.told('wsdl')).toBe(`${url}?wsdl`);
    expect(out.match(/^login .*$/gm)).toEqual(
      ['ssp1', 'ssp2r', 'ssp3', 'ssp4'].map((username) => `login   ${username} ${PASSWORD}`),
    );
    expect((await fetch(`${url}?wsdl`)).status).toBe(200);
    expect(err).toBe('');
  });

  it('prints a curl line that adds a destination group', { timeout: TIMEOUT_MS }, async () => {
    const [line = ''] = /^curl .*$/m.exec(demo?.out ?? '') ?? [];
    const curl = await promisify(execFile)('sh', ['-c', 'command -v curl']).catch(() => undefined);
    if (curl === undefined) {
      process.stdout.write('curl is not installed: its line is read, and its message sent by a client of the tests\n');
      const [, file = '', url] = /--data-binary @(\S+) (\S+)$/.exec(line) ?? [];
      expect(url).toBe(demo?.url);
      expect(readAnswer((await post(await readFile(file, 'utf8'))).text).code).toBe(1000);
    } else {
      const { stdout } = await promisify(execFile)('sh', ['-c', line.replace(/^curl /, 'curl --silent --show-error ')]);
      expect(validateMessage(stdout)).toEqual([]);
      expect(readAnswer(stdout)).toMatchObject({ wrapper: 'spppAddResponse', clientTransId: 'demo_1', code: 1000 });
    }
    await expectFound('DEST_GRP_SSP2_1');
  });

  it('prints the URL of the database, which has the provisioned objects', { timeout: TIMEOUT_MS }, async () => {
    const url = /'([^']+)'/.exec(demo?.told('sql') ?? '')?.[1];
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query('SELECT registrant, registrar, name FROM sppp_api.destination_group');
    await client.end();
    expect(rows).toEqual([{ registrant: 'iana-en:222', registrar: 'iana-en:223', name: 'DEST_GRP_SSP2_1' }]);
  });

  it('shows no password in any command line, nor to PostgreSQL', { timeout: TIMEOUT_MS }, async () => {
    const all = await processes();
    if (all === undefined) return void process.stdout.write('no /proc here: command lines cannot be seen\n');
    const secret = /\/\/[^:]+:([^@]+)@/.exec(demo?.told('sql') ?? '')?.[1] ?? '';
    expect(secret).toMatch(/^[0-9a-f]{48}$/);
    for (const { line } of all) {
      expect(line).not.toContain(PASSWORD);
      expect(line).not.toContain(secret);
    }
    const pid = await postmaster();
    const own = all.find((each) => each.pid === pid);
    expect(own?.line).toContain('postgres');
    expect(own?.environment).not.toContain(PASSWORD);
  });
});

describe.sequential('beside a running server an operator', () => {
  const found = 'iana-en:32473';

  it('adds an organization, a grant and a credential with a generated password', { timeout: TIMEOUT_MS }, async () => {
    expect(await sppp(installation, ['org', 'add', found, '--name', 'Example'], settings)).toEqual({
      code: 0,
      out: `organization ${found}\n`,
      err: '',
    });
    const grant = await sppp(installation, ['grant', 'add', found, 'iana-en:222'], settings);
    expect(grant).toEqual({ code: 0, out: `${found} may act for iana-en:222\n`, err: '' });
    const made = await sppp(installation, ['credential', 'add', found, 'made'], settings);
    expect(made).toMatchObject({ code: 0, err: '' });
    const [, password = ''] = /^credential made password (\S{24})\n$/.exec(made.out) ?? [];
    const { text } = await post(getRequest(objKey('DestGrp', 'DEST_GRP_SSP2_1')), 'made', password);
    expect(readAnswer(text)).toMatchObject({ code: 1000, resultObjs: [{}] });
  });

  it('gives a password by file or by standard input, without its line end, and the command does not print it', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const file = join(folder, 'password');
    const secrets = { file: 'pässwörd with spaces', input: 'from "standard" input' };
    await writeFile(file, `${secrets.file}\n`);
    const byFile = await sppp(installation, ['credential', 'add', found, 'by-file', '--password-file', file], settings);
    expect(byFile).toEqual({ code: 0, out: 'credential by-file\n', err: '' });
    const byInput = ['credential', 'add', found, 'by-input', '--password-file', '-'];
    expect(await sppp(installation, byInput, settings, `${secrets.input}\r\n`)).toEqual({
      code: 0,
      out: 'credential by-input\n',
      err: '',
    });
    const asked = getRequest(objKey('DestGrp', 'DEST_GRP_SSP2_1'));
    expect((await post(asked, 'by-file', secrets.file)).status).toBe(200);
    expect((await post(asked, 'by-input', secrets.input)).status).toBe(200);
    expect((await post(asked, 'by-input', `${secrets.input}\n`)).status).toBe(401);
  });

  it('changes a password: the old one no longer works', { timeout: TIMEOUT_MS }, async () => {
    const change = ['credential', 'add', found, 'by-input', '--password-file', '-'];
    expect((await sppp(installation, change, settings, 'another-secret-7')).code).toBe(0);
    const asked = getRequest(objKey('DestGrp', 'DEST_GRP_SSP2_1'));
    expect((await post(asked, 'by-input', 'another-secret-7')).status).toBe(200);
    expect((await post(asked, 'by-input', 'from "standard" input')).status).toBe(401);
  });

  it('revokes a credential', { timeout: TIMEOUT_MS }, async () => {
    const ended = [
      'credential',
      'add',
      found,
      'ended',
      '--password-file',
      '-',
      '--valid-until',
      '2020-01-01T00:00:00Z',
    ];
    expect((await sppp(installation, ended, settings, 'secret-of-yore')).code).toBe(0);
    expect((await post(getRequest(objKey('DestGrp', 'X_1')), 'ended', 'secret-of-yore')).status).toBe(401);
  });

  it.each([
    [['org', 'add', '32473'], /organization 32473: /],
    [['org', 'add', ''], /organization : /],
    [['org', 'add', 'iana-en:x '], /organization iana-en:x : a blank\n/],
    [['org', 'add', 'iana-en:\u202e1'], /organization iana-en:\\u202e1: an invisible character/],
    [['credential', 'add', 'iana-en:404', 'u'], /organization iana-en:404: not known/],
    [['credential', 'add', found, 'a:b'], /user name 'a:b': not empty, without quotes, backslash, colon/],
    [['credential', 'add', found, 'ssp1'], /user name 'ssp1': belongs to another registrar/],
    [['credential', 'add', found, 'u', '--valid-until', 'soon'], /--valid-until soon: not a time/],
    [['credential', 'add', found, 'u', '--password-file', '-'], /password: not empty/],
    [['grant', 'add', found, 'iana-en:404'], /organization iana-en:404: not known/],
    [['grant', 'add', found], /missing required argument 'registrant'/],
    [['org', 'drop', found], /unknown command 'drop'/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['demo', '--nonsense'], /unknown option '--nonsense'/],
  ])('gets the reason for %j, and exit code 1', { timeout: TIMEOUT_MS }, async (args, message) => {
    const { code, out, err } = await sppp(installation, args, settings);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
    expect(err).not.toMatch(/ at .*\.js/);
  });

  it('gets the reason for a missing password file', { timeout: TIMEOUT_MS }, async () => {
    const args = ['credential', 'add', found, 'u', '--password-file', join(folder, 'none')];
    const { code, err } = await sppp(installation, args, settings);
    expect(code).toBe(1);
    expect(err).toMatch(/^sppp: ENOENT: .*\n$/);
    expect(err).toContain(join(folder, 'none'));
  });
});

describe.sequential('invalid settings', () => {
  it.each([
    [{ SPPP_HOST: '0.0.0.0' }, /^sppp: SPPP_HOST=0\.0\.0\.0: .*SPPP_CLEARTEXT=allow/],
    [{ SPPP_PORT: 'http' }, /^sppp: SPPP_PORT=http: a whole number from 0 to 65535\n$/],
    [{ SPPP_LOG_LEVEL: 'loud' }, /^sppp: SPPP_LOG_LEVEL=loud: one of /],
    [{ SPPP_MAX_OBJECTS: '0' }, /^sppp: SPPP_MAX_OBJECTS=0: /],
  ])('%j: the server names it and does not start', { timeout: TIMEOUT_MS }, async (wrong, message) => {
    for (const command of [['serve'], ['demo'], ['config', 'check']]) {
      const { code, out, err } = await sppp(installation, command, { ...settings, ...wrong });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(message);
    }
  });

  it('without them sppp config check prints each setting with its source, and no secret', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const check = (...args: string[]) => sppp(installation, ['config', 'check', ...args], settings);
    const { code, out, err } = await check();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = ['SPPP_PORT=0 (environment)', 'SPPP_HOST=127.0.0.1 (default)', 'DATABASE_URL (not set)'];
    expect(out.split('\n')).toEqual(expect.arrayContaining([...lines, 'SPPP_DEMO_PASSWORD=(set) (environment)']));
    const { settings: inForce } = JSON.parse((await check('--json')).out) as { settings: object[] };
    expect(inForce).toHaveLength(out.trimEnd().split('\n').length);
    expect(JSON.stringify(inForce) + out).not.toContain(PASSWORD);
  });

  it('an address in use: the server names it, and leaves PostgreSQL running for its other users', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const port = new URL(demo?.url ?? '').port;
    const { code, err } = await sppp(installation, ['serve'], { ...settings, SPPP_PORT: port });
    expect(code).toBe(1);
    expect(err).toMatch(/^sppp: listen EADDRINUSE: .*\n$/);
    await expectFound('DEST_GRP_SSP2_1');
  });

  it.each([
    ['postgresql://nobody@127.0.0.1:1/none', /^sppp: DATABASE_URL: connect ECONNREFUSED 127\.0\.0\.1:1\n$/],
    ['postgresql://nobody@no-such-host.invalid/none', /^sppp: DATABASE_URL: getaddrinfo \w+ no-such-host\.invalid\n$/],
  ])(
    'DATABASE_URL=%s: the server gives the reason, without a password',
    { timeout: TIMEOUT_MS },
    async (url, message) => {
      const secret = url.replace('nobody@', 'nobody:very-secret@');
      const { code, out, err } = await sppp(installation, ['serve'], { ...settings, DATABASE_URL: secret });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(message);
    },
  );

  it('SPPP_HOST=0.0.0.0 with SPPP_CLEARTEXT=allow is accepted', { timeout: TIMEOUT_MS }, async () => {
    const wide = { ...settings, SPPP_HOST: '0.0.0.0', SPPP_CLEARTEXT: 'allow' };
    const serving = await Serving.start(installation, ['serve'], wide);
    expect(serving.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+\/sppp$/);
    expect(await serving.end('SIGTERM')).toBe(0);
    await expectFound('DEST_GRP_SSP2_1');
  });
});

describe.sequential('the end of a server', () => {
  it('by kill -9 loses no acknowledged request; the next start continues', { timeout: TIMEOUT_MS }, async () => {
    expect(readAnswer((await post(addRequest(destGrp('BEFORE_KILL')))).text).code).toBe(1000);
    expect(await demo?.end('SIGKILL')).toBe('SIGKILL');
    await started();
    await expectFound('BEFORE_KILL');
  });

  it('does not follow a kill -9 of PostgreSQL: the server starts it again and loses nothing', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(readAnswer((await post(addRequest(destGrp('BEFORE_CRASH')))).text).code).toBe(1000);
    const pid = (await postmaster()) ?? 0;
    process.kill(pid, 'SIGKILL');
    const origin = new URL(demo?.url ?? '').origin;
    let newer = pid;
    while (newer === pid || (await fetch(`${origin}/health`)).status !== 200) newer = (await postmaster()) ?? pid;
    expect(demo?.child.exitCode).toBeNull();
    await expectFound('BEFORE_CRASH');
    expect(readAnswer((await post(addRequest(destGrp('AFTER_CRASH')))).text).code).toBe(1000);
  });

  it('by SIGINT has exit code 0 and stops PostgreSQL', { timeout: TIMEOUT_MS }, async () => {
    const pid = (await postmaster()) ?? 0;
    expect(await isRunning(pid)).toBe(true);
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      demo?.child.kill('SIGKILL');
    }, 60_000);
    expect(await demo?.end('SIGINT')).toBe(0);
    clearTimeout(late);
    expect(isLate).toBe(false);
    expect(await isRunning(pid)).toBe(false);
  });

  it('and then a command works without a server, and stops the PostgreSQL that it started', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(await sppp(installation, ['org', 'add', 'iana-en:4711'], settings)).toMatchObject({ code: 0, err: '' });
    const pid = await postmaster();
    expect(pid !== undefined && (await isRunning(pid))).toBe(false);
  });

  it('and the next start has all data', { timeout: TIMEOUT_MS }, async () => {
    await started();
    for (const name of ['DEST_GRP_SSP2_1', 'BEFORE_KILL', 'BEFORE_CRASH', 'AFTER_CRASH']) await expectFound(name);
    const { rows } = await ask(`SELECT org_id FROM sppp_api.organization WHERE org_id = 'iana-en:4711'`);
    expect(rows).toHaveLength(1);
  });

  it('leaves no secret in the output of the server and of PostgreSQL', { timeout: TIMEOUT_MS }, async () => {
    await post(getRequest(objKey('DestGrp', 'BEFORE_KILL')), 'ssp2r', 'a-wrong-secret');
    expect(await demo?.end('SIGINT')).toBe(0);
    const log = await readFile(join(settings.SPPP_DATA_DIR ?? '', 'postgres.log'), 'utf8').catch(() => '');
    const secret = /\/\/[^:]+:([^@]+)@/.exec(demo?.told('sql') ?? '')?.[1] ?? '';
    for (const text of [demo?.err ?? '', log]) {
      for (const each of [PASSWORD, secret, 'a-wrong-secret', 'another-secret-7']) expect(text).not.toContain(each);
      expect(text).not.toMatch(/response="|ha1|Authorization: Digest/i);
    }
  });
});

async function ask(sql: string) {
  const url = /'([^']+)'/.exec(demo?.told('sql') ?? '')?.[1];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(sql).finally(() => client.end());
}
