/** docs/carriers.md as it is printed: its commands and their output, its programs, and each rule of its scenario. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { type Connection, connect, type DestGrp } from '../../src/client/connect.js';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { delRequest, numberKey } from '../support/message.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const TOO_LONG = 300_000;
const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const page = await readFile(new URL('../../docs/carriers.md', import.meta.url), 'utf8');
const scenario = fileURLToPath(new URL('../../examples/scenario.json', import.meta.url));

/** The block of the page behind a text. */
function blockBehind(text: string): string {
  const at = page.indexOf(text);
  const [, block] = /^```\w*\n(.*?)^```$/ms.exec(page.slice(at + text.length)) ?? [];
  if (at < 0 || block === undefined) throw new Error(`docs/carriers.md has no block behind ${text}`);
  return block;
}

let installation: Installation;
beforeAll(async () => {
  installation = await install();
}, TOO_LONG);
afterAll(() => installation.remove());

describe.sequential('from CSV to verdicts', () => {
  let server: TestServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = await mkdtemp(join(tmpdir(), 'sppp-page-'));
    for (const name of ['groups.csv', 'numbers.csv']) await writeFile(join(folder, name), blockBehind(`\`${name}\`\n`));
  }, TOO_LONG);

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** Runs the commands of a block as they are printed, and returns them with what they print. */
  async function shell(block: string, words: Record<string, string> = {}): Promise<string> {
    const names = Object.entries({
      sppp: `${process.execPath} ${join(installation.folder, 'dist/cli/sppp.js')}`,
      ...words,
    });
    const lines =
      block.match(/^(?:\$ )?[a-z].*$/gm)?.filter((line) => block.startsWith('$') === line.startsWith('$ ')) ?? [];
    let told = '';
    for (const line of lines) {
      const functions = names.map(([name, command]) => `${name}() { ${command} "$@"; }`).join('\n');
      const command = line.replace(/^\$ /, '').replace('http://127.0.0.1:8080', server.url);
      const [, user = 'ssp2r'] = / --user (\w+)/.exec(line) ?? [];
      const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: folder, SPPP_PASSWORD: user };
      const { stdout } = await run('sh', ['-c', `${functions}\n${command} || true`], { cwd: folder, env });
      told += `${line}\n${stdout}`;
    }
    return told;
  }

  it('the commands print what the page says', { timeout: TOO_LONG }, async () => {
    expect(await shell(blockBehind('commands.md#commands-for-carriers) has other ways):\n'))).toContain('inService\n');
    const pushed = blockBehind('+12025550203,DG_NONE\n```\n');
    expect(await shell(pushed)).toBe(pushed);
    const again = blockBehind('this time with numbers as people write them:\n');
    expect(await shell(again)).toBe(again);
  });

  it('the small commands do what they should at the demo with its data', { timeout: TOO_LONG }, async () => {
    for (const { username, message } of await examples()) await server.post(message, { as: username as UserName });
    const printed = await shell(blockBehind('here the one of the login `ssp3`:\n'));
    expect(printed).toMatch(/^tn:iana-en:222:\+12025550101\n/m);
    expect(printed).toMatch(/^iana-en:222 {2}INGRESS_EAST {2}iana-en:225 {2}offered /m);
    for (const verb of ['accept', 'reject', 'delete']) {
      expect(printed).toMatch(new RegExp(`^sppp ${verb} .*\\ndone 1 of 1\\n`, 'm'));
    }
    expect(printed).toMatch(/^sppp lookup .*\n.*\n1 /m);
  });

  const python = ['python3', '/usr/bin/python3'].find((each) => isThere(each, '-c', 'import zeep'));
  const php = isThere('php', '-r', 'exit(extension_loaded("soap") ? 0 : 1);') ? 'php' : undefined;
  it.each([
    ['push.py', python, 'zeep for Python (apt-get install python3-zeep)'],
    ['push.php', php && `${php} -d soap.wsdl_cache_enabled=0`, "PHP's SoapClient (apt-get install php-cli php-soap)"],
  ])('%s writes what the page says', { timeout: TOO_LONG }, async (name, interpreter, what) => {
    const program = await readFile(join(here, name), 'utf8');
    expect(blockBehind(`\`${name}\`\n`)).toBe(program);
    if (interpreter === undefined)
      return void process.stdout.write(`${name} is not run: ${what} is not on this machine\n`);
    await server.post(delRequest(...['201', '202'].map((last) => numberKey('TN', `12025550${last}`))), {
      path: '/sppp/partial',
    });
    const printed = blockBehind('extension `soap`.\n').replaceAll('python3 push.py', `run ${name}`);
    await writeFile(join(folder, name), program);
    expect(await shell(printed, { run: interpreter })).toBe(printed);
  });
});

describe.sequential('a registry that fails on purpose', () => {
  let demo: Serving;
  let folder: string;
  let connection: Connection;
  let atomic: Connection;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sppp-simulated-'));
    const settings = { SPPP_PORT: '0', SPPP_DATA_DIR: folder, SPPP_DEMO_PASSWORD: 'demo-password-8f3a1c' };
    demo = await Serving.start(installation, ['demo', '--with-data', '--scenario', scenario], settings);
    const login = { url: demo.url ?? '', user: 'ssp2r', password: 'demo-password-8f3a1c' };
    connection = connect({ ...login, mode: 'partial' });
    atomic = connect({ ...login, mode: 'atomic' });
  }, TOO_LONG);

  afterAll(async () => {
    for (const each of [connection, atomic]) each?.close();
    await demo?.end('SIGINT');
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }, TOO_LONG);

  const group = (dgName: string): DestGrp => ({ kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName });
  const key = (name: string) => ({ kind: 'ObjKeyType', rant: 'iana-en:222', name, type: 'DestGrp' }) as const;
  /** The lines of the log about a rule. */
  const acted = (rule: number) => demo.err.split('\n').filter((line) => line.includes(`"rule":${rule},`)).length;

  it('prints its scenario on the page, and how many rules it has', async () => {
    expect(blockBehind('`examples/scenario.json` has one of each:\n')).toBe(await readFile(scenario, 'utf8'));
    expect(demo.told('rules')).toBe('7 of the scenario: requests fail as they say');
    expect(demo.err).toBe(''); // its own messages were left alone
  });

  it('is waited for where it throttles, by 2300, 429 and 503', { timeout: TOO_LONG }, async () => {
    expect(await connection.status()).toMatchObject({ serverStatus: 'inService' });
    expect(await connection.add([group('DG_BUSY')])).toMatchObject({ code: 1000, applied: 1 });
    expect(await connection.add([group('DG_LIMITED')])).toMatchObject({ code: 1000, applied: 1 });
    expect([acted(6), acted(0), acted(2)]).toEqual([1, 2, 1]);
  });

  it('refuses one object', { timeout: TOO_LONG }, async () => {
    const objects = [group('DG_ONE'), group('DG_FOREIGN'), group('DG_TWO')];
    const refused = { index: 1, code: 2103, attribute: 'dgName', value: 'DG_FOREIGN' };
    expect(await connection.add(objects)).toMatchObject({ applied: 2, verdicts: [refused] });
    expect(await atomic.add(objects)).toMatchObject({ code: 2100, applied: 0, verdicts: [refused] });
  });

  it('cuts connections, and the library finds out what became of the requests', { timeout: TOO_LONG }, async () => {
    for (const [name, rule] of [
      ['DG_UNSENT', 3],
      ['DG_UNANSWERED', 4],
    ] as const) {
      expect(await connection.add([group(name)])).toMatchObject({ code: 1000, applied: 1 });
      expect(acted(rule)).toBe(1);
      expect((await connection.get([key(name)])).objects).toMatchObject([{ dgName: name }]);
    }
  });

  it('is slow', { timeout: TOO_LONG }, async () => {
    const since = performance.now();
    expect(await connection.add([group('DG_SLOW')])).toMatchObject({ code: 1000 });
    expect(performance.now() - since).toBeGreaterThan(2990);
  });

  it('does not start with a scenario that has mistakes', { timeout: TOO_LONG }, async () => {
    const file = join(folder, 'bad.json');
    await writeFile(file, '{"rules": [{"answer": 1}, {}]}');
    const { code, out, err } = await sppp(installation, ['demo', '--scenario', file], {
      SPPP_DATA_DIR: join(folder, 'none'),
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^sppp: .*bad\.json: rules\[0\]\.answer: 1: one of 2000.*\n.*rules\[1\]\.answer: nothing: .*\n$/,
    );
  });
});

function isThere(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
