/** Questions after a request: deleted objects, the history of an object, the effect of a request, and its commit. */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyLines, namedBy } from '../../src/cli/history.js';
import { requestLines } from '../../src/cli/transaction.js';
import { historyOf, mayMention, type Named } from '../../src/operations/history.js';
import { findRequest } from '../../src/registry/journal/journalled-requests.js';
import { range, rangeKey, ref, sedGrp, TestClock, uriKey, uriRec } from '../support/carrier.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, numberKey, obj, objKey, readAnswer, tn } from '../support/message.js';
import { egrRte, ingress, offer, offerKey, offerObjKey, party } from '../support/peering.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const key = randomBytes(32).toString('hex');
const clock = new TestClock();
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ clock: clock.read, settings: { SPPP_KEEP_REQUESTS_KEY: key } });
});
afterAll(() => server.close());

const deletions = () =>
  server.sql(
    `SELECT registrar, registrant, noun, identifier, offers_gone, references_gone FROM sppp_api.deletion
      ORDER BY deleted_at DESC, noun, identifier`,
  );
const wipe = async () => {
  await server.sql('DELETE FROM sppp.deletion');
};

describe('a deletion', () => {
  beforeEach(wipe);

  const ssp2 = { registrar: 'iana-en:223', registrant: 'iana-en:222' };
  const none = { offers_gone: 0, references_gone: 0 };

  it('is recorded with its key, and with the number of offers and references that were deleted with it', async () => {
    const [own, peer] = [party(server, 'ssp2r'), party(server, 'ssp1')];
    await own.add(
      destGrp('Straße'),
      obj('URIType', uriRec('REC_GONE')),
      obj('SedGrpType', sedGrp('GRP_GONE', `${ref('REC_GONE', 1)}<b:dgName>STRASSE</b:dgName>`)),
      tn('12025550100', ['STRASSE']),
      tn('12025550101', ['STRASSE']),
      offer('GRP_GONE', 'iana-en:111'),
      offer('GRP_GONE', 'iana-en:225'),
    );
    await peer.accept(offerKey('GRP_GONE', 'iana-en:111'));
    await peer.add(egrRte('ROUTE_GONE', ingress('GRP_GONE')));
    clock.tick();
    const answer = await own.del(
      objKey('DestGrp', 'strasse'),
      objKey('SedGrp', 'GRP_GONE'),
      objKey('SedRec', 'rec_gone'),
    );
    expect(answer.code).toBe(1000);
    expect(await deletions()).toEqual([
      { ...ssp2, ...none, noun: 'DestGrp', identifier: 'strasse', references_gone: 3 },
      { ...ssp2, noun: 'SedGrp', identifier: 'grp_gone', offers_gone: 2, references_gone: 1 },
      { ...ssp2, ...none, noun: 'SedRec', identifier: 'rec_gone' },
    ]);
  });

  it('names numbers by kind and digits, and offers by group and organization', async () => {
    const [own, peer] = [party(server, 'ssp2r'), party(server, 'ssp1')];
    await own.add(
      tn('+12025550102'),
      obj('TNRType', range('+1203', '1204')),
      obj('URIPubIdType', '<b:uri>sip:a@example.com</b:uri>'),
      obj('SedGrpType', sedGrp('GRP_OFFERED')),
      offer('GRP_OFFERED', 'iana-en:111'),
      offer('GRP_OFFERED', 'iana-en:225'),
    );
    await own.del(numberKey('TN', '12025550102'), rangeKey('1203', '+1204'), uriKey('sip:a@example.com'));
    await own.del(offerObjKey('GRP_OFFERED', 'iana-en:225'));
    await peer.reject(offerKey('GRP_OFFERED', 'iana-en:111'));
    expect(await deletions()).toEqual([
      { ...ssp2, ...none, noun: 'PubId', identifier: 'TN 12025550102' },
      { ...ssp2, ...none, noun: 'PubId', identifier: 'TNRange 1203-1204' },
      { ...ssp2, ...none, noun: 'PubId', identifier: 'URI sip:a@example.com' },
      { ...ssp2, ...none, registrar: 'iana-en:111', noun: 'SedGrpOffer', identifier: 'grp_offered to iana-en:111' },
      { ...ssp2, ...none, noun: 'SedGrpOffer', identifier: 'grp_offered to iana-en:225' },
    ]);
  });

  it('that is undone is not recorded; in partial mode only the deleted objects are', async () => {
    await party(server, 'ssp2r').add(destGrp('STAYS'), destGrp('GOES'));
    await party(server, 'ssp2r').del(objKey('DestGrp', 'STAYS'), objKey('DestGrp', 'NOT_THERE'));
    await party(server, 'ssp2r', '/sppp/validate').del(objKey('DestGrp', 'STAYS'));
    expect(await deletions()).toEqual([]);
    await party(server, 'ssp2r', '/sppp/partial').del(objKey('DestGrp', 'GOES'), objKey('DestGrp', 'NOT_THERE'));
    expect(await deletions()).toMatchObject([{ identifier: 'goes' }]);
  });

  it('by requests that share a commit is recorded with each request', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => `1777${n + 100}`);
    await party(server, 'ssp2r').add(...numbers.map((number) => tn(number)));
    const answers = await Promise.all(numbers.map((number) => party(server, 'ssp2r').del(numberKey('TN', number))));
    const rows = await server.sql(`SELECT identifier, server_trans_id FROM sppp_api.deletion ORDER BY identifier`);
    expect(rows).toEqual(
      numbers.map((number, index) => ({ identifier: `TN ${number}`, server_trans_id: answers[index]?.serverTransId })),
    );
  });
});

describe('the history of an object', () => {
  const history = (type: string, name: string, offeredTo?: string, with_: string | undefined = key) => {
    const named = namedBy('iana-en:222', type, name, offeredTo);
    const asked = { since: new Date(0), key: with_ };
    return historyOf(named, server.deps.database.pool, asked).then((found) => historyLines(named, found));
  };
  const times: string[] = [];

  beforeAll(async () => {
    const own = party(server, 'ssp2r');
    const steps = [
      () => own.add(tn('+12029990000')),
      () => own.add(tn('12029990000'), tn('12029990001')),
      () => own.del(numberKey('TN', '12029990000')),
      () => party(server, 'ssp2r', '/sppp/partial').add(tn('12029990000'), tn('x')),
      () => own.del(numberKey('TN', '12029990000'), numberKey('TN', '404')),
      () => own.add(obj('SedGrpType', sedGrp('LIFE'))),
      () => own.add(offer('LIFE', 'iana-en:111')),
      () => party(server, 'ssp1').accept(offerKey('LIFE', 'iana-en:111')),
      () => party(server, 'ssp1').reject(offerKey('LIFE', 'iana-en:111')),
    ];
    for (const step of steps) {
      times.push(clock.tick().replace('Z', '.000Z'));
      await step();
    }
  });

  it('of a number: added, replaced, deleted, added again; undone requests do not count', async () => {
    const lines = await history('TN', '+12029990000');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe('PubId TN 12029990000 of iana-en:222');
    expect(lines[1]).toMatch(new RegExp(`^${times[0]}  add  by iana-en:223 \\(ssp2r\\)  1000  [0-9a-f-]{36}$`));
    expect(lines[2]).toContain(`${times[1]}  add  by`);
    expect(lines[3]).toContain(`${times[2]}  delete, deleted  by`);
    expect(lines[4]).toContain(`${times[3]}  add, last written  by`);
    expect(lines[4]).toContain('1 objects of this request failed');
    expect(lines[5]).toBe(`there now: added ${times[3]}, registrar iana-en:223`);
  });

  it('of an offer: added, accepted, rejected by the other side', async () => {
    const lines = await history('SedGrpOffer', 'life', 'iana-en:111');
    expect(lines.slice(1, 4).map((line) => line.split('  ').slice(0, 3))).toEqual([
      [times[6], 'add', 'by iana-en:223 (ssp2r)'],
      [times[7], 'accept', 'by iana-en:111 (ssp1)'],
      [times[8], 'reject, deleted', 'by iana-en:111 (ssp1)'],
    ]);
    expect(lines.at(-1)).toBe('not there now');
  });

  it('without the key of the archived requests: deletions, the last writer, and a note that there is more', async () => {
    const named = namedBy('iana-en:222', 'TN', '12029990000');
    const found = await historyOf(named, server.deps.database.pool, { since: new Date(0), key: undefined });
    const lines = historyLines(named, found);
    expect(lines.slice(1, 3).map((line) => line.split('  ')[1])).toEqual(['deleted', 'last written']);
    expect(lines.at(-1)).toMatch(
      /^\d+ archived requests could not be read: encrypted: SPPP_KEEP_REQUESTS_KEY is not set$/,
    );
  });

  it('of an object that never existed is empty', async () => {
    expect(await history('DestGrp', 'NEVER_WAS')).toEqual(['DestGrp never_was of iana-en:222', 'not there now']);
  });

  it.each([
    ['Number', '1', undefined],
    ['PubId', '1', undefined],
    ['TN', 'x', undefined],
    ['SedGrpOffer', 'GRP', undefined],
  ])('cannot be requested as %s %s', (type, name, offeredTo) => {
    expect(() => namedBy('iana-en:222', type, name, offeredTo)).toThrow();
  });
});

describe('did it commit?', () => {
  const ask = async (path: string, as: UserName = 'ssp2r') => {
    const answer = await new DigestClient({ username: as, password: as }).send(server.url + path, {});
    return { status: answer.status, body: answer.status === 200 ? JSON.parse(answer.text) : answer.text };
  };
  const add = (clientTransId: string, name: string) =>
    envelope(`<s:spppAddRequest><clientTransId>${clientTransId}</clientTransId>${destGrp(name)}</s:spppAddRequest>`);

  it('a carrier asks with the id of its answer', async () => {
    const { serverTransId } = readAnswer((await server.post(add('mine_1', 'COMMITTED'))).text);
    const { status, body } = await ask(`/transaction/${serverTransId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ serverTransId, clientTransId: 'mine_1', operation: 'submitAddRqst', mode: 'atomic', code: 1000 },
      ...{ committed: true, applied: 1, objects: 1, failed: 0, codes: {} },
    });
  });

  it('or with its own id, if the answer was lost: every request with that id, the latest first', async () => {
    await server.post(add('mine_2', 'x'));
    await server.post(add('mine_2', 'COMMITTED_2'));
    const { body } = await ask('/transaction?clientTransId=mine_2');
    expect(body.transactions).toMatchObject([
      { code: 1000, committed: true, applied: 1 },
      { code: 2100, committed: false, applied: 0, codes: { 2101: 1 } },
    ]);
    expect(await ask('/transaction?clientTransId=never')).toEqual({ status: 200, body: { transactions: [] } });
  });

  it('another registrar gets the answer for an unknown request', async () => {
    const { serverTransId } = readAnswer((await server.post(add('mine_3', 'COMMITTED_3'))).text);
    const [others, unknown] = [
      await ask(`/transaction/${serverTransId}`, 'ssp1'),
      await ask('/transaction/01900000-0000-7000-8000-000000000000', 'ssp1'),
    ];
    expect(others).toEqual(unknown);
    expect(others.status).toBe(404);
    expect((await ask('/transaction?clientTransId=mine_3', 'ssp1')).body).toEqual({ transactions: [] });
  });

  it('a question without a credential, or without an id, is refused', async () => {
    expect((await fetch(`${server.url}/transaction/01900000-0000-7000-8000-000000000000`)).status).toBe(401);
    expect((await fetch(`${server.url}/transaction?clientTransId=mine_1`)).status).toBe(401);
    expect((await ask('/transaction')).status).toBe(400);
    expect((await ask('/transaction?clientTransId=a&clientTransId=b')).status).toBe(400);
    expect((await ask("/transaction/'; DROP TABLE sppp.transaction;--")).status).toBe(404);
    expect((await ask('/transaction?clientTransId=%00')).body).toEqual({ transactions: [] });
  });
});

it('sppp transaction shows caller, operation, times and result', async () => {
  const { text } = await server.post(addRequest(destGrp('TOLD'), destGrp('x')), {
    path: '/sppp/partial',
    headers: { 'user-agent': 'carrier/1.0' },
  });
  const { serverTransId = '' } = readAnswer(text);
  const found = await findRequest(server.deps.database.pool, serverTransId);
  const lines = found === undefined ? [] : requestLines(found);
  expect(lines.join('\n')).toMatch(
    new RegExp(
      [
        `transaction    ${serverTransId}`,
        'registrar      iana-en:223 as ssp2r',
        'from           127.0.0.1 carrier/1.0',
        'operation      submitAddRqst \\(partial\\)',
        'received       \\S+Z',
        'answered       \\S+Z \\(\\d+ ms\\)',
        'answer         2100 Command invalid \\(partial success, 1 of 2 applied\\)',
        'objects        2, 1 failed: 1 × 2101',
        'committed      yes',
        'kept           \\d+ bytes',
      ].join('\n'),
    ),
  );
});

describe('an archived request is read for the history of an object', () => {
  const bulk = addRequest(
    ...Array.from({ length: 50 }, (_, n) => tn(`+120255501${String(n).padStart(2, '0')}`, ['GRP'])),
  );
  const of = (noun: Named['noun'], key: string) => ({ registrant: 'iana-en:222', noun, key });
  const may = (text: string | Buffer, noun: Named['noun'], key: string) => mayMention(Buffer.from(text), of(noun, key));

  it.each([
    ['a group of its numbers', bulk, 'DestGrp', 'grp'],
    ['another number', bulk, 'PubId', 'TN 12025550999'],
    ['another group', addRequest(destGrp('OTHER')), 'DestGrp', 'wanted'],
    ['another record', addRequest(obj('SedGrpType', sedGrp('G_1', ref('REC_1', 1)))), 'SedRec', 'rec_2'],
    ['another offer', addRequest(offer('G_1', 'iana-en:111')), 'SedGrpOffer', 'g_2 to iana-en:111'],
  ] as const)('not if it can only concern %s', (_, text, noun, key) => {
    expect(may(text, noun, key)).toBe(false);
  });

  it.each([
    ['in another case', addRequest(destGrp('GrP')), 'DestGrp', 'grp'],
    ['by its key', addRequest(objKey('DestGrp', 'GRP')), 'DestGrp', 'grp'],
    ['in letters beyond ASCII', addRequest(destGrp('STRASSE')), 'DestGrp', 'straße'],
    ['that fold to ASCII', addRequest(destGrp('\u212aILO')), 'DestGrp', 'kilo'],
    ['with a comment inside', addRequest(destGrp('GR<!-- -->P')), 'DestGrp', 'grp'],
    ['with CDATA inside', addRequest(tn('+12025<![CDATA[55]]>0100')), 'PubId', 'TN 12025550100'],
    ['by character references', addRequest(destGrp('&#71;RP')), 'DestGrp', 'grp'],
    ['with an ampersand', addRequest(destGrp('A&amp;B')), 'DestGrp', 'a&b'],
    ['with a line end for a blank', addRequest(destGrp('MY\nGRP')), 'DestGrp', 'my grp'],
    ['in UTF-16', Buffer.from(addRequest(destGrp('GRP')), 'utf16le'), 'DestGrp', 'grp'],
    ['in an offer', addRequest(offer('GRP', 'iana-en:111')), 'SedGrpOffer', 'grp to iana-en:111'],
    ['as a NAPTR record', addRequest(obj('NAPTRType', uriRec('REC', 'x'))), 'SedRec', 'rec'],
  ] as const)('if it may name it %s', (_, text, noun, key) => {
    expect(may(text as string | Buffer, noun, key)).toBe(true);
  });
});
