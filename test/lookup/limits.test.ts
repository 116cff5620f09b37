/**
 * Look-ups of objects at their limits end in time. Objects from before the limits can be read and deleted, and delay no
 * look-up of other objects.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { b, expectDone, expectRefused, ref, sedGrp, uriRec } from '../support/carrier.js';
import { type Lookups, lookupPath, lookups } from '../support/lookup.js';
import { destGrp, obj, objKey, tn } from '../support/message.js';
import { type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

const ssp2 = 'iana-en:222';
const GROUPS = 4;
let server: TestServer;
let asked: Lookups;
let target: Party;

beforeAll(async () => {
  // Five times the default, because tests share the machine with others.
  server = await startServer({ settings: { SPPP_LOOKUP_TIMEOUT: '5000' } });
  asked = lookups(server);
  target = party(server, 'ssp2r');
});
afterAll(() => server.close());

/** Patterns that are slow for their length; each number gives different ones, so that PostgreSQL has compiled none before. */
const slowCriterion = (nth: number) =>
  [`[^a][ab][a-z]?[a-z]{240}`, `[[:alpha:]][a-z][[:alnum:]]{240}`, `[ab]{240}[^ -~][À-ÿ]`][nth % 3] +
  String.fromCharCode(0x100 + nth);
const slowPattern = (nth: number) =>
  `(.*)[ab].(.*).(a*).a.(a*).(a*).(a*).(a*)(a*).(a*)b.(a*)(a*).(a*)b(a*).{50}[ab](a*)(a*)b(a*).(a*)${String.fromCharCode(0x100 + nth)}?`;
const criterion = (pattern: string, scheme = 'uri') =>
  b('sourceIdent', b('sourceIdentRegex', pattern) + b('sourceIdentScheme', scheme));
const dg = (...names: string[]) => names.map((name) => b('dgName', name)).join('');
const list = (count: number, made: (nth: number) => string) => Array.from({ length: count }, (_, n) => made(n));

describe('objects at all their limits', () => {
  const names = list(10, (n) => `FULL_${n}`);
  const sourceUri = `b${'ab'.repeat(999)}`;

  beforeAll(async () => {
    const records = list(32, (n) =>
      obj('URIType', b('sedName', `REC_${n}`) + b('isInSvc', true) + b('ere', slowPattern(n)) + b('uri', 'sip:\\1@a')),
    );
    const groups = names.map((name, nth) => {
      // Three criteria of the maximum total length, of which only the last one matches.
      const criteria = list(50, (n) =>
        criterion(n < 3 ? slowCriterion(nth * 3 + n) : n < 49 ? `z${n}`.slice(0, 4) : '^b'),
      );
      const full = criteria.join('');
      return obj('SedGrpType', sedGrp(name, list(32, (n) => ref(`REC_${n}`, n)).join('') + dg(name) + full, nth));
    });
    expectDone(await target.add(...names.map((name) => destGrp(name)), ...records, ...groups));
    expectDone(await target.add(tn('12025550100', names.slice(0, GROUPS)), tn('12025550101', names)));
    const uri = `sip:${'ab'.repeat(998)}`;
    expectDone(await target.add(obj('URIPubIdType', dg(...names.slice(0, GROUPS)) + b('uri', uri))));
  });

  it.each([
    ['a number, from the longest source', '12025550100', sourceUri],
    ['a number, from a source that no criterion is for', '12025550100', 'sip:alice@example.com'],
    ['the longest URI, from the longest source', `sip:${'ab'.repeat(998)}`, sourceUri],
  ])('are looked up in time: %s', async (_what, identifier, from) => {
    const { status, text } = await asked.send('ssp2r', lookupPath(identifier, { asker: ssp2, sourceUri: from }));
    expect(status, text).toBe(200);
    const matches = from === sourceUri;
    expect((JSON.parse(text) as { records: unknown[] }).records).toHaveLength(matches ? GROUPS * 32 : 0);
  });

  it('are refused with one entry more', async () => {
    const more = dg(...names, 'FULL_0');
    expectRefused(await target.add(obj('TNType', more + b('tn', '1202'))), 2101, 'dgName', 'FULL_0');
    const criteria = list(51, () => criterion('a')).join('');
    expectRefused(await target.add(obj('SedGrpType', sedGrp('MORE', criteria))), 2101, 'sourceIdent', '');
  });
});

describe('a pattern', () => {
  it('is applied to texts of up to 255 characters; one that matches everything is applied to any text', async () => {
    const record = (name: string, ere: string) =>
      obj('URIType', b('sedName', name) + b('isInSvc', true) + b('ere', ere) + b('uri', 'sip:\\1@a'));
    const uriOf = (length: number) => `sip:${'x'.repeat(length - 4)}`;
    expectDone(
      await target.add(
        destGrp('LONG_URI'),
        record('PART', '^sip:(.*)$'),
        record('WHOLE', '^(.*)$'),
        obj('SedGrpType', sedGrp('LONG_URI', ref('PART', 1) + ref('WHOLE', 2) + dg('LONG_URI'))),
        ...[255, 256].map((length) => obj('URIPubIdType', dg('LONG_URI') + b('uri', uriOf(length)))),
      ),
    );
    const final = async (length: number) =>
      (await asked.records('ssp2r', uriOf(length))).map(({ finalUri }) => finalUri?.length);
    expect(await final(255)).toEqual([255 - 4 + 'sip:@a'.length, 255 + 'sip:@a'.length]);
    expect(await final(256)).toEqual([undefined, 256 + 'sip:@a'.length]);
  });
});

describe('an SED group from before there were limits', () => {
  it('can be read and deleted, and look-ups of other groups do not wait for it', {
    timeout: 180_000,
  }, async () => {
    expectDone(
      await target.add(
        destGrp('OLD'),
        destGrp('NEW'),
        obj('URIType', uriRec('OLD_REC')),
        obj('SedGrpType', sedGrp('OLD', ref('OLD_REC', 1) + dg('OLD') + criterion('^a'))),
        obj('SedGrpType', sedGrp('NEW', ref('OLD_REC', 1) + dg('NEW'))),
        ...list(20, (n) => tn(`120255502${String(n).padStart(2, '0')}`, ['OLD'])),
        ...list(20, (n) => tn(`120255503${String(n).padStart(2, '0')}`, ['NEW'])),
      ),
    );
    // The limits refuse such a group in an add, so the test stores it by SQL.
    await server.sql(
      `INSERT INTO sppp.sed_group_source_ident (sed_group_id, position, scheme, regex)
       SELECT id, n, 'uri', CASE n WHEN 1 THEN '(^|$|a){18}' ELSE 'z' || n END
         FROM sppp.sed_group, generate_series(1, 20000) n WHERE name = 'OLD'`,
    );
    const ask = (number: string, sourceUri: string) =>
      asked.send('ssp2r', lookupPath(number, { asker: ssp2, sourceUri }));
    const slow = (n: number) => ask(`120255502${String(n).padStart(2, '0')}`, `b${'a'.repeat(1900)}${n}`);
    // The first look-up finds the slow route, which the server then remembers.
    expect((await slow(0)).status).toBe(503);
    const slowOnes: Promise<{ status: number }>[] = [];
    const since = performance.now();
    for (let n = 0; n < 20; n++) {
      // Sent together, so that they would share a statement, which the server would abandon after half a second.
      slowOnes.push(slow(n));
      expect((await ask(`120255503${String(n).padStart(2, '0')}`, `sip:${n}`)).status).toBe(200);
    }
    expect(performance.now() - since).toBeLessThan(8000);
    for (const { status } of await Promise.all(slowOnes)) expect(status).toBe(503);
    const read = await target.get(objKey('SedGrp', 'OLD'));
    expect(read.code).toBe(1000);
    expect(read.resultObjs[0]?.children.filter(({ name }) => name === 'sourceIdent')).toHaveLength(20_001);
    expectDone(await target.del(objKey('SedGrp', 'OLD')));
    expect(await asked.records('ssp2r', '12025550200', { sourceUri: 'sip:1' })).toEqual([]);
  });
});
