/**
 * Several clients work on the same offer or group at once. Their answers, and the registry afterwards, must
 * be those of some order of the requests, one after the other (RFC 7877 §7.2, §7.4, §7.5).
 */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDone, expectRefused, sedGrp } from '../support/carrier.js';
import { addRequest, delRequest, getRequest, obj, objKey, readAnswer } from '../support/message.js';
import {
  Model,
  type ModelCaller,
  type ModelItem,
  type ModelKey,
  type OfferObj,
  writeKey,
  writeObj,
} from '../support/model.js';
import { acceptRequest, offer, offerKey, party, rejectRequest, sketchInside, sketchOf } from '../support/peering.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';

const [ssp1, ssp2, rar2] = ['iana-en:111', 'iana-en:222', 'iana-en:223'] as const;
const time = new Date('2041-05-30T09:30:10Z');
const at = '2041-05-30T09:30:10Z';

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ clock: () => time });
});
afterAll(() => server.close());

type User = ModelCaller & { readonly as: UserName };
const seller: User = { as: 'ssp2r', registrar: rar2, grants: [ssp2] };
const buyer: User = { as: 'ssp1', registrar: ssp1, grants: [ssp1] };

interface Move {
  readonly by: User;
  readonly items: readonly ModelItem[];
}

const group = { rant: ssp2, name: 'GRP_SHARED', type: 'SedGrp' };
const offerObj: OfferObj = { type: 'SedGrpOfferType', rant: ssp2, rar: rar2, group, offeredTo: ssp1 };
const theOffer = { offer: { group, offeredTo: ssp1 } };
const theRoute: ModelKey = { named: { rant: ssp1, name: 'ROUTE', type: 'EgrRte' } };
const addGroup: ModelItem = {
  verb: 'add',
  obj: {
    type: 'SedGrpType',
    rant: ssp2,
    rar: rar2,
    sedGrpName: 'GRP_SHARED',
    refs: [],
    dgNames: [],
    sources: [],
    isInSvc: true,
    priority: '1',
  },
};
const moves = {
  offer: { by: seller, items: [{ verb: 'add', obj: offerObj }] },
  accept: { by: buyer, items: [{ verb: 'accept', key: theOffer }] },
  reject: { by: buyer, items: [{ verb: 'reject', key: theOffer }] },
  withdraw: { by: seller, items: [{ verb: 'del', key: theOffer }] },
  deleteGroup: { by: seller, items: [{ verb: 'del', key: { named: group } }] },
  replaceGroup: { by: seller, items: [addGroup] },
  route: {
    by: buyer,
    items: [
      {
        verb: 'add',
        obj: { type: 'EgrRteType', rant: ssp1, rar: ssp1, egrRteName: 'ROUTE', pref: '1', ingress: [group] },
      },
    ],
  },
} as const satisfies Record<string, Move>;
type MoveName = keyof typeof moves;

/** As an operation of its own: every move has items of one verb. */
function write({ items }: Move): string {
  const [first] = items;
  const content = items.map((item) => (item.verb === 'add' ? writeObj('obj', item.obj) : '')).join('');
  const keys = (element: string) =>
    items.map((item) => (item.verb === 'add' ? '' : writeKey(element, item.key, item.verb === 'del'))).join('');
  if (first?.verb === 'add') return addRequest(content);
  if (first?.verb === 'del') return delRequest(keys('objKey'));
  return first?.verb === 'accept' ? acceptRequest(keys('sedGrpOfferKey')) : rejectRequest(keys('sedGrpOfferKey'));
}

async function send(move: Move): Promise<string> {
  const { code, details } = readAnswer((await server.post(write(move), { as: move.by.as })).text);
  return [code, ...details.map(({ code, msg }) => `${code} ${msg.replace(/ \(.*\)$/, '')}`)].join(', ');
}

function foretell(model: Model, { items, by }: Move): string {
  const { code, details } = model.atomic(items, by, at);
  return [code, ...details.map(({ code, msg }) => `${code} ${msg}`)].join(', ');
}

const all: readonly [User, ModelKey][] = [
  [seller, { named: group }],
  [seller, theOffer],
  [buyer, theRoute],
];

async function state(): Promise<string[]> {
  const found = [];
  for (const [{ as }, key] of all) {
    const { text } = await server.post(getRequest(writeKey('objKey', key)), { as });
    found.push(...readAnswer(text).resultObjs.map(sketchInside));
  }
  return found;
}

function stateOf(model: Model): string[] {
  return all.flatMap(([user, key]) => model.get([key], user).objs.map(sketchOf));
}

function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, index) =>
    orders(list.filter((_, other) => other !== index)).map((rest) => [first, ...rest]),
  );
}

/** The answers and the final registry, for every order of the requests. */
function possible(before: readonly MoveName[], names: readonly MoveName[]): string[] {
  return orders(names.map((_, index) => index)).map((order) => {
    const model = new Model([ssp1, ssp2, rar2]);
    for (const name of before) foretell(model, moves[name]);
    const replies: string[] = [];
    for (const index of order) replies[index] = foretell(model, moves[names[index] as MoveName]);
    return JSON.stringify([replies, stateOf(model)]);
  });
}

describe('some order of the requests explains the outcome', () => {
  const offered = ['replaceGroup', 'offer'] as const;
  const accepted = ['replaceGroup', 'offer', 'accept'] as const;

  it.each<[string, readonly MoveName[], readonly MoveName[]]>([
    ['an offer is accepted and rejected', offered, ['accept', 'reject']],
    ['an offer is accepted, rejected and withdrawn', offered, ['accept', 'reject', 'withdraw']],
    ['an offer is accepted twice and rejected twice', offered, ['accept', 'accept', 'reject', 'reject']],
    ['an accepted offer is made again and rejected', accepted, ['offer', 'reject']],
    ['an accepted offer is withdrawn, made again and accepted', accepted, ['withdraw', 'offer', 'accept']],
    ['an offer is accepted while its group is deleted', offered, ['accept', 'deleteGroup']],
    ['an offer is made while its group is deleted', ['replaceGroup'], ['offer', 'deleteGroup']],
    ['a group is deleted, made again and its offer answered', offered, ['deleteGroup', 'replaceGroup', 'reject']],
    ['a route is made to a group that is deleted', accepted, ['route', 'deleteGroup', 'withdraw']],
    ['a route is replaced while its group is deleted', [...accepted, 'route'], ['route', 'deleteGroup']],
  ])('%s', async (_, before, names) => {
    const explained = possible(before, names);
    for (let round = 0; round < 12; round++) {
      for (const table of ['egress_route', 'sed_group']) await server.sql(`DELETE FROM sppp.${table}`);
      for (const name of before) expect(await send(moves[name])).toBe('1000');
      // Each time another one goes first.
      const turn = names.map((_, index) => (index + round) % names.length);
      const replies: string[] = [];
      await Promise.all(
        turn.map(async (index) => {
          replies[index] = await send(moves[names[index] as MoveName]);
        }),
      );
      const outcome = JSON.stringify([replies, await state()]);
      expect(explained).toContain(outcome);
    }
  });
});

describe('a request that waits for another', () => {
  /** Does something to the registry while a request waits for it, then lets it go on. */
  async function meanwhile(hold: string, request: () => Promise<unknown>, statement: string): Promise<void> {
    const other = await server.deps.database.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query(hold);
      const answered = request();
      await waits();
      await other.query(statement);
      await other.query('COMMIT');
      await answered;
    } finally {
      other.release(true);
    }
  }

  async function waits(): Promise<void> {
    const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while (((await server.sql<{ count: number }>(waiting))[0]?.count ?? 0) === 0) await delay(5);
  }

  it.each(['accept', 'reject'] as const)(
    'to %s an offer is told by the group’s name when that goes meanwhile',
    async (verb) => {
      const [by, to] = [party(server, 'ssp2r'), party(server, 'ssp1')];
      expectDone(await by.add(obj('SedGrpType', sedGrp('GRP_GOING')), offer('GRP_GOING', ssp1)));
      await meanwhile(
        'SELECT FROM sppp.sed_group_offer FOR UPDATE',
        async () => expectRefused(await to[verb](offerKey('GRP_GOING', ssp1)), 2102, 'name', 'GRP_GOING'),
        `DELETE FROM sppp.sed_group WHERE name = 'GRP_GOING'`,
      );
    },
  );

  it('to accept an offer fails on the recipient if only the offer is deleted meanwhile', async () => {
    const [by, to] = [party(server, 'ssp2r'), party(server, 'ssp1')];
    expectDone(await by.add(obj('SedGrpType', sedGrp('GRP_STAYING')), offer('GRP_STAYING', ssp1)));
    await meanwhile(
      'SELECT FROM sppp.sed_group_offer FOR UPDATE',
      async () => expectRefused(await to.accept(offerKey('GRP_STAYING', ssp1)), 2102, 'offeredTo', ssp1),
      'DELETE FROM sppp.sed_group_offer',
    );
  });
});

describe('two batches that want the same offers in opposite order', () => {
  it('both end, each carried out wholly or not at all', async () => {
    const names = ['GRP_LEFT', 'GRP_RIGHT'];
    const [by, to] = [party(server, 'ssp2r'), party(server, 'ssp1')];
    for (let round = 0; round < 3; round++) {
      expectDone(await by.add(...names.flatMap((name) => [obj('SedGrpType', sedGrp(name)), offer(name, ssp1)])));
      const key = (name: string) => offerKey(name, ssp1).replaceAll('sedGrpOfferKey', 'acceptSedGrpOffer');
      const again = obj('DestGrpType', '<b:dgName>BETWEEN</b:dgName>', { rant: ssp1, rar: ssp1 }).replaceAll(
        /(?<=<\/?)obj/g,
        'addObj',
      );
      // What stands between cuts the request in two sets, so that no sorting of one set helps.
      const answers = await Promise.all([
        to.batch(key('GRP_LEFT'), again, key('GRP_RIGHT')),
        to.batch(key('GRP_RIGHT'), again, key('GRP_LEFT')),
      ]);
      const codes = answers.map(({ code }) => code);
      expect(codes.filter((code) => code !== 1000)).toEqual([]);
      expect(codes).toContain(1000);
      const { resultObjs } = await to.getOffers('<status>accepted</status>');
      expect(resultObjs).toHaveLength(2);
      expectDone(await by.del(...names.map((name) => objKey('SedGrp', name))));
    }
    expect(await server.sql('SELECT FROM sppp.transaction WHERE answered_at IS NULL')).toEqual([]);
  });
});
