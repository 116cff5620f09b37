/** A carrier accepts an offer in the console, and its look-ups change; the journal and the archive know it. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { resolve } from '../../src/registry/resolve/resolve.js';
import { b, carrier, expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { destGrp, obj, tn } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { offer } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
let ssp1: PageReader;
const key = 'sedGrpOffer:iana-en:222:GROUP/iana-en:111';

beforeAll(async () => {
  server = await startServer();
  await addOperator(server.deps.database.prisma, { username: 'olga', role: 'operator', ...secretsOf('olga', 'olga') });
  expectDone(
    await carrier(server).add(
      destGrp('DG_WEST'),
      obj('URIType', uriRec('REC')),
      obj('SedGrpType', sedGrp('GROUP', ref('REC', 1) + b('dgName', 'DG_WEST'))),
      tn('+12025550100', ['DG_WEST']),
      offer('GROUP', 'iana-en:111'),
    ),
  );
  ssp1 = await signedIn('ssp1');
});
afterAll(() => server.close());

const signedIn = async (username: string) => {
  const reader = new PageReader(server.url);
  expect((await reader.logIn(username, username)).status).toBe(303);
  return reader;
};
const answered = () => resolve(server.deps.database.pool, { identifier: '+12025550100', asker: 'iana-en:111' });
const send = (who: PageReader, fields: Record<string, string>) => who.postFrom('/console', '/console/offers', fields);

it('an offer is listed to both sides, with buttons for the one that may answer it', async () => {
  const { text } = await ssp1.get('/console/offers?status=offered');
  expect(text).toContain('>Accept</button>');
  const maker = await signedIn('ssp2r');
  const theirs = await maker.get('/console/offers');
  expect(theirs.text).toContain('GROUP');
  expect(theirs.text).not.toContain('>Accept</button>');
  const others = await signedIn('ssp3');
  expect((await others.get('/console/offers')).text).not.toContain('GROUP');
  const operators = await signedIn('olga');
  const seen = await operators.get('/console/offers');
  expect(seen.text).toContain('GROUP');
  expect(seen.text).not.toContain('>Accept</button>');
});

it('the first press shows what the registry would answer, and changes nothing', async () => {
  const { status, text } = await send(ssp1, { key, answer: 'accept' });
  expect(status).toBe(200);
  expect(text).toContain('1000 Request succeeded');
  expect(text).toContain('name="sure"');
  expect(await answered()).toEqual([]);
});

it('somebody who may not answer it is refused by the registry', async () => {
  const stranger = await signedIn('ssp4');
  const refused = await send(stranger, { key, answer: 'accept', sure: 'yes' });
  expect((await stranger.get(String(refused.headers.location))).text).toContain('2103');
  const operator = await signedIn('olga');
  expect((await send(operator, { key, answer: 'accept', sure: 'yes' })).status).toBe(403);
  expect(await answered()).toEqual([]);
});

it('the second press accepts it: look-ups change, and the request is on record like every other', async () => {
  const done = await send(ssp1, { key, answer: 'accept', sure: 'yes' });
  expect(done.status).toBe(303);
  expect((await ssp1.get(String(done.headers.location))).text).toContain('submitAcceptRqst, atomic');
  expect(await answered()).toHaveLength(1);
  const list = await ssp1.get('/console/requests');
  expect(list.text).toContain('submitAcceptRqst, atomic');
  const [row] = await server.sql<{ agent: string; code: number; body: Buffer; whole: boolean }>(
    `SELECT t.user_agent AS agent, t.code, b.body, b.is_whole AS whole FROM sppp.transaction t
       JOIN sppp.transaction_body b ON b.transaction_id = t.id
      WHERE t.operation = 'submitAcceptRqst' AND t.mode = 'atomic' AND t.code = 1000`,
  );
  expect(row).toMatchObject({ agent: 'console', whole: true });
  expect(String(row?.body)).toContain('spppAcceptRequest');
});

it('rejecting it takes it away again', async () => {
  const reject = async () => {
    const { headers } = await send(ssp1, { key, answer: 'reject', sure: 'yes' });
    return (await ssp1.get(String(headers.location))).text;
  };
  expect(await reject()).toContain('Committed');
  expect(await answered()).toEqual([]);
  expect(await reject()).toContain('2102');
});

it.each(['', 'GROUP', 'sedGrp:iana-en:222:GROUP', '12025550100', "sedGrpOffer:iana-en:222:'/x"])(
  'the key %j is refused, and what it should be is said',
  async (bad) => {
    const { status, text } = await send(ssp1, { key: bad, answer: 'accept' });
    expect(status).toBe(400);
    expect(text).toMatch(/“.*”/);
  },
);

it('a list of requests goes on behind the last one that a page shows', async () => {
  const of222 = carrier(server);
  for (let count = 0; count < 3; count++) expectDone(await of222.add(destGrp(`DG_${count}`)));
  const maker = await signedIn('ssp2r');
  const [, last = ''] = /request\?id=([0-9a-f-]{36})/.exec((await maker.get('/console/requests')).text) ?? [];
  const [row] = await server.sql<{ id: number }>('SELECT id FROM sppp.transaction WHERE server_trans_id = $1', [last]);
  const older = await maker.get(`/console/requests?before=${row?.id}`);
  expect(older.text).not.toContain(last);
  expect(older.text).toContain('submitAddRqst');
  expect((await maker.get('/console/requests?before=x')).status).toBe(400);
  expect((await ssp1.get('/console/requests')).text).not.toContain('submitAddRqst');
});

it.each(['', 'burn', 'ACCEPT'])('the answer %j is none', async (answer) => {
  const { status, text } = await send(ssp1, { key, answer, sure: 'yes' });
  expect(status).toBe(400);
  expect(text).toContain('accept or reject');
});
