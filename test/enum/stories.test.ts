/** Data that carriers provision over SOAP, looked up over DNS. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { b, expectDone, range, ref, sedGrp, uriRec } from '../support/carrier.js';
import {
  askTcp,
  askUdp,
  type DnsAnswer,
  enumName,
  NOERROR,
  NXDOMAIN,
  naptrs,
  REFUSED,
  typesOf,
} from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import { destGrp, obj, tn } from '../support/message.js';
import { egrRte, ingress, offer, offerKey, type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import { dgName, naptr, share as shareOf, sipNaptr, twoWaysIn } from '../support/sharing.js';
import '../support/long-timeouts.js';

const [ssp1, ssp2, ssp3] = ['iana-en:111', 'iana-en:222', 'iana-en:225'] as const;
let server: TestServer;
let dns: TestEnum;
let origin: Party;
let target: Party;
let other: Party;

beforeAll(async () => {
  server = await startServer();
  dns = await startEnum(server.deps.database.pool, {
    SPPP_ENUM_LISTEN: `${ssp1}=127.0.0.1:0 ${ssp3}=127.0.0.1:0 127.0.0.1:0`,
    SPPP_ENUM_CLIENTS: `${ssp2}=127.0.0.22 ${ssp3}=127.0.0.64/26`,
    SPPP_ENUM_APEXES: 'e164.arpa ssp1.registry.example rn=rn.registry.example',
  });
  origin = party(server, 'ssp1');
  target = party(server, 'ssp2r');
  other = party(server, 'ssp3');
});
afterAll(async () => {
  await dns.close();
  await server.close();
});

const from1 = (number: string, apex?: string) => askUdp(dns.at, enumName(number, apex));
const from3 = (number: string) => askUdp(dns.addresses[1] ?? dns.at, enumName(number));
const kind = ({ rcode, packet }: DnsAnswer) => [rcode, typesOf(packet.answers).join(' ')];

const share = (group: string, peer: Party, offeredTo: string) => shareOf(target, group, peer, offeredTo);

describe('a number', () => {
  beforeAll(async () => {
    expectDone(
      await target.add(
        destGrp('DG_ONE_NUMBER'),
        tn('+12015550100', ['DG_ONE_NUMBER']),
        sipNaptr('SBE_ONE', 'sbe.ssp2.example', { ttl: 900 }),
        obj('SedGrpType', sedGrp('SG_ONE_NUMBER', ref('SBE_ONE', 10) + dgName('DG_ONE_NUMBER'))),
      ),
    );
  });

  it('has no answer for a peer until it accepts the offer, and none again after it rejects it', async () => {
    expectDone(await target.add(offer('SG_ONE_NUMBER', ssp1)));
    expect(kind(await from1('+12015550100'))).toEqual([NXDOMAIN, '']);
    expectDone(await origin.accept(offerKey('SG_ONE_NUMBER', ssp1)));
    const found = await from1('+12015550100');
    expect(found.packet.flag_aa).toBe(true);
    expect(naptrs(found)).toEqual(['E2U+sip !^(.*)$!sip:\\1@sbe.ssp2.example! .']);
    expect(found.packet.answers).toMatchObject([{ name: '0.0.1.0.5.5.5.1.0.2.1.e164.arpa', ttl: 900, class: 'IN' }]);
    expectDone(await origin.reject(offerKey('SG_ONE_NUMBER', ssp1)));
    expect(kind(await from1('+12015550100'))).toEqual([NXDOMAIN, '']);
    await share('SG_ONE_NUMBER', origin, ssp1);
  });

  it('exists for the askers that it is shared with, by listener or by the client’s address, and for no other', async () => {
    expect(kind(await from1('+12015550100'))).toEqual([NOERROR, 'NAPTR']);
    expect(kind(await from3('+12015550100'))).toEqual([NXDOMAIN, '']);
    const name = enumName('+12015550100');
    const asOwner = await askUdp(dns.addresses[1] ?? dns.at, name, { from: '127.0.0.22' });
    expect(kind(asOwner)).toEqual([NOERROR, 'NAPTR']);
    expect(kind(await askUdp(dns.at, name, { from: '127.0.0.65' }))).toEqual([NXDOMAIN, '']);
    expect(kind(await askUdp(dns.addresses[2] ?? dns.at, name))).toEqual([REFUSED, '']);
    expect(kind(await askUdp(dns.addresses[2] ?? dns.at, name, { from: '127.0.0.22' }))).toEqual([NOERROR, 'NAPTR']);
  });

  it('is the same below every apex, and does not exist elsewhere', async () => {
    expect(kind(await from1('+12015550100', 'ssp1.registry.example'))).toEqual([NOERROR, 'NAPTR']);
    expect(kind(await from1('+12015550100', 'SSP1.Registry.EXAMPLE'))).toEqual([NOERROR, 'NAPTR']);
    expect(kind(await from1('+12015550100', 'registry.example'))).toEqual([REFUSED, '']);
    expect(kind(await from1('+12015550100', 'rn.registry.example'))).toEqual([NXDOMAIN, '']);
  });

  it('has no records of other types, but exists', async () => {
    const nothing = await askUdp(dns.at, enumName('+12015550100'), { type: 'TXT' });
    expect(kind(nothing)).toEqual([NOERROR, '']);
    expect(nothing.packet.authorities).toMatchObject([
      { type: 'SOA', name: 'e164.arpa', ttl: 60, data: { mname: 'ns1.registry.example', minimum: 60 } },
    ]);
    const none = await from1('+12015550199');
    expect([none.rcode, none.packet.flag_aa, typesOf(none.packet.authorities)]).toEqual([NXDOMAIN, true, ['SOA']]);
  });

  it('makes a name of its first digits exist for the askers that it is shared with', async () => {
    for (const digits of ['1201555', '1201555010']) expect(kind(await from1(digits))).toEqual([NOERROR, '']);
    for (const digits of ['120155501001', '12015550101', '1201556']) {
      expect(kind(await from1(digits))).toEqual([NXDOMAIN, '']);
    }
    expect(kind(await from3('1201555'))).toEqual([NXDOMAIN, '']);
  });

  it('is never denied by an answer to a name of fewer than seven digits, for any asker', async () => {
    for (const digits of ['1', '1201', '999999']) {
      for (const answer of [await from1(digits), await from3(digits)]) expect(kind(answer)).toEqual([NOERROR, '']);
    }
  });
});

describe('different peers', () => {
  it('see different ingress points for the same numbers', async () => {
    expectDone(await target.add(...twoWaysIn));
    await share('SG_GOLD', origin, ssp1);
    await share('SG_PLAIN', other, ssp3);
    expect(naptrs(await from1('+12025550142'))).toEqual(['E2U+sip !^(.*)$!sip:\\1@gold.ssp2.example! .']);
    expect(naptrs(await from3('+12025550142'))).toEqual(['E2U+sip !^(.*)$!sip:\\1@plain.ssp2.example! .']);
  });

  it('have their own egress routes', async () => {
    expectDone(
      await target.add(
        destGrp('DG_EGRESS'),
        tn('+12065550100', ['DG_EGRESS']),
        sipNaptr('SBE_EGRESS', 'ingress.ssp2.example'),
        obj('SedGrpType', sedGrp('SG_EGRESS', ref('SBE_EGRESS', 10) + dgName('DG_EGRESS'))),
      ),
    );
    await share('SG_EGRESS', origin, ssp1);
    await share('SG_EGRESS', other, ssp3);
    const route = egrRte('VIA_OWN_SBE', ingress('SG_EGRESS')).replace('<b:repl>\\1<', '<b:repl>\\1;via=sbe1<');
    expectDone(await origin.add(route));
    expect(naptrs(await from1('+12065550100'))).toEqual(['E2U+sip !^(.*)$!sip:\\1@ingress.ssp2.example;via=sbe1! .']);
    expect(naptrs(await from3('+12065550100'))).toEqual(['E2U+sip !^(.*)$!sip:\\1@ingress.ssp2.example! .']);
  });
});

describe('the most specific identifier', () => {
  it('answers: the number, then the narrowest of ranges and prefixes', async () => {
    const group = (name: string) => [
      destGrp(`DG_${name}`),
      obj('URIType', uriRec(`REC_${name}`, `sip:\\1@${name.toLowerCase()}.ssp2.example`)),
      obj('SedGrpType', sedGrp(`SG_${name}`, ref(`REC_${name}`, 10) + dgName(`DG_${name}`))),
    ];
    expectDone(await target.add(...['WIDE', 'NARROW', 'ONE'].flatMap(group)));
    expectDone(
      await target.add(
        obj('TNPType', dgName('DG_WIDE') + b('tnPrefix', '+4930')),
        obj('TNRType', dgName('DG_NARROW') + range('+493012', '+493015')),
        tn('+49301234', ['DG_ONE']),
      ),
    );
    for (const name of ['SG_WIDE', 'SG_NARROW', 'SG_ONE']) await share(name, origin, ssp1);
    const hosts: string[] = [];
    for (const number of ['49309', '4930120', '49301234', '493012345', '4930169']) {
      hosts.push(...naptrs(await from1(number)).map((text) => /@(\w+)/.exec(text)?.[1] ?? ''));
    }
    expect(hosts).toEqual(['wide', 'narrow', 'one', 'narrow', 'wide']);
  });

  it('has at most as many digits as a number in the registry; longer names are not numbers', async () => {
    for (const digits of [20, 21, 110]) {
      const answer = await from1('4930'.padEnd(digits, '7'));
      expect([digits, ...kind(answer)]).toEqual(digits === 20 ? [20, NOERROR, 'NAPTR'] : [digits, NXDOMAIN, '']);
    }
  });
});

describe('a routing number', () => {
  it('is looked up below an apex of its own', async () => {
    expectDone(
      await target.add(
        destGrp('DG_RN'),
        obj('RNType', dgName('DG_RN') + b('rn', '+12085550000')),
        obj('URIType', uriRec('SBE_RN', 'sip:\\1@ported.ssp2.example')),
        obj('SedGrpType', sedGrp('SG_RN', ref('SBE_RN', 10) + dgName('DG_RN'))),
      ),
    );
    await share('SG_RN', origin, ssp1);
    expect(kind(await from1('+12085550000'))).toEqual([NXDOMAIN, '']);
    const found = await from1('+12085550000', 'rn.registry.example');
    expect(naptrs(found)).toEqual(['E2U+sip !^(.*)$!sip:\\1@ported.ssp2.example! .']);
    expect(kind(await from1('+1208555', 'rn.registry.example'))).toEqual([NOERROR, '']);
    expect(kind(await from1('+1208555'))).toEqual([NXDOMAIN, '']);
  });
});

describe('a delegated number', () => {
  it('is referred to the provider’s own name servers, with their addresses', async () => {
    const addresses =
      `<b:ipAddr type="v4">${b('addr', '192.0.2.53')}</b:ipAddr>` +
      `<b:ipAddr type="v6">${b('addr', '2001:db8::53')}</b:ipAddr>`;
    expectDone(
      await target.add(
        destGrp('DG_DELEGATED'),
        obj('TNPType', dgName('DG_DELEGATED') + b('tnPrefix', '1203555')),
        obj(
          'NSType',
          b('sedName', 'NS_1') + b('isInSvc', true) + b('ttl', 3600) + b('hostName', 'ns1.ssp2.example') + addresses,
        ),
        obj('NSType', b('sedName', 'NS_2') + b('isInSvc', true) + b('hostName', 'ns2.elsewhere.example')),
        obj('SedGrpType', sedGrp('SG_DELEGATED', ref('NS_1', 10) + ref('NS_2', 20) + dgName('DG_DELEGATED'))),
      ),
    );
    await share('SG_DELEGATED', origin, ssp1);
    const name = enumName('+12035550199');
    for (const type of ['NAPTR', 'NS', 'TXT'] as const) {
      const { rcode, packet } = await askUdp(dns.at, name, { type });
      expect([rcode, packet.flag_aa, typesOf(packet.answers)]).toEqual([NOERROR, false, []]);
      expect(packet.authorities).toMatchObject([
        { type: 'NS', name, ttl: 300, data: 'ns1.ssp2.example' },
        { type: 'NS', name, ttl: 300, data: 'ns2.elsewhere.example' },
      ]);
      expect(packet.additionals).toMatchObject([
        { type: 'A', name: 'ns1.ssp2.example', data: '192.0.2.53' },
        { type: 'AAAA', name: 'ns1.ssp2.example', data: '2001:db8::53' },
      ]);
    }
    const { packet } = await askUdp(dns.at, name, { type: 'DS' });
    expect([packet.flag_aa, typesOf(packet.authorities)]).toEqual([true, ['SOA']]);
  });
});

describe('source criteria', () => {
  it('match the address that the question comes from, and the apex as root domain', async () => {
    const criterion = (scheme: string, regex: string) =>
      b('sourceIdent', b('sourceIdentRegex', regex) + b('sourceIdentScheme', scheme));
    const group = (name: string, criteria: string) => [
      obj('URIType', uriRec(`REC_${name}`, `sip:\\1@${name.toLowerCase()}.ssp2.example`)),
      obj('SedGrpType', sedGrp(`SG_${name}`, ref(`REC_${name}`, 10) + dgName('DG_SOURCE') + criteria)),
    ];
    expectDone(
      await target.add(
        destGrp('DG_SOURCE'),
        tn('+12095550100', ['DG_SOURCE']),
        ...group('NEAR', criterion('ip', '^127\\.0\\.0\\.7$')),
        ...group('PRIVATE', criterion('rootDomain', '^ssp1\\.')),
      ),
    );
    await share('SG_NEAR', origin, ssp1);
    await share('SG_PRIVATE', origin, ssp1);
    const ask = async (apex: string, from: string) =>
      naptrs(await askUdp(dns.at, enumName('+12095550100', apex), { from })).map((text) => /@(\w+)/.exec(text)?.[1]);
    expect(await ask('e164.arpa', '127.0.0.7')).toEqual(['near']);
    expect(await ask('ssp1.registry.example', '127.0.0.8')).toEqual(['private']);
    expect(await ask('ssp1.registry.example', '127.0.0.7')).toEqual(['near', 'private']);
    expect(await ask('e164.arpa', '127.0.0.8')).toEqual([]);
  });
});

describe('records', () => {
  it('keep the order of the answer, refer to names, and have the shortest time to live of all', async () => {
    expectDone(
      await target.add(
        destGrp('DG_MANY'),
        tn('+12105550100', ['DG_MANY']),
        sipNaptr('MANY_A', 'a.ssp2.example', { ttl: 500 }),
        sipNaptr('MANY_B', 'b.ssp2.example', { ttl: 50 }),
        naptr('MANY_NAME', `<b:order>5</b:order>${b('svcs', 'E2U+sip')}${b('repl', 'luf.ssp2.example.')}`),
        obj('URIType', uriRec('MANY_URI', 'tel:\\1')),
        obj(
          'SedGrpType',
          sedGrp(
            'SG_MANY',
            ref('MANY_A', 20) + ref('MANY_B', 10) + ref('MANY_NAME', 30) + ref('MANY_URI', 40) + dgName('DG_MANY'),
          ),
        ),
      ),
    );
    await share('SG_MANY', origin, ssp1);
    const found = await from1('+12105550100');
    expect(naptrs(found)).toEqual([
      'E2U+sip !^(.*)$!sip:\\1@b.ssp2.example! .',
      'E2U+sip !^(.*)$!sip:\\1@a.ssp2.example! .',
      'E2U+sip  luf.ssp2.example',
      'E2U+pstn:tel !^(.*)$!tel:\\1! .',
    ]);
    expect(found.packet.answers?.map((answer) => 'ttl' in answer && answer.ttl)).toEqual([50, 50, 50, 50]);
  });

  it('that DNS cannot carry are left out, counted, and logged once', async () => {
    const long = 'x'.repeat(70);
    expectDone(
      await target.add(
        destGrp('DG_LONG'),
        tn('+12115550100', ['DG_LONG']),
        obj('URIType', uriRec('LONG_URI', `sip:\\1@${'x.'.repeat(150)}example`)),
        naptr('LONG_LABEL', `<b:order>5</b:order>${b('svcs', 'E2U+sip')}${b('repl', 'label.example')}`),
        obj('URIType', uriRec('SHORT_URI', 'sip:\\1@short.ssp2.example')),
        obj(
          'SedGrpType',
          sedGrp('SG_LONG', ref('LONG_URI', 10) + ref('LONG_LABEL', 20) + ref('SHORT_URI', 30) + dgName('DG_LONG')),
        ),
      ),
    );
    // As stored before the server refused such names.
    await server.sql(`UPDATE sppp.sed_record SET repl = $1 WHERE name = 'LONG_LABEL'`, [`${long}.example`]);
    await share('SG_LONG', origin, ssp1);
    for (let times = 0; times < 2; times++) {
      expect(naptrs(await from1('+12115550100'))).toEqual(['E2U+sip !^(.*)$!sip:\\1@short.ssp2.example! .']);
    }
    expect(dns.counts.leftOut).toBe(4);
    expect(dns.logged.map((line) => (JSON.parse(line) as { sedRecord?: string }).sedRecord)).toEqual([
      'LONG_URI',
      'LONG_LABEL',
    ]);
  });

  it('that are too many for a packet set TC, and are sent over TCP', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `CROWD_${String(index).padStart(2, '0')}`);
    expectDone(
      await target.add(
        destGrp('DG_CROWD'),
        tn('+12125550100', ['DG_CROWD']),
        ...names.map((name) => sipNaptr(name, `${name.replace('_', '-').toLowerCase()}.ssp2.example`)),
        obj(
          'SedGrpType',
          sedGrp('SG_CROWD', names.map((name, index) => ref(name, index)).join('') + dgName('DG_CROWD')),
        ),
      ),
    );
    await share('SG_CROWD', origin, ssp1);
    const name = enumName('+12125550100');
    const plain = await askUdp(dns.at, name);
    expect([plain.packet.flag_tc, plain.packet.answers]).toEqual([true, []]);
    expect(plain.bytes.length).toBeLessThanOrEqual(512);
    const large = await askUdp(dns.at, name, { edns: { size: 65_535 } });
    expect([large.packet.flag_tc, large.packet.answers]).toEqual([true, []]);
    const whole = await askTcp(dns.at, name);
    expect([whole.packet.flag_tc, naptrs(whole).length]).toEqual([false, 30]);
    expect(whole.bytes.length).toBeGreaterThan(1232);
    expect(naptrs(whole)[7]).toContain('@crowd-07.');
  });
});
