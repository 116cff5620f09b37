/** `sppp push` as a carrier has it: killed at many places and resumed, while the server is killed as well. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentOf, type Installation, install, Serving, sppp } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';

const PASSWORD = 'demo-password-5b7e2d';
const TOO_LONG = 600_000;

let installation: Installation;
let folder: string;
let data: string;
let settings: Record<string, string>;
let server: Serving;
let login: Record<string, string>;

beforeAll(async () => {
  installation = await install();
  folder = await mkdtemp(join(tmpdir(), 'sppp-pushed-'));
  data = await mkdtemp(join(tmpdir(), 'sppp-pushed-data-'));
  settings = { SPPP_PORT: String(await freePort()), SPPP_DATA_DIR: data, SPPP_DEMO_PASSWORD: PASSWORD };
  server = await Serving.start(installation, ['demo'], settings);
  login = { SPPP_URL: server.url ?? '', SPPP_USER: 'ssp2r', SPPP_PASSWORD: PASSWORD, XDG_CONFIG_HOME: folder };
}, TOO_LONG);

afterAll(async () => {
  await server.end('SIGINT');
  await installation.remove();
  for (const each of [folder, data]) await rm(each, { recursive: true, force: true, maxRetries: 20 });
}, TOO_LONG);

const owner = ['--rant', 'iana-en:222', '--rar', 'iana-en:223'];

/** Begins or goes on with a push, as a process of its own. */
function begin(
  file: string,
  ...more: string[]
): { child: ChildProcess; ended: Promise<{ code: number | null; err: string }> } {
  const command = join(installation.folder, 'dist', 'cli', 'sppp.js');
  const child = spawn(process.execPath, [command, 'push', file, ...owner, '--per-request', '40', ...more], {
    env: environmentOf(login),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = Promise.all([text(child.stderr), once(child, 'close')]).then(([err, [code]]) => ({
    code,
    err: withoutProgress(err),
  }));
  return { child, ended };
}

/** Lines of progress come on slow machines only. */
const withoutProgress = (err: string) => err.replace(/^sppp: (?:\d+ lines, |waiting ).*\n/gm, '');

const rowsOf = (results: string): string[] =>
  existsSync(results) ? readFileSync(results, 'utf8').split('\n').slice(1, -1) : [];

/** Waits until so many verdicts are written, or the process has ended. */
async function until(done: () => boolean, child: ChildProcess): Promise<void> {
  while (!done() && child.exitCode === null && child.signalCode === null) await delay(2);
}

async function journal(): Promise<{ objects: number; most: number }> {
  const url = /'(postgresql:[^']+)'/.exec(server.told('sql'))?.[1] ?? '';
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ objects: number; most: number }>(
      `SELECT sum(objects)::int AS objects, max(times)::int AS most FROM (
         SELECT sum(objects) AS objects, count(*) AS times FROM sppp_api.transaction
          WHERE client_trans_id LIKE 'push-%' AND code IN (1000, 2100) GROUP BY client_trans_id) each`,
    );
    return rows[0] ?? { objects: 0, most: 0 };
  } finally {
    await client.end();
  }
}

describe('sppp push', () => {
  it('that is killed again and again, as the server is, misses no line and sends none twice', {
    timeout: TOO_LONG,
  }, async () => {
    const file = join(folder, 'numbers.csv');
    const number = (index: number) => `+1202${5_550_000 + index}`;
    const bad = new Map([
      [17, 'n/a,GRP_WEST'],
      [500, `${number(3)},GRP_WEST`],
      [777, `${number(777)},GRP_EAST`],
      [1999, '1.2E+10,GRP_WEST'],
    ]);
    const lines = Array.from({ length: 2000 }, (_, index) => bad.get(index) ?? `${number(index)},GRP_WEST`);
    await writeFile(file, ['tn,dgName', ...lines, ''].join('\n'));
    const groups = join(folder, 'groups.csv');
    await writeFile(groups, 'dgName\nGRP_WEST\n');
    expect(await sppp(installation, ['push', groups, ...owner, '--json'], login)).toMatchObject({ code: 0, err: '' });

    const results = `${file}.results.csv`;
    const state = `${file}.push-state`;
    for (const [index, rows] of [0, 1, 130, 131, 500, 900].entries()) {
      const { child, ended } = begin(file, ...(existsSync(state) ? ['--resume'] : []));
      await until(() => existsSync(state) && rowsOf(results).length >= rows, child);
      await delay(index * 7);
      child.kill('SIGKILL');
      await ended;
    }
    expect(rowsOf(results).length).toBeLessThan(2000);

    // The server goes and comes back; the push waits for it.
    const { child, ended } = begin(file, existsSync(state) ? '--resume' : '--restart');
    await until(() => rowsOf(results).length >= 1200, child);
    await server.end('SIGKILL');
    server = await Serving.start(installation, ['demo'], settings);
    const { code, err } = await ended;
    expect([code, err]).toEqual([1, '']);

    const rows = rowsOf(results).map((row) => row.split(','));
    expect(rows.map(([line]) => Number(line))).toEqual(lines.map((_, index) => index + 2));
    expect(rows.flatMap(([line, , verdict]) => (verdict === '1000' ? [] : [`${line} ${verdict}`]))).toEqual([
      '19 2101',
      '502 2101',
      '779 2102',
      '2001 2101',
    ]);
    expect(await journal()).toEqual({ objects: 1997 + 1, most: 1 });
    const counted = await sppp(installation, ['push', file, ...owner, '--delete', '--check', '--json'], login);
    expect(JSON.parse(counted.out)).toMatchObject({ lines: 2000, good: 1996, failed: 1, faulty: 3, isWhole: true });
    expect((await readdir(folder)).filter((name) => /lock|state/.test(name))).toEqual([]);
  });

  it('stops at Ctrl-C, says how to go on, and names wrong use', { timeout: TOO_LONG }, async () => {
    const file = join(folder, 'more.csv');
    const lines = Array.from({ length: 3000 }, (_, index) => `+1203${5_550_000 + index},GRP_WEST`);
    await writeFile(file, ['tn,dgName', ...lines, ''].join('\n'));
    const { child, ended } = begin(file);
    await until(() => rowsOf(`${file}.results.csv`).length >= 40, child);
    child.kill('SIGINT');
    const stopped = await ended;
    expect([stopped.code, stopped.err]).toEqual([
      1,
      `sppp: stopped; requests under way have ended\nsppp: sppp push ${file} --resume goes on\n`,
    ]);
    const run = async (...args: string[]) => {
      const { err, ...ended } = await sppp(installation, ['push', file, ...owner, ...args], login);
      return { ...ended, err: withoutProgress(err) };
    };
    expect(await run()).toMatchObject({
      code: 3,
      err: expect.stringContaining('--resume goes on, --restart begins anew'),
    });
    expect(await run('--resume', '--restart')).toMatchObject({ code: 3 });
    expect(await run('--resume', '--rant', 'iana-en:1')).toMatchObject({
      code: 3,
      err: expect.stringContaining('--rant iana-en:1: the push was begun with iana-en:222'),
    });
    expect(await run('--resume')).toMatchObject({
      code: 0,
      out: `done 3000 of 3000 lines, refused 0, not sent 0; verdicts in ${file}.results.csv\n`,
      err: '',
    });
    expect(await run('--only-failed', `${file}.results.csv`)).toMatchObject({ code: 0 });
    expect(await readFile(`${file}.results.csv`, 'utf8')).toBe(await readFile(`${file}.results.before.csv`, 'utf8'));

    await writeFile(file, 'number,group\n1,2\n');
    const refused = await run();
    expect([refused.code, refused.err.match(/column \d: '\w+'/g)]).toEqual([
      3,
      ["column 1: 'number'", "column 2: 'group'"],
    ]);
    await writeFile(file, 'tn\nx\n');
    expect(await run()).toMatchObject({ code: 2 });
    expect(await sppp(installation, ['push', join(folder, 'none.csv')], login)).toMatchObject({ code: 3 });
  });
});
