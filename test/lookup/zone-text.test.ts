/** Zone text has one valid record per line whatever data is stored, including rows from before a rule. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dnsRecordsOf, zoneText } from '../../src/lookup/naptr.js';
import { noSedRecValues } from '../../src/model/sed-rec-kinds.js';
import type { SharedSed } from '../../src/registry/resolve/route-answers.js';

import { b, expectDone, expectRefused, ref, sedGrp } from '../support/carrier.js';
import { askUdp, enumName, NOERROR } from '../support/dns-client.js';
import { startEnum } from '../support/enum-server.js';
import { lookupPath, lookups } from '../support/lookup.js';
import { destGrp, obj, tn } from '../support/message.js';
import { party } from '../support/peering.js';
import { factor, runs } from '../support/runs.js';
import { startServer, type TestServer } from '../support/server.js';
import { labelsIn, readZone, unescaped } from '../support/zone-lines.js';

/** Names that former versions accepted, and texts with another meaning in a zone file. */
const odd = [
  ...['(', ')', '$INCLUDE zone.db', '$TTL', 'a b', 'x;comment', 'a..b', '!^.*$!sip:desk@sbc.example!', '@', '\\'],
  ...['https://sbc.example/', '"', 'a"b', '\\.', 'a\\', '\\000', 'é.example', '\u202e', '\n', 'a\nb', '*', '.', '..'],
  ...['.a', 'a.', 'x'.repeat(64), 'é'.repeat(32), `${'x'.repeat(63)}.`.repeat(4), '\u2028.b', ' ', '\t', 'IN', '1'],
];

const checkZone = spawnSync('named-checkzone', ['-v']).error === undefined;
if (!checkZone) process.stderr.write('named-checkzone is not installed (Debian: bind9-utils): its tests are skipped\n');
const folder = mkdtempSync(join(tmpdir(), 'sppp-zone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The records that BIND reads in these lines, except those of the apex. */
function readByBind(lines: string): string[] {
  const file = join(folder, 'zone.db');
  const head = '$TTL 300\n@ IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60\n@ IN NS ns.invalid.\n';
  writeFileSync(file, head + lines);
  const args = ['-D', '-k', 'ignore', '-i', 'none', '-o', '-', 'e164.arpa', file];
  const { status, stdout, stderr } = spawnSync('named-checkzone', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect([status, status === 0 ? '' : stderr + stdout]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => /^[0-9.]+\.e164\.arpa\./.test(line));
}

const blank: SharedSed = {
  ...{
    position: 1,
    registrant: 'iana-en:1',
    cor: null,
    sedGroup: 'SG',
    groupPriority: 1,
    recordRegistrant: 'iana-en:1',
  },
  ...{ sedRecord: 'REC', kind: 'NAPTR', sedFunction: null, recordPriority: 1, egressRoute: null, pref: null },
  ...{ ...noSedRecValues, naptrOrder: 10, svcs: 'E2U+sip', flags: 'u' },
  ...{ ipAddresses: null, ttl: null },
};

const text = fc.oneof(
  fc.constantFrom(...odd),
  // Except NUL, which the database cannot store.
  fc.string({ unit: 'binary', maxLength: 300 }).map((any) => any.replaceAll('\0', '')),
  fc.array(fc.constantFrom(...odd, '.', 'a', 'example'), { maxLength: 6 }).map((parts) => parts.join('')),
);
const pattern = fc.constantFrom('^(.*)$', '^.*$', '^"(.)!$', '[!#%,;~]', '^[é;]()$', '.');
const stored: fc.Arbitrary<SharedSed> = fc.oneof(
  fc.record({ repl: text, svcs: fc.oneof(fc.constant('E2U+sip'), text) }).map((given) => ({ ...blank, ...given })),
  fc.record({ ere: pattern, regxRepl: text, svcs: text }).map((given) => ({ ...blank, ...given })),
  fc.record({ ere: pattern, uri: text }).map((given) => ({ ...blank, ...given, kind: 'URI' as const, svcs: null })),
  fc
    .record({
      hostName: text,
      ipAddresses: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), text), { maxLength: 3 }),
      ttl: fc.option(fc.nat(2 ** 31 - 1)),
    })
    .map((given) => ({ ...blank, ...given, kind: 'NS' as const })),
);

describe('zone text of random data', () => {
  it('has one record per line, which reads back as stored', () => {
    const property = fc.property(fc.array(stored, { maxLength: 4 }), (seds) => {
      const records = dnsRecordsOf(seds);
      const lines = readZone(zoneText('+4930', seds));
      expect(lines.map(({ type }) => type)).toEqual(
        records.flatMap((record) =>
          record.type === 'NAPTR'
            ? ['NAPTR']
            : ['NS', ...record.addresses.map((address) => (address.includes(':') ? 'AAAA' : 'A'))],
        ),
      );
      const naptrs = lines.filter(({ type }) => type === 'NAPTR');
      for (const record of records) {
        if (record.type !== 'NAPTR') continue;
        const { owner, data } = naptrs.shift() ?? { owner: '', data: [] };
        const [order, preference, ...rest] = data;
        const texts = rest.slice(0, 3).map((each) => Buffer.from(unescaped(each), 'latin1').toString());
        expect([owner, Number(order), Number(preference)]).toEqual(['0.3.9.4', record.order, record.preference]);
        expect(texts).toEqual([record.flags, record.services, record.regexp]);
        const target = labelsIn(rest[3] ?? '').map((label) => Buffer.from(label, 'latin1').toString());
        expect(target.join('.')).toBe(record.replacement);
      }
    });
    fc.assert(property, runs(5000));
  });

  it.skipIf(!checkZone)('is accepted by BIND, record by record', () => {
    const seds = fc.sample(stored, { numRuns: 2000 * factor, seed: 20_261_129 });
    // BIND looks into patterns, and has records at a delegation for none of the zone.
    const naptrs = seds.filter(
      ({ kind, regxRepl, uri }) => kind !== 'NS' && !/\\[^1!]|\\$/.test(regxRepl ?? uri ?? ''),
    );
    const lines = naptrs.map((sed, index) => zoneText(`+${1000 + index}`, [sed]));
    const expected = lines.filter((line) => line !== '').length;
    expect(expected).toBeGreaterThan(300);
    expect(readByBind(lines.join(''))).toHaveLength(expected);
    const servers = seds.filter(({ kind }) => kind === 'NS').map((sed) => zoneText('+4930', [sed]));
    readByBind(servers.join(''));
  });
});

describe('a registry with records from before the rule', () => {
  let server: TestServer;
  const number = '+12015550177';
  beforeAll(async () => {
    server = await startServer();
    const target = party(server, 'ssp2r');
    const naptr = (name: string, more: string) =>
      obj('NAPTRType', b('sedName', name) + b('isInSvc', true) + b('order', 10) + b('svcs', 'E2U+sip') + more);
    expectDone(
      await target.add(
        destGrp('DG_ZONE'),
        tn(number, ['DG_ZONE']),
        naptr('REC_ZONE', b('repl', 'sbc.example')),
        obj('SedGrpType', sedGrp('SG_ZONE', ref('REC_ZONE', 10) + b('dgName', 'DG_ZONE'))),
      ),
    );
    for (const repl of ['(', '$INCLUDE zone.db', 'a b', 'x;comment', 'a..b', '!^.*$!sip:desk@sbc.example!']) {
      expectRefused(await target.add(naptr('REC_ODD', b('repl', repl))), 2101, 'repl', repl);
    }
  });
  afterAll(() => server?.close());

  it.each(odd)('%j as the target of a NAPTR', async (repl) => {
    await server.sql(`UPDATE sppp.sed_record SET repl = $1 WHERE name = 'REC_ZONE'`, [repl]);
    const path = lookupPath(number, { asker: 'iana-en:222', format: 'naptr' });
    const { status, text: zone } = await lookups(server).send('ssp2r', path);
    expect(status).toBe(200);
    expect(readZone(zone).length).toBeLessThanOrEqual(1);
    if (checkZone) expect(readByBind(zone)).toHaveLength(zone === '' ? 0 : 1);
    const dns = await startEnum(server.deps.database.pool, { SPPP_ENUM_LISTEN: 'iana-en:222=127.0.0.1:0' });
    const answer = await askUdp(dns.at, enumName(number));
    await dns.close();
    expect([answer.rcode, answer.packet.answers]).toEqual([
      NOERROR,
      zone === '' ? [] : [expect.objectContaining({ type: 'NAPTR' })],
    ]);
  });
});
