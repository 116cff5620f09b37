/**
 * The same object many times in one request: the outcome and the verdicts of one by one, at the cost of
 * one set. test/properties/runs.test.ts proves the same, with many repetitions.
 */

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { b, rangeKey, ref, sedGrp, uriRec } from '../support/carrier.js';
import {
  addRequest,
  delRequest,
  destGrp,
  getRequest,
  numberKey,
  obj,
  objKey,
  type ReadAnswer,
  readAnswer,
  textAt,
  tn,
} from '../support/message.js';
import { as, batchRequest, egrRte, ingress, offer, offerKey, offerObjKey } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await addGrant(server.deps.database.prisma, 'iana-en:223', 'iana-en:225');
  const group = obj('SedGrpType', sedGrp('GRP', ref('REC', 1)));
  const firstAnswer = await post(addRequest(destGrp('ONE'), destGrp('TWO'), obj('URIType', uriRec('REC')), group));
  expect(firstAnswer.code).toBe(1000);
});
afterAll(() => server.close());

async function post(xml: string, path = '/sppp'): Promise<ReadAnswer> {
  return readAnswer((await server.post(xml, { path })).text);
}

/** The number of statements sent to the database. */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const asked = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await work();
    return asked.mock.calls.length;
  } finally {
    asked.mockRestore();
  }
}

function times(count: number, ...some: readonly string[]): string[] {
  return Array.from({ length: count }, () => some).flat();
}

const add = (xml: string) => as('addObj', xml);
const del = (xml: string) => as('delObj', xml);
const accept = (xml: string) => as('acceptSedGrpOffer', xml);
const reject = (xml: string) => as('rejectSedGrpOffer', xml);
const claimed = (number: string, claim: boolean) =>
  obj('TNType', b('tn', number) + b('corInfo', b('corClaim', String(claim))));
const number = numberKey('TN', '12025550001');
const myOffer = offer('GRP', 'iana-en:225');
const myOfferKey = offerKey('GRP', 'iana-en:225');
const route = (name: string, group: string) =>
  egrRte(name, ingress(group), { rant: 'iana-en:222', rar: 'iana-en:223' });
const range = (start: string, end: string) => obj('TNRType', b('range', b('startRange', start) + b('endRange', end)));

describe('a thousand copies of one object', () => {
  it.each([
    ['a number added', addRequest(...times(1000, tn('12025550001', ['ONE']), tn('+12025550001', ['TWO'])))],
    ['a number deleted', delRequest(...times(2000, number))],
    ['a number asked for', getRequest(...times(2000, number))],
    ['a number added and deleted', batchRequest(...times(1000, add(tn('12025550001', ['ONE'])), del(number)))],
    [
      'a number claimed and not',
      addRequest(...times(1000, claimed('12025550001', true), claimed('12025550001', false))),
    ],
    ['a range added', addRequest(...times(2000, range('1202555', '1202556')))],
    ['a group added', addRequest(...times(1000, destGrp('Straße'), destGrp('STRASSE')))],
    [
      'a record added and deleted',
      batchRequest(...times(1000, add(obj('URIType', uriRec('R_1'))), del(objKey('SedRec', 'r_1')))),
    ],
    ['an SED group added', addRequest(...times(2000, obj('SedGrpType', sedGrp('GRP', ref('REC', 1)))))],
    ['a route added and deleted', batchRequest(...times(1000, add(route('E_1', 'GRP')), del(objKey('EgrRte', 'E_1'))))],
    [
      'an offer made, answered and taken back',
      batchRequest(
        ...times(
          500,
          add(myOffer),
          accept(myOfferKey),
          add(myOffer),
          reject(myOfferKey),
          add(myOffer),
          del(offerObjKey('GRP', 'iana-en:225')),
        ),
      ),
    ],
    [
      'a record and what refers to it',
      batchRequest(
        ...times(
          700,
          add(obj('URIType', uriRec('REC'))),
          add(obj('SedGrpType', sedGrp('GRP', ref('REC', 1)))),
          add(myOffer),
        ),
      ),
    ],
  ])('cost a few statements: %s', async (_, request) => {
    for (const path of ['/sppp/partial', '/sppp/validate']) {
      let answer: ReadAnswer | undefined;
      const count = await statements(async () => {
        answer = await post(request, path);
      });
      expect(answer?.details.filter(({ code }) => code !== 1000 && code !== 2102)).toEqual([]);
      expect(count).toBeLessThan(120);
    }
  });
});

describe('a repeated object', () => {
  it('has the values of the last addition, and is modified', async () => {
    const answer = await post(addRequest(tn('12025550002', ['ONE']), tn('+12025550002', ['TWO'])));
    expect(answer).toMatchObject({ code: 1000, details: [] });
    const [found] = (await post(getRequest(numberKey('TN', '12025550002')))).resultObjs;
    expect([textAt(found, 'tn'), textAt(found, 'dgName')]).toEqual(['+12025550002', 'TWO']);
    expect(textAt(found, 'mDate')).toBe(textAt(found, 'cDate'));
  });

  it('has the values of the last valid addition; invalid ones fail at their positions', async () => {
    const answer = await post(
      addRequest(
        tn('12025550003', ['NONE']),
        tn('12025550003', ['ONE']),
        tn('12025550003', ['TWO']),
        tn('12025550003', ['NONE']),
        tn('12025550003', [], { rar: 'iana-en:111' }),
      ),
      '/sppp/partial',
    );
    expect(answer.details.map(({ code, subject }) => [code, textAt(subject, 'dgName')])).toEqual([
      [2102, 'NONE'],
      [2102, 'NONE'],
      [2103, undefined],
    ]);
    const [found] = (await post(getRequest(numberKey('TN', '12025550003')))).resultObjs;
    expect(textAt(found, 'dgName')).toBe('TWO');
  });

  it('is new if it was deleted in between, and each deletion is recorded', async () => {
    await post(addRequest(tn('12025550004', ['ONE'])));
    const before = await server.sql('SELECT id FROM sppp.public_identifier WHERE value = $1', ['12025550004']);
    const key = numberKey('TN', '12025550004');
    const answer = await post(
      batchRequest(
        del(key),
        del(key),
        add(tn('12025550004')),
        del(key),
        add(tn('12025550004', ['TWO'])),
        del(numberKey('TN', '1')),
      ),
      '/sppp/partial',
    );
    expect(answer.details.map(({ code, subject }) => [code, textAt(subject, 'number', 'value')])).toEqual([
      [2102, '12025550004'],
      [2102, '1'],
    ]);
    const [found] = (await post(getRequest(key))).resultObjs;
    expect([textAt(found, 'dgName'), textAt(found, 'mDate')]).toEqual(['TWO', undefined]);
    const after = await server.sql('SELECT id FROM sppp.public_identifier WHERE value = $1', ['12025550004']);
    expect(after).not.toEqual(before);
    const deleted = await server.sql('SELECT noun, key FROM sppp.deletion WHERE key LIKE $1', ['%12025550004']);
    expect(deleted).toEqual(Array.from({ length: 2 }, () => ({ noun: 'PubId', key: 'TN 12025550004' })));
  });

  it('that fails undoes an atomic request, and the answer names the first failure', async () => {
    const answer = await post(delRequest(numberKey('TN', '12025550002'), numberKey('TN', '12025550002')));
    expect(answer.code).toBe(2100);
    expect(answer.details.map(({ code }) => code)).toEqual([2102]);
    expect((await post(getRequest(numberKey('TN', '12025550002')))).resultObjs).toHaveLength(1);
  });

  it('has its state at each position in the answer, if carrier-of-record claims succeed', async () => {
    const first = obj(
      'TNType',
      b('dgName', 'one') + b('tn', '12025550005') + b('corInfo', b('corClaim', 'true')) + ref('rec', 7),
    );
    const answer = await post(
      batchRequest(
        add(first),
        add(claimed('+12025550005', true)),
        del(numberKey('TN', '12025550005')),
        add(claimed('12025550005', false)),
        add(claimed('12025550005', true)),
      ),
    );
    expect(answer.code).toBe(1000);
    expect(
      answer.details.map(({ subject }) => [
        textAt(subject, 'tn'),
        textAt(subject, 'dgName'),
        textAt(subject, 'sedRecRef', 'sedKey', 'name'),
        textAt(subject, 'corInfo', 'cor'),
        textAt(subject, 'mDate') !== undefined,
      ]),
    ).toEqual([
      ['12025550005', 'ONE', 'REC', 'true', false],
      ['+12025550005', undefined, undefined, 'true', true],
      ['12025550005', undefined, undefined, 'true', true],
    ]);
  });

  it('is one object in the answer to a query', async () => {
    const keys = times(
      50,
      numberKey('TN', '12025550002'),
      rangeKey('1', '2'),
      objKey('DestGrp', 'one'),
      objKey('DestGrp', 'ONE'),
    );
    expect((await post(getRequest(...keys))).resultObjs.map(({ type }) => type)).toEqual(['TNType', 'DestGrpType']);
  });

  it('passes through all states of an offer', async () => {
    const theirs = offerObjKey('GRP', 'iana-en:225');
    await post(delRequest(theirs), '/sppp/partial');
    const answer = await post(
      batchRequest(
        accept(myOfferKey), // not yet stored
        add(myOffer),
        accept(myOfferKey),
        accept(myOfferKey),
        reject(myOfferKey),
        reject(myOfferKey), // no longer stored
        add(myOffer),
        add(offer('GRP', 'iana-en:225', { note: 'again' })),
        accept(myOfferKey),
      ),
      '/sppp/partial',
    );
    expect(answer.details.map(({ element, code }) => [element, code])).toEqual([
      ['acceptResult', 2102],
      ['rejectResult', 2102],
    ]);
    const [found] = (await post(getRequest(theirs))).resultObjs;
    expect([textAt(found, 'status'), textAt(found, 'ext', 'note')]).toEqual(['accepted', 'again']);
    expect(
      await server.sql(
        `SELECT key FROM sppp.deletion WHERE noun = 'SedGrpOffer' AND transaction_id = (SELECT max(transaction_id) FROM sppp.deletion)`,
      ),
    ).toEqual([{ key: 'grp to iana-en:225' }]);
  });
});

it('concurrent requests of the same number are carried out one after the other', async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      post(index % 4 === 3 ? delRequest(numberKey('TN', '12025550006')) : addRequest(tn('12025550006', ['ONE']))),
    ),
  );
  const added = answers.filter((_, index) => index % 4 !== 3);
  expect(added.every(({ code }) => code === 1000)).toBe(true);
  const [row] = await server.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM sppp.deletion WHERE key = 'TN 12025550006'`,
  );
  expect(row?.n).toBe(answers.filter(({ code }, index) => index % 4 === 3 && code === 1000).length);
});

it('a hundred thousand copies are answered', async () => {
  const since = performance.now();
  const answer = await post(addRequest(...times(100_000, tn('12025550007', ['ONE']))));
  expect(answer.code).toBe(1000);
  // With one run for each copy this took more than five minutes.
  expect(performance.now() - since).toBeLessThan(60_000);
}, 180_000);
