/** A database that follows a feed has the visible data of its organization and answers as the registry does. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { b, range, ref, sedGrp, uriKey } from '../support/carrier.js';
import { anyWidth } from '../support/claims.js';
import { type Follower, follow } from '../support/follower.js';
import { destGrp, numberKey, type Owner, obj, objKey } from '../support/message.js';
import { egrRte, ingress, offer, offerKey, offerObjKey, type Party, party } from '../support/peering.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import { held, visible } from '../support/visible.js';
import '../support/long-timeouts.js';
import { factor, runs } from '../support/runs.js';

interface Provider extends Required<Owner> {
  readonly user: UserName;
}
const providers: readonly [Provider, Provider, Provider] = [
  { user: 'ssp1', rant: 'iana-en:111', rar: 'iana-en:111' },
  { user: 'ssp2r', rant: 'iana-en:222', rar: 'iana-en:223' },
  { user: 'ssp3', rant: 'iana-en:225', rar: 'iana-en:225' },
];
const names = ['AAA', 'BBB', 'CCC'];

let server: TestServer;
let followers: Follower[];
const parties = new Map<UserName, Party>();

beforeAll(async () => {
  server = await startServer({ settings: anyWidth });
  for (const { user } of providers) parties.set(user, party(server, user, '/sppp/partial'));
  followers = await Promise.all(providers.map(({ rant }) => follow(server.deps.database.pool, rant)));
});
afterAll(async () => {
  for (const follower of followers ?? []) await follower.close();
  await server?.close();
});

// Events ---------------------------------------------------------------------------------------------------------

const provider = fc.constantFrom(...providers);
const name = fc.constantFrom(...names);
const some = fc.uniqueArray(name, { maxLength: 2 });
const dgs = (list: readonly string[]) => list.map((each) => b('dgName', each)).join('');

/** Numbers that lie inside each other, so that one hides another. */
const identifier = fc.constantFrom(
  { type: 'TNType', content: b('tn', '+12025550100'), key: ['TN', '12025550100'] as const },
  { type: 'TNType', content: b('tn', '12025550101'), key: ['TN', '12025550101'] as const },
  { type: 'TNType', content: b('tn', '13'), key: ['TN', '13'] as const },
  { type: 'TNPType', content: b('tnPrefix', '1202'), key: ['TNPrefix', '1202'] as const },
  { type: 'TNPType', content: b('tnPrefix', '12'), key: ['TNPrefix', '12'] as const },
  { type: 'TNRType', content: range('12025550100', '12025550199'), key: undefined },
  { type: 'RNType', content: b('rn', '12029990000'), key: ['RN', '12029990000'] as const },
  { type: 'URIPubIdType', content: b('uri', 'sip:info@example.com'), key: undefined },
);

type Act = (by: Provider) => { readonly verb: 'add' | 'del' | 'accept' | 'reject'; readonly xml: string };

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 2,
    arbitrary: name.map(
      (n): Act =>
        (by) => ({ verb: 'add', xml: destGrp(n, by) }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(identifier, some, fc.boolean(), name).map(
      ([each, groups, hasRecord, record]): Act =>
        (by) => {
          const direct = hasRecord && each.type === 'TNType' ? ref(record, 10, by.rant) : '';
          const order = each.type === 'TNType' ? each.content + direct : each.content;
          return { verb: 'add', xml: obj(each.type, dgs(groups) + order, by) };
        },
    ),
  },
  {
    weight: 2,
    arbitrary: identifier.map(
      (each): Act =>
        (by) => {
          if (each.key !== undefined) return { verb: 'del', xml: numberKey(each.key[0], each.key[1], by.rant) };
          if (each.type === 'URIPubIdType') return { verb: 'del', xml: uriKey('sip:info@example.com', by.rant) };
          const ends = b('startRange', '12025550100') + b('endRange', '12025550199');
          return {
            verb: 'del',
            xml: `<objKey xsi:type="s:PubIdKeyType"><rant>${by.rant}</rant><range>${ends}</range></objKey>`,
          };
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(name, fc.constantFrom('x', 'y'), fc.boolean()).map(
      ([n, host, isInSvc]): Act =>
        (by) => ({
          verb: 'add',
          xml: obj(
            'URIType',
            b('sedName', n) + b('isInSvc', isInSvc) + b('ere', '^(.*)$') + b('uri', `sip:\\1@${host}.example`),
            by,
          ),
        }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(name, some, some, fc.integer({ min: 1, max: 3 }), fc.boolean()).map(
      ([n, records, groups, priority, hasSource]): Act =>
        (by) => {
          const source = hasSource
            ? b('sourceIdent', b('sourceIdentRegex', '^192') + b('sourceIdentScheme', 'ip'))
            : '';
          const inside = records.map((each) => ref(each, 10, by.rant)).join('') + dgs(groups) + source;
          return { verb: 'add', xml: obj('SedGrpType', sedGrp(n, inside, priority), by) };
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(name, provider).map(
      ([n, to]): Act =>
        (by) => ({ verb: 'add', xml: offer(n, to.rant, by) }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(name, provider).map(
      ([n, of]): Act =>
        (by) => ({ verb: 'accept', xml: offerKey(n, by.rant, of.rant) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, provider).map(
      ([n, of]): Act =>
        (by) => ({ verb: 'reject', xml: offerKey(n, by.rant, of.rant) }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(name, provider).map(
      ([n, to]): Act =>
        (by) => ({ verb: 'del', xml: offerObjKey(n, to.rant, by.rant) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.constantFrom('DestGrp', 'SedGrp', 'SedRec', 'EgrRte')).map(
      ([n, noun]): Act =>
        (by) => ({ verb: 'del', xml: objKey(noun, n, by.rant) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.option(fc.tuple(name, provider))).map(
      ([n, at]): Act =>
        (by) => ({
          verb: 'add',
          xml: egrRte(n, at === null ? '' : ingress(at[0], at[1].rant), by),
        }),
    ),
  },
);

const deed = fc.tuple(provider, acts);
type Deed = readonly [Provider, Act];

async function carryOut([by, act]: Deed): Promise<void> {
  const { verb, xml } = act(by);
  await parties.get(by.user)?.[verb](xml);
}

/** Everything that everybody shares with everybody, to begin with. */
async function setTheStage(): Promise<void> {
  for (const by of providers) {
    const inside = names.map((n) => ref(n, 10, by.rant)).join('');
    await parties
      .get(by.user)
      ?.add(
        ...names.map((n) => destGrp(n, by)),
        ...names.map((n) =>
          obj(
            'URIType',
            b('sedName', n) + b('isInSvc', true) + b('ere', '^(.*)$') + b('uri', `sip:\\1@${n}.example`),
            by,
          ),
        ),
        ...names.map((n) => obj('SedGrpType', sedGrp(n, inside + dgs([n])), by)),
        ...names.flatMap((n) => providers.filter((to) => to !== by).map((to) => offer(n, to.rant, by))),
      );
  }
}

// Checks ---------------------------------------------------------------------------------------------------------

const questions = [
  '12025550100',
  '12025550101',
  '12025550150',
  '12027',
  '12',
  '13',
  '12999',
  'rn=12029990000',
  'sip:info@example.com',
];

async function expectFollowed(follower: Follower): Promise<void> {
  const { pool } = server.deps.database;
  expect(await held(follower.pool)).toEqual(await visible(pool, follower.asker));
  const answers = async (of: typeof pool) => {
    const { rows } = await of.query(
      `SELECT q.question, a.address, r.*
         FROM unnest($1::text[]) q(question), unnest($2::text[]) a(address),
              sppp_api.resolve(q.question, $3, NULL, a.address) r
        ORDER BY q.question, a.address, r."position"`,
      [questions, ['', '192.0.2.1'], follower.asker],
    );
    return rows;
  };
  expect(await answers(follower.pool)).toEqual(await answers(pool));
}

it('after every pull it has the visible data and answers the same, and a second pull returns nothing', {
  timeout: 300_000 * factor,
}, async () => {
  await setTheStage();
  const history = fc.array(fc.array(deed, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(history, async (rounds) => {
      for (const deeds of rounds) {
        for (const each of deeds) await carryOut(each);
        for (const follower of followers) {
          await follower.pull();
          await expectFollowed(follower);
          const { put, removed } = await follower.pull();
          expect({ put, removed }).toEqual({ put: 0, removed: 0 });
        }
      }
    }),
    runs(8),
  );
});

it('concurrent requests, and pulls in between: nothing is lost', { timeout: 300_000 * factor }, async () => {
  const deeds = fc.sample(deed, { numRuns: 150 * factor, seed: 20261125 });
  let isOver = false;
  const pulls = followers.map(async (follower) => {
    let count = 0;
    for (; !isOver; count++) await follower.pull();
    return count;
  });
  const queues = [0, 1, 2, 3, 4].map((lane) => deeds.filter((_, at) => at % 5 === lane));
  await Promise.all(
    queues.map(async (queue) => {
      for (const each of queue) await carryOut(each);
    }),
  );
  isOver = true;
  expect(Math.min(...(await Promise.all(pulls)))).toBeGreaterThan(2);
  for (const follower of followers) {
    await follower.pull();
    await expectFollowed(follower);
  }
});

it('the comparison covers data that some organization can see', async () => {
  await setTheStage();
  const everything = { destGrps: 0, sedRecs: 0, sedGrps: 0, pubIds: 0 };
  for (const of of providers) {
    for (const by of providers) {
      for (const n of names) if (of !== by) await parties.get(by.user)?.accept(offerKey(n, by.rant, of.rant));
    }
    await parties
      .get(of.user)
      ?.add(obj('TNPType', dgs(['AAA']) + b('tnPrefix', '12'), of), obj('TNType', b('tn', '1202'), of));
  }
  for (const follower of followers) {
    await follower.pull();
    await expectFollowed(follower);
    const there = await held(follower.pool);
    for (const noun of Object.keys(everything)) expect(there[noun]?.length, noun).toBeGreaterThan(2);
  }
});
