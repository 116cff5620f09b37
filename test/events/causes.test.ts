/** Each cause of an event, by a request or an operator's command, and what causes none. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addCertificate,
  addCredential,
  addGrant,
  listGrants,
  removeCertificate,
  removeGrants,
  revokeCredential,
} from '../../src/registry/access/administration.js';
import { makeAgreement, withdrawAgreement } from '../../src/registry/access/agreements.js';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { endFormerPassword, rotatePassword } from '../../src/registry/access/password-rotation.js';
import { expectDone, range, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { EventReader } from '../support/events.js';
import { destGrp, numberKey, obj, objKey, tn } from '../support/message.js';
import { as, egrRte, ingress, offer, offerKey, offerObjKey, type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const clock = new TestClock();
/** Another registrar of iana-en:222. */
const colleague = { rant: 'iana-en:222', rar: 'iana-en:225' };
const peer = 'iana-en:111';
let server: TestServer;
let events: EventReader;
let owner: Party;
let other: Party;
let recipient: Party;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  await addGrant(server.deps.database.prisma, colleague.rar, colleague.rant);
  events = new EventReader(server);
  owner = party(server, 'ssp2r');
  other = party(server, 'ssp3');
  recipient = party(server, 'ssp1');
});
beforeEach(async () => {
  await events.read();
});
afterAll(() => server.close());

let count = 0;
const newName = () => `G_${++count}`;

/** A group with its record. */
async function makeGroup(): Promise<string> {
  const name = newName();
  expectDone(
    await owner.add(obj('URIType', uriRec(`${name}_R`)), obj('SedGrpType', sedGrp(name, ref(`${name}_R`, 1)))),
  );
  return name;
}

describe('offers', () => {
  const subjectOf = (name: string) => `sedGrpOffer:iana-en:222:${name.toLowerCase()}/${peer}`;

  it('made, accepted and rejected, each told to the other side', async () => {
    const name = await makeGroup();
    expectDone(await owner.add(offer(name, peer)));
    const [made] = await events.read();
    expect(made).toMatchObject({
      type: 'sppp.offer.made.v1',
      organization: peer,
      noun: 'SedGrpOffer',
      subject: subjectOf(name),
      data: { registrant: 'iana-en:222', sedGrp: name.toLowerCase(), offeredTo: peer, registrar: 'iana-en:223' },
    });
    expect(made?.by).toMatch(/^[0-9a-f-]{36}$/);
    expectDone(await owner.add(offer(name, peer))); // Again: it stays as it is.
    expect(await events.lines()).toEqual([]);
    expectDone(await recipient.accept(offerKey(name, peer)));
    expect(await events.lines()).toEqual([`offer.accepted to iana-en:222: ${subjectOf(name)}`]);
    expectDone(await recipient.accept(offerKey(name, peer)));
    expect(await events.lines()).toEqual([]);
    expectDone(await recipient.reject(offerKey(name, peer)));
    expect(await events.lines()).toEqual([`peer.lost to iana-en:222: ${subjectOf(name)}`]);
    expectDone(await owner.add(offer(name, peer)));
    expectDone(await recipient.reject(offerKey(name, peer)));
    expect(await events.lines()).toEqual([
      `offer.made to ${peer}: ${subjectOf(name)}`,
      `offer.rejected to iana-en:222: ${subjectOf(name)}`,
    ]);
  });

  it('accepted by a standing agreement as they are made, told to both sides with its number', async () => {
    const [waiting, covered] = [await makeGroup(), await makeGroup()];
    expectDone(await owner.add(offer(waiting, peer)));
    const { pool } = server.deps.database;
    const wanted = { offeredTo: peer, offeredBy: 'iana-en:222', pattern: null };
    const made = await makeAgreement(pool, wanted, { onBehalfOf: 'the peer' }, clock.read());
    if (!('agreement' in made)) throw new Error(made.rule);
    const { id } = made.agreement;
    await events.read();
    expectDone(await owner.add(offer(covered, peer)));
    expectDone(await owner.add(offer(waiting, peer)));
    const told = (await events.read()).map(({ type, organization, subject, data }) => [
      ...[type, organization, subject, data.agreement],
    ]);
    // Nobody is told before the other one.
    const byReader = (a: unknown[], b: unknown[]) =>
      a[0] === b[0] && a[2] === b[2] ? String(a[1]).localeCompare(String(b[1])) : 0;
    expect(told.sort(byReader)).toEqual([
      ['sppp.offer.made.v1', peer, subjectOf(covered), undefined],
      ['sppp.offer.accepted.v1', peer, subjectOf(covered), id],
      ['sppp.offer.accepted.v1', 'iana-en:222', subjectOf(covered), id],
      ['sppp.offer.accepted.v1', peer, subjectOf(waiting), id],
      ['sppp.offer.accepted.v1', 'iana-en:222', subjectOf(waiting), id],
    ]);
    await withdrawAgreement(pool, id, { onBehalfOf: 'the peer' }, clock.read());
  });

  it('taken back, by themselves or with their group', async () => {
    const [one, two] = [await makeGroup(), await makeGroup()];
    expectDone(await owner.add(offer(one, peer), offer(two, peer)));
    expectDone(await recipient.accept(offerKey(two, peer)));
    await events.read();
    expectDone(await owner.del(offerObjKey(one, peer)));
    expectDone(await owner.del(objKey('SedGrp', two)));
    const told = await events.read();
    expect(
      told.map(({ type, organization, subject, data }) => [type, organization, subject, data.wasAccepted]),
    ).toEqual([
      ['sppp.offer.withdrawn.v1', peer, subjectOf(one), false],
      ['sppp.offer.withdrawn.v1', peer, subjectOf(two), true],
    ]);
    expect(told.every(({ by }) => by !== null)).toBe(true);
  });

  it('in one batch, in the order of one offer', async () => {
    const name = await makeGroup();
    const answer = await owner.batch(as('addObj', offer(name, peer)), as('delObj', offerObjKey(name, peer)));
    expectDone(answer);
    expect(await events.lines()).toEqual([]); // It never was there for anybody.
    expectDone(await owner.add(offer(name, peer)));
    await events.read();
    expectDone(await owner.batch(as('delObj', offerObjKey(name, peer)), as('addObj', offer(name, peer))));
    expect((await events.read()).map(({ type }) => type)).toEqual(['sppp.offer.withdrawn.v1', 'sppp.offer.made.v1']);
  });

  it('told of what stays only: a failed request, a failed item and a dry run tell nothing', async () => {
    const [one, two] = [await makeGroup(), await makeGroup()];
    expect((await owner.add(offer(one, peer), offer('Unknown', peer))).code).not.toBe(1000);
    expect(await events.lines()).toEqual([]);
    expect((await party(server, 'ssp2r', '/sppp/validate').add(offer(one, peer))).code).toBe(1000);
    expect(await events.lines()).toEqual([]);
    await party(server, 'ssp2r', '/sppp/partial').add(offer(two, peer), offer('Unknown', peer));
    expect(await events.lines()).toEqual([`offer.made to ${peer}: ${subjectOf(two)}`]);
    await recipient.accept(offerKey(two, peer), offerKey(one, peer));
    expect(await events.lines()).toEqual([]);
  });
});

describe('objects of a registrant', () => {
  const digits = () => `1202555${String(1000 + ++count)}`;
  const at = (value: string) => `tn:iana-en:222:${value}`;

  it('that its other registrar replaces: told once, not again', async () => {
    const value = digits();
    expectDone(await owner.add(tn(`+${value}`)));
    expectDone(await owner.add(tn(`+${value}`)));
    expect(await events.lines()).toEqual([]);
    expectDone(await other.add(tn(`+${value}`, [], colleague)));
    expect(await events.read()).toMatchObject([
      {
        ...{ type: 'sppp.object.changed.v1', organization: 'iana-en:222', noun: 'PubId', subject: at(value) },
        data: {
          ...{ registrant: 'iana-en:222', noun: 'PubId', kind: 'TN', value, change: 'replaced' },
          ...{ registrar: 'iana-en:225', formerRegistrar: 'iana-en:223' },
        },
      },
    ]);
    expectDone(await other.add(tn(`+${value}`, [], colleague)));
    expect(await events.lines()).toEqual([]);
    expectDone(await owner.del(numberKey('TN', value)));
    expect(await events.lines()).toEqual([`object.deleted to iana-en:222: ${at(value)}`]);
  });

  it('many at once: replaced and deleted', async () => {
    const values = Array.from({ length: 100 }, digits);
    expectDone(await owner.add(...values.map((value) => tn(value))));
    expectDone(await other.add(...values.map((value) => tn(value, [], colleague))));
    expect(await events.lines()).toEqual(values.map((value) => `object.changed to iana-en:222: ${at(value)}`).sort());
    expectDone(await owner.del(...values.map((value) => numberKey('TN', value))));
    expect(await events.lines()).toEqual(values.map((value) => `object.deleted to iana-en:222: ${at(value)}`).sort());
    expectDone(await owner.add(...values.map((value) => tn(value))));
    expectDone(await owner.del(...values.map((value) => numberKey('TN', value))));
    expect(await events.lines()).toEqual([]);
  });

  it('of every noun', async () => {
    const [group, name] = [await makeGroup(), newName()];
    const route = (rar: string) => egrRte(name, ingress(group), { rant: 'iana-en:222', rar });
    const span = (rar: string) => obj('TNRType', range('12025550100', '12025550199'), { rant: 'iana-en:222', rar });
    expectDone(await owner.add(destGrp(name), route('iana-en:223'), span('iana-en:223')));
    await events.read();
    expectDone(
      await other.add(
        destGrp(name, colleague),
        obj('URIType', uriRec(`${group}_R`), colleague),
        obj('SedGrpType', sedGrp(group, ref(`${group}_R`, 1)), colleague),
        route('iana-en:225'),
        span('iana-en:225'),
      ),
    );
    const keys = [
      ...[`destGrp:iana-en:222:${name.toLowerCase()}`, `egrRte:iana-en:222:${name.toLowerCase()}`],
      ...[`sedGrp:iana-en:222:${group.toLowerCase()}`, `sedRec:iana-en:222:${group.toLowerCase()}_r`],
      'tnRange:iana-en:222:12025550100-12025550199',
    ];
    expect(await events.lines()).toEqual(keys.map((key) => `object.changed to iana-en:222: ${key}`));
    expectDone(await owner.del(objKey('DestGrp', name), objKey('EgrRte', name), objKey('SedGrp', group)));
    expectDone(await owner.del(objKey('SedRec', `${group}_R`)));
    expect(await events.lines()).toEqual(
      keys.filter((key) => !key.startsWith('tn')).map((key) => `object.deleted to iana-en:222: ${key}`),
    );
  });

  it('that lose a reference, since another registrar deletes what they refer to', async () => {
    const [value, name] = [digits(), newName()];
    expectDone(await other.add(destGrp(name, colleague)));
    expectDone(await owner.add(tn(value, [name])));
    expect(await events.lines()).toEqual([]);
    expectDone(await other.del(objKey('DestGrp', name)));
    expect(await events.read()).toMatchObject([
      {
        type: 'sppp.object.changed.v1',
        subject: at(value),
        data: { change: 'referenceLost', registrar: 'iana-en:225' },
      },
    ]);
  });

  it('tell nothing of a dry run and of what is undone', async () => {
    const value = digits();
    expectDone(await owner.add(tn(value)));
    expect((await party(server, 'ssp3', '/sppp/validate').add(tn(value, [], colleague))).code).toBe(1000);
    expect((await other.add(tn(value, [], colleague), tn('12025559999', ['Unknown'], colleague))).code).not.toBe(1000);
    expect((await party(server, 'ssp3', '/sppp/validate').del(numberKey('TN', value))).code).toBe(1000);
    expect(await events.lines()).toEqual([]);
  });
});

describe('what the operator decides', () => {
  it('about grants, told to both sides', async () => {
    const { prisma } = server.deps.database;
    await addGrant(prisma, 'iana-en:226', 'iana-en:111', { nouns: ['PubId'], spans: ['1202'] });
    const { id } = (await listGrants(prisma, 'iana-en:226')).at(-1) ?? {};
    const told = await events.read();
    expect(told.map(({ type, organization }) => [type, organization]).sort()).toEqual([
      ['sppp.grant.made.v1', 'iana-en:111'],
      ['sppp.grant.made.v1', 'iana-en:226'],
    ]);
    expect(told[0]).toMatchObject({
      ...{ noun: null, by: null, subject: `grant:${id}` },
      data: { grant: id, nouns: ['PubId'], verbs: null, spans: ['1202'] },
    });
    await server.sql("UPDATE sppp.registrar_grant SET verbs = 'get' WHERE id = $1", [id]);
    await removeGrants(prisma, 'iana-en:226', 'iana-en:111', id);
    expect(await events.lines()).toEqual(
      ['changed', 'withdrawn'].flatMap((what) =>
        ['iana-en:111', 'iana-en:226'].map((to) => `grant.${what} to ${to}: grant:${id}`),
      ),
    );
  });

  it('about credentials: each part that differs', async () => {
    const { prisma } = server.deps.database;
    const secrets = (letter: string) => ({ ha1Md5: letter.repeat(32), ha1Sha256: letter.repeat(64) });
    const credential = { registrar: 'iana-en:226', username: 'eventful', label: 'one' };
    await addCredential(prisma, { ...credential, ...secrets('a') });
    await addCredential(prisma, { ...credential, ...secrets('a') });
    await addCredential(prisma, { ...credential, ...secrets('b'), label: 'two', validUntil: new Date('2099-01-01') });
    await rotatePassword(prisma, 'eventful', { ...secrets('c'), formerValidUntil: new Date('2099-01-01') }, new Date());
    await endFormerPassword(prisma, 'eventful');
    const fingerprint = 'f'.repeat(64);
    await addCertificate(prisma, 'eventful', { fingerprint });
    await removeCertificate(prisma, { fingerprint });
    await revokeCredential(prisma, 'eventful', new Date());
    await revokeCredential(prisma, 'eventful', new Date());
    await addCredential(prisma, { ...credential, ...secrets('c'), label: 'two' });
    const told = await events.read();
    expect(new Set(told.map(({ subject, organization }) => `${subject} ${organization}`))).toEqual(
      new Set(['credential:eventful iana-en:226']),
    );
    expect(told.map(({ type, data }) => [type.replace(/^sppp\.credential\.|\.v1$/g, ''), data.changed])).toEqual([
      ['made', undefined],
      ['changed', ['password', 'label', 'validity']],
      ['changed', ['password', 'formerPassword']],
      ['changed', ['formerPassword']],
      ['changed', ['certificates']],
      ['changed', ['certificates']],
      ['revoked', undefined],
      ['changed', ['revocation']],
    ]);
  });

  it('about suspension', async () => {
    const { pool } = server.deps.database;
    await suspendOrganization(pool, 'iana-en:226', new Date());
    await suspendOrganization(pool, 'iana-en:226', new Date());
    await resumeOrganization(pool, 'iana-en:226');
    expect((await events.read()).map(({ type, organization }) => [type, organization])).toEqual([
      ['sppp.organization.suspended.v1', 'iana-en:226'],
      ['sppp.organization.resumed.v1', 'iana-en:226'],
    ]);
  });
});

it('an Add of new numbers calls nothing that writes events', async () => {
  const triggers = await server.sql<{ table: string }>(
    `SELECT DISTINCT c.relname AS table FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE tgname LIKE 'events%' AND (tgtype & 4) > 0 ORDER BY 1`,
  );
  // None of these is written for a number that is new and claims nothing.
  expect(triggers.map(({ table }) => table)).toEqual([
    ...['client_certificate', 'cor_ruling', 'credential', 'deletion'],
    ...['registrar_grant', 'sed_group_offer'],
  ]);
});
