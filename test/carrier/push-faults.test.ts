/** `push` of files that are broken, and at a registry that refuses requests: what is sent, the verdicts, and how it goes on. */

import { randomBytes } from 'node:crypto';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PushStoppedError } from '../../src/carrier/push-stopped.js';
import { type Connection, connect, WholeRequestError } from '../../src/client/connect.js';
import {
  connection,
  file,
  folder,
  journal,
  number,
  numbers,
  pushed,
  results,
  server,
  stored,
} from '../support/push-trial.js';

/** A push that goes on waits for a while for the end of requests of which the registry knows nothing. */
const SETTLING = 120_000;

const stopped = (given: Parameters<typeof pushed>[0] = {}): Promise<PushStoppedError> =>
  pushed(given).then(
    () => Promise.reject(new Error('it was not stopped')),
    (error: PushStoppedError) => error,
  );

/** The connection, where something happens before a request. */
function viaBefore(before: (request: number) => void | Promise<void>): Connection {
  let requests = 0;
  const bulkRequest: Connection['bulkRequest'] = async (items, options) => {
    await before(requests++);
    return connection.bulkRequest(items, options);
  };
  return Object.assign(Object.create(connection) as Connection, { bulkRequest });
}

const held = async () => (await stored()).length;
const sent = async () => (await journal()).objects;
const codes = async () => (await results()).slice(1, -1).map((row) => row.split(',')[2]);
const linesTold = async () => (await results()).slice(1, -1).map((row) => Number(row.split(',')[0]));
const upTo = (last: number) => Array.from({ length: last - 1 }, (_, index) => index + 2);

const csv = (count: number) => ['tn,dgName', ...numbers(count), ''].join('\n');

describe('a file', () => {
  it('with lines that cannot be read has a verdict on each, and its other lines are done', async () => {
    const latin = Buffer.from(`${number(3)},GR\xdcN\n`, 'latin1');
    const lines = [
      ...['tn,dgName', `${number(0)},GRP_WEST`, `"${number(1)},GRP_WEST`, 'continued"'],
      ...[`${number(2)}\0,GRP_WEST`, `\uFEFF${number(2)},GRP_WEST`, `7,${'x'.repeat(10_000_000)}`],
      ...[`8${','.repeat(100_000)}`, ''],
    ];
    await writeFile(
      file,
      Buffer.concat([Buffer.from(lines.join('\n')), latin, Buffer.from(`${number(4)},GRP_WEST\r`)]),
    );
    expect(await pushed()).toMatchObject({ counts: { good: 2, failed: 0, faulty: 7 } });
    const rows = await results();
    expect(rows.slice(1, -1).map((row) => row.split(',').slice(0, 3).join(' '))).toEqual([
      `2 ${number(0)} 1000`,
      expect.stringMatching(/^3 /),
      expect.stringMatching(/^4 /),
      `5 ${number(2)}\\u0000 2101`,
      `6 ${number(2)} 2101`,
      '7 7 2101',
      '8 8 2101',
      `9 ${number(3)} 2101`,
      `10 ${number(4)} 1000`,
    ]);
    expect(rows[6]).toContain("column 2: dgName '7,xxx");
    expect(rows[8]).toContain("column 2: dgName 'GR\\xdcN': not UTF-8");
  });

  it('of gzip that is cut has the verdicts of the lines before the cut, and goes on when it is whole', async () => {
    const random = Array.from({ length: 3000 }, (_, index) => `+1${index}${randomBytes(4).readUInt32BE()},GRP_WEST`);
    const packed = gzipSync(['tn,dgName', ...random, ''].join('\n'));
    await writeFile(file, packed.subarray(0, packed.length - 5000));
    const { report, canGoOn, cause } = await stopped({ itemsPerPart: 1000 });
    const good = await held();
    expect(report).toEqual({
      counts: { good, failed: 0, faulty: 0, unknownClaims: 0 },
      results: `${file}.results.csv`,
    });
    expect([good > 2000 && good < 3000, canGoOn]).toEqual([true, false]);
    expect(String(cause)).toContain(`${file}: line ${good + 2}: the gzip file is cut here`);
    expect(await linesTold()).toEqual(upTo(good + 1));

    const again = await stopped({ ifUnfinished: 'resume' });
    expect(again).toMatchObject({ report, canGoOn: false });
    expect(await sent()).toBe(good);
    await writeFile(file, packed);
    const command = `sppp push ${file} --restart --only-failed ${file}.results.csv`;
    await expect(pushed({ ifUnfinished: 'resume' })).rejects.toThrow(command);
    const onlyFailed = `${file}.results.csv`;
    expect(await pushed({ ifUnfinished: 'restart', onlyFailed })).toMatchObject({ counts: { good: 3000 } });
    expect([await sent(), await held()]).toEqual([3000, 3000]);
  });

  it('that is cut and is pushed with the verdicts of an earlier push is no more than cut', async () => {
    await writeFile(file, csv(20));
    await pushed();
    await writeFile(file, gzipSync(csv(40)).subarray(0, -20));
    expect(String((await stopped({ onlyFailed: `${file}.results.csv` })).cause)).toContain('the gzip file is cut here');
    await writeFile(`${file}.results.csv`, 'line,key,code,reason\n2,x\n');
    await expect(pushed({ ifUnfinished: 'restart', onlyFailed: `${file}.results.csv` })).rejects.toThrow(
      `${file}.results.csv: line 2: '2,x': not a row line,key,code,reason`,
    );
  });

  it.each([
    ['empty', '', 'the file is empty'],
    ['blank', '\n\n', 'the file has only blank lines'],
  ])('that is %s is refused, and nothing is left behind', async (_, text, rule) => {
    await writeFile(file, text);
    await expect(pushed()).rejects.toThrow(`${file}: line 1: ${rule}`);
    expect(await readdir(folder)).toEqual(['numbers.csv']);
  });
});

describe('the results of an unfinished push', () => {
  const unfinished = async () => {
    await writeFile(file, csv(100));
    const stop = new AbortController();
    return stopped({ signal: stop.signal, onProgress: (done) => done >= 20 && stop.abort(new Error('enough')) });
  };

  it.each([
    ['edited', async () => writeFile(`${file}.results.csv`, (await results()).join('\n').replace('1000', '2101'))],
    ['cut', () => truncate(`${file}.results.csv`, 30)],
  ])('that were %s are not written on', async (_, change) => {
    const before = (await unfinished()).report.counts.good;
    const whole = await results();
    await change();
    await expect(pushed({ ifUnfinished: 'resume' })).rejects.toThrow('results.csv is not as the push has written it');
    expect(await held()).toBeGreaterThanOrEqual(before);
    await writeFile(`${file}.results.csv`, whole.join('\n'));
    expect(await pushed({ ifUnfinished: 'resume' })).toMatchObject({ counts: { good: 100 } });
    expect([await linesTold(), await sent()]).toEqual([upTo(101), 100]);
  });

  it('that are gone are named', async () => {
    await unfinished();
    await rm(`${file}.results.csv`);
    await expect(pushed({ ifUnfinished: 'resume' })).rejects.toThrow(
      `${file}.results.csv: cannot be read: no such file or directory (ENOENT)`,
    );
  });

  it('are none of an earlier push, and are not told before they are there', async () => {
    await writeFile(`${file}.results.csv`, 'of an earlier push');
    await writeFile(file, csv(100));
    const stop = new AbortController();
    const via = viaBefore(() => stop.abort(new Error('enough')));
    const cut = viaBefore(() => Promise.reject(new Error('the process ends here')));
    await expect(pushed({ via, signal: stop.signal })).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual(['numbers.csv', 'numbers.csv.results.csv']);
    // As after a crash before the first verdict.
    await writeFile(`${file}.push-state`, '');
    await expect(pushed()).rejects.toThrow(`remove the file (rm ${file}.push-state)`);
    await rm(`${file}.push-state`);
    await expect(pushed({ via: cut })).rejects.toThrow('the process ends here');
    expect(await results()).toEqual(['of an earlier push']);
  });
});

describe('a request without an outcome', () => {
  it('leaves no hole: the verdicts of the requests behind it come when the push goes on', {
    timeout: SETTLING,
  }, async () => {
    await writeFile(file, csv(100));
    const via = viaBefore((request) => {
      if (request === 3) throw new WholeRequestError('2301 System failed', 2301);
    });
    const { report, at, canGoOn, cause } = await stopped({ via });
    expect(String(cause)).toContain('2301 System failed');
    expect([report.counts.good, at, canGoOn]).toEqual([30, { first: 32, last: 41, isUndone: true }, true]);
    expect(await linesTold()).toEqual(upTo(31));
    expect(await sent()).toBeGreaterThan(30);
    expect(await pushed({ ifUnfinished: 'resume' })).toMatchObject({ counts: { good: 100, failed: 0, faulty: 0 } });
    expect([await linesTold(), await sent(), await held()]).toEqual([upTo(101), 100, 100]);
  });

  it('of several requests of a part is not said to have done nothing', { timeout: SETTLING }, async () => {
    await writeFile(file, csv(10));
    const via = viaBefore((request) => {
      if (request === 0) throw new WholeRequestError('2001 MaxSupported:4', 2001, 4);
      if (request === 2) throw new WholeRequestError('2301 System failed', 2301);
    });
    expect(await stopped({ via })).toMatchObject({
      at: { first: 2, last: 11, isUndone: false },
      report: { counts: { good: 0 }, results: undefined },
      canGoOn: true,
    });
    expect(await pushed({ ifUnfinished: 'resume' })).toMatchObject({ counts: { good: 10 } });
    expect([await sent(), await held()]).toEqual([10, 10]);
  });
});

describe('a registry that takes no large requests', () => {
  const limits = () => server.deps.config.limits as { objects: number; wireBytes: number };
  let usual: { objects: number; wireBytes: number };
  beforeEach(() => {
    usual = { ...limits() };
  });
  afterEach(() => {
    Object.assign(limits(), usual);
  });

  it.each([{ partsAtOnce: 1 }, { partsAtOnce: 3 }])(
    'lowers its limit twice in the middle, and each line is sent once: %j',
    async (how) => {
      await writeFile(file, csv(100));
      const lowered = () =>
        viaBefore((request) => {
          if (request === 2) limits().objects = 7;
          if (request === 8) limits().objects = 3;
        });
      expect(await pushed({ via: lowered(), ...how })).toMatchObject({ counts: { good: 100, failed: 0, faulty: 0 } });
      expect([await sent(), await held()]).toEqual([100, 100]);
      limits().objects = usual.objects;
      const settings = { delete: true };
      expect(await pushed({ via: lowered(), settings, ...how })).toMatchObject({ counts: { good: 100, failed: 0 } });
      expect([await sent(), await held()]).toEqual([200, 0]);
    },
  );

  it('is asked for the same requests when the push goes on', { timeout: SETTLING }, async () => {
    await writeFile(file, csv(50));
    const via = viaBefore((request) => {
      if (request === 1) limits().objects = 4;
      if (request === 6) throw new WholeRequestError('2301 System failed', 2301);
    });
    await stopped({ via, partsAtOnce: 1, itemsPerPart: 20 });
    limits().objects = usual.objects;
    expect(await pushed({ ifUnfinished: 'resume' })).toMatchObject({ counts: { good: 50 } });
    expect([await sent(), await held(), await linesTold()]).toEqual([50, 50, upTo(51)]);
  });

  it('has a verdict on the line that is too large by itself, and does the others', async () => {
    limits().wireBytes = 6000;
    const note = `<x:note xmlns:x="urn:x">${randomBytes(8000).toString('base64')}</x:note>`;
    const lines = Array.from({ length: 20 }, (_, index) =>
      JSON.stringify({ kind: 'DestGrpType', dgName: `GRP_${index}`, ...(index === 13 ? { ext: note } : {}) }),
    );
    await writeFile(file, `${lines.join('\n')}\n`);
    expect(await pushed()).toMatchObject({ counts: { good: 19, failed: 1, faulty: 0 } });
    expect((await codes()).map((code, index) => `${index} ${code}`).filter((each) => !each.endsWith(' 1000'))).toEqual([
      '13 2001',
    ]);
    expect((await results())[14]).toContain('too large for the registry: HTTP 413');
  });
});

it('a registry that undoes a request for one bad object has each good line, and each bad one its verdict', async () => {
  const atomic = connect({ url: server.url, user: 'ssp2r', password: 'ssp2r', mode: 'atomic' });
  const lines = numbers(60).map((line, index) => (index % 13 === 5 ? line.replace('WEST', 'EAST') : line));
  await writeFile(file, ['tn,dgName', ...lines, ''].join('\n'));
  expect(await pushed({ via: atomic, itemsPerPart: 30 })).toMatchObject({ counts: { good: 55, failed: 5, faulty: 0 } });
  expect(await codes()).toEqual(lines.map((line) => (line.endsWith('EAST') ? '2102' : '1000')));
  expect(await held()).toBe(55);
  atomic.close();
});
