/** An operator adds, shows and removes grants, with their effect on a registrar. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantLines } from '../../src/cli/grant.js';
import { addGrant, listGrants, removeGrants } from '../../src/registry/access/administration.js';
import { expectRefused, range, rangeKey, ref, sedGrp, uriRec } from '../support/carrier.js';
import { destGrp, numberKey, obj, objKey, type ReadAnswer, tn } from '../support/message.js';
import { egrRte, ingress, offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

const rar = 'iana-en:226';
const rant = 'iana-en:222';
const owner = { rant, rar };
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await party(server, 'ssp2r').add(
    destGrp('NARROW'),
    obj('URIType', uriRec('NARROW_REC')),
    obj('SedGrpType', sedGrp('NARROW_GRP', ref('NARROW_REC', 1))),
    tn('12025550100'),
  );
});
afterAll(() => server.close());

type Narrowing = Parameters<typeof addGrant>[3];

/** ssp4 with exactly these grants for SSP2; the server has heard of them. */
async function granted(...narrowings: NonNullable<Narrowing>[]) {
  const { prisma } = server.deps.database;
  await server.sql(
    `DELETE FROM sppp.registrar_grant g USING sppp.organization r, sppp.organization t
                     WHERE g.registrar_id = r.id AND g.registrant_id = t.id AND r.org_id = $1 AND t.org_id = $2`,
    [rar, rant],
  );
  for (const narrowing of narrowings) await addGrant(prisma, rar, rant, narrowing);
  await expectHeard();
  return party(server, 'ssp4');
}

/** Returns when the server reads the grants again: it drops them at each notification, and this one is the last. */
async function expectHeard(): Promise<void> {
  const find = () => server.deps.credentials.find('ssp4', new Date());
  const before = await find();
  await server.sql('NOTIFY sppp_authority');
  await expect.poll(find, { interval: 10 }).not.toBe(before);
}

const gone = (answer: ReadAnswer, attrName = 'rant', attrVal = rant) => expectRefused(answer, 2103, attrName, attrVal);

describe('a grant that is narrowed', () => {
  it('by nothing allows everything', async () => {
    const ssp4 = await granted({});
    expect((await ssp4.add(destGrp('MINE', owner), tn('1202', ['MINE'], owner))).code).toBe(1000);
    expect((await ssp4.del(objKey('DestGrp', 'MINE'), numberKey('TN', '1202'))).code).toBe(1000);
  });

  it('to reading allows reading, and no writing', async () => {
    const ssp4 = await granted({ verbs: ['get'] });
    expect((await ssp4.get(objKey('DestGrp', 'NARROW'))).resultObjs).toHaveLength(1);
    gone(await ssp4.add(destGrp('NARROW', owner)));
    gone(await ssp4.del(objKey('DestGrp', 'NARROW')));
    gone(await ssp4.del(objKey('DestGrp', 'NOT_THERE')));
    gone(await ssp4.add(offer('NARROW_GRP', 'iana-en:111', owner)));
  });

  it('to numbers allows numbers in groups that the registrar itself cannot read', async () => {
    const ssp4 = await granted({ nouns: ['PubId'] });
    expect((await ssp4.add(tn('12025550111', ['NARROW'], owner))).code).toBe(1000);
    const answer = await ssp4.get(objKey('DestGrp', 'NARROW'));
    expect(answer).toMatchObject({ code: 2103, resultObjs: [] });
    expect((await ssp4.get(objKey('DestGrp', 'NOT_THERE'))).msg.replace('NOT_THERE', 'NARROW')).toBe(answer.msg);
    gone(await ssp4.add(egrRte('NARROW_RTE', '', owner)));
  });

  it('to spans allows writing inside them; other numbers fail, and the answer names the element of the number', async () => {
    const ssp4 = await granted({ spans: ['12025', '1303-1305'] });
    expect((await ssp4.add(tn('+12025550113', [], owner), obj('TNRType', range('1303', '13049'), owner))).code).toBe(
      1000,
    );
    gone(await ssp4.add(tn('+12035550113', [], owner)), 'tn', '+12035550113');
    gone(await ssp4.add(obj('TNPType', '<b:tnPrefix>1202</b:tnPrefix>', owner)), 'tnPrefix', '1202');
    gone(await ssp4.add(obj('RNType', '<b:rn>999</b:rn>', owner)), 'rn', '999');
    gone(await ssp4.add(obj('TNRType', range('1305', '1306'), owner)), 'range', '1305-1306');
    gone(await ssp4.add(obj('URIPubIdType', '<b:uri>sip:a@b.example</b:uri>', owner)), 'uri', 'sip:a@b.example');
    gone(await ssp4.del(numberKey('TN', '404')), 'value', '404');
    gone(await ssp4.del(rangeKey('1', '2')), 'range', '1-2');
    expect((await ssp4.get(numberKey('TN', '404'))).code).toBe(1000);
    expect((await ssp4.del(numberKey('TN', '12025550113'), rangeKey('1303', '13049'))).code).toBe(1000);
  });

  it('twice: grants of one registrar and registrant add up', async () => {
    const ssp4 = await granted({ nouns: ['PubId'], spans: ['1404'] }, { verbs: ['get'] }, { nouns: ['DestGrp'] });
    expect((await ssp4.add(destGrp('ADDED', owner), tn('14045550100', ['ADDED'], owner))).code).toBe(1000);
    expect((await ssp4.get(objKey('SedGrp', 'NARROW_GRP'))).resultObjs).toHaveLength(1);
    gone(await ssp4.del(objKey('SedGrp', 'NARROW_GRP')));
    expect((await ssp4.del(objKey('DestGrp', 'ADDED'), numberKey('TN', '14045550100'))).code).toBe(1000);
  });

  it('to answering offers allows acceptance, and no reading of the accepted group', async () => {
    const ssp4 = await granted({ nouns: ['SedGrpOffer'], verbs: ['accept'] });
    await party(server, 'ssp1').add(obj('SedGrpType', sedGrp('FROM_1'), { rant: 'iana-en:111', rar: 'iana-en:111' }));
    await party(server, 'ssp1').add(offer('FROM_1', rant, { rant: 'iana-en:111', rar: 'iana-en:111' }));
    gone(await ssp4.reject(offerKey('FROM_1', rant, 'iana-en:111')), 'offeredTo', rant);
    expect((await ssp4.accept(offerKey('FROM_1', rant, 'iana-en:111'))).code).toBe(1000);
    expect((await ssp4.get(objKey('SedGrp', 'FROM_1', 'iana-en:111'))).code).toBe(2103);
    expect((await ssp4.getOffers()).resultObjs).toEqual([]);
  });

  it('and then removed allows nothing, at once', async () => {
    const ssp4 = await granted();
    expect((await ssp4.get(objKey('DestGrp', 'NARROW'))).code).toBe(2103);
  });
});

describe('an object named by another', () => {
  const direct = (record: string) => obj('TNType', `<b:tn>12025550112</b:tn>${ref(record, 1)}`, owner);
  const group = (record: string) => obj('SedGrpType', sedGrp('NAMING', ref(record, 1)), owner);
  const route = (name: string) => egrRte('NAMING_RTE', ingress(name), owner);
  const offered = (name: string) => offer(name, 'iana-en:225', owner);
  const all = ['PubId', 'SedGrp', 'SedGrpOffer', 'EgrRte'] as const;
  const naming = [
    ['SED record of a number', 'PubId', 'SedRec', direct, 'NARROW_REC'],
    ['SED record of an SED group', 'SedGrp', 'SedRec', group, 'NARROW_REC'],
    ['SED group of an egress route', 'EgrRte', 'SedGrp', route, 'NARROW_GRP'],
    ['SED group of an offer', 'SedGrpOffer', 'SedGrp', offered, 'NARROW_GRP'],
  ] as const;

  it.each(naming)('the %s must be readable to the registrar that names it', async (_what, noun, named, made, name) => {
    const narrow = all.filter((each) => each !== named);
    await granted({ nouns: [...narrow] });
    for (const path of ['/sppp', '/sppp/partial', '/sppp/validate'] as const) {
      const ssp4 = party(server, 'ssp4', path);
      const [there, absent] = [await ssp4.add(made(name)), await ssp4.add(made('NOT_THERE'))];
      expect(there.details).toMatchObject([
        { code: 2103, msg: expect.stringContaining(`AttrName:rant AttrVal:${rant}`) },
      ]);
      expect(absent.details.map(({ code, msg }) => [code, msg])).toEqual(
        there.details.map(({ code, msg }) => [code, msg]),
      );
    }
    const ssp4 = await granted({ nouns: [noun] }, { nouns: [named], verbs: ['get'] });
    expectRefused(await ssp4.add(made('NOT_THERE')), 2102, 'name', 'NOT_THERE');
    expect((await ssp4.add(made(name))).code).toBe(1000);
  });

  it('is not readable by a grant to write it', async () => {
    const ssp4 = await granted({ verbs: ['add', 'delete'] });
    for (const [, , , made, name] of naming) gone(await ssp4.add(made(name)));
  });

  it('may be a shared SED group, for a registrar that reads SED groups for its recipient', async () => {
    const [of1, to222] = [{ rant: 'iana-en:111', rar: 'iana-en:111' }, rant];
    const origin = party(server, 'ssp1');
    await origin.add(obj('SedGrpType', sedGrp('SHARED_BY_1'), of1), offer('SHARED_BY_1', to222, of1));
    await party(server, 'ssp2r').accept(offerKey('SHARED_BY_1', to222, 'iana-en:111'));
    const naming1 = (name: string) => egrRte('NAMING_RTE', ingress(name, 'iana-en:111'), owner);
    const narrow = await granted({ nouns: ['EgrRte'] });
    gone(await narrow.add(naming1('SHARED_BY_1')));
    gone(await narrow.add(naming1('NOT_SHARED')));
    const reader = await granted({ nouns: ['EgrRte'] }, { nouns: ['SedGrp'], verbs: ['get'] });
    expect((await reader.add(naming1('SHARED_BY_1'))).code).toBe(1000);
    gone(await reader.add(naming1('NOT_SHARED')), 'name', 'NOT_SHARED');
  });

  it('needs a grant for its registrant, if that is another', async () => {
    const home = { rant: 'iana-en:226', rar };
    const foreign = obj('SedGrpType', sedGrp('HOME', ref('NARROW_REC', 1)), home);
    gone(await (await granted({ nouns: ['PubId'] })).add(foreign));
    expect((await (await granted({ nouns: ['SedRec'], verbs: ['get'] })).add(foreign)).code).toBe(1000);
  });
});

describe('the operator', () => {
  it('adds the same grant twice without making two, in any spelling', async () => {
    const { prisma } = server.deps.database;
    await granted({ verbs: ['get', 'add'], spans: ['+1202', '1201-1203'] });
    await addGrant(prisma, rar, rant, { verbs: ['add', 'get', 'add'], spans: ['1201-1203', '1202', '1202'] });
    const grants = (await listGrants(prisma, rar)).filter(({ registrant }) => registrant === rant);
    expect(grants).toMatchObject([{ nouns: undefined, verbs: ['add', 'get'], spans: ['1201-1203', '1202'] }]);
  });

  it('gets the fault of a span, and the grants that do not exist', async () => {
    const { prisma } = server.deps.database;
    await expect(addGrant(prisma, rar, rant, { spans: ['12O2'] })).rejects.toThrow('span 12O2: ');
    await expect(addGrant(prisma, rar, rant, { spans: ['1203-1202'] })).rejects.toThrow('span 1203-1202: ');
    await expect(removeGrants(prisma, rar, 'iana-en:111')).rejects.toThrow('not known');
    await expect(removeGrants(prisma, rar, rant, 99_999)).rejects.toThrow('grant 99999 of');
  });

  it('sees the sum of grants', async () => {
    await granted(
      { nouns: ['PubId'], spans: ['1202'] },
      { nouns: ['PubId'], verbs: ['add'], spans: ['1203'] },
      { verbs: ['get'] },
    );
    const lines = grantLines(await listGrants(server.deps.database.prisma, rar));
    const at = lines.findIndex((line) => line.startsWith(`${rar} for ${rant} (grants `));
    expect(lines.slice(at + 1, at + 8).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['add', 'delete', 'accept', 'reject', 'get', 'lookup'],
      ['DestGrp', '-', '-', 'yes'],
      ['PubId', '1202 1203', '1202', 'yes'],
      ['SedRec', '-', '-', 'yes', '-'],
      ['SedGrp', '-', '-', 'yes'],
      ['SedGrpOffer', '-', '-', '-', '-', 'yes'],
      ['EgrRte', '-', '-', 'yes'],
    ]);
    expect(grantLines([])).toEqual(['no grants']);
  });

  it('cannot store a grant that no server understands', async () => {
    for (const [column, value] of [
      ['nouns', 'Everything'],
      ['verbs', 'get,'],
      ['spans', 'x'],
      ['nouns', ''],
    ]) {
      await expect(server.sql(`UPDATE sppp.registrar_grant SET ${column} = $1`, [value]), `${column}`).rejects.toThrow(
        /check/,
      );
    }
  });
});
