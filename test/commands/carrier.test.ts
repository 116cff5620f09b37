/** The small commands of a carrier, in processes of their own, against a server over the network. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { answerLines } from '../../src/cli/resolve.js';
import { resolve } from '../../src/registry/resolve/resolve.js';
import { type Finished, type Installation, install, sppp } from '../support/command-line.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const TOO_LONG = 300_000;

let installation: Installation;
let server: TestServer;
let home: string;

beforeAll(async () => {
  [installation, server] = await Promise.all([install(), startServer()]);
  home = await mkdtemp(join(tmpdir(), 'sppp-carrier-'));
  for (const { username, message } of await examples()) await server.post(message, { as: username as UserName });
}, TOO_LONG);

afterAll(async () => {
  await server.close();
  await installation.remove();
  await rm(home, { recursive: true, force: true });
}, TOO_LONG);

interface Run {
  readonly as?: UserName;
  readonly settings?: Record<string, string>;
  readonly input?: string;
}

/** Runs a command as one of the users, whose password is its name. */
function run(args: readonly string[], { as = 'ssp2r', settings = {}, input = '' }: Run = {}): Promise<Finished> {
  const login = { SPPP_URL: server.url, SPPP_USER: as, SPPP_PASSWORD: as };
  return sppp(installation, args, { XDG_CONFIG_HOME: home, ...login, ...settings }, input);
}

const jsonOf = async (args: readonly string[], how?: Run) =>
  JSON.parse((await run([...args, '--json'], how)).out) as unknown;

/** Answers at a server that has the mode of the RFC only. */
const answerOfAnother = (element: string, content: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
    <m:${element} xmlns:m="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1">
    <serverTransId>theirs</serverTransId><overallResult><code>1000</code><msg>Done</msg></overallResult>${content}
    </m:${element}></s:Body></s:Envelope>`;

describe.sequential('a carrier', () => {
  it('pushes to a server that has no mode but that of the RFC', { timeout: TOO_LONG }, async () => {
    const another = createServer(async (request, response) => {
      const isStatus = (await text(request)).includes('spppServerStatusRequest');
      const menu = `<svcMenu><b:serverStatus>inService</b:serverStatus><b:majMinVersion>1.0</b:majMinVersion>
        <b:objURI>urn:ietf:params:xml:ns:sppf:base:1</b:objURI></svcMenu>`;
      const answer = isStatus
        ? answerOfAnother('spppServerStatusResponse', menu)
        : answerOfAnother('spppAddResponse', '');
      response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
    });
    another.listen(0, '127.0.0.1');
    await once(another, 'listening');
    const { port } = another.address() as { port: number };
    const file = join(home, 'groups.csv');
    await writeFile(file, 'rant,rar,dgName\niana-en:222,iana-en:223,DG_ONE\n');
    const url = `http://127.0.0.1:${port}`;
    expect(await run(['push', file], { settings: { SPPP_URL: url } })).toMatchObject({ code: 0, err: '' });
    expect(await run(['push', file, '--check'], { settings: { SPPP_URL: url } })).toMatchObject({ code: 2 });
    another.close();
  });

  it('asks whether the registry is in service', { timeout: TOO_LONG }, async () => {
    expect(await run(['status'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^inService\nversion {4}1\.0\n/),
    });
    expect(await jsonOf(['status'])).toMatchObject({ code: 1000, serverStatus: 'inService' });
  });

  it('gets objects by every kind of key, and is told which are not there', { timeout: TOO_LONG }, async () => {
    const { code, out, err } = await run([
      'get',
      '+12025550101',
      'sedGrp::INGRESS_WEST',
      'destGrp::NONE',
      '--rant',
      'iana-en:222',
    ]);
    expect(code).toBe(1);
    expect(err).toBe('sppp: destGrp::NONE: there is none\n');
    expect(out).toMatch(/^tn:iana-en:222:\+12025550101\n {2}rant {4}iana-en:222\n/);
    expect(out).toMatch(/^sedGrp:iana-en:222:INGRESS_WEST\n(?: {2}.*\n)* {2}sedGrpName {3}INGRESS_WEST\n/m);
    expect((await run(['get', 'rn:iana-en:222:+1999'])).code).toBe(2);
    expect(await jsonOf(['get', 'sedRec:iana-en:222:SBE_EAST', 'uri:iana-en:222:sip:x@y'])).toMatchObject({
      ...{ code: 1000, missing: ['uri:iana-en:222:sip:x@y'], failures: [] },
      objects: [{ kind: 'NAPTRType', rant: 'iana-en:222', sedName: 'SBE_EAST' }],
    });
  });

  it('is told what the registry says about a key of somebody else', { timeout: TOO_LONG }, async () => {
    const foreign = ['get', 'tn:iana-en:111:+1202'];
    const { code, out, err } = await run(foreign);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^sppp: tn:iana-en:111:\+1202: 2103 Object status .* AttrVal:iana-en:111 \(no grant .*\)\n$/);
    const told = await jsonOf(foreign);
    expect(told).toMatchObject({
      objects: [],
      failures: [{ key: 'tn:iana-en:111:+1202', code: 2103, attribute: 'rant' }],
    });
  });

  it('lists offers, accepts and rejects them', { timeout: TOO_LONG }, async () => {
    const listed = await run(['offers', '--status', 'offered'], { as: 'ssp3' });
    expect(listed.out).toMatch(
      /^offered by {3}SED group +offered to +status +offered\niana-en:222 {2}INGRESS_EAST {2}iana-en:225 {2}offered /,
    );
    const offer = 'iana-en:222:INGRESS_EAST';
    expect(await run(['accept', offer, '--to', 'iana-en:225'], { as: 'ssp3' })).toEqual({
      code: 0,
      out: 'done 1 of 1\n',
      err: '',
    });
    expect(await jsonOf(['offers', '--by', 'iana-en:222', '--to', 'iana-en:225'])).toMatchObject({
      offers: [{ status: 'accepted', sedGrpOfferKey: { offeredTo: 'iana-en:225' } }],
    });
    const whole = 'sedGrpOffer:iana-en:222:INGRESS_EAST/iana-en:225';
    const rejected = await run(['reject', whole, 'iana-en:222:NO_GROUP', '--to', 'iana-en:225'], { as: 'ssp3' });
    expect(rejected).toMatchObject({ code: 1, out: 'done 1 of 2\n' });
    expect(rejected.err).toMatch(/^sppp: iana-en:222:NO_GROUP: 2102 /);
    expect((await run(['offers', '--to', 'iana-en:225'])).out).toBe('no offers\n');
  });

  it('looks numbers up as sppp resolve does', { timeout: TOO_LONG }, async () => {
    const question = { identifier: '+12025550101', asker: 'iana-en:222' };
    const remote = await run(['lookup', question.identifier, '--asker', question.asker]);
    const local = answerLines(question, await resolve(server.deps.database.pool, question));
    expect(remote).toMatchObject({ code: 0, err: '' });
    const withoutMatch = (line: string) =>
      line.replace(/ {2}(?:matched|(?:TN|TNRange|TNPrefix) \S+) +/, '  ').replace(/ {2,}/g, '  ');
    expect(remote.out.split('\n').map(withoutMatch)).toEqual([...local, ''].map(withoutMatch));
    expect((await run(['lookup', '+4930', '--asker', 'iana-en:222'])).out).toBe('iana-en:222 gets nothing for +4930\n');
    const foreign = await run(['lookup', '+12025550101', '--asker', 'iana-en:111']);
    expect(foreign).toEqual({ code: 2, out: '', err: 'sppp: HTTP 403: No grant to look up for this asker.\n' });
  });

  it('deletes by key', { timeout: TOO_LONG }, async () => {
    const key = 'tn:iana-en:222:+12025550101';
    const answer = await jsonOf(['lookup', '+12025550101', '--asker', 'iana-en:222']);
    expect(answer).toMatchObject({ asker: 'iana-en:222', records: [{ position: 1, sedRecord: 'SBE_EAST' }] });
    expect(await jsonOf(['delete', key, 'destGrp:iana-en:222:NONE'])).toMatchObject({
      ...{ code: 2100, applied: 1, serverTransId: expect.any(String) },
      failures: [{ key: 'destGrp:iana-en:222:NONE', code: 2102, attribute: 'name', value: 'NONE' }],
    });
    expect(await run(['delete', key])).toMatchObject({ code: 2, out: 'done 0 of 1\n' });
  });

  it('uses a profile, whose rant is that of keys without one', { timeout: TOO_LONG }, async () => {
    const none = { SPPP_URL: '', SPPP_USER: '', SPPP_PASSWORD: '' };
    const add = ['profile', 'add', 'mine', '--url', server.url, '--user', 'ssp2r', '--rant', 'iana-en:222'];
    expect(await run([...add, '--store-password'])).toMatchObject({ code: 0, err: '' });
    const file = join(home, 'sppp', 'mine.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'sppp'))).mode & 0o777).toBe(0o700);
    expect((await run(['get', '12025550102', '--profile', 'mine'], { settings: none })).code).toBe(0);
    expect((await run(['get', '12025550102'], { settings: { ...none, SPPP_PROFILE: 'mine' } })).code).toBe(0);
    await run(['profile', 'add', 'mine', '--rar', 'iana-en:223'], { settings: none });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      ...{ url: server.url, user: 'ssp2r', password: 'ssp2r', rant: 'iana-en:222', rar: 'iana-en:223' },
    });
    const listed = await run(['profile', 'list'], { settings: none });
    expect(listed.out).toBe(`mine ${server.url} ssp2r (password stored)\n`);
    const [shown] = (await jsonOf(['profile', 'list'])) as object[];
    expect(shown).toEqual({
      name: 'mine',
      file,
      hasPassword: true,
      url: server.url,
      user: 'ssp2r',
      rant: 'iana-en:222',
      rar: 'iana-en:223',
    });
    expect((await run(['profile', 'remove', 'mine'])).out).toBe('profile mine removed\n');
    const piped = { settings: { ...none, SPPP_PROFILE: '' }, input: 'ssp2r\n' };
    expect(await run([...add, '--store-password'], piped)).toMatchObject({ code: 0, err: '' });
    expect((await run(['status', '--profile', 'mine'], { settings: none })).code).toBe(0);
    expect(await run([...add, '--store-password'], { ...piped, input: '' })).toMatchObject({
      ...{ code: 3, err: 'sppp: --store-password -: one line with the password\n' },
    });
    await run(['profile', 'remove', 'mine']);
    expect((await run(['profile', 'list', '--json'])).out).toBe('[]\n');
  });
});

describe.sequential('the login of a carrier', () => {
  const none = { SPPP_URL: '', SPPP_USER: '', SPPP_PASSWORD: '' };
  const files = async () => {
    const [good, open, empty] = ['good', 'open', 'empty'].map((name) => join(home, name)) as [string, string, string];
    await writeFile(good, 'ssp2r\r\n', { mode: 0o600 });
    await writeFile(open, 'ssp2r\n');
    await chmod(open, 0o640);
    await writeFile(empty, '\n', { mode: 0o600 });
    return { good, open, empty };
  };

  it('takes the password from a file that others cannot read, or from standard input', {
    timeout: TOO_LONG,
  }, async () => {
    const { good, open } = await files();
    const settings = { SPPP_PASSWORD: 'wrong-password' };
    expect((await run(['status', '--password-file', good], { settings })).code).toBe(0);
    expect((await run(['status', '--password-file', '-'], { settings, input: 'ssp2r\n' })).code).toBe(0);
    expect(await run(['status', '--password-file', open])).toEqual({
      ...{ code: 3, out: '' },
      err: `sppp: --password-file ${open}: its mode is 0640, and it holds a secret that its owner alone may read; chmod 600 ${open}\n`,
    });
    expect((await run(['status'], { settings: { SPPP_PASSWORD: '', SPPP_PASSWORD_FILE: good } })).code).toBe(0);
  });

  it('is asked for on a terminal, and not shown', { timeout: TOO_LONG }, async () => {
    const script = await promisify(execFile)('sh', ['-c', 'command -v script']).catch(() => undefined);
    if (script === undefined) return void process.stdout.write('script is not installed: the prompt is not tried\n');
    const command = `${process.execPath} ${join(installation.folder, 'dist/cli/sppp.js')} status --url ${server.url} --user ssp2r`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'xterm' },
    });
    let shown = '';
    for await (const piece of terminal.stdout) {
      const isAsked =
        /password of ssp2r at 127\.0\.0\.1:\d+: $/.test(shown + piece) && shown.indexOf('password') === -1;
      shown += piece;
      if (isAsked) terminal.stdin.write('ssp2r\r');
    }
    expect(shown).toMatch(/: \r?\n.*inService/s);
    expect(shown.replaceAll('password of ssp2r', '').replaceAll('--user ssp2r', '')).not.toContain('ssp2r');
  });

  it.each([
    [
      ['status'],
      { ...none },
      /^--url: an http or https URL .*; or SPPP_URL, or a profile that has it \(--profile\)\n$/,
    ],
    [['status', '--url', 'sppp.example.net'], {}, /^--url sppp\.example\.net: an http or https URL/],
    [
      ['status', '--url', 'http://me:very-secret@x'],
      {},
      /^--url: an http or https URL .* the user goes into --user\n$/,
    ],
    [['status'], { SPPP_URL: 'ftp://x' }, /^SPPP_URL ftp:\/\/x: an http or https URL/],
    [['status'], { SPPP_USER: '' }, /^--user: a user name, or --certificate and --key/],
    [['status'], { SPPP_PASSWORD: '' }, /^--password-file: the password of ssp2r; or SPPP_PASSWORD, or a profile/],
    [['status', '--certificate', 'x.pem'], {}, /^--key: the private key of --certificate\n$/],
    [['status', '--key', 'x.pem'], {}, /^--certificate: the certificate of --key\n$/],
    [
      ['status', '--url', 'https://127.0.0.1:1', '--ca', '/etc/hostname'],
      {},
      /^--ca \/etc\/hostname: no PEM that TLS can use/,
    ],
    [['status', '--password-file', '/nowhere/x'], {}, /^ENOENT: .*\/nowhere\/x/],
    [['status', '--profile', 'none'], {}, /^profile none: there is no .*none\.json; sppp profile add makes one\n$/],
    [['status', '--profile', '../x'], {}, /^profile \.\.\/x: up to 64 letters/],
    [
      ['get', 'tnn:iana-en:1:12', '12', 'destGrp:iana-en:1:ab'],
      {},
      /^tnn:.*: a number, or .*\n12: rant .*--rant.*\ndestGrp:iana-en:1:ab: destGrp ab: 2 characters/,
    ],
    [['accept', 'iana-en:222:GROUP'], {}, /^iana-en:222:GROUP: --to: the organization/],
    [['accept', 'GROUP', '--to', 'iana-en:1'], {}, /^GROUP: organization:group, such as/],
    [['lookup', '12'], {}, /^--asker: the organization that asks/],
    [['lookup', '12x', '--asker', 'iana-en:1'], {}, /^identifier=12x: digits 0 to 9/],
    [['profile', 'add', 'x', '--user', 'y'], {}, /^--url: profile x has none yet\n$/],
    [['profile', 'add', 'x', '--url', 'https://x', '--rant', '222'], {}, /^--rant 222: not namespace:value/],
  ])(
    '%j with %j: it is told what is wrong, and it ends with 3',
    { timeout: TOO_LONG },
    async (args, settings, message) => {
      const { code, out, err } = await run(args as string[], { settings: settings as Record<string, string> });
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err.replace(/^sppp: /, '')).toMatch(message);
      expect(err).not.toMatch(/very-secret| at .*\.js/);
    },
  );

  it.each([
    ['{"password": "very-secret", "x": "y"}', /: x: one of url, user, password/],
    ['{"password": "very-secret", "url": 7}', /: url: a text that is not empty/],
    ['["very-secret"]', /: one JSON object, such as/],
    ['{"password": very-secret}', /: not JSON/],
  ])('a profile %j is told to be wrong, without its secret', { timeout: TOO_LONG }, async (text, message) => {
    const file = join(home, 'sppp', 'bad.json');
    await mkdir(join(home, 'sppp'), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    const { code, err } = await run(['status', '--profile', 'bad']);
    expect(code).toBe(3);
    expect(err).toMatch(message);
    expect(err).not.toContain('very-secret');
    await rm(file);
  });

  it('wrong use that commander finds ends with 3, help with 0', { timeout: TOO_LONG }, async () => {
    for (const args of [
      ['get'],
      ['get', '--nonsense', 'x'],
      ['offers', '--status', 'x'],
      ['profile', 'x'],
      ['profile', 'add'],
    ]) {
      expect((await run(args)).code, args.join(' ')).toBe(3);
    }
    const help = await run(['get', '--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('sedGrpOffer:iana-en:222:INGRESS_WEST/iana-en:111');
  });

  it('where nothing can be done, it ends with 2', { timeout: TOO_LONG }, async () => {
    const refused = await run(['delete', 'destGrp:iana-en:222:EAST'], { settings: { SPPP_PASSWORD: 'wrong' } });
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^sppp: .+\n$/) });
    const away = await run(['status'], { settings: { SPPP_URL: 'http://127.0.0.1:1' } });
    expect(away).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^sppp: .*127\.0\.0\.1:1.*\n$/) });
  });

  it('prints nothing that moves the cursor', { timeout: TOO_LONG }, async () => {
    const { err } = await run(['get', 'destGrp:iana-en:222:\u202ebad\u001b[2J']);
    expect(err).toMatch(/^sppp: .*\\u202ebad\\u001b\[2J/);
  });
});
