/**
 * The server handles neighbouring items as one set; this must be no different from one item after the other, which is
 * how test/support/model.ts does it. SPPP_TEST_FACTOR=20 makes twenty times as many cases.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { makeAgreement } from '../../src/registry/access/agreements.js';
import { anyWidth } from '../support/claims.js';
import { getRequest, type ReadAnswer, readAnswer } from '../support/message.js';
import {
  Model,
  type ModelAnswer,
  type ModelCaller,
  type ModelItem,
  type ModelKey,
  type OfferFilter,
  writeKey,
  writeObj,
} from '../support/model.js';
import {
  acceptRequest,
  batchRequest,
  getOffersRequest,
  type ModePath,
  rejectRequest,
  sketchInside,
  sketchOf,
} from '../support/peering.js';
import { foundation, type RandomRequest, randomRequests, resolve } from '../support/random-items.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';
import { factor } from '../support/runs.js';

type User = ModelCaller & { readonly as: UserName };

/** Two registrars act for the same two registrants, so that objects change hands. */
const users: readonly User[] = [
  { as: 'ssp1', registrar: 'iana-en:111', grants: ['iana-en:111'] },
  { as: 'ssp2r', registrar: 'iana-en:223', grants: ['iana-en:222', 'iana-en:225'] },
  { as: 'ssp3', registrar: 'iana-en:225', grants: ['iana-en:225', 'iana-en:222'] },
  { as: 'ssp4', registrar: 'iana-en:226', grants: ['iana-en:226'] },
];
const orgs = ['iana-en:111', 'iana-en:222', 'iana-en:223', 'iana-en:225', 'iana-en:226'];

/** Of those who act for both sides, and of those who do not. */
const agreements = [
  { offeredTo: 'iana-en:225', offeredBy: 'iana-en:222', pattern: 'grp_o*', names: /^grp_o/i },
  { offeredTo: 'iana-en:111', offeredBy: 'iana-en:225', pattern: null, names: /^/ },
  { offeredTo: 'iana-en:226', offeredBy: 'iana-en:111', pattern: '*_TWO', names: /_two$/i },
];

let server: TestServer;
let minutes = 0;
const now = () => new Date(Date.UTC(2041, 4, 30) + minutes * 60_000);

const time = () => now().toISOString().replace('.000Z', 'Z');

beforeAll(async () => {
  server = await startServer({ clock: now, settings: anyWidth });
  const { prisma, pool } = server.deps.database;
  for (const agreement of agreements) await makeAgreement(pool, agreement, { onBehalfOf: 'the test' }, new Date());
  await addGrant(prisma, 'iana-en:223', 'iana-en:225');
  await addGrant(prisma, 'iana-en:225', 'iana-en:222');
});
afterAll(() => server.close());

const seen = new Map<string, number>();

it('any items have in any mode the result and the answer of one item after the other', {
  timeout: 300_000 * factor,
}, async () => {
  await randomRuns(15 * factor);
  // Random items that all fail, or all succeed, would prove little.
  while (unseen().length > 0) await randomRuns(5);
});

/** So many random runs; on a busy machine one run takes seconds. */
function randomRuns(numRuns: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(randomRequests(users.length), async (requests) => {
      for (const table of ['egress_route', 'sed_group', 'sed_record', 'destination_group', 'public_identifier']) {
        await server.sql(`DELETE FROM sppp.${table}`);
      }
      const model = new Model(orgs, agreements);
      await found(model);
      for (const request of requests) await check(request, model);
      for (const user of users) {
        await checkReader(user, model);
        await checkGetOffers({}, user.as, model);
      }
    }),
    { numRuns, interruptAfterTimeLimit: 50_000 * factor },
  );
}

/** The outcomes that no item has reached yet. */
function unseen(): string[] {
  const wanted = ['add', 'del', 'accept', 'reject'].flatMap((verb) => [`${verb} 1000`, `${verb} 2102`]);
  return wanted.filter((what) => !seen.has(what));
}

async function found(model: Model): Promise<void> {
  minutes += 1;
  for (const caller of users) {
    const items = caller.grants.flatMap((rant) => foundation(rant, caller.registrar));
    expectSame(await send(items, caller.as, '/sppp'), model.atomic(items, caller, time()), items);
  }
}

async function check({ user, reader, ...request }: RandomRequest, model: Model): Promise<void> {
  const caller = userAt(user);
  const items = resolve(request.items, caller);
  minutes += 1;
  const at = time();
  const before = await rows();

  const foretold = model.validate(items, caller, at);
  expectSame(await send(items, caller.as, '/sppp/validate'), foretold, items);
  expect(await rows()).toEqual(before);

  const whole = model.atomic(items, caller, at);
  const received = await send(items, caller.as, '/sppp');
  expectSame(received, whole, items);
  if (whole.code === 1000) {
    expect(whole).toEqual(foretold);
    await expectDeletions(received, items, whole);
  } else {
    expect(await rows()).toEqual(before);
    await commit(items, caller, model, foretold);
  }
  count(items, foretold);

  await checkReader(caller, model);
  const curious = userAt(reader);
  await checkGet(resolve(request.probe, curious), curious.as, model);
  await checkGetOffers(resolve(request.filter, curious), curious.as, model);
}

/** Applies the valid items: as a partial request, or without the invalid ones in all three modes. */
async function commit(items: readonly ModelItem[], caller: User, model: Model, foretold: ModelAnswer): Promise<void> {
  const failed = new Set(foretold.details.filter(({ code }) => code !== 1000).map(({ index }) => index));
  const good = items.filter((_, index) => !failed.has(index));
  if (good.length === 0 || minutes % 2 === 0) {
    const received = await send(items, caller.as, '/sppp/partial');
    const expected = model.partial(items, caller, time());
    expectSame(received, expected, items);
    return expectDeletions(received, items, expected);
  }
  const before = await rows();
  const promised = model.validate(good, caller, time());
  expect(promised.code).toBe(1000);
  expectSame(await send(good, caller.as, '/sppp/validate'), promised, good);
  expect(await rows()).toEqual(before);
  const path = minutes % 4 === 1 ? '/sppp' : '/sppp/partial';
  expectSame(await send(good, caller.as, path), model.atomic(good, caller, time()), good);
}

/** Each deletion is recorded, also of objects that the same request added. */
async function expectDeletions({ serverTransId }: ReadAnswer, items: readonly ModelItem[], { details }: ModelAnswer) {
  const failed = new Set(details.filter(({ code }) => code !== 1000).map(({ index }) => index));
  const deleted = items.filter(({ verb }, index) => (verb === 'del' || verb === 'reject') && !failed.has(index));
  const [row] = await server.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM sppp.deletion d JOIN sppp.transaction t ON t.id = d.transaction_id
      WHERE t.server_trans_id = $1`,
    [serverTransId],
  );
  expect(row?.n).toBe(deleted.length);
}

/** All objects that a caller may read, in one Get. */
async function checkReader(caller: User, model: Model): Promise<void> {
  const keys = model.keys().filter((key) => model.get([key], caller).code === 1000);
  if (keys.length > 0) await checkGet(keys, caller.as, model);
}

async function checkGet(keys: readonly ModelKey[], as: UserName, model: Model): Promise<void> {
  const { code, msg, resultObjs } = await ask(getRequest(...keys.map((key) => writeKey('objKey', key))), as);
  const expected = model.get(keys, callerNamed(as));
  expect({ code, msg: plain(msg, expected.msg) }).toEqual({ code: expected.code, msg: expected.msg });
  expect(resultObjs.map(sketchInside)).toEqual(expected.objs.map(sketchOf));
}

async function checkGetOffers(filter: OfferFilter, as: UserName, model: Model): Promise<void> {
  const { offeredBy = [], offeredTo = [], status, keys = [] } = filter;
  const answer = await ask(
    getOffersRequest(
      ...offeredBy.map((org) => `<offeredBy>${org}</offeredBy>`),
      ...offeredTo.map((org) => `<offeredTo>${org}</offeredTo>`),
      status === undefined ? '' : `<status>${status}</status>`,
      ...keys.map((offer) => writeKey('sedGrpOfferKey', { offer }, false)),
    ),
    as,
  );
  expect(answer.code, answer.msg).toBe(1000);
  const expected = model.getOffers(filter, callerNamed(as)).map(sketchOf);
  expect(answer.resultObjs.map(sketchInside).sort()).toEqual(expected.sort());
}

function userAt(index: number): User {
  return users[index] ?? callerNamed('ssp1');
}

function callerNamed(as: UserName): User {
  const found = users.find((user) => user.as === as);
  if (found === undefined) throw new Error(as);
  return found;
}

const batchElements = {
  add: 'addObj',
  del: 'delObj',
  accept: 'acceptSedGrpOffer',
  reject: 'rejectSedGrpOffer',
} as const;

/** As an operation of its own if the items have one verb and are odd in number, else as a batch. */
function send(items: readonly ModelItem[], as: UserName, path: ModePath): Promise<ReadAnswer> {
  const verbs = new Set(items.map(({ verb }) => verb));
  const [verb] = verbs;
  if (!isAlone(items) || verb === undefined) {
    return ask(batchRequest(...items.map((item) => write(batchElements[item.verb], item))), as, path);
  }
  const element = { add: 'obj', del: 'objKey', accept: 'sedGrpOfferKey', reject: 'sedGrpOfferKey' }[verb];
  const content = items.map((item) => write(element, item)).join('');
  if (verb === 'accept') return ask(acceptRequest(content), as, path);
  if (verb === 'reject') return ask(rejectRequest(content), as, path);
  const wrapper = verb === 'add' ? 's:spppAddRequest' : 's:spppDelRequest';
  return ask(batchRequest(content).replaceAll('s:spppBatchRequest', wrapper), as, path);
}

function isAlone(items: readonly ModelItem[]): boolean {
  return items.length % 2 === 1 && new Set(items.map(({ verb }) => verb)).size === 1;
}

function write(element: string, item: ModelItem): string {
  return item.verb === 'add' ? writeObj(element, item.obj) : writeKey(element, item.key, item.verb === 'del');
}

async function ask(xml: string, as: UserName, path: ModePath = '/sppp'): Promise<ReadAnswer> {
  const { status, text } = await server.post(xml, { as, path });
  expect(status, text).toBe(200);
  return readAnswer(text);
}

function expectSame(answer: ReadAnswer, expected: ModelAnswer, items: readonly ModelItem[]): void {
  expect({ code: answer.code, msg: answer.msg }, JSON.stringify(answer.details.slice(0, 3))).toEqual({
    code: expected.code,
    msg: expected.msg,
  });
  const received = answer.details.map(({ element, code, msg, subject, failure }, index) => ({
    element,
    code,
    place: /object (\d+)\)$/.exec(msg)?.[1],
    toldToPrograms: failure?.index,
    msg: plain(msg, expected.details[index]?.msg ?? ''),
    // If the schema does not admit a value in the answer, it has a stand-in; its kind is still right.
    subject: code === 2101 ? subject.type : sketchInside(subject),
  }));
  const isBatch = !isAlone(items);
  const foretold = expected.details.map(({ index, code, msg, stored }) => {
    const item = items[index] as ModelItem;
    const sent = sketchOf(stored ?? (item.verb === 'add' ? writeObj('obj', item.obj) : writeKey('objKey', item.key)));
    const place = code === 1000 ? undefined : String(index + 1);
    return {
      place,
      toldToPrograms: item.verb === 'add' ? place : undefined,
      element: isBatch ? `${item.verb}Result` : 'detailResult',
      code,
      msg,
      subject: code === 2101 ? sent.slice('it:'.length).split(/[(=]/)[0] : sent,
    };
  });
  expect(received).toEqual(foretold);
}

/** A message without the reason for people at its end. */
function plain(msg: string, expected: string): string {
  return msg.startsWith(`${expected.trimEnd()} (`) ? expected : msg === expected.trimEnd() ? expected : msg;
}

function count(items: readonly ModelItem[], { details }: ModelAnswer): void {
  const codes = new Map(details.map(({ index, code }) => [index, code]));
  for (const [index, { verb }] of items.entries()) {
    const what = `${verb} ${codes.get(index) ?? 1000}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
}

/** All that is in the registry, the journal apart. */
async function rows(): Promise<unknown> {
  const tables = ['destination_group', 'sed_record', 'sed_record_ip_addr', 'sed_group', 'sed_group_sed_record'];
  tables.push('sed_group_dest_grp', 'sed_group_source_ident', 'sed_group_offer', 'egress_route');
  tables.push(
    'egress_route_sed_group',
    'public_identifier',
    'destination_group_member',
    'public_identifier_sed_record',
  );
  const selects = tables.map((table) => `(SELECT json_agg(t ORDER BY t::text) FROM sppp.${table} t) AS ${table}`);
  return server.sql(`SELECT ${selects.join(', ')}`);
}
