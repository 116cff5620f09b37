import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import {
  allTexts,
  b,
  type Carrier,
  carrier,
  expectDone,
  expectRefused,
  ref,
  sedGrp,
  uriRec,
} from '../support/carrier.js';
import { destGrp, numberKey, obj, objKey, type ReadAnswer, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
/** Two registrars that may both act for SSP2. */
let one: Carrier;
let other: Carrier;
const byOne = { rant: 'iana-en:222', rar: 'iana-en:223' };
const byOther = { rant: 'iana-en:222', rar: 'iana-en:225' };

beforeAll(async () => {
  server = await startServer();
  await addGrant(server.deps.database.prisma, 'iana-en:225', 'iana-en:222');
  one = carrier(server);
  other = carrier(server, 'ssp3');
  expectDone(await one.add(destGrp('DG_ONE'), destGrp('DG_OTHER')));
  expectDone(await other.get(objKey('DestGrp', 'DG_ONE')));
});
afterAll(() => server.close());

/** Requests that get into each other's way are carried out one after the other: both are done. */
function expectBothDone(...answers: ReadAnswer[]): ReadAnswer[] {
  for (const answer of answers) expectDone(answer);
  return answers;
}

/** References with a missing end. */
async function orphans(): Promise<number | undefined> {
  const [row] = await server.sql<{ n: number }>(
    `SELECT ((SELECT count(*) FROM sppp.destination_group_member
               WHERE destination_group_id NOT IN (SELECT id FROM sppp.destination_group)
                  OR public_identifier_id NOT IN (SELECT id FROM sppp.public_identifier))
           + (SELECT count(*) FROM sppp.public_identifier_sed_record
               WHERE sed_record_id NOT IN (SELECT id FROM sppp.sed_record)
                  OR public_identifier_id NOT IN (SELECT id FROM sppp.public_identifier)))::int AS n`,
  );
  return row?.n;
}

describe('two registrars adding the same objects at once, in opposite order', () => {
  // The larger ones are begun before they have been read to their end.
  it.each([500, 3000])('leave %d numbers as one of them sent them', async (count) => {
    const numbers = Array.from({ length: count }, (_, index) => `1900${count}${String(index).padStart(4, '0')}`);
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all([
        one.add(...numbers.map((number) => tn(number, ['DG_ONE'], byOne))),
        other.add(...numbers.toReversed().map((number) => tn(`+${number}`, ['DG_OTHER'], byOther))),
      ]);
      const done = expectBothDone(...answers).map(({ serverTransId }) => serverTransId);
      const rows = await server.sql<{ last_written_by: string; destination_groups: string[]; plus: string; n: number }>(
        `SELECT last_written_by, destination_groups, left(identifier, 1) AS plus, count(*)::int AS n
           FROM sppp_api.public_identifier WHERE value LIKE '1900${count}%' GROUP BY 1, 2, 3`,
      );
      const [row] = rows;
      expect(rows).toHaveLength(1);
      expect(done).toContain(row?.last_written_by);
      const isOnes = row?.last_written_by === answers[0].serverTransId;
      expect([row?.n, row?.destination_groups, row?.plus]).toEqual([
        count,
        [isOnes ? 'DG_ONE' : 'DG_OTHER'],
        isOnes ? '1' : '+',
      ]);
      expect(await orphans()).toBe(0);
    }
  });

  it('of several kinds leave all objects as one of them sent them, never mixed', async () => {
    const several = (owner: typeof byOne, sign: string) => [
      Array.from({ length: 40 }, (_, index) => destGrp(`DG_C${index}`, owner)),
      Array.from({ length: 40 }, (_, index) =>
        obj('URIType', uriRec(`REC_C${index}`, `sip:${sign}@example.com`), owner),
      ),
      Array.from({ length: 40 }, (_, index) => tn(`${sign}190155500${String(index).padStart(2, '0')}`, [], owner)),
    ];
    const answers = await Promise.all([
      one.add(...several(byOne, '').flat()),
      other.add(...several(byOther, '+').reverse().flat()),
    ]);
    const done = expectBothDone(...answers).map(({ serverTransId }) => serverTransId);
    const rows = await server.sql<{ last_written_by: string; n: number }>(
      `SELECT last_written_by, count(*)::int AS n
         FROM (SELECT last_written_by FROM sppp_api.destination_group WHERE name LIKE 'DG\\_C%'
               UNION ALL SELECT last_written_by FROM sppp_api.sed_record WHERE name LIKE 'REC\\_C%'
               UNION ALL SELECT last_written_by FROM sppp_api.public_identifier WHERE value LIKE '1901555%') written
        GROUP BY 1`,
    );
    expect(rows.map(({ n }) => n)).toEqual([120]);
    expect(done).toContain(rows[0]?.last_written_by);
  });

  it('replace an SED group wholly, with all its references', async () => {
    const records = Array.from({ length: 30 }, (_, index) => `REC_R${index}`);
    expectDone(await one.add(...records.map((name) => obj('URIType', uriRec(name)))));
    const group = (names: string[], dgName: string, priority: number) =>
      sedGrp('GRP_R', names.map((name, index) => ref(name, index)).join('') + b('dgName', dgName), priority);
    const backwards = records.toReversed();
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all([
        one.add(obj('SedGrpType', group(records, 'DG_ONE', 1), byOne)),
        other.add(obj('SedGrpType', group(backwards, 'DG_OTHER', 2), byOther)),
      ]);
      expectBothDone(...answers);
      const got = await one.read(objKey('SedGrp', 'GRP_R'));
      const read = got.children
        .filter(({ name }) => name === 'sedRecRef')
        .map((each) => textAt(each, 'sedKey', 'name'));
      expect([textAt(got, 'rar'), allTexts(got, 'dgName'), read]).toEqual(
        textAt(got, 'priority') === '1'
          ? ['iana-en:223', ['DG_ONE'], records]
          : ['iana-en:225', ['DG_OTHER'], backwards],
      );
    }
  });
});

describe('adding a reference to an object while that is deleted', () => {
  it('never leaves a dangling reference: the number fails, or loses its group', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 15; round++) {
      const group = `DG_RACE${round}`;
      const numbers = Array.from({ length: 20 }, (_, index) => `1902${String(round * 20 + index).padStart(7, '0')}`);
      expectDone(await one.add(destGrp(group)));
      const [added, deleted] = await Promise.all([
        one.add(...numbers.map((number) => tn(number, [group]))),
        other.del(objKey('DestGrp', group)),
      ]);
      expectDone(deleted);
      outcomes.add(String(added.code));
      if (added.code !== 1000) expectRefused(added, 2102, 'dgName', group);
      const { resultObjs } = await one.get(...numbers.map((number) => numberKey('TN', number)));
      expect(resultObjs).toHaveLength(added.code === 1000 ? 20 : 0);
      expect(resultObjs.flatMap((found) => allTexts(found, 'dgName'))).toEqual([]);
      expect(await orphans()).toBe(0);
    }
    expect([...outcomes].filter((code) => code !== '1000' && code !== '2100')).toEqual([]);
  });

  it('leaves no dangling reference to SED records either', async () => {
    for (let round = 0; round < 10; round++) {
      const [record, group] = [`REC_RACE${round}`, `GRP_RACE${round}`] as const;
      const number = `19035550${String(round).padStart(3, '0')}`;
      expectDone(await one.add(obj('URIType', uriRec(record))));
      const [added, deleted] = await Promise.all([
        one.add(obj('SedGrpType', sedGrp(group, ref(record, 1))), obj('TNType', b('tn', number) + ref(record, 1))),
        other.del(objKey('SedRec', record)),
      ]);
      expectDone(deleted);
      if (added.code !== 1000) expectRefused(added, 2102, 'name', record);
      const { resultObjs } = await one.get(objKey('SedGrp', group), numberKey('TN', number));
      expect(resultObjs).toHaveLength(added.code === 1000 ? 2 : 0);
      expect(resultObjs.map((found) => textAt(found, 'sedRecRef')).filter((found) => found !== undefined)).toEqual([]);
      expect(await orphans()).toBe(0);
    }
  });
});

it('of two registrars that delete the same number at once, one succeeds and one gets 2102', async () => {
  for (let round = 0; round < 5; round++) {
    expectDone(await one.add(tn('19045550001', ['DG_ONE'])));
    const key = numberKey('TN', '19045550001');
    const answers = await Promise.all([one.del(key), other.del(key)]);
    const [first, second] = answers.sort((a, b) => a.code - b.code);
    expectDone(first);
    expectRefused(second, 2102, 'value', '19045550001');
  }
});

it('a number added and deleted at once exists as it was added, or not at all', async () => {
  for (let round = 0; round < 10; round++) {
    const key = numberKey('TN', '19055550001');
    const [added, deleted] = await Promise.all([one.add(tn('19055550001', ['DG_ONE', 'DG_OTHER'])), other.del(key)]);
    expect(added.code).toBe(1000);
    if (deleted.code === 2100) expectRefused(deleted, 2102, 'value', '19055550001');
    else expect(deleted.code).toBe(1000);
    const [found] = (await one.get(key)).resultObjs;
    if (found !== undefined) expect(allTexts(found, 'dgName')).toEqual(['DG_ONE', 'DG_OTHER']);
    expect(await orphans()).toBe(0);
  }
});
