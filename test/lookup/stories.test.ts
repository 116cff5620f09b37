/** The use cases of RFC 6461 §3, provisioned over SOAP and looked up over HTTP. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGrant, removeGrants } from '../../src/registry/access/administration.js';
import { b, expectDone, expectRefused, range, ref, sedGrp, uriRec } from '../support/carrier.js';
import { type Lookups, lookups } from '../support/lookup.js';
import { destGrp, numberKey, type Owner, obj, objKey, tn } from '../support/message.js';
import { as, egrRte, ingress, offer, offerKey, type Party, party } from '../support/peering.js';
import { registrarCredential } from '../support/registrar-credential.js';
import { startServer, type TestServer } from '../support/server.js';
import { dgName, naptr, share as shareOf, sipNaptr, twoWaysIn } from '../support/sharing.js';
import '../support/long-timeouts.js';

const [ssp1, ssp2, ssp3, ssp4] = ['iana-en:111', 'iana-en:222', 'iana-en:225', 'iana-en:226'] as const;
const of3: Owner = { rant: ssp3, rar: ssp3 };
let server: TestServer;
let asked: Lookups;
let origin: Party;
let target: Party;
let other: Party;

beforeAll(async () => {
  server = await startServer();
  asked = lookups(server);
  origin = party(server, 'ssp1');
  target = party(server, 'ssp2r');
  other = party(server, 'ssp3');
});
afterAll(() => server.close());

const source = (scheme: string, regex: string) =>
  b('sourceIdent', b('sourceIdentRegex', regex) + b('sourceIdentScheme', scheme));

const share = (group: string, peer: Party, offeredTo: string) => shareOf(target, group, peer, offeredTo);

describe('direct and indirect peering (UC INTERCONNECT #1, #2; UC PI #2, #5)', () => {
  const cor = b('corInfo', b('corClaim', true));

  it('the carrier of record and a transit provider answer for one number, and the asker can tell them apart', async () => {
    await target.add(
      destGrp('DG_DIRECT'),
      obj('TNType', `${dgName('DG_DIRECT')}${b('tn', '+12015550100')}${cor}`),
      obj('URIType', uriRec('SBE_DIRECT', 'sip:\\1@direct.ssp2.example')),
      obj('SedGrpType', sedGrp('SG_DIRECT', ref('SBE_DIRECT', 10) + dgName('DG_DIRECT'), 10)),
    );
    await share('SG_DIRECT', origin, ssp1);
    expectDone(
      await other.add(
        destGrp('DG_TRANSIT', of3),
        obj('TNPType', dgName('DG_TRANSIT') + b('tnPrefix', '1201'), of3),
        obj('URIType', uriRec('SBE_TRANSIT', 'sip:\\1@transit.ssp3.example'), of3),
        obj('SedGrpType', sedGrp('SG_TRANSIT', ref('SBE_TRANSIT', 10, ssp3) + dgName('DG_TRANSIT'), 20), of3),
        offer('SG_TRANSIT', ssp1, of3),
      ),
    );
    expectDone(await origin.accept(offerKey('SG_TRANSIT', ssp1, ssp3)));
    const found = await asked.records('ssp1', '+12015550100');
    expect(found.map(({ registrant, cor: isCor, finalUri }) => [registrant, isCor, finalUri])).toEqual([
      [ssp2, true, 'sip:+12015550100@direct.ssp2.example'],
      [ssp3, undefined, 'sip:+12015550100@transit.ssp3.example'],
    ]);
  });

  it('a provider that gives up its claim is shown as transit from then on', async () => {
    await target.add(obj('TNType', dgName('DG_DIRECT') + b('tn', '+12015550100')));
    expect((await asked.records('ssp1', '12015550100')).map(({ cor: isCor }) => isCor)).toEqual([undefined, undefined]);
  });
});

describe('SED inside one provider (UC INTERCONNECT #3)', () => {
  it('a provider finds its own signalling points through its own group, which peers do not see', async () => {
    expectDone(
      await target.add(
        obj('URIType', uriRec('SBE_INSIDE', 'sip:\\1@core.ssp2.example')),
        obj('SedGrpType', sedGrp('SG_INSIDE', ref('SBE_INSIDE', 10) + dgName('DG_DIRECT'), 1)),
      ),
    );
    expect(await asked.targets('ssp2r', '+12015550100')).toEqual([
      'sip:+12015550100@core.ssp2.example',
      'sip:+12015550100@direct.ssp2.example',
    ]);
    expect(await asked.targets('ssp1', '+12015550100')).not.toContain('sip:+12015550100@core.ssp2.example');
  });
});

describe('selective peering (UC INTERCONNECT #4)', () => {
  it('different peers get different ingress points for the same numbers, and other organizations none', async () => {
    expectDone(await target.add(...twoWaysIn));
    await share('SG_GOLD', origin, ssp1);
    await share('SG_PLAIN', other, ssp3);
    expect(await asked.targets('ssp1', '12025550142')).toEqual(['sip:+12025550142@gold.ssp2.example']);
    expect(await asked.targets('ssp3', '12025550142')).toEqual(['sip:+12025550142@plain.ssp2.example']);
    expect(await asked.targets('ssp4', '12025550142')).toEqual([]);
  });
});

describe('delegated hierarchy (UC INTERCONNECT #5)', () => {
  it('the registry refers to the provider’s own name servers, with their addresses', async () => {
    const addresses =
      `<b:ipAddr type="v4">${b('addr', '192.0.2.53')}</b:ipAddr>` +
      `<b:ipAddr type="v6">${b('addr', '2001:db8::53')}</b:ipAddr>`;
    expectDone(
      await target.add(
        destGrp('DG_DELEGATED'),
        obj('TNPType', dgName('DG_DELEGATED') + b('tnPrefix', '1203555')),
        obj(
          'NSType',
          b('sedName', 'NS_SSP2') + b('isInSvc', true) + b('ttl', 3600) + b('hostName', 'ns1.ssp2.example') + addresses,
        ),
        obj('SedGrpType', sedGrp('SG_DELEGATED', ref('NS_SSP2', 10) + dgName('DG_DELEGATED'))),
      ),
    );
    await share('SG_DELEGATED', origin, ssp1);
    expect(await asked.records('ssp1', '+12035550199')).toMatchObject([
      { kind: 'NS', hostName: 'ns1.ssp2.example', ipAddresses: ['192.0.2.53', '2001:db8::53'], ttl: 3600 },
    ]);
    const { text } = await asked.send('ssp1', `/lookup/+12035550199?asker=${ssp1}&format=naptr`);
    expect(text.split('\n')).toEqual([
      '9.9.1.0.5.5.5.3.0.2.1 3600 IN NS ns1.ssp2.example.',
      'ns1.ssp2.example. 3600 IN A 192.0.2.53',
      'ns1.ssp2.example. 3600 IN AAAA 2001:db8::53',
      '',
    ]);
  });
});

describe('exchange and discovery of SED (UC SED EXCHANGE #1–#4, UC SED RECORD #1, #2)', () => {
  const numbers = destGrp('DG_LUF');

  it('a domain name alone, an administrative domain that DNS does not know, or all in one, side by side', async () => {
    const lookup = (name: string, uri: string) =>
      obj(
        'URIType',
        b('sedName', name) + b('sedFunction', 'lookup') + b('isInSvc', true) + b('ere', '^.*$') + b('uri', uri),
      );
    expectDone(
      await target.add(
        numbers,
        tn('12045550100', ['DG_LUF']),
        naptr('LUF_DOMAIN', `<b:order>10</b:order>${b('svcs', 'E2U+sip')}${b('repl', 'ssp2.example')}`),
        lookup('LUF_ADMIN', 'urn:x-carrier:2042'),
        sipNaptr('LUF_AND_LRF', 'sbe.ssp2.example'),
        obj(
          'SedGrpType',
          sedGrp('SG_LUF', ref('LUF_DOMAIN', 30) + ref('LUF_ADMIN', 20) + ref('LUF_AND_LRF', 10) + dgName('DG_LUF')),
        ),
      ),
    );
    await share('SG_LUF', origin, ssp1);
    const found = await asked.records('ssp1', '+12045550100');
    expect(found.map(({ sedRecord, sedFunction, finalUri, repl }) => [sedRecord, sedFunction, finalUri, repl])).toEqual(
      [
        ['LUF_AND_LRF', undefined, 'sip:+12045550100@sbe.ssp2.example', undefined],
        ['LUF_ADMIN', 'lookup', 'urn:x-carrier:2042', undefined],
        ['LUF_DOMAIN', undefined, undefined, 'ssp2.example'],
      ],
    );
  });

  it('one of them to each peer', async () => {
    expectDone(await target.add(obj('SedGrpType', sedGrp('SG_LUF_ONLY', ref('LUF_DOMAIN', 10) + dgName('DG_LUF')))));
    await share('SG_LUF_ONLY', other, ssp3);
    expect(await asked.targets('ssp3', '12045550100')).toEqual(['ssp2.example']);
  });

  it('several points and services, each with its priority, and a time to live', async () => {
    expectDone(
      await target.add(
        destGrp('DG_POINTS'),
        tn('12055550100', ['DG_POINTS']),
        sipNaptr('POINT_EAST', 'east.ssp2.example', { order: 10 }),
        sipNaptr('POINT_WEST', 'west.ssp2.example', { order: 5 }),
        obj(
          'URIType',
          b('sedName', 'POINT_TLS') +
            b('isInSvc', true) +
            b('ttl', 60) +
            b('ere', '^(.*)$') +
            b('uri', 'sips:\\1@tls.ssp2.example'),
        ),
        obj('URIType', uriRec('POINT_DOWN', 'sip:\\1@down.ssp2.example').replace('>true<', '>false<')),
        obj(
          'SedGrpType',
          sedGrp(
            'SG_POINTS',
            ref('POINT_EAST', 20) +
              ref('POINT_WEST', 20) +
              ref('POINT_TLS', 10) +
              ref('POINT_DOWN', 1) +
              dgName('DG_POINTS'),
          ),
        ),
      ),
    );
    await share('SG_POINTS', origin, ssp1);
    expect(await asked.records('ssp1', '12055550100')).toMatchObject([
      { sedRecord: 'POINT_TLS', priority: 10, ttl: 60, finalUri: 'sips:+12055550100@tls.ssp2.example' },
      { sedRecord: 'POINT_WEST', priority: 20, order: 5 },
      { sedRecord: 'POINT_EAST', priority: 20, order: 10 },
    ]);
  });
});

describe('number portability (UC MISC #1)', () => {
  it('a ported number leads to its routing number, and the routing number to the ingress point', async () => {
    expectDone(
      await target.add(
        destGrp('DG_PORTED'),
        destGrp('DG_RN'),
        naptr(
          'PORTED',
          `<b:order>10</b:order>${b('flags', 'u')}${b('svcs', 'E2U+pstn:tel')}` +
            b('regx', b('ere', '^(.*)$') + b('repl', 'tel:\\1;npdi;rn=+12029990000')),
        ),
        obj('SedGrpType', sedGrp('SG_PORTED', ref('PORTED', 10) + dgName('DG_PORTED'))),
        tn('+12065550100', ['DG_PORTED']),
        obj('RNType', dgName('DG_RN') + b('rn', '+12029990000')),
        obj('URIType', uriRec('SBE_RN', 'sip:\\1@rn.ssp2.example')),
        obj('SedGrpType', sedGrp('SG_RN', ref('SBE_RN', 10) + dgName('DG_RN'))),
      ),
    );
    await share('SG_PORTED', origin, ssp1);
    await share('SG_RN', origin, ssp1);
    expect(await asked.targets('ssp1', '+12065550100')).toEqual(['tel:+12065550100;npdi;rn=+12029990000']);
    expect(await asked.targets('ssp1', 'rn=+12029990000')).toEqual(['sip:+12029990000@rn.ssp2.example']);
    expect(await asked.targets('ssp1', '+12029990000')).toEqual([]);
  });
});

describe('open numbering plans (UC MISC #3)', () => {
  it('a prefix answers for numbers of any length, after a longer prefix and after the number itself', async () => {
    const group = (name: string, host: string) => [
      destGrp(`DG_${name}`),
      obj('URIType', uriRec(`SBE_${name}`, `sip:\\1@${host}.ssp2.example`)),
      obj('SedGrpType', sedGrp(`SG_${name}`, ref(`SBE_${name}`, 10) + dgName(`DG_${name}`))),
      offer(`SG_${name}`, ssp1),
    ];
    expectDone(
      await target.add(
        ...group('BERLIN', 'berlin'),
        ...group('PBX', 'pbx'),
        ...group('BOSS', 'boss'),
        obj('TNPType', dgName('DG_BERLIN') + b('tnPrefix', '+4930')),
        obj('TNRType', dgName('DG_PBX') + range('+493099', '+493099')),
        tn('+4930991', ['DG_BOSS']),
      ),
    );
    for (const name of ['BERLIN', 'PBX', 'BOSS']) expectDone(await origin.accept(offerKey(`SG_${name}`, ssp1)));
    const host = async (number: string) => (await asked.targets('ssp1', number)).map((each) => each.replace(/.*@/, ''));
    expect(await host('+493012')).toEqual(['berlin.ssp2.example']);
    expect(await host('+4930123456789')).toEqual(['berlin.ssp2.example']);
    expect(await host('+493099')).toEqual(['pbx.ssp2.example']);
    expect(await host('+49309912345')).toEqual(['pbx.ssp2.example']);
    expect(await host('+4930991')).toEqual(['boss.ssp2.example']);
    expect(await host('+4931')).toEqual([]);
  });
});

describe('a peering begins and ends (UC MISC #2)', () => {
  const route = () => asked.targets('ssp1', '+12075550100');

  it('offered, accepted, routed, rejected, deleted: each takes effect with the next look-up', async () => {
    expectDone(
      await target.add(
        destGrp('DG_LIFE'),
        tn('12075550100', ['DG_LIFE']),
        sipNaptr('SBE_LIFE', 'sbe.ssp2.example'),
        obj('SedGrpType', sedGrp('SG_LIFE', ref('SBE_LIFE', 10) + dgName('DG_LIFE'))),
      ),
    );
    expect(await route()).toEqual([]);
    expectDone(await target.add(offer('SG_LIFE', ssp1)));
    expect(await route()).toEqual([]);
    expectDone(await origin.accept(offerKey('SG_LIFE', ssp1)));
    expect(await route()).toEqual(['sip:+12075550100@sbe.ssp2.example']);
    expectDone(await origin.reject(offerKey('SG_LIFE', ssp1)));
    expect(await route()).toEqual([]);
  });

  it('a group that is taken out of service or deleted no longer answers', async () => {
    await share('SG_LIFE', origin, ssp1);
    const inside = ref('SBE_LIFE', 10) + dgName('DG_LIFE');
    expectDone(await target.add(obj('SedGrpType', sedGrp('SG_LIFE', inside).replace('>true<', '>false<'))));
    expect(await route()).toEqual([]);
    expectDone(await target.add(obj('SedGrpType', sedGrp('SG_LIFE', inside))));
    expect(await route()).toHaveLength(1);
    expectDone(await target.del(objKey('SedGrp', 'SG_LIFE')));
    expect(await route()).toEqual([]);
  });
});

describe('an identifier changes (UC PI #1, #3, #4)', () => {
  it('is in several groups at once, moves between them in one step, and is deleted', async () => {
    const group = (name: string) => [
      destGrp(`DG_${name}`),
      obj('URIType', uriRec(`SBE_${name}`, `sip:\\1@${name.toLowerCase()}.ssp2.example`)),
      obj('SedGrpType', sedGrp(`SG_${name}`, ref(`SBE_${name}`, 10) + dgName(`DG_${name}`))),
      offer(`SG_${name}`, ssp1),
    ];
    expectDone(await target.add(...group('OLD'), ...group('NEW'), tn('12085550100', ['DG_OLD'])));
    for (const name of ['OLD', 'NEW']) expectDone(await origin.accept(offerKey(`SG_${name}`, ssp1)));
    const hosts = async () =>
      (await asked.targets('ssp1', '12085550100')).map((each) => each.replace(/.*@/, '')).sort();
    expect(await hosts()).toEqual(['old.ssp2.example']);
    expectDone(await target.add(tn('12085550100', ['DG_OLD', 'DG_NEW'])));
    expect(await hosts()).toEqual(['new.ssp2.example', 'old.ssp2.example']);
    expectDone(await target.add(tn('12085550100', ['DG_NEW'])));
    expect(await hosts()).toEqual(['new.ssp2.example']);
    expectDone(await target.add(obj('URIType', uriRec('SBE_NEW', 'sip:\\1@newest.ssp2.example'))));
    expect(await hosts()).toEqual(['newest.ssp2.example']);
    expectDone(await target.del(numberKey('TN', '12085550100')));
    expect(await hosts()).toEqual([]);
  });

  it('moves while it is looked up, and is always in exactly one of them', async () => {
    expectDone(await target.add(tn('12085550101', ['DG_OLD'])));
    let isMoving = true;
    const looking = [1, 2].map(async () => {
      const seen: string[][] = [];
      while (isMoving) seen.push(await asked.targets('ssp1', '12085550101'));
      return seen;
    });
    for (let move = 0; move < 20; move++) {
      expectDone(await target.add(tn('12085550101', [move % 2 === 0 ? 'DG_NEW' : 'DG_OLD'])));
    }
    isMoving = false;
    const seen = (await Promise.all(looking)).flat();
    expect(new Set(seen.flat())).toEqual(
      new Set(['sip:+12085550101@old.ssp2.example', 'sip:+12085550101@newest.ssp2.example']),
    );
    expect(seen.filter((targets) => targets.length !== 1)).toEqual([]);
  });

  it('a URI is found as it is written', async () => {
    expectDone(
      await target.add(
        obj('URIPubIdType', dgName('DG_NEW') + b('uri', 'sip:alice@ssp2.example')),
        obj('URIType', uriRec('SBE_NEW', 'sip:gw@ssp2.example')),
      ),
    );
    expect(await asked.targets('ssp1', 'sip:alice@ssp2.example')).toEqual(['sip:gw@ssp2.example']);
    expect(await asked.targets('ssp1', 'sip:Alice@ssp2.example')).toEqual([]);
  });
});

describe('ingress points and numbers have different registrars (UC DATA #1)', () => {
  const number = tn('12115550100', ['DG_SHARED_WORK'], { rar: ssp4 });
  const wayIn = obj('URIType', uriRec('SBE_SHARED_WORK', 'sip:\\1@work.ssp2.example'), { rar: ssp4 });
  /** Sets the grant of SSP4's registrar for SSP2; the database notifies the server. */
  const grantAlone = async (...nouns: ('PubId' | 'SedRec')[]) => {
    const { prisma } = server.deps.database;
    await removeGrants(prisma, ssp4, ssp2).catch(() => 0);
    await addGrant(prisma, ssp4, ssp2, { nouns });
    const mayWrite = async (noun: 'PubId' | 'SedRec') =>
      (await registrarCredential(server.deps.credentials, 'ssp4'))?.grants.reach('add', noun, ssp2) !== undefined;
    for (const noun of ['PubId', 'SedRec'] as const) {
      await expect.poll(() => mayWrite(noun), { timeout: 10_000 }).toBe(nouns.includes(noun));
    }
  };

  it('a registrar of numbers cannot change ingress points, and the reverse; look-ups find the data of both', async () => {
    const hands = party(server, 'ssp4');
    expectDone(await target.add(destGrp('DG_SHARED_WORK')));
    await grantAlone('PubId');
    expectDone(await hands.add(number));
    expectRefused(await hands.add(wayIn), 2103, 'rant', ssp2);
    await grantAlone('SedRec');
    expectDone(await hands.add(wayIn));
    expectRefused(await hands.add(number), 2103, 'rant', ssp2);
    const inside = ref('SBE_SHARED_WORK', 10) + dgName('DG_SHARED_WORK');
    expectDone(await target.add(obj('SedGrpType', sedGrp('SG_SHARED_WORK', inside))));
    await share('SG_SHARED_WORK', origin, ssp1);
    expect(await asked.targets('ssp1', '12115550100')).toEqual(['sip:+12115550100@work.ssp2.example']);
  });
});

describe('records of a number itself (RFC 7877 §6.2)', () => {
  it('are for every registered organization, until the number is in a destination group', async () => {
    const number = (inside: string) => obj('TNType', `${inside}${b('tn', '12095550100')}${ref('SBE_OWN', 10)}`);
    expectDone(
      await target.add(obj('URIType', uriRec('SBE_OWN', 'sip:\\1@own.ssp2.example')), destGrp('DG_OWN'), number('')),
    );
    for (const user of ['ssp1', 'ssp2r', 'ssp3', 'ssp4'] as const) {
      expect(await asked.targets(user, '12095550100')).toEqual(['sip:+12095550100@own.ssp2.example']);
    }
    expectDone(await target.add(number(dgName('DG_OWN'))));
    for (const user of ['ssp1', 'ssp2r'] as const) expect(await asked.targets(user, '12095550100')).toEqual([]);
  });
});

describe('source-based routing (RFC 7877 §6.3)', () => {
  beforeAll(async () => {
    const group = (name: string, priority: number, criteria: string) => [
      obj('URIType', uriRec(`SBE_${name}`, `sip:${name.toLowerCase()}.ssp2.example`)),
      obj('SedGrpType', sedGrp(`SG_${name}`, ref(`SBE_${name}`, 10) + dgName('DG_SOURCE') + criteria, priority)),
      offer(`SG_${name}`, ssp1),
    ];
    expectDone(
      await target.add(
        destGrp('DG_SOURCE'),
        tn('12105550100', ['DG_SOURCE']),
        ...group('ANY', 50, ''),
        ...group('CALLER', 10, source('uri', '^sip:[^@]+@premium\\.example$')),
        ...group('CLIENT', 20, source('ip', '^192\\.0\\.2\\.') + source('ip', '^2001:db8:')),
        ...group('ROOT', 30, source('rootDomain', 'e164\\.example$')),
        ...group('EITHER', 40, source('uri', '^tel:') + source('ip', '^198\\.51\\.100\\.7$')),
      ),
    );
    for (const name of ['ANY', 'CALLER', 'CLIENT', 'ROOT', 'EITHER']) {
      expectDone(await origin.accept(offerKey(`SG_${name}`, ssp1)));
    }
  });
  const hosts = async (from: Parameters<Lookups['targets']>[2]) =>
    (await asked.targets('ssp1', '12105550100', from)).map((each) => each.replace(/^sip:|\.ssp2.*$/g, ''));

  it('without a source, only groups without criteria answer', async () => {
    expect(await hosts({})).toEqual(['any']);
  });

  it('by the URI of the caller, without regard to case', async () => {
    expect(await hosts({ sourceUri: 'sip:bob@premium.example' })).toEqual(['caller', 'any']);
    expect(await hosts({ sourceUri: 'SIP:Bob@PREMIUM.example' })).toEqual(['caller', 'any']);
    expect(await hosts({ sourceUri: 'sip:bob@premium.example.net' })).toEqual(['any']);
  });

  it('by the address of the client, in any written form', async () => {
    expect(await hosts({ sourceIp: '192.0.2.77' })).toEqual(['client', 'any']);
    expect(await hosts({ sourceIp: '::ffff:192.0.2.77' })).toEqual(['client', 'any']);
    expect(await hosts({ sourceIp: '2001:0DB8:0:0::1' })).toEqual(['client', 'any']);
    expect(await hosts({ sourceIp: '203.0.113.1' })).toEqual(['any']);
  });

  it('by the root domain', async () => {
    expect(await hosts({ rootDomain: 'private.E164.example' })).toEqual(['root', 'any']);
  });

  it('one matching criterion of several is enough, and groups stay in order', async () => {
    expect(await hosts({ sourceIp: '198.51.100.7' })).toEqual(['either', 'any']);
    expect(await hosts({ sourceUri: 'tel:+1', sourceIp: '192.0.2.1', rootDomain: 'e164.example' })).toEqual([
      'client',
      'root',
      'either',
      'any',
    ]);
  });
});

describe('egress routes (RFC 7877 §6.6)', () => {
  const rule = (name: string, pref: number, more: string) =>
    egrRte(name, ingress('SG_EGRESS') + more)
      .replace('<b:pref>10</b:pref>', `<b:pref>${pref}</b:pref>`)
      .replace(/<b:regxRewriteRule>.*<\/b:regxRewriteRule>/, () =>
        b('regxRewriteRule', b('ere', '^(.*@)(.*)$') + b('repl', `\\1\\2?route=${name.toLowerCase()}.ssp1.example`)),
      );
  const found = async (user: 'ssp1' | 'ssp3') =>
    (await asked.records(user, '12115550100')).map(({ egressRoute, finalUri }) => [egressRoute, finalUri]);

  it('rewrite the answers of their own asker only, by preference and for the services that they name', async () => {
    expectDone(
      await target.add(
        destGrp('DG_EGRESS'),
        tn('12115550100', ['DG_EGRESS']),
        sipNaptr('SBE_SIP', 'sbe1.ssp2.example', { order: 10 }),
        sipNaptr('SBE_PSTN', 'sbe2.ssp2.example', { order: 20, svcs: 'E2U+pstn:sip' }),
        obj('SedGrpType', sedGrp('SG_EGRESS', ref('SBE_SIP', 10) + ref('SBE_PSTN', 20) + dgName('DG_EGRESS'))),
      ),
    );
    await share('SG_EGRESS', origin, ssp1);
    await share('SG_EGRESS', other, ssp3);
    expectDone(
      await origin.add(rule('EGRESS_B', 20, b('svcs', 'E2U+sip')), rule('EGRESS_A', 10, b('svcs', 'E2U+sip'))),
    );
    expect(await found('ssp1')).toEqual([
      ['EGRESS_A', 'sip:+12115550100@sbe1.ssp2.example?route=egress_a.ssp1.example'],
      ['EGRESS_B', 'sip:+12115550100@sbe1.ssp2.example?route=egress_b.ssp1.example'],
      [undefined, 'sip:+12115550100@sbe2.ssp2.example'],
    ]);
    expect(await found('ssp3')).toEqual([
      [undefined, 'sip:+12115550100@sbe1.ssp2.example'],
      [undefined, 'sip:+12115550100@sbe2.ssp2.example'],
    ]);
  });

  it('without services rewrite everything, have no effect after a rejection, and have it again after the next acceptance', async () => {
    expectDone(
      await origin.batch(as('delObj', objKey('EgrRte', 'EGRESS_B', ssp1)), as('addObj', rule('EGRESS_A', 10, ''))),
    );
    expect((await found('ssp1')).map(([route]) => route)).toEqual(['EGRESS_A', 'EGRESS_A']);
    expectDone(await origin.reject(offerKey('SG_EGRESS', ssp1)));
    expect(await found('ssp1')).toEqual([]);
    await share('SG_EGRESS', origin, ssp1);
    expect((await found('ssp1')).map(([route]) => route)).toEqual(['EGRESS_A', 'EGRESS_A']);
  });
});

it('an organization that only looks up gets nothing that is not shared with it', async () => {
  for (const number of ['12015550100', '12025550142', '12035550199', '12045550100', '12105550100']) {
    expect(await asked.targets('ssp4', number)).toEqual([]);
  }
});
