/** sppp pull, plan and apply in processes of their own: what they print, their exit codes, and one registry made from another. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pull } from '../../src/carrier/pull.js';
import { push } from '../../src/carrier/push.js';
import { connect } from '../../src/client/connect.js';
import { formKindOf } from '../../src/forms/form-kind.js';
import { formHeader } from '../../src/forms/write-form.js';
import { objKinds } from '../../src/model/object-order.js';
import { environmentOf, type Finished, type Installation, install, sppp } from '../support/command-line.js';
import { readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { addOf, oneOfEach } from '../support/typed-requests.js';

/** In the order in which they refer to each other. */
const kinds = objKinds.map((kind) => formKindOf({ kind } as Parameters<typeof formKindOf>[0]));

const TOO_LONG = 300_000;
const rant = 'iana-en:111';

let installation: Installation;
let server: TestServer;
let empty: TestServer;
let folder: string;

beforeAll(async () => {
  installation = await install();
  server = await startServer();
  empty = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'sppp-pull-'));
  const answer = await server.post(addOf(oneOfEach(rant, rant, ['iana-en:222', 'iana-en:225'])), { as: 'ssp1' });
  expect(readAnswer(answer.text)).toMatchObject({ code: 1000 });
}, TOO_LONG);
afterAll(async () => {
  await server.close();
  await empty.close();
  await installation.remove();
  await rm(folder, { recursive: true, force: true });
}, TOO_LONG);

const run = (args: readonly string[], url = server.url): Promise<Finished> =>
  sppp(installation, args, { XDG_CONFIG_HOME: folder, SPPP_URL: url, SPPP_USER: 'ssp1', SPPP_PASSWORD: 'ssp1' });
const at = (name: string) => join(folder, name);
const jsonOf = async (args: readonly string[], url?: string) =>
  JSON.parse((await run([...args, '--json'], url)).out) as Record<string, unknown>;

/** A pulled folder without what the registry sets. */
async function contentOf(name: string): Promise<string[]> {
  const names = (await readdir(at(name))).filter((each) => each.endsWith('.csv')).sort();
  const files = await Promise.all(names.map((each) => readFile(join(at(name), each), 'utf8')));
  return files.map((text) => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'));
}

it(
  'makes an empty registry like another one: pull, plan, apply, pull',
  async () => {
    expect(await run(['pull', '--out', at('a')])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/18 objects of /),
    });
    expect(await run(['plan', at('a')])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/no difference\n$/),
    });
    const planned = await run(['plan', at('a'), '--out', at('plan.json')], empty.url);
    expect(planned).toMatchObject({ code: 0, err: '' });
    expect(planned.out).toContain('+ tn:iana-en:111:+12025550100\n');
    expect(planned.out).toMatch(/\ntn +0 +2 +0 +0\n/);
    expect(await run(['apply', at('plan.json')], empty.url)).toEqual({
      code: 0,
      err: '',
      out: '18 of 18 changes done, 0 were done before, 0 failed\n',
    });
    expect(await run(['apply', at('plan.json')], empty.url)).toMatchObject({
      code: 0,
      out: '0 of 18 changes done, 18 were done before, 0 failed\n',
    });
    expect(await run(['pull', '--out', at('b')], empty.url)).toMatchObject({ code: 0 });
    expect(await contentOf('b')).toEqual(await contentOf('a'));
    expect(await jsonOf(['plan', at('a')], empty.url)).toMatchObject({ plan: 1, changes: [], url: empty.url });
  },
  TOO_LONG,
);

it(
  'makes an empty registry like another one by pushing the files of a pull',
  async () => {
    await mkdir(at('nothing'));
    for (const kind of kinds) await writeFile(join(at('nothing'), `${kind}.csv`), `${formHeader(kind)}\n`);
    await run(['plan', at('nothing'), '--rant', rant, '--out', at('nothing.json')], empty.url);
    expect(await run(['apply', at('nothing.json'), '--force'], empty.url)).toMatchObject({ code: 0 });
    const connection = connect({ url: empty.url, user: 'ssp1', password: 'ssp1' });
    const hooks = { signal: new AbortController().signal, onProgress: () => undefined, onThrottled: () => undefined };
    const settings = { url: empty.url, user: 'ssp1' };
    for (const kind of kinds) {
      const file = join(at('a'), `${kind}.csv`);
      const how = { settings, ifUnfinished: 'refuse', isCheck: false, itemsPerPart: 10_000, partsAtOnce: 4 } as const;
      const { counts } = await push(connection, { file, ...how }, hooks);
      expect(counts, kind).toMatchObject({ failed: 0, faulty: 0 });
      await rm(`${file}.results.csv`);
    }
    await pull(connection, at('e'), {});
    connection.close();
    expect(await contentOf('e')).toEqual(await contentOf('a'));
  },
  TOO_LONG,
);

it(
  'refuses much deletion, and a registry that has changed',
  async () => {
    await run(['pull', '--out', at('c'), '--kind', 'tn', '--rant', rant]);
    const text = await readFile(join(at('c'), 'tn.csv'), 'utf8');
    await writeFile(join(at('c'), 'tn.csv'), `${text.split('\n').slice(0, 2).join('\n')}\n`);
    expect(await run(['plan', at('c'), '--out', at('less.json')])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^- tn:.*\n/),
    });
    const guarded = await run(['apply', at('less.json')]);
    expect(guarded).toMatchObject({
      code: 2,
      err: 'sppp: tn: the plan deletes 1 of 2 objects; --force does it, --max-deletions allows more\n',
    });
    await writeFile(
      at('gone.json'),
      (await readFile(at('less.json'), 'utf8')).replace('"dgName":["', '"dgName":["Straße","'),
    );
    const changed = await run(['apply', at('gone.json'), '--force']);
    expect(changed).toMatchObject({
      code: 2,
      err: expect.stringContaining('the registry has changed since the plan was made'),
    });
    expect(await jsonOf(['apply', at('less.json'), '--max-deletions', '50'])).toEqual({
      ...{ changes: 1, applied: 1, already: 0, failed: 0, refused: null, failures: [] },
    });
  },
  TOO_LONG,
);

it(
  'ends with 3 for wrong use, with 2 where nothing can be done',
  async () => {
    for (const args of [
      ['pull'],
      ['pull', '--out', at('x'), '--kind', 'none'],
      ['plan', at('none')],
      ['apply', at('none')],
    ]) {
      expect((await run(args)).code, args.join(' ')).toBe(3);
    }
    await writeFile(at('bad.csv'), 'rant,rar,tn\niana-en:111,,12x\n,,13\n');
    const bad = await run(['plan', at('bad.csv')]);
    expect(bad).toMatchObject({ code: 3, out: '' });
    expect(bad.err).toMatch(/line 2, column 3: tn '12x'.*\n.*line 3, column 1: rant '': needed\n.*2 lines have faults/);
    const other = createServer((request, response) => response.writeHead(404).end(`no ${request.url}`)).listen(0);
    const { port } = other.address() as AddressInfo;
    const unlisted = await run(['plan', at('c')], `http://127.0.0.1:${port}`);
    expect(unlisted).toMatchObject({
      code: 2,
      err: expect.stringContaining('this server cannot list objects (GET /objects), which pull and plan need'),
    });
    other.close();
    const page = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Welcome</html>');
    }).listen(0);
    const pageUrl = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    expect(await run(['pull', '--out', at('page')], pageUrl)).toEqual({
      ...{ code: 2, out: '' },
      err: 'sppp: this server cannot list objects (GET /objects), which pull and plan need; HTTP 200 with text/html, not application/x-ndjson: <html>Welcome</html>\n',
    });
    page.close();
  },
  TOO_LONG,
);

it(
  'names the file that it cannot read or write, and says what is expected',
  async () => {
    await mkdir(at('files'));
    await writeFile(at('file'), '');
    for (const [args, message] of [
      [['apply', at('files')], `${at('files')}: this is a folder, not a file; a plan is the file that sppp plan --out`],
      [
        ['apply', at('no.json')],
        `${at('no.json')}: there is no such file or folder; a plan is the file that sppp plan`,
      ],
      [['plan', at('no')], `${at('no')}: there is no such file or folder; a desired state is in files of objects`],
      [['plan', at('a'), '--out', at('files')], `${at('files')}: this is a folder, not a file; nothing was written`],
      [['plan', at('a'), '--out', at('no/p.json')], `${at('no/p.json')}: there is no such file or folder; nothing was`],
      [['pull', '--out', at('file')], `${at('file')}: a file is where a folder has to be; a pull writes into a folder`],
      [['plan', at('a'), '--country', 'US'], '--country is for --normalize'],
      [['push', join(at('a'), 'tn.csv'), '--country', 'US'], '--country is for --normalize'],
    ] as const) {
      const { code, out, err } = await run(args);
      expect({ code, out }, err).toEqual({ code: 3, out: '' });
      expect(err.slice('sppp: '.length)).toContain(message);
      expect(err).not.toMatch(/ at .*\.js/);
    }
  },
  TOO_LONG,
);

it(
  'prints a plan whole or not at all',
  async () => {
    await run(['pull', '--out', at('d')]);
    await writeFile(join(at('d'), 'destGrp.csv'), `rant,rar,dgName\n${rant},${rant},DG_NEW\n`);
    for (const json of [[], ['--json']]) {
      const { code, out, err } = await run(['plan', at('d'), ...json]);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err).toMatch(/names destGrp:iana-en:111:\S+, which no file has\n/);
    }
    const [header = '', row = ''] = (await readFile(join(at('d'), 'rn.csv'), 'utf8')).split('\n');
    const cells = row.split(',');
    cells[header.split(',').indexOf('rn')] = '19990';
    await writeFile(at('one.csv'), [header, row, cells.join(','), ''].join('\n'));
    expect((await run(['plan', at('one.csv')])).out).toMatch(/\n1 change; --out writes it to a file\n$/);
    const file = at('one plan.json');
    expect((await run(['plan', at('one.csv'), '--out', file])).out).toContain(
      `; sppp apply '${file}' carries it out\n`,
    );
    expect((await run(['apply', file])).out).toBe('1 of 1 change done, 0 were done before, 0 failed\n');
    expect((await run(['apply', file])).out).toBe('0 of 1 change done, 1 was done before, 0 failed\n');
  },
  TOO_LONG,
);

/** A registry whose lists have their first line, and never go on; `asked` is called for each. */
function stalledRegistry(nouns: readonly string[], asked: () => void) {
  const whole = Object.fromEntries(nouns.map((noun) => [noun, [rant]]));
  const stalled = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify({ list: 1, registrar: rant, at: '2041-05-30T09:30:10Z', whole })}\n`);
    if (request.url?.includes('rant=none')) response.end('{"end":1,"objects":0}\n');
    else setImmediate(asked);
  }).listen(0);
  const close = () => {
    stalled.closeAllConnections();
    stalled.close();
  };
  return { url: `http://127.0.0.1:${(stalled.address() as AddressInfo).port}`, close };
}

it.each(['pull', 'plan'])(
  '%s stops at Ctrl-C, and leaves nothing behind',
  async (command) => {
    let interrupt: () => void = () => undefined;
    const stalled = stalledRegistry(['DestGrp', 'SedRec', 'SedGrp', 'SedGrpOffer', 'EgrRte', 'PubId'], () =>
      interrupt(),
    );
    const args = command === 'pull' ? ['--out', at('stopped')] : [at('b'), '--out', at('stopped.json')];
    const settings = { XDG_CONFIG_HOME: folder, SPPP_URL: stalled.url, SPPP_USER: 'ssp1', SPPP_PASSWORD: 'ssp1' };
    const child = spawn(process.execPath, [join(installation.folder, 'dist/cli/sppp.js'), command, ...args], {
      env: environmentOf({ ...settings, TMPDIR: folder }),
    });
    interrupt = () => child.kill('SIGINT');
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    stalled.close();
    expect({ out, err, code }).toEqual({ out: '', err: expect.stringMatching(/^sppp: interrupted; .*\n$/), code: 2 });
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((name) => /\.new-|sppp-(?:plan|output)-|stopped/.test(name))).toEqual([]);
  },
  TOO_LONG,
);

it(
  'ends at once with a plan that is refused, though the list goes on',
  async () => {
    const stalled = stalledRegistry(['PubId'], () => undefined);
    expect(await run(['plan', at('b')], stalled.url)).toMatchObject({
      code: 3,
      err: expect.stringContaining('iana-en:111 has no grant to read DestGrp of iana-en:111'),
    });
    await writeFile(at('file'), '');
    expect(await run(['pull', '--out', at('file')], stalled.url)).toMatchObject({ code: 3 });
    stalled.close();
  },
  TOO_LONG,
);
