/** What `sppp push` says and leaves behind where it cannot begin, is refused, or has no room: in processes of their own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { environmentOf, type Finished, type Installation, install, sppp } from '../support/command-line.js';
import { startServer, type TestServer } from '../support/server.js';

const TOO_LONG = 120_000;
const owner = ['--rant', 'iana-en:222', '--rar', 'iana-en:223'];
const number = (index: number) => `+1202${5_550_000 + index}`;
const csv = (count: number) => ['tn', ...Array.from({ length: count }, (_, index) => number(index)), ''].join('\n');

let installation: Installation;
let server: TestServer;
let folder: string;
let file: string;

beforeAll(async () => {
  installation = await install();
  server = await startServer();
}, TOO_LONG);
afterAll(async () => {
  await server.close();
  await installation.remove();
}, TOO_LONG);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-push-'));
  file = join(folder, 'my numbers.csv');
  return () => rm(folder, { recursive: true, force: true });
});

const login = (url = server.url) => ({
  ...{ SPPP_URL: url, SPPP_USER: 'ssp2r', SPPP_PASSWORD: 'ssp2r', XDG_CONFIG_HOME: join(folder, 'none') },
});
const push = (...args: string[]): Promise<Finished> => sppp(installation, ['push', file, ...owner, ...args], login());
const resultsOf = async () => (await readFile(`${file}.results.csv`, 'utf8')).split('\n').slice(1, -1);

/** The same where files can have no more than so many blocks of 512 bytes. */
async function pushWithin(blocks: number, ...args: string[]): Promise<Finished> {
  const command = [
    process.execPath,
    join(installation.folder, 'dist', 'cli', 'sppp.js'),
    'push',
    file,
    ...owner,
    ...args,
  ];
  const child = spawn('sh', ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, 'sh', ...command], {
    env: environmentOf(login()),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, out, err };
}

describe('sppp push', { timeout: TOO_LONG }, () => {
  it('tells an empty file from one without lines', async () => {
    await writeFile(file, '');
    const { code, err } = await push();
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/^sppp: .*my numbers\.csv: line 1: the file is empty; expected is a/),
    ]);
    expect(await readdir(folder)).toEqual(['my numbers.csv']);
    await writeFile(file, 'tn,dgName\n');
    const headerOnly = await push('--json');
    expect([headerOnly.code, headerOnly.err]).toEqual([
      2,
      `sppp: ${file}: there is no line of data in it, so nothing is sent\n`,
    ]);
    expect(JSON.parse(headerOnly.out)).toMatchObject({ lines: 0, isWhole: true, results: `${file}.results.csv` });
  });

  it('says of a cut file what is done, and which command goes on', async () => {
    await writeFile(file, gzipSync(csv(50)).subarray(0, -12));
    const { code, out, err } = await push();
    const lines = (await resultsOf()).length;
    expect(code).toBe(1);
    expect(err.split('\n')).toEqual([
      `sppp: ${file}: line ${lines + 2}: the gzip file is cut here; get the whole file`,
      `sppp: the lines before have been sent; when the file is mended, sppp push '${file}' --restart --only-failed '${file}.results.csv' goes on`,
      '',
    ]);
    expect(out).toBe(`done ${lines} of ${lines} lines, refused 0, not sent 0; verdicts in ${file}.results.csv\n`);
    expect(await push('--resume')).toEqual({ code, out, err });
    await writeFile(file, gzipSync(csv(50)));
    expect((await push('--restart', '--only-failed', `${file}.results.csv`)).code).toBe(0);
  });

  it('says what became of the lines of a refused request, and which command goes on', async () => {
    await writeFile(file, csv(20));
    let untilFailure = 2;
    // Before the registry: a request that changes objects fails.
    const { host } = new URL(server.url);
    const failing = createServer((asked, response) => {
      const changes = asked.url?.endsWith('/partial') && asked.headers.authorization !== undefined;
      if (changes && --untilFailure === 0) {
        asked.resume().on('end', () => response.writeHead(418, { 'content-type': 'text/plain' }).end('not today'));
        return;
      }
      const options = { method: asked.method, headers: { ...asked.headers, host } };
      const onward = request(server.url + asked.url, options, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
        answer.pipe(response);
      });
      asked.pipe(onward);
    });
    failing.listen(0, '127.0.0.1');
    await once(failing, 'listening');
    const { port } = failing.address() as { port: number };
    const at = (...args: string[]) =>
      sppp(
        installation,
        ['push', file, ...owner, '--per-request', '5', '--at-once', '1', ...args],
        login(`http://127.0.0.1:${port}`),
      );
    const { code, out, err } = await at();
    expect([code, err.split('\n')]).toEqual([
      1,
      [
        'sppp: HTTP 418: not today',
        `sppp: ${file}: the request was that of lines 7 to 11; the registry has carried out nothing of it; line 7 and those behind it have no verdict`,
        `sppp: when that is mended, sppp push '${file}' --resume goes on`,
        '',
      ],
    ]);
    expect(out).toBe(`done 5 of 5 lines, refused 0, not sent 0; verdicts in ${file}.results.csv\n`);
    expect(await at('--resume')).toMatchObject({ code: 0, err: '' });

    untilFailure = 1;
    expect(await at()).toEqual({
      code: 2,
      out: '',
      err: `sppp: HTTP 418: not today\nsppp: ${file}: nothing is done of any line; when that is mended, sppp push '${file}' begins again\n`,
    });
    failing.close();
  });

  it('leaves nothing behind where there is no room, and names the file', async () => {
    await writeFile(file, csv(2000));
    const { code, out, err } = await pushWithin(0);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(
      /^sppp: .*my numbers\.csv\.push-lock-[0-9a-f-]+: cannot be written: file too large \(EFBIG\); a push writes its lock, .*\n$/,
    );
    expect(await readdir(folder)).toEqual(['my numbers.csv']);

    await symlink('/dev/full', `${file}.push-state.new`);
    expect(await push()).toEqual({
      ...{ code: 2, out: '' },
      err: `sppp: ${file}.push-state: cannot be written: no space left on device (ENOSPC)\n`,
    });
    expect(await readdir(folder)).toEqual(['my numbers.csv']);
  });

  it('goes on when there is room for the verdicts again', async () => {
    await writeFile(file, csv(1000));
    const { code, out, err } = await pushWithin(16, '--per-request', '100', '--at-once', '1');
    expect(code).toBe(1);
    expect(err).toBe(
      `sppp: ${file}.results.csv: cannot be written: file too large (EFBIG)\nsppp: sppp push '${file}' --resume goes on\n`,
    );
    expect(out).toMatch(/^done [1-9]00 of [1-9]00 lines, refused 0, not sent 0; verdicts in /);
    expect(await push('--resume')).toMatchObject({ code: 0, err: '' });
    expect((await resultsOf()).map((row) => Number(row.split(',')[0]))).toEqual(
      Array.from({ length: 1000 }, (_, index) => index + 2),
    );
    expect(await readdir(folder)).toEqual(['my numbers.csv', 'my numbers.csv.results.csv']);
  });

  it('needs a folder in which it may write, and says so', async (context) => {
    if (process.getuid?.() === 0) context.skip('root may write in any folder');
    await mkdir(join(folder, 'locked'));
    file = join(folder, 'locked', 'numbers.csv');
    await writeFile(file, csv(3));
    await chmod(join(folder, 'locked'), 0o500);
    expect(await push()).toMatchObject({
      code: 3,
      err: expect.stringMatching(
        /push-lock-.*: cannot be written: permission denied \(EACCES\); a push writes its lock, /,
      ),
    });
    await chmod(join(folder, 'locked'), 0o700);
  });
});
