/** Registrars upload files of objects: tried first, then carried out as they were tried. */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { carrier, expectDone } from '../support/carrier.js';
import { destGrp, objKey, tn } from '../support/message.js';
import { formOn } from '../support/page-form.js';
import { PageReader } from '../support/page-reader.js';
import { as as batched, batchRequest } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();
const as = (username: string) => readers.get(username) as PageReader;

beforeAll(async () => {
  server = await startServer({
    backgroundJobs: false,
    settings: {
      ...{ SPPP_KEEP_REQUESTS_KEY: randomBytes(32).toString('hex'), SPPP_MAX_OBJECTS: '3000' },
      SPPP_MAX_BODY_BYTES: '1000000',
    },
  });
  await addOperator(server.deps.database.prisma, {
    username: 'olga',
    role: 'administrator',
    ...secretsOf('olga', 'olga'),
  });
  for (const username of ['olga', 'ssp1', 'ssp2r']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
  expectDone(await carrier(server).add(destGrp('UP_DEST')));
});
afterAll(() => server.close());

const UPLOAD = '/console/upload';
const RUN = '/console/upload/run';

/** Uploads a file, which is tried by that. */
async function upload(file: string | Uint8Array, fields: Record<string, string> = {}, who = 'ssp2r') {
  const { text } = await as(who).get(UPLOAD);
  const { token = '', rant = '' } = formOn(text, UPLOAD);
  return as(who).postFile(UPLOAD, { token, rant, ...fields }, 'numbers.csv', file);
}

/** Presses a button below what would become of a file. */
const carryOut = (page: string, mode: string, who = 'ssp2r') => as(who).post(RUN, { ...formOn(page, RUN), mode });

/** The values of a page by their names. */
function valuesOn(page: string): Record<string, string> {
  const pairs = [...page.matchAll(/<dt>([^<]*)<\/dt><dd>(?:<a[^>]*>)?([^<]*)/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

const numbers = async () =>
  (await server.sql<{ value: string }>("SELECT value FROM sppp.public_identifier WHERE kind = 'TN' ORDER BY 1")).map(
    ({ value }) => value,
  );

describe('a file', () => {
  it('is tried first; all of it is carried out, as it was tried', async () => {
    const tried = await upload('tn,dgName\r\n+12025550100,UP_DEST\r\n+12025550101,UP_DEST\r\n');
    expect(tried.status, tried.text).toBe(200);
    expect(tried.text).toContain('1000 Request succeeded');
    expect(valuesOn(tried.text)).toMatchObject({ Lines: '2', 'Objects that would be done': '2' });
    expect(await numbers()).toEqual([]);
    const done = await carryOut(tried.text, 'atomic');
    expect(done.text).toContain('1000 Request succeeded');
    expect(valuesOn(done.text)).toMatchObject({ Lines: '2', 'Objects that are done': '2' });
    expect(await numbers()).toEqual(['12025550100', '12025550101']);
    const rows = await server.sql(
      `SELECT operation, mode, user_agent AS agent, objects FROM sppp.transaction WHERE user_agent = 'console' ORDER BY id`,
    );
    const run = { operation: 'submitBatchRqst', agent: 'console', objects: 2 };
    expect(rows).toEqual([
      { ...run, mode: 'validate' },
      { ...run, mode: 'atomic' },
    ]);
    const again = await carryOut(tried.text, 'partial');
    expect([again.status, again.text.includes('carried out already')]).toEqual([409, true]);
  });

  it('has a verdict for each bad line, on the page and as CSV; the good ones are carried out', async () => {
    const file = [
      ...['tn,dgName', '+12025550110,UP_DEST', '12x,UP_DEST', '', '+12025550111,NOT_THERE', '+12025550112,UP_DEST'],
      ...['+12025550110,UP_DEST', '"=HYPER,UP_DEST'],
    ].join('\n');
    const { status, text } = await upload(file);
    expect(status, text).toBe(200);
    expect(valuesOn(text)).toMatchObject({
      ...{ Lines: '6', 'Lines that cannot be read': '3', 'Objects that would be done': '2' },
      'Objects that the registry refuses': '1: 1 × 2102',
    });
    expect(text).not.toContain('value="atomic"');
    const rows = [
      ...text.matchAll(/data-name="Line">(\d+)<.*?data-name="Attribute">(\w+)<.*?data-name="Value">([^<]*)</gs),
    ];
    expect(rows.map(([, line, attribute, value]) => `${line} ${attribute} ${value}`).slice(0, 2)).toEqual([
      '3 tn 12x',
      '5 dgName NOT_THERE',
    ]);
    const [, path = ''] = /href="(\/console\/upload\/failures\.csv\?upload=[^"]+)"/.exec(text) ?? [];
    const csv = await as('ssp2r').get(path);
    expect(csv.headers['content-disposition']).toContain('failures.csv');
    const lines = csv.text.trimEnd().split('\r\n');
    expect(lines[0]).toBe('"line","object","code","attribute","value","reason"');
    expect(lines.slice(1).map((line) => /^"(\d+)"/.exec(line)?.[1])).toEqual(['3', '5', '7', '8']);
    expect(lines[2]).toMatch(/^"5","TN 12025550111","2102","dgName","NOT_THERE","Object does not exist"$/);
    const done = await carryOut(text, 'partial');
    expect(valuesOn(done.text)).toMatchObject({ 'Objects that are done': '2' });
    expect(await numbers()).toEqual(expect.arrayContaining(['12025550110', '12025550112']));
    expect(await numbers()).not.toContain('12025550111');
    expect((await as('ssp2r').get(path)).text).toBe(csv.text);
    expect((await as('ssp1').get(path)).status).toBe(404);
  });

  it('all or nothing: a line that fails by then undoes all', async () => {
    const { text } = await upload('tn,dgName\n+12025550120,UP_DEST\n+12025550121,UP_GOING\n');
    expect(text).toContain('2102');
    expectDone(await carrier(server).add(destGrp('UP_GOING')));
    const good = await upload('tn,dgName\n+12025550120,UP_DEST\n+12025550121,UP_GOING\n');
    expectDone(await carrier(server).del(objKey('DestGrp', 'UP_GOING')));
    const done = await carryOut(good.text, 'atomic');
    expect(valuesOn(done.text)).toMatchObject({ 'Objects that are done': '0' });
    expect(await numbers()).not.toContain('12025550120');
    // Nothing was done, so it may be tried again.
    expectDone(await carrier(server).add(destGrp('UP_GOING')));
    expect((await carryOut(good.text, 'atomic')).text).toContain('1000 Request succeeded');
    expect(await numbers()).toContain('12025550120');
  });

  it('of JSON has objects of several kinds, packed with gzip; of SPPP it has verbs of its own', async () => {
    const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
    const json = [
      { kind: 'DestGrpType', ...own, dgName: 'UP_JSON' },
      { kind: 'TNType', ...own, tn: '+12025550130', dgName: ['UP_JSON'] },
    ];
    const packed = gzipSync(json.map((each) => `${JSON.stringify(each)}\n`).join(''));
    expect((await carryOut((await upload(packed)).text, 'atomic')).text).toContain('1000 Request succeeded');
    expect(await numbers()).toContain('12025550130');
    const message = batchRequest(
      batched('addObj', tn('+12025550131', ['UP_JSON'])),
      batched('delObj', objKey('DestGrp', 'UP_JSON')),
    );
    expect((await carryOut((await upload(message)).text, 'atomic')).text).toContain('1000 Request succeeded');
    expect(await numbers()).toContain('12025550131');
  });

  it('deletes the objects in it, if asked', async () => {
    const { text } = await upload('tn\n+1 (202) 555-0130\n', { delete: 'yes', normalize: 'yes' });
    expect(text).toContain('deletes objects');
    expect(text).toContain('Delete, all or nothing');
    expect((await carryOut(text, 'atomic')).text).toContain('1000 Request succeeded');
    expect(await numbers()).not.toContain('12025550130');
  });

  it('with many lines is carried out, whatever the order of failures', async () => {
    const many = Array.from(
      { length: 2500 },
      (_, at) => `+1203${5550000 + at},${at % 5 === 4 ? 'NOT_THERE' : 'UP_DEST'}`,
    );
    const { text } = await upload(`tn,dgName\n${many.join('\n')}\n`);
    expect(valuesOn(text)).toMatchObject({ 'Objects that the registry refuses': '500: 500 × 2102' });
    expect(text.match(/data-name="Line"/g)).toHaveLength(100);
    const [, path = ''] = /href="(\/console\/upload\/failures\.csv\?upload=[^"]+)"/.exec(text) ?? [];
    const lines = (await as('ssp2r').get(path)).text.trimEnd().split('\r\n').slice(1);
    expect(lines.map((line) => Number(/^"(\d+)"/.exec(line)?.[1]))).toEqual(
      Array.from({ length: 500 }, (_, at) => 6 + 5 * at),
    );
  });
});

describe('a file that is refused', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['is empty', '', /the file is empty/],
    ['has no header', '1,2\n3,4\n', /a column of no kind/],
    ['is a spreadsheet', Buffer.from('PK\u0003\u0004\u0014\u0000'), /save it as CSV/],
    ['is a cut gzip', gzipSync('tn\n1\n'.repeat(1000)).subarray(0, 20), /damaged/],
    ['is packed twice', gzipSync(gzipSync('tn\n1\n')), /packed with gzip twice/],
    ['is too large', Buffer.alloc(1_000_001, 'a'), /larger than 1000000 bytes/],
    ['has only faults', 'tn\nx\ny\n', /No line of the file can be sent/],
    ['has a hostile header', 'tn,<script>alert(1)</script>\n', /&lt;script>/],
    ['has too many lines', `tn\n${Array.from({ length: 3001 }, (_, at) => `1204${at}`).join('\n')}\n`, /2001 .*3000/],
  ])('because it %s says so', async (_, file, reason) => {
    const before = await numbers();
    const { text } = await upload(file);
    expect(text).toMatch(reason);
    expect(text).not.toContain('<script>');
    expect(text).not.toContain(`action="${RUN}"`);
    expect(await numbers()).toEqual(before);
  });

  it('because its form is cut says so', async () => {
    const { token = '' } = formOn((await as('ssp2r').get(UPLOAD)).text, UPLOAD);
    for (const file of ['', 'dgName,tn\r\nUP_DEST,1208\r\n', Buffer.alloc(300_000, 'a')]) {
      const { status, text } = await as('ssp2r').postFile(UPLOAD, { token }, 'numbers.csv', file, true);
      expect(status).toBe(400);
      expect(text).toMatch(/The form ends before its file does|This is no form with a file/);
    }
  });

  it.each([
    [{ delete: 'no' }, '“no”'],
    [{ normalize: 'banana' }, '“banana”'],
  ])('because of %j names the field and the value', async (fields, value) => {
    const { status, text } = await upload('tn,dgName\n1208,UP_DEST\n', fields);
    expect(status).toBe(400);
    for (const part of [Object.keys(fields)[0] ?? '', value, 'one of yes']) expect(text).toContain(part);
  });

  it('because there is none says so', async () => {
    const { token = '' } = formOn((await as('ssp2r').get(UPLOAD)).text, UPLOAD);
    const none = await as('ssp2r').postFile(UPLOAD, { token }, '', '');
    expect([none.status, none.text.includes('Choose a file.')]).toEqual([400, true]);
    const form = await as('ssp2r').post(UPLOAD, { token });
    expect([form.status, form.text.includes('Choose a file.')]).toEqual([400, true]);
  });

  it('comes from somebody else, from elsewhere, or without the token', async () => {
    const { token = '' } = formOn((await as('olga').get('/console')).text, '/console/logout');
    expect((await as('olga').postFile(UPLOAD, { token }, 'x.csv', 'tn\n1\n')).status).toBe(403);
    expect((await as('ssp2r').postFile(UPLOAD, { token }, 'x.csv', 'tn\n1\n')).status).toBe(403);
    expect((await as('ssp2r').postFile(UPLOAD, {}, 'x.csv', 'tn\n1\n')).status).toBe(403);
    const { text } = await upload('tn\n1209\n');
    const { token: other = '' } = formOn((await as('ssp1').get('/console')).text, '/console/logout');
    const stolen = await as('ssp1').post(RUN, { ...formOn(text, RUN), token: other, mode: 'atomic' });
    expect(stolen.status).toBe(404);
    expect(await numbers()).not.toContain('1209');
  });
});

it('a file goes with its session, and is encrypted as archived requests are', async () => {
  await upload('tn\n1208\n');
  const [row] = await server.sql<{ body: Buffer; print: string | null }>(
    'SELECT body, key_print AS print FROM sppp.console_upload',
  );
  expect(row?.print).toMatch(/^[0-9a-f]{32}$/);
  expect(String(row?.body)).not.toContain('1208');
  const reader = new PageReader(server.url);
  await reader.logIn('ssp2r', 'ssp2r');
  const { token = '', rant = '' } = formOn((await reader.get(UPLOAD)).text, UPLOAD);
  await reader.postFile(UPLOAD, { token, rant }, 'n.csv', 'tn\n1207\n');
  expect(await server.sql('SELECT FROM sppp.console_upload')).toHaveLength(2);
  await reader.post('/console/logout', { token });
  expect(await server.sql('SELECT FROM sppp.console_upload')).toHaveLength(1);
});
