/**
 * Plan, apply and pull at a real server. SPPP_TEST_SEED repeats the random states, SPPP_TEST_ROUNDS is how many there are.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PlanFile } from '../../src/carrier/plan-file.js';
import { pull } from '../../src/carrier/pull.js';
import { type Connection, connect } from '../../src/client/connect.js';
import type { FormKind } from '../../src/forms/form-kind.js';
import { formHeader } from '../../src/forms/write-form.js';
import type { ObjKey } from '../../src/model/key.js';
import type { Obj } from '../../src/model/obj.js';
import { objKinds } from '../../src/model/object-order.js';
import { addGrant, removeGrants } from '../../src/registry/access/administration.js';
import { Dice } from '../support/authority-model.js';
import { acceptRequest, offerKey } from '../support/peering.js';
import { applyAt, contentIn, contentOf, planAt, pullAt, withOther, writeForms } from '../support/plans.js';
import { randomState } from '../support/random-state.js';
import { startServer, type TestServer } from '../support/server.js';
import { addOf, oneOfEach } from '../support/typed-requests.js';
import '../support/long-timeouts.js';

const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.SPPP_TEST_ROUNDS ?? 8);
const rar = 'iana-en:111';
const rants = [rar, 'iana-en:226'];
const shared: ObjKey = { kind: 'ObjKeyType', rant: 'iana-en:225', name: 'GRP', type: 'SedGrp' };

let server: TestServer;
let connection: Connection;
let folder: string;

beforeAll(async () => {
  // Fewer objects in a request than the plans below have changes.
  server = await startServer({ settings: { SPPP_MAX_OBJECTS: '40' } });
  await addGrant(server.deps.database.prisma, rar, 'iana-en:226');
  // What another registrant shares is in lists, and in no plan.
  await server.post(addOf(oneOfEach('iana-en:225', 'iana-en:225', [rar])), { as: 'ssp3' });
  await server.post(acceptRequest(offerKey('GRP', rar, 'iana-en:225')), { as: 'ssp1' });
  await heardOfGrants();
  connection = connect({ url: server.url, user: 'ssp1', password: 'ssp1' });
});
afterAll(async () => {
  connection.close();
  await server.close();
});
/** Returns when the server has read the grants anew. */
async function heardOfGrants(): Promise<void> {
  const find = () => server.deps.credentials.find('ssp1', new Date());
  const before = await find();
  await server.sql('NOTIFY sppp_authority');
  while ((await find()) === before) await delay(10);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-plan-test-'));
  return () => rm(folder, { recursive: true });
});

const desk = () => ({ connection, url: server.url, folder });
const write = (name: string, objects: readonly Obj[], kinds?: FormKind[]) => writeForms(desk(), name, objects, kinds);
const plan = (desired: readonly string[], covered?: readonly string[]) => planAt(desk(), desired, covered);
const apply = (file: string, perRequest?: number, maxDeletions?: number) =>
  applyAt(desk(), file, perRequest, maxDeletions);
const pulled = () => pullAt(desk());

const all = (dice: Dice): Obj[] =>
  rants.flatMap((rant, index) =>
    randomState(dice, rant, rar, ['iana-en:222', 'iana-en:225'], index === 0 ? [shared] : []),
  );

it(`of ${rounds} random states, applied one after the other: pull has the state, a second plan and a second apply are empty`, async () => {
  const dice = new Dice(seed);
  for (let round = 0; round < rounds; round++) {
    const state = all(dice);
    const desired = await write('desired', state);
    const { file, changes } = await plan([desired], rants);
    const perRequest = dice.one([1, 3, 10_000]);
    const report = await apply(file, perRequest);
    const told = `seed ${seed}, round ${round}`;
    expect(report, told).toMatchObject({ changes: changes.length, applied: changes.length, failed: 0, failures: [] });
    const after = await pulled();
    expect(await contentOf(after), told).toEqual(contentIn(state));
    expect((await plan([desired], rants)).changes, told).toEqual([]);
    expect((await plan([after], rants)).changes, `${told}: pull, then plan`).toEqual([]);
    const before = await server.sql('SELECT count(*) FROM sppp.transaction WHERE committed');
    expect(await apply(file, perRequest), told).toMatchObject({ applied: 0, already: changes.length, failed: 0 });
    expect(await server.sql('SELECT count(*) FROM sppp.transaction WHERE committed'), told).toEqual(before);
  }
}, 600_000);

describe('a plan', () => {
  const tn = (number: string, more: Partial<Obj> = {}) =>
    ({ kind: 'TNType', rant: rar, rar, dgName: [], tn: number, sedRecRef: [], ...more }) as Obj;
  const group = (dgName: string, rant = rar): Obj => ({ kind: 'DestGrpType', rant, rar, dgName });

  beforeEach(async () => {
    const none = await write('none', []);
    await apply((await plan([none], rants)).file);
    const first = await write('first', [
      group('EAST'),
      group('WEST'),
      tn('+1', { dgName: ['EAST'] }),
      tn('2'),
      tn('3'),
      tn('4'),
    ]);
    expect(await apply((await plan([first])).file)).toMatchObject({ failed: 0 });
  });

  it('says what is added, changed field by field, and deleted, and counts', async () => {
    const { changes, counts } = await plan([
      await write('d', [group('East'), group('WEST'), tn('1', { dgName: ['west'] }), tn('2'), tn('3'), tn('5')]),
    ]);
    expect(changes).toMatchObject([
      { do: 'change', to: { dgName: 'East' }, differences: [{ name: 'dgName', from: 'EAST', to: 'East' }] },
      {
        ...{ do: 'change', to: { tn: '1' } },
        differences: [
          { name: 'dgName', from: ['EAST'], to: ['west'] },
          { name: 'tn', from: '+1', to: '1' },
        ],
      },
      { do: 'delete', from: { tn: '4' } },
      { do: 'add', to: { tn: '5' } },
    ]);
    expect(counts).toMatchObject({
      DestGrpType: { now: 2, add: 0, change: 1, delete: 0 },
      TNType: { now: 4, add: 1, change: 1, delete: 1 },
    });
  });

  it('covers the kinds that the files have and the registrants of their lines', async () => {
    const onlyNumbers = await write('n', [tn('2')], ['tn']);
    expect((await plan([onlyNumbers])).changes.map((each) => each.do)).toEqual(['delete', 'delete', 'delete']);
    const ofAnother = await write('o', [tn('2', { rant: 'iana-en:226' })], ['tn']);
    expect((await plan([ofAnother])).changes).toMatchObject([{ do: 'add' }]);
    const nothing = await write('h', [], ['tn']);
    await expect(plan([nothing])).rejects.toThrow('--rant: the registrant that they speak of');
    expect((await plan([nothing], [rar])).changes).toHaveLength(4);
  });

  it('makes an SED record of another kind a change, whichever kinds the files have', async () => {
    const uri: Obj = { kind: 'URIType', rant: rar, rar, sedName: 'REC', isInSvc: true, ere: '^(.*)$', uri: 'sip:a' };
    await apply((await plan([await write('u', [uri], ['uriRec'])])).file);
    const ns: Obj = {
      kind: 'NSType',
      rant: rar,
      rar,
      sedName: 'rec',
      isInSvc: true,
      hostName: 'ns.example',
      ipAddr: [],
    };
    const { changes, file } = await plan([await write('n', [ns], ['ns'])]);
    expect(changes).toMatchObject([{ do: 'change', differences: [{ name: 'kind', from: 'URIType', to: 'NSType' }] }]);
    expect(await apply(file)).toMatchObject({ applied: 1, failed: 0 });
  });

  it('tells all faults of the files, objects in two files, and names of what it would delete', async () => {
    const bad = join(folder, 'bad.csv');
    await writeFile(bad, `${formHeader('tn')}\n${rar},${rar},,,,+12x,,,,\n${rar},,,,,13,,,yes,\n`);
    await expect(plan([bad])).rejects.toThrow('lines have faults; nothing was compared');
    const [one, two] = [await write('one', [tn('7')], ['tn']), await write('two', [tn('+7')], ['tn'])];
    await expect(plan([one, two])).rejects.toThrow(
      /tn:iana-en:111:\+?7 is in two files: .*one.*tn\.csv: line 2, .*two.*tn\.csv: line 2/,
    );
    await expect(plan([await write('gone', [group('WEST'), tn('1', { dgName: ['EAST'] })])])).rejects.toThrow(
      /tn\.csv: line 2: tn:iana-en:111:1 names destGrp:iana-en:111:EAST, which no file has/,
    );
  });

  it('is refused from a named pipe at once: nothing would stop the wait for a program that writes into it', async () => {
    const pipe = join(folder, 'pipe.csv');
    await promisify(execFile)('mkfifo', [pipe]);
    await expect(plan([pipe])).rejects.toThrow(`${pipe}: a named pipe; save what comes of it as a file first`);
    await expect(plan([folder])).rejects.toThrow(`${pipe}: a named pipe`);
    await expect(apply(pipe)).rejects.toThrow(`${pipe}: this can be read only once`);
  });

  it('is refused for a registrant that the login may not read', async () => {
    await expect(plan([await write('x', [tn('1', { rant: 'iana-en:225' })], ['tn'])])).rejects.toThrow(
      'iana-en:111 has no grant to read PubId of iana-en:225: there is nothing to compare the files with',
    );
  });

  it('of a pull with a grant for some nouns is empty, and is refused only for lines about others', async () => {
    await addGrant(server.deps.database.prisma, rar, 'iana-en:222', { nouns: ['PubId'] });
    await heardOfGrants();
    await server.post(addOf([tn('8', { rant: 'iana-en:222' }), tn('9', { rant: 'iana-en:222' })]), { as: 'ssp1' });
    const all = await pulled();
    expect(await readFile(join(all, 'tn.csv'), 'utf8')).toContain('iana-en:222,');
    expect((await plan([all])).changes).toEqual([]);
    await expect(plan([await write('g', [group('WEST', 'iana-en:222')])])).rejects.toThrow(
      'no grant to read DestGrp of iana-en:222: there',
    );
    await expect(plan([await write('h', [], ['destGrp'])], ['iana-en:222'])).rejects.toThrow('DestGrp of iana-en:222');
    const none = await plan([await write('i', [], ['destGrp', 'tn'])], ['iana-en:222']);
    expect(none.changes.map((each) => each.do)).toEqual(['delete', 'delete']);
    await apply(none.file);
    await removeGrants(server.deps.database.prisma, rar, 'iana-en:222');
    await heardOfGrants();
  });

  it('is not carried out if what it is about has changed, and other changes do no harm', async () => {
    const { file } = await plan([
      await write('d', [group('EAST'), group('WEST'), tn('1', { dgName: ['EAST'] }), tn('2'), tn('3'), tn('5')]),
    ]);
    const added = await server.post(addOf([tn('3', { dgName: ['EAST'] }), group('OTHER')]), { as: 'ssp1' });
    expect(added.status).toBe(200);
    await server.post(addOf([tn('4', { dgName: ['WEST'] })]), { as: 'ssp1' });
    for (const perRequest of [1, 10_000]) {
      expect(await apply(file, perRequest)).toMatchObject({
        applied: 0,
        refused: {
          why: 'changed',
          conflicts: [{ key: 'tn:iana-en:111:4', do: 'delete', reason: 'it has changed: dgName: (none) → WEST' }],
        },
      });
    }
    await server.post(addOf([tn('4')]), { as: 'ssp1' }); // written again, with the same values
    expect(await apply(file)).toMatchObject({ applied: 3, failed: 0 });
  });

  it('that deletes much of a kind needs leave', async () => {
    const { file } = await plan([await write('d', [group('EAST'), group('WEST'), tn('1'), tn('2')])]);
    expect(await apply(file, 10, 49)).toMatchObject({
      applied: 0,
      refused: { why: 'deletions', losing: [{ kind: 'TNType', now: 4, delete: 2 }] },
    });
    expect(await apply(file, 10, 50)).toMatchObject({ applied: 3, failed: 0 });
    for (const perRequest of [1, 10]) {
      expect(await apply(file, perRequest, 0), 'once more').toMatchObject({ applied: 0, already: 3 });
    }
    await server.post(addOf([tn('3')]), { as: 'ssp1' });
    const again = await apply(file, 1, 30);
    expect(again).toMatchObject({ refused: { why: 'deletions', losing: [{ kind: 'TNType', now: 3, delete: 1 }] } });
    expect(await apply(file, 1, 34)).toMatchObject({ applied: 1, already: 2 });
  });

  it('is asked about once, and a second time right before the requests about what is not done', async () => {
    const { file } = await plan([await write('d', [tn('2'), tn('3'), tn('4'), tn('5'), tn('6'), tn('7')], ['tn'])]);
    const asked: number[] = [];
    const original = connection;
    connection = withOther(original, {
      get: (keys) => {
        asked.push(keys.length);
        return original.get(keys);
      },
    });
    await server.post(addOf([tn('5'), tn('6')]), { as: 'ssp1' });
    expect(await apply(file, 3)).toMatchObject({ changes: 4, applied: 2, already: 2 });
    expect(await apply(file, 3)).toMatchObject({ applied: 0, already: 4 });
    expect(await apply(file, 4)).toMatchObject({ applied: 0, already: 4 });
    connection = original;
    expect(asked).toEqual([3, 1, 2, 3, 1, 4]);
  });

  it('is sent no further where something changes in the middle of it', async () => {
    const { file } = await plan([await write('d', [tn('2'), tn('3'), tn('4'), tn('5'), tn('6'), tn('7')], ['tn'])]);
    const original = connection;
    let requests = 0;
    connection = withOther(original, {
      bulk: async function* (items, options) {
        yield* original.bulk(items, options);
        requests += 1;
        if (requests === 1) await server.post(addOf([tn('7', { dgName: ['WEST'] }), tn('6')]), { as: 'ssp1' });
      },
    });
    const report = await apply(file, 1);
    connection = original;
    expect(report).toMatchObject({
      ...{ changes: 4, applied: 1, already: 1, failed: 0 },
      refused: { why: 'changed', conflicts: [{ key: 'tn:iana-en:111:7', do: 'add' }] },
    });
  });

  it('tells what the registry refuses, and does the rest', async () => {
    const { file } = await plan([
      await write(
        'd',
        [tn('2'), tn('3', { dgName: ['NONE'] }), tn('6'), tn('+1', { dgName: ['EAST'] }), tn('4')],
        ['tn'],
      ),
    ]);
    expect(await apply(file)).toMatchObject({
      changes: 2,
      applied: 1,
      failed: 1,
      failures: [expect.stringContaining('change: 2102 ')],
    });
  });

  it('in which an object becomes another one is refused', async () => {
    const { file } = await plan([await write('d', [tn('2', { dgName: ['EAST'] })], ['tn'])]);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/("to":\{[^\n]*"tn":)"2"/, '$1"22"'));
    await expect(apply(file)).rejects.toThrow(
      /^.*plan-\d+\.json: line \d+: from is tn:iana-en:111:2, and to is tn:iana-en:111:22: a change keeps the key/,
    );
  });

  it('in which an object has two changes is refused', async () => {
    const { file } = await plan([await write('d', [tn('2'), tn('5')], ['tn'])]);
    const text = await readFile(file, 'utf8');
    const [, line = ''] = /^(\{"do":"add".*\})$/m.exec(text) ?? [];
    await writeFile(file, text.replace(line, `${line},\n${line.replace('"tn":"5"', '"tn":"+5"')}`));
    await expect(apply(file)).rejects.toThrow(/: line (\d+): tn:iana-en:111:\+5: the same object as on line \d+$/);
  });

  it('is read from one file, whole, though another one takes its place or it is changed', async () => {
    const { file } = await plan([await write('d', [tn('5')], ['tn'])]);
    const opened = await PlanFile.open(file);
    const partsOf = async () => {
      const read: unknown[] = [];
      for await (const part of opened.parts()) read.push(part);
      return read;
    };
    const before = await partsOf();
    await rename(file, `${file}.old`);
    await writeFile(file, '');
    expect(await partsOf()).toEqual(before);
    await writeFile(`${file}.old`, '');
    await expect(partsOf()).rejects.toThrow('somebody has changed it while it was read');
    await opened.close();
    await expect(PlanFile.open(folder)).rejects.toThrow(`${folder}: this is a folder, not a file; a plan is the file`);
    await expect(PlanFile.open('/dev/null')).rejects.toThrow('/dev/null: this can be read only once');
    await expect(PlanFile.open(`${file}.none`)).rejects.toThrow(`${file}.none: there is no such file`);
  });

  it('that is no plan, was cut or has been edited badly is refused whole', async () => {
    const { file } = await plan([await write('d', [tn('5')], ['tn'])]);
    const text = await readFile(file, 'utf8');
    for (const [wrong, message] of [
      ['', 'a plan without its end'],
      ['{}', 'not a plan'],
      [text.slice(0, text.lastIndexOf('\n]')), 'a plan without its end'],
      [text.replace('"tn":"5"', '"tn":"5x"'), '5x'],
      [text.replace('"do":"add"', '"do":"steal"'), 'not a plan'],
      [text.replace('],"counts":', '],"count":'), 'not a plan'],
      [text.replace('"url":"http://', '"url":"http://other.'), `, not for ${server.url}`],
    ] as const) {
      await writeFile(file, wrong);
      await expect(apply(file), wrong).rejects.toThrow(message);
    }
    expect(objKinds).toHaveLength(12);
  });
});

describe('a pull', () => {
  it('writes the objects of others into a folder of their own, and replaces whole files', async () => {
    const path = await pulled();
    await writeFile(join(path, 'destGrp.csv'), 'old');
    await pull(connection, path, { kind: ['DestGrpType', 'SedGrpType'] });
    expect((await readFile(join(path, 'destGrp.csv'), 'utf8')).startsWith(formHeader('destGrp'))).toBe(true);
    const peers = await readFile(join(path, 'peers', 'sedGrp.csv'), 'utf8');
    expect(peers.split('\n')[1]).toContain('iana-en:225');
    expect((await readdir(path)).filter((name) => name.includes('.new'))).toEqual([]);
  });
});
