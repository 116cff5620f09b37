/**
 * Plans of a registrar with narrowed grants for three registrants: all of one, numbers of a span and their groups of another,
 * reading of a third. SPPP_TEST_SEED repeats the random states, SPPP_TEST_ROUNDS is how many there are.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { listObjects } from '../../src/carrier/object-list.js';
import type { Change } from '../../src/carrier/plan.js';
import { connect } from '../../src/client/connect.js';
import type { FormKind } from '../../src/forms/form-kind.js';
import { nounOf } from '../../src/model/noun.js';
import type { Obj } from '../../src/model/obj.js';
import { addGrant } from '../../src/registry/access/administration.js';
import { Dice } from '../support/authority-model.js';
import { applyAt, contentIn, contentOf, type Desk, planAt, pullAt, writeForms } from '../support/plans.js';
import { randomState } from '../support/random-state.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.SPPP_TEST_ROUNDS ?? 6);
const [whole, numbered, readOnly] = ['iana-en:111', 'iana-en:222', 'iana-en:226'] as const;
const rants = [whole, numbered, readOnly];

let server: TestServer;
let folder: string;
let desk: Desk;
let ofNumbered: Desk;
let ofReadOnly: Desk;

beforeAll(async () => {
  server = await startServer();
  const { prisma } = server.deps.database;
  await addGrant(prisma, whole, numbered, { nouns: ['DestGrp'] });
  await addGrant(prisma, whole, numbered, { nouns: ['PubId'], spans: ['1202', '13'] });
  await addGrant(prisma, whole, readOnly, { verbs: ['get'] });
  folder = await mkdtemp(join(tmpdir(), 'sppp-plan-grants-'));
  const login = (user: string): Desk => ({
    ...{ folder, url: server.url },
    connection: connect({ url: server.url, user, password: user }),
  });
  [desk, ofNumbered, ofReadOnly] = [login('ssp1'), login('ssp2r'), login('ssp4')];
  await vi.waitFor(async () => {
    const { head, close } = await listObjects(desk.connection, {});
    await close();
    expect(head.whole.DestGrp).toEqual(rants);
  }, 60_000);
});
afterAll(async () => {
  for (const { connection } of [desk, ofNumbered, ofReadOnly]) connection.close();
  await rm(folder, { recursive: true });
  await server.close();
});

/** Has its own registrar bring a registrant to a state, of these kinds alone; undefined: of all. */
async function provide(own: Desk, rant: string, state: readonly Obj[], kinds?: FormKind[]): Promise<void> {
  const desired = await writeForms(own, 'own', state, kinds);
  const { file, changes } = await planAt(own, [desired], [rant]);
  expect(await applyAt(own, file)).toMatchObject({ applied: changes.length, failed: 0 });
}

/** Numbers and destination groups, without references to what the registrar may not read. */
function numbersOf(state: readonly Obj[]): Obj[] {
  return state.flatMap((obj) => {
    if (obj.kind === 'TNType') return { ...obj, sedRecRef: [] };
    return ['DestGrp', 'PubId'].includes(nounOf(obj)) ? obj : [];
  });
}

/** Records, and groups that name none of the numbers' groups, so that a change of those does not reach them. */
function recordsOf(state: readonly Obj[]): Obj[] {
  return state.flatMap((obj) => {
    if (obj.kind === 'SedGrpType') return { ...obj, dgName: [] };
    return nounOf(obj) === 'SedRec' ? obj : [];
  });
}

/** Whether the grants let the registrar write it. */
function mayWrite(obj: Obj): boolean {
  if (obj.rant !== numbered) return obj.rant === whole;
  if (obj.kind === 'DestGrpType') return true;
  const first = obj.kind === 'TNType' ? obj.tn : obj.kind === 'TNRType' ? obj.range.startRange : '';
  return /^\+?(?:1202|13)/.test(first);
}

const subjectOf = (change: Change): Obj => ('to' in change ? change.to : change.from);

it(`${rounds} random states: what the grants allow is done, the rest is refused one by one, and nothing else is touched`, async () => {
  const dice = new Dice(seed);
  for (let round = 0; round < rounds; round++) {
    const told = `seed ${seed}, round ${round}`;
    const stateOf = (rant: string, rar: string) => randomState(dice, rant, rar, ['iana-en:225']);
    const records = recordsOf(stateOf(numbered, 'iana-en:223'));
    await provide(ofNumbered, numbered, records, ['sedGrp', 'uriRec', 'naptr', 'ns']);
    const seen = stateOf(readOnly, readOnly);
    await provide(ofReadOnly, readOnly, seen);

    const own = stateOf(whole, whole);
    const numbers = numbersOf(stateOf(numbered, whole));
    const added: Obj = { kind: 'DestGrpType', rant: readOnly, rar: whole, dgName: 'ADDED' };
    const other = [...seen.filter((obj) => nounOf(obj) !== 'PubId' || dice.below(2) === 0), added];
    const desired = await writeForms(desk, 'desired', [...own, ...numbers, ...other]);
    const { file, changes } = await planAt(desk, [desired], rants);
    const refused = changes.map(subjectOf).filter((obj) => !mayWrite(obj));
    expect(refused, told).toContainEqual(expect.objectContaining({ dgName: 'ADDED' }));

    const report = await applyAt(desk, file, dice.one([1, 3, 10_000]));
    expect(report, told).toMatchObject({ applied: changes.length - refused.length, failed: refused.length });
    expect(report.failures.map((failure) => failure.split(' ')[1])).toEqual(refused.map(() => '2103'));
    const expected = [...own, ...numbers.filter(mayWrite), ...seen];
    expect(await contentOf(await pullAt(desk)), told).toEqual(contentIn(expected));
    const again = (await planAt(desk, [desired], rants)).changes.map(subjectOf);
    expect(contentIn(again), told).toEqual(contentIn(refused));

    const kept = await contentOf(await pullAt(ofNumbered));
    expect(kept, told).toEqual(contentIn([...records, ...numbers.filter(mayWrite)]));
    expect(await contentOf(await pullAt(ofReadOnly)), told).toEqual(contentIn(seen));
  }
});
