/**
 * Who sees what in GET /objects: under random grants each registrar gets exactly what a Get of each key would give it, from
 * objects of all kinds, of all, offered and accepted at random. SPPP_TEST_SEED repeats, SPPP_TEST_ROUNDS is how often.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import type { Grant } from '../../src/model/grant.js';
import type { Key } from '../../src/model/key.js';
import { keyOf } from '../../src/model/key-of.js';
import { nounOf } from '../../src/model/noun.js';
import type { Obj } from '../../src/model/obj.js';
import { orderTextOf } from '../../src/model/object-order.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { encodeObj } from '../../src/sppp/encode.js';
import { compareCodePoints } from '../../src/values/code-point-order.js';
import { Dice, type ModelGrant, randomGrants } from '../support/authority-model.js';
import { DigestClient } from '../support/digest-client.js';
import { type List, pullList } from '../support/list.js';
import { readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { acceptOf, addOf, getOf, oneOfEach } from '../support/typed-requests.js';

const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.SPPP_TEST_ROUNDS ?? 4);
const orgs = ['iana-en:1', 'iana-en:2', 'iana-en:3'];
const registrars = ['iana-en:1', 'iana-en:11', 'iana-en:12'];
/** May do everything. */
const MAKER = 'iana-en:0';
const dice = new Dice(seed);

let server: TestServer;
const clients = new Map<string, DigestClient>();
let objects: Obj[];

const client = (registrar: string) => clients.get(registrar) as DigestClient;
async function send(registrar: string, xml: string, path = '/sppp') {
  const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: xml };
  const { status, text } = await client(registrar).send(server.url + path, sent);
  expect(status, text).toBe(200);
  return text;
}

beforeAll(async () => {
  server = await startServer();
  const { prisma } = server.deps.database;
  for (const org of new Set([...orgs, ...registrars, MAKER])) await addOrganization(prisma, org, '');
  for (const registrar of [...registrars, MAKER]) {
    const username = registrar.replace(':', '.');
    await addCredential(prisma, { registrar, username, label: '', ...secretsOf(username, 'secret') });
    clients.set(registrar, new DigestClient({ username, password: 'secret' }));
  }
  for (const org of orgs) await addGrant(prisma, MAKER, org);
  objects = orgs.flatMap((rant) =>
    oneOfEach(
      rant,
      MAKER,
      orgs.filter((org) => org !== rant),
    ),
  );
  expect(readAnswer(await send(MAKER, addOf(objects)))).toMatchObject({ code: 1000 });
});
afterAll(() => server.close());

/** Exactly these grants of the registrars; the server has heard of them. */
async function grantAnew(grants: readonly ModelGrant[]): Promise<void> {
  await server.sql(
    `DELETE FROM sppp.registrar_grant g USING sppp.organization r WHERE g.registrar_id = r.id AND r.org_id <> $1
       AND r.org_id = ANY ($2)`,
    [MAKER, registrars],
  );
  for (const { registrar, org, ...narrowing } of grants) {
    await addGrant(server.deps.database.prisma, registrar, org, narrowing as Partial<Pick<Grant, 'nouns' | 'verbs'>>);
  }
  const find = () => server.deps.credentials.find('iana-en.1', new Date());
  const before = await find();
  await server.sql('NOTIFY sppp_authority');
  await expect.poll(find, { interval: 10 }).not.toBe(before);
}

/** What a Get of one key gives: the object as XML, or none. */
async function got(registrar: string, key: Key): Promise<string | undefined> {
  return /<resultObj .*<\/resultObj>/.exec(await send(registrar, getOf([key])))?.[0];
}

function expectInOrder({ objects: listed }: List): void {
  const texts = listed.map(({ object }) => orderTextOf(object));
  expect(texts).toEqual([...new Set(texts)].sort(compareCodePoints));
}

const isGranted = (grants: readonly ModelGrant[], registrar: string, noun: string, org: string) =>
  grants.some(
    (grant) =>
      grant.registrar === registrar &&
      grant.org === org &&
      (grant.nouns?.includes(noun) ?? true) &&
      (grant.verbs?.includes('get') ?? true),
  );

it(`has exactly what a Get of each key gives, under grants drawn ${rounds} times`, async () => {
  let shown = 0;
  let shared = 0;
  for (let round = 0; round < rounds; round++) {
    const grants = randomGrants(dice, registrars, orgs, 7);
    await grantAnew(grants);
    const offers = objects.flatMap((obj) => (obj.kind === 'SedGrpOfferType' ? [obj.sedGrpOfferKey] : []));
    // Those that are accepted already stay so.
    await send(MAKER, acceptOf(dice.some(offers).slice(0, 3)));
    for (const registrar of registrars) {
      const list = await pullList(client(registrar), server.url);
      expectInOrder(list);
      const byKey = new Map(list.objects.map(({ object, isShared }) => [orderTextOf(object), { object, isShared }]));
      for (const obj of objects) {
        const key = keyOf(obj);
        const listed = byKey.get(orderTextOf(obj));
        const xml = await got(registrar, key);
        expect(listed && encodeObj('resultObj', listed.object), `seed ${seed} ${registrar} ${orderTextOf(obj)}`).toBe(
          xml,
        );
        byKey.delete(orderTextOf(obj));
        if (listed === undefined) continue;
        shown += 1;
        const isOwn = isGranted(grants, registrar, nounOf(obj), obj.rant);
        expect(listed.isShared, `seed ${seed} ${registrar} ${orderTextOf(obj)}`).toBe(!isOwn);
        if (!isOwn) shared += 1;
      }
      expect([...byKey.keys()], `seed ${seed}: nothing else`).toEqual([]);
      for (const [noun, whole] of Object.entries(list.head.whole)) {
        expect(whole).toEqual(orgs.filter((org) => isGranted(grants, registrar, noun, org)));
      }
    }
  }
  // Lists that show all, or nothing, would prove little.
  expect(shown).toBeGreaterThan(rounds * 10);
  expect(shared).toBeGreaterThan(0);
}, 300_000);

it('filters by kind and by registrant, with the same objects', async () => {
  await grantAnew([
    { registrar: 'iana-en:1', org: 'iana-en:1' },
    { registrar: 'iana-en:1', org: 'iana-en:3' },
  ]);
  const all = await pullList(client('iana-en:1'), server.url);
  const kinds = [...new Set(all.objects.map(({ object }) => object.kind))];
  expect(kinds).toHaveLength(12);
  for (let round = 0; round < 30; round++) {
    const chosen = { kind: dice.some(kinds), rant: dice.some([...orgs, 'iana-en:9999']) };
    const query = new URLSearchParams([
      ...chosen.kind.map((kind) => ['kind', kind] as [string, string]),
      ...chosen.rant.map((rant) => ['rant', rant] as [string, string]),
    ]);
    const list = await pullList(client('iana-en:1'), server.url, `?${query}`);
    expect(list.objects).toEqual(
      all.objects.filter(({ object: { kind, rant } }) => chosen.kind.includes(kind) && chosen.rant.includes(rant)),
    );
    expect(list.head.rants).toEqual(chosen.rant);
    expect([...list.head.kinds].sort()).toEqual([...chosen.kind].sort());
  }
});
