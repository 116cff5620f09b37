/** `push` against a real server: the verdict on each line, and what is in the registry in the end. */

import { appendFile, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { push } from '../../src/carrier/push.js';
import { PushStoppedError } from '../../src/carrier/push-stopped.js';
import { connect } from '../../src/client/connect.js';
import {
  connection,
  file,
  folder,
  journal,
  number,
  numbers,
  owner,
  pushed,
  results,
  server,
  stored,
} from '../support/push-trial.js';

describe('push', () => {
  it('writes the verdict on each line, found in the file or told by the registry', async () => {
    await writeFile(
      file,
      [
        'tn,dgName',
        `${number(1)},GRP_WEST`,
        'n/a,GRP_WEST',
        '',
        `${number(2)},GRP_EAST`,
        `${number(1)},GRP_WEST`,
        '1.2E+10,x',
        `"${number(3)}",`,
        '',
      ].join('\r\n'),
    );
    expect(await pushed()).toEqual({
      counts: { good: 2, failed: 1, faulty: 3, unknownClaims: 0 },
      results: `${file}.results.csv`,
    });
    const exact = 'not digits 0 to 9 after an optional +';
    expect(await results()).toEqual([
      'line,key,code,reason',
      `2,${number(1)},1000,`,
      `3,n/a,2101,not sent: column 1: tn 'n/a': ${exact}`,
      `5,${number(2)},2102,dgName 'GRP_EAST': Object does not exist`,
      `6,${number(1)},2101,"not sent: column 1: '${number(1)}': the same object as on line 2, which counts"`,
      `7,1.2E+10,2101,"not sent: column 2: dgName 'x': 1 characters, not 3 to 80; column 1: tn '1.2E+10': ${exact}; make the column one of text in the spreadsheet"`,
      `8,${number(3)},1000,`,
      '',
    ]);
    expect(await stored()).toEqual([number(1), number(3)]);
    expect(await readdir(folder)).toEqual(['numbers.csv', 'numbers.csv.results.csv']);
  });

  it('sends again only what failed, and keeps the verdicts on the rest', async () => {
    await writeFile(file, ['tn,dgName', ...numbers(3), 'x,GRP_WEST', `${number(9)},GRP_EAST`, ''].join('\n'));
    await pushed();
    const before = await journal();
    await writeFile(
      file,
      ['tn,dgName', ...numbers(3), `${number(8)},GRP_WEST`, `${number(9)},GRP_WEST`, ''].join('\n'),
    );
    expect(await pushed({ onlyFailed: `${file}.results.csv` })).toMatchObject({
      counts: { good: 5, failed: 0, faulty: 0 },
    });
    expect((await journal()).objects).toBe(before.objects + 2);
    expect((await results()).slice(1, -1).map((line) => line.split(',')[2])).toEqual(Array(5).fill('1000'));
    expect((await results('numbers.csv.results.before.csv')).length).toBe(7);
    expect(await stored()).toEqual([0, 1, 2, 8, 9].map(number));

    await writeFile(file, ['tn,dgName', ...numbers(4), ''].join('\n'));
    await expect(pushed({ onlyFailed: `${file}.results.csv` })).rejects.toThrow(
      `line 5 is '${number(3)}' and was '${number(8)}' when it was done`,
    );
    await expect(pushed({ onlyFailed: file })).rejects.toThrow('the header line,key,code,reason');
  });

  it('takes no verdicts of a dry run for what is done, and no file that is not one of results to its end', async () => {
    await writeFile(file, ['tn,dgName', ...numbers(3), 'x,GRP_WEST', ''].join('\n'));
    await pushed({ isCheck: true });
    for (const isCheck of [false, true]) {
      await expect(pushed({ isCheck, onlyFailed: `${file}.check.csv` })).rejects.toThrow('verdicts of a dry run');
    }
    await pushed();
    const [header = '', ...rows] = await results();
    const other = join(folder, 'other.csv');
    await writeFile(other, [header, ...rows.slice(0, 4).reverse(), ''].join('\n'));
    await expect(pushed({ onlyFailed: other })).rejects.toThrow(
      'line 3: line,key,code,reason, the lines in their order',
    );
    await writeFile(other, '');
    await expect(pushed({ onlyFailed: other })).rejects.toThrow('the header line,key,code,reason');
    expect((await journal()).requests).toBe(2); // the dry run, and the push
  });

  it('needs a file that can be read again', async () => {
    await expect(pushed({ file: folder })).rejects.toThrow(`${folder}: no regular file`);
  });

  it('sends what failed again with numbers as people write them, beside exact ones that are done', async () => {
    await writeFile(
      file,
      ['tn,dgName', `${number(1).slice(1)},GRP_WEST`, '001202,GRP_WEST', '(202) 555-0102,GRP_WEST', ''].join('\n'),
    );
    expect(await pushed()).toMatchObject({ counts: { good: 2, failed: 0, faulty: 1 } });
    const onlyFailed = `${file}.results.csv`;
    const settings = { normalize: true, country: 'US' };
    expect(await pushed({ onlyFailed, settings })).toMatchObject({ counts: { good: 3, failed: 0, faulty: 0 } });
    expect((await results()).at(-2)).toBe('4,+12025550102,1000,');
  });

  it('carries out nothing in a dry run', async () => {
    await writeFile(file, ['tn,dgName', ...numbers(25), `${number(30)},GRP_EAST`, ''].join('\n'));
    expect(await pushed({ isCheck: true })).toMatchObject({ counts: { good: 25, failed: 1, faulty: 0 } });
    expect(await stored()).toEqual([]);
    expect((await results('numbers.csv.check.csv')).at(-2)).toMatch(/^27,.*,2102,/);
    expect(await readdir(folder)).toEqual(['numbers.csv', 'numbers.csv.check.csv']);
  });

  it('deletes what the lines name', async () => {
    await writeFile(file, ['tn,dgName', ...numbers(25), ''].join('\n'));
    await pushed();
    await writeFile(file, ['tn', number(3), number(4), number(40), ''].join('\n'));
    expect(await pushed({ settings: { delete: true } })).toMatchObject({ counts: { good: 2, failed: 1 } });
    expect((await results())[3]).toMatch(/^4,.*,2102,/);
    expect((await stored()).length).toBe(23);
  });

  it('keeps the order of kinds that refer to each other', async () => {
    const groups = Array.from({ length: 40 }, (_, index) => ({ kind: 'DestGrpType', dgName: `GRP_${index}` }));
    const lines = groups.flatMap((group, index) => [
      group,
      { kind: 'TNType', tn: number(index), dgName: [group.dgName] },
    ]);
    await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(await pushed({ itemsPerPart: 7 })).toMatchObject({ counts: { good: 80, failed: 0, faulty: 0 } });
  });

  it('leaves nothing behind if it cannot begin', async () => {
    await writeFile(file, 'number,group\n1,2\n');
    await writeFile(`${file}.results.csv`, 'of an earlier push');
    await expect(pushed()).rejects.toThrow("column 1: 'number'");
    await writeFile(file, ['tn', number(1), ''].join('\n'));
    const nobody = connect({ url: server.url, user: 'ssp2r', password: 'wrong' });
    const refused = push(
      nobody,
      {
        ...{ file, ifUnfinished: 'refuse', isCheck: false, itemsPerPart: 10, partsAtOnce: 3 },
        settings: { url: server.url, user: 'ssp2r', ...owner },
      },
      { signal: new AbortController().signal, onProgress: () => undefined, onThrottled: () => undefined },
    );
    await expect(refused).rejects.toMatchObject({ name: 'LoginRefusedError' });
    nobody.close();
    expect(await readdir(folder)).toEqual(['numbers.csv', 'numbers.csv.results.csv']);
    expect(await results()).toEqual(['of an earlier push']);
    await writeFile(file, 'tn\n');
    expect(await pushed()).toMatchObject({ counts: { good: 0, failed: 0, faulty: 0 } });
    expect(await results()).toEqual(['line,key,code,reason', '']);
  });
});

describe('a push that was stopped', () => {
  const stoppedAfter = async (lines: number, content = ['tn,dgName', ...numbers(100)]): Promise<PushStoppedError> => {
    await writeFile(file, [...content, ''].join('\n'));
    const stop = new AbortController();
    const onProgress = (done: number) => {
      if (done >= lines) stop.abort(new Error('enough'));
    };
    return pushed({ signal: stop.signal, onProgress }).then(
      () => Promise.reject(new Error('it was not stopped')),
      (error: PushStoppedError) => error,
    );
  };

  it('goes on where it stopped', async () => {
    const { report, canGoOn, cause } = await stoppedAfter(20);
    expect([report.counts.good < 100, canGoOn, (cause as Error).message]).toEqual([true, true, 'enough']);
    await expect(pushed()).rejects.toThrow('is not finished');
    await expect(pushed({ ifUnfinished: 'resume', settings: { rar: 'iana-en:222' } })).rejects.toThrow(
      '--rar iana-en:222: the push was begun with iana-en:223',
    );
    expect(await pushed({ ifUnfinished: 'resume' })).toMatchObject({ counts: { good: 100, failed: 0, faulty: 0 } });
    expect((await results()).slice(1, -1).map((line) => line.split(',')[0])).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index + 2}`),
    );
    expect((await stored()).length).toBe(100);
    expect(await journal()).toEqual({ requests: 10, objects: 100 });
    await expect(pushed({ ifUnfinished: 'resume' })).rejects.toThrow('there is no unfinished push');
  });

  it('does not go on with a file that has changed, and says what to run', async () => {
    await stoppedAfter(20);
    await appendFile(file, `${number(200)},GRP_WEST\n`);
    const line = `sppp push ${file} --restart --only-failed ${file}.results.csv`;
    await expect(pushed({ ifUnfinished: 'resume' })).rejects.toThrow(line);
    const onlyFailed = `${file}.results.csv`;
    expect(await pushed({ ifUnfinished: 'restart', onlyFailed })).toMatchObject({ counts: { good: 101 } });
    expect((await stored()).length).toBe(101);
  });

  it('that has no verdicts yet does not point to those of an earlier push', async () => {
    await writeFile(file, ['tn', ...numbers(20).map((line) => line.split(',')[0]), ''].join('\n'));
    await pushed();
    await stoppedAfter(20);
    const state = `${file}.push-state`;
    const entries = (await readFile(state, 'utf8')).trimEnd().split('\n');
    await writeFile(state, `${entries.filter((entry) => !entry.includes('"done"')).join('\n')}\n`);
    await appendFile(file, `${number(200)},GRP_WEST\n`);
    const resumed = pushed({ ifUnfinished: 'resume' });
    await expect(resumed).rejects.toThrow(`sppp push ${file} --restart sends what is not done by now`);
  });

  it('because its file cannot be read on is not said to go on', async () => {
    await writeFile(file, gzipSync(['tn,dgName', ...numbers(100), ''].join('\n')).subarray(0, -10));
    await expect(pushed()).rejects.toMatchObject({ name: 'PushStoppedError', canGoOn: false });
  });

  it('notices a file of the same size and time with other content', async () => {
    const time = new Date(1_700_000_000_000);
    await writeFile(file, ['tn,dgName', ...numbers(100), ''].join('\n'));
    await utimes(file, time, time);
    const stop = new AbortController();
    const first = pushed({ signal: stop.signal, onProgress: (done) => done >= 20 && stop.abort(new Error('enough')) });
    await expect(first).rejects.toBeInstanceOf(PushStoppedError);
    await writeFile(file, ['tn,dgName', ...numbers(100).reverse(), ''].join('\n'));
    await utimes(file, time, time);
    await expect(pushed({ ifUnfinished: 'resume' })).rejects.toThrow('has changed since its push began');
  });

  it('is settled by what the registry knows of a request without an answer, and cut state is no harm', async () => {
    await stoppedAfter(20);
    const state = `${file}.push-state`;
    const entries = (await readFile(state, 'utf8')).trimEnd().split('\n');
    const lastDone = entries.findLastIndex((entry) => entry.includes('"done"'));
    // As after a crash: the last part was carried out and its verdicts written, but not noted; the next note is cut.
    await writeFile(state, `${entries.filter((_, index) => index !== lastDone).join('\n')}\n{"part":9`);
    expect(await pushed({ ifUnfinished: 'resume' })).toMatchObject({ counts: { good: 100 } });
    expect((await results()).length).toBe(102);
    expect(await journal()).toEqual({ requests: 10, objects: 100 });
  });

  it('says of which claims it is not known whether they hold', { timeout: 120_000 }, async () => {
    const claims = numbers(100).map((line, index) => `${line},${index % 2 === 0}`);
    await stoppedAfter(20, ['tn,dgName,corClaim', ...claims]);
    const state = `${file}.push-state`;
    const entries = (await readFile(state, 'utf8')).trimEnd().split('\n');
    // As after a crash before any verdict was noted: all of them come from the journal, which does not tell of claims.
    await writeFile(state, `${entries.filter((entry) => !entry.includes('"done"')).join('\n')}\n`);
    const unknownClaims = (await journal()).objects / 2;
    const { counts } = await pushed({ ifUnfinished: 'resume' });
    expect(counts).toEqual({ good: 100, failed: 0, faulty: 0, unknownClaims });
    const told = (await results()).filter((row) => row.includes('not known whether the claim holds'));
    expect(told).toHaveLength(unknownClaims);
    expect(told[0]).toMatch(/^2,\+12025550000,1000,"?done, but/);
  });
});

describe('two pushes of one file', () => {
  it('at once are refused', async () => {
    await writeFile(file, ['tn,dgName', ...numbers(200), ''].join('\n'));
    // The one that began sends nothing until the two others have been refused.
    const send = connection.bulkRequest.bind(connection);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const held = vi.spyOn(connection, 'bulkRequest').mockImplementation(async (...asked) => {
      await gate;
      return send(...asked);
    });
    onTestFinished(() => held.mockRestore());
    const pushes = [pushed(), pushed(), pushed()];
    let ended = 0;
    for (const each of pushes) {
      each.catch(() => {
        ended += 1;
        if (ended === 2) open();
      });
    }
    const all = await Promise.allSettled(pushes);
    const refused = all.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const each of refused) expect(each).toContain(`is pushed by process ${process.pid} already`);
    expect((await readdir(folder)).filter((name) => name.includes('lock'))).toEqual([]);
  });

  it('are not hindered by the lock of a dead process, but by that of another machine', async () => {
    await writeFile(file, ['tn,dgName', ...numbers(20), ''].join('\n'));
    const system = async () => JSON.parse(await lockNow()) as { system: string };
    const lockNow = async (): Promise<string> => {
      let text = '';
      const onProgress = () => undefined;
      const running = pushed({ onProgress });
      while (text === '') {
        const name = (await readdir(folder)).find((each) => /push-lock-[0-9a-f-]+$/.test(each));
        if (name !== undefined) text = await readFile(join(folder, name), 'utf8').catch(() => '');
      }
      await running;
      return text;
    };
    const own = await system();
    const dead = join(folder, 'numbers.csv.push-lock-1');
    await writeFile(dead, JSON.stringify({ ...own, pid: process.pid, start: '12' }));
    expect(await pushed()).toMatchObject({ counts: { good: 20 } });
    await writeFile(dead, JSON.stringify({ ...own, pid: 1, start: '12', system: 'elsewhere' }));
    await expect(pushed()).rejects.toThrow(`of another machine or container; if that has ended, remove ${dead}`);
  });
});
