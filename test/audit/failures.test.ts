/** Failed objects are stored beside the journal row: for operators in SQL, for support, for carriers over HTTP. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureLine } from '../../src/cli/transaction.js';
import {
  Failures,
  MAX_STORED_CHARACTERS,
  MAX_STORED_FAILURES,
  MAX_STORED_VALUE,
} from '../../src/operations/failures.js';
import type { FailedObject } from '../../src/registry/journal/failed-objects.js';
import { purgeFailedObjects, purgeJournal } from '../../src/registry/journal/purge.js';
import type { Detail } from '../../src/sppp/message.js';
import { doesNotExist, valueInvalid } from '../../src/sppp/result.js';
import { rangeKey, uriKey } from '../support/carrier.js';
import { DigestClient } from '../support/digest-client.js';
import {
  addRequest,
  delRequest,
  destGrp,
  envelope,
  getRequest,
  numberKey,
  obj,
  objKey,
  readAnswer,
  tn,
} from '../support/message.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const DAY_MS = 86_400_000;
let now = new Date('2041-05-30T09:30:10Z').getTime();
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ clock: () => new Date(now) });
});
afterAll(() => server.close());

async function idOf(xml: string, path = '/sppp', code = 2100): Promise<string> {
  const answer = readAnswer((await server.post(xml, { path })).text);
  expect(answer.code, answer.msg).toBe(code);
  return answer.serverTransId ?? '';
}

const kept = (serverTransId: string) =>
  server.sql(
    `SELECT index, verb, registrant, noun, identifier, code, attr_name, attr_val, is_cut, reason
       FROM sppp_api.transaction_failure WHERE server_trans_id = $1 ORDER BY index`,
    [serverTransId],
  );
const isCommitted = async (serverTransId: string) =>
  (await server.sql('SELECT committed FROM sppp_api.transaction WHERE server_trans_id = $1', [serverTransId]))[0]
    ?.committed;

const ssp2 = { registrant: 'iana-en:222', is_cut: false };
const notDigits = 'not digits 0 to 9 after an optional +';

describe('a failure of a request', () => {
  it.each([
    ['/sppp/partial', true],
    ['/sppp/validate', false],
  ])('is stored with its position, key, code, reason and value as sent: %s', async (path, committed) => {
    const adds = [
      tn('+1 202 555 0100'),
      destGrp('KEPT_A'),
      tn('+12025550101', ['NONE']),
      destGrp('KEPT_B', { rar: 'iana-en:1' }),
    ];
    const deletes = [numberKey('TN', '+1202x'), objKey('DestGrp', 'Ungrund'), rangeKey('12', '11'), uriKey('sip:x@y')];
    const steps = [
      ...adds.map((add) => add.replaceAll('<obj ', '<addObj ').replaceAll('</obj>', '</addObj>')),
      ...deletes.map((key) => key.replaceAll('objKey', 'delObj')),
    ];
    const id = await idOf(envelope(`<s:spppBatchRequest>${steps.join('')}</s:spppBatchRequest>`), path);
    const add = { ...ssp2, verb: 'add' };
    const del = { ...ssp2, verb: 'delete' };
    expect(await kept(id)).toEqual([
      {
        ...add,
        index: 1,
        noun: 'PubId',
        identifier: null,
        code: 2101,
        attr_name: 'tn',
        attr_val: '+1 202 555 0100',
        reason: notDigits,
      },
      {
        ...add,
        index: 3,
        noun: 'PubId',
        identifier: 'TN 12025550101',
        code: 2102,
        attr_name: 'dgName',
        attr_val: 'NONE',
        reason: null,
      },
      {
        ...add,
        index: 4,
        noun: 'DestGrp',
        identifier: 'kept_b',
        code: 2103,
        attr_name: 'rar',
        attr_val: 'iana-en:1',
        reason: 'not the authenticated registrar',
      },
      {
        ...del,
        index: 5,
        noun: 'PubId',
        identifier: null,
        code: 2101,
        attr_name: 'value',
        attr_val: '+1202x',
        reason: notDigits,
      },
      {
        ...del,
        index: 6,
        noun: 'DestGrp',
        identifier: 'ungrund',
        code: 2102,
        attr_name: 'name',
        attr_val: 'Ungrund',
        reason: null,
      },
      {
        ...del,
        index: 7,
        noun: 'PubId',
        identifier: 'TNRange 12-11',
        code: 2101,
        attr_name: 'range',
        attr_val: '12-11',
        reason: 'the start is after the end',
      },
      {
        ...del,
        index: 8,
        noun: 'PubId',
        identifier: 'URI sip:x@y',
        code: 2102,
        attr_name: 'uri',
        attr_val: 'sip:x@y',
        reason: null,
      },
    ]);
    expect(await isCommitted(id)).toBe(committed);
  });

  it('in atomic mode is the one object in the answer', async () => {
    const id = await idOf(addRequest(destGrp('KEPT_C'), tn('n/a'), tn('x')));
    expect(await kept(id)).toMatchObject([{ index: 2, attr_name: 'tn', attr_val: 'n/a' }]);
    expect(await isCommitted(id)).toBe(false);
  });

  it('is stored for each of the requests of one number that share a commit; a failed one is not committed', async () => {
    const numbers = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? `1444${n + 100}` : `+1 444 ${n}`));
    const sent = await Promise.all(
      numbers.map(async (number, n) => {
        const path = n % 4 === 3 ? '/sppp/partial' : '/sppp';
        return { number, answer: readAnswer((await server.post(addRequest(tn(number)), { path })).text) };
      }),
    );
    for (const { number, answer } of sent) {
      const { serverTransId = '', code } = answer;
      const isGood = !number.includes(' ');
      expect(code).toBe(isGood ? 1000 : 2100);
      expect(await isCommitted(serverTransId), number).toBe(isGood);
      expect(await kept(serverTransId)).toMatchObject(isGood ? [] : [{ index: 1, attr_name: 'tn', attr_val: number }]);
      if (!isGood) expect(answer.details[0]?.failure).toMatchObject({ index: '1', attrVal: number });
    }
  });

  it('of a Get is the refused key', async () => {
    await server.post(getRequest(objKey('DestGrp', 'KEPT_A'), objKey('DestGrp', 'ANY', 'iana-en:111')));
    const [latest] = await server.sql(
      `SELECT t.server_trans_id AS id FROM sppp.transaction t ORDER BY t.id DESC LIMIT 1`,
    );
    expect(await kept(latest?.id)).toMatchObject([
      { index: 2, verb: 'get', registrant: 'iana-en:111', identifier: 'any', code: 2103, attr_name: 'rant' },
    ]);
  });

  it('has the whole value if the answer cuts it, and the beginning of a huge one', async () => {
    const long = `sip:${'x'.repeat(9000)}@example.com`;
    const id = await idOf(
      delRequest(objKey('DestGrp', 'y'.repeat(3000)), uriKey(long), uriKey(long.repeat(3))),
      '/sppp/partial',
    );
    expect(await kept(id)).toMatchObject([
      { index: 1, attr_val: 'y'.repeat(3000), is_cut: false, identifier: null },
      { index: 2, attr_val: long, is_cut: false, identifier: null },
      { index: 3, attr_val: long.repeat(3).slice(0, MAX_STORED_VALUE), is_cut: true },
    ]);
  });

  it('is not committed if nothing was applied, in partial mode either', async () => {
    expect(await isCommitted(await idOf(addRequest(destGrp('x'), destGrp('y')), '/sppp/partial'))).toBe(false);
    expect(await isCommitted(await idOf(addRequest(tn('x')), '/sppp/partial'))).toBe(false);
    expect(await isCommitted(await idOf(delRequest(numberKey('TN', '404')), '/sppp'))).toBe(false);
  });

  it('has no value except its own', async () => {
    const values = ['\\N', 'a\tb', '{"x",NULL}', 'NULL', '', '"', "'; DROP TABLE sppp.transaction; --", '𐐀\u202e'];
    const id = await idOf(
      addRequest(
        ...values.map((value) =>
          obj(
            'URIType',
            `<b:sedName>N_1</b:sedName><b:isInSvc>${value}</b:isInSvc><b:ere>.</b:ere><b:uri>sip:a</b:uri>`,
          ),
        ),
      ),
      '/sppp/partial',
    );
    expect((await kept(id)).map(({ attr_val }) => attr_val)).toEqual(values.map((value) => value.replace('\t', ' ')));
  });
});

describe('a carrier asks for failures', () => {
  const ask = async (path: string, as: UserName = 'ssp2r') => {
    const answer = await new DigestClient({ username: as, password: as }).send(server.url + path, {});
    return { status: answer.status, body: answer.status === 200 ? JSON.parse(answer.text) : answer.text };
  };
  const identified = (id: string, ...objs: string[]) =>
    envelope(`<s:spppAddRequest><clientTransId>${id}</clientTransId>${objs.join('')}</s:spppAddRequest>`);

  it('by the id of the answer, or by its own id, which means the latest request with it', async () => {
    await idOf(identified('asked_1', tn('earlier')));
    const id = await idOf(
      identified('asked_1', tn('12025550102'), tn('n/a'), destGrp('A_B', { rant: 'iana-en:111' })),
      '/sppp/partial',
    );
    const expected = {
      ...{ serverTransId: id, clientTransId: 'asked_1', failed: 2, kept: 2, next: null },
      failures: [
        {
          ...{ index: 2, verb: 'add', registrant: 'iana-en:222', noun: 'PubId', identifier: null, code: 2101 },
          ...{ attrName: 'tn', attrVal: 'n/a', isCut: false, reason: notDigits },
        },
        {
          ...{ index: 3, verb: 'add', registrant: 'iana-en:111', noun: 'DestGrp', identifier: 'a_b', code: 2103 },
          ...{ attrName: 'rant', attrVal: 'iana-en:111', isCut: false, reason: 'no grant for this registrant' },
        },
      ],
    };
    expect(await ask(`/transaction/${id}/failures`)).toEqual({ status: 200, body: expected });
    expect(await ask('/transaction/failures?clientTransId=asked_1')).toEqual({ status: 200, body: expected });
  });

  it('of a successful request: there are none', async () => {
    const id = await idOf(addRequest(destGrp('ASKED_2')), '/sppp', 1000);
    expect((await ask(`/transaction/${id}/failures`)).body).toMatchObject({
      failed: 0,
      kept: 0,
      failures: [],
      next: null,
    });
  });

  it('of a request with many, a thousand at a time', async () => {
    const numbers = Array.from({ length: 2500 }, (_, n) => tn(`n/a ${n}`));
    const id = await idOf(addRequest(...numbers), '/sppp/partial');
    const values: string[] = [];
    let pages = 0;
    for (let next: string | null = `/transaction/${id}/failures`; next !== null; pages++) {
      const { body } = await ask(next);
      expect(body).toMatchObject({ failed: 2500, kept: 2500 });
      values.push(...body.failures.map(({ index, attrVal }: FailedObject) => `${index}: ${attrVal}`));
      next = body.next;
    }
    expect(pages).toBe(3);
    expect(values).toEqual(Array.from({ length: 2500 }, (_, n) => `${n + 1}: n/a ${n}`));
  });

  it('and gets none of other carriers, none without a credential, and none with an invalid question', async () => {
    const id = await idOf(identified('asked_4', tn('x')));
    const unknown = await ask('/transaction/01900000-0000-7000-8000-000000000000/failures', 'ssp1');
    expect(unknown.status).toBe(404);
    expect(await ask(`/transaction/${id}/failures`, 'ssp1')).toEqual(unknown);
    expect(await ask('/transaction/failures?clientTransId=asked_4', 'ssp1')).toEqual(unknown);
    expect((await fetch(`${server.url}/transaction/${id}/failures`)).status).toBe(401);
    expect((await fetch(`${server.url}/transaction/failures?clientTransId=asked_4`)).status).toBe(401);
    for (const asked of [
      `${id}/failures?after=-1`,
      `${id}/failures?after=1&after=2`,
      `${id}/failures?after=x`,
      'failures',
    ]) {
      expect((await ask(`/transaction/${asked}`)).status, asked).toBe(400);
    }
    expect((await ask('/transaction/x/failures')).status).toBe(404);
  });
});

function failedObjects(details: readonly Detail[]): readonly FailedObject[] {
  const failures = new Failures();
  for (const detail of details) failures.add(detail);
  return failures.stored;
}

describe('the stored failures', () => {
  const failing = (count: number, attrVal: (n: number) => string): Detail[] =>
    Array.from({ length: count }, (_, index) => ({
      verb: 'add',
      index,
      subject: { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: `DG_${index}` },
      result: valueInvalid({ attrName: 'dgName', attrVal: attrVal(index), reason: 'why' }),
    }));

  it('are the first ten thousand of a request', () => {
    const kept = failedObjects(failing(MAX_STORED_FAILURES + 5, String));
    expect(kept).toHaveLength(10_000);
    expect(kept.at(-1)?.index).toBe(10_000);
  });

  it('are fewer if their values are long', () => {
    const kept = failedObjects(failing(1000, () => 'x'.repeat(20_000)));
    expect(kept).toHaveLength(MAX_STORED_CHARACTERS / MAX_STORED_VALUE);
    expect(kept[0]).toMatchObject({ isCut: true, attrVal: 'x'.repeat(MAX_STORED_VALUE) });
  });

  it('do not include successes', () => {
    const [one] = failing(1, String);
    const won = { ...(one as Detail), result: { code: 1000 as const } };
    expect(failedObjects([won])).toEqual([]);
  });

  it('are deleted with the archived requests, or with the journal row', async () => {
    const { pool } = server.deps.database;
    const count = async () => Number((await server.sql('SELECT count(*) FROM sppp.transaction_failure'))[0]?.count);
    await server.sql('DELETE FROM sppp.transaction_failure');
    await idOf(addRequest(...Array.from({ length: 6000 }, () => tn('x'))), '/sppp/partial');
    now += 30 * DAY_MS;
    await idOf(addRequest(tn('x')));
    expect(await purgeFailedObjects(pool, new Date(now), 31)).toBe(0);
    expect(await purgeFailedObjects(pool, new Date(now), 29)).toBe(6000);
    expect(await count()).toBe(1);
    now += 30 * DAY_MS;
    await purgeJournal(pool, new Date(now), 29);
    expect(await count()).toBe(0);
  });
});

it('sppp transaction lists them, one per line', () => {
  const result = doesNotExist('dgName', 'NONE');
  const [failed] = failedObjects([
    {
      verb: 'add',
      index: 6,
      subject: {
        kind: 'TNType',
        rant: 'iana-en:222',
        rar: 'iana-en:223',
        tn: '+12025550100',
        dgName: [],
        sedRecRef: [],
      },
      result: result,
    },
  ]);
  const line = 'failed         object 7: add PubId TN 12025550100 of iana-en:222: 2102 AttrName:dgName AttrVal:NONE';
  expect(failureLine(failed as FailedObject)).toBe(line);
  expect(failureLine({ ...(failed as FailedObject), identifier: null, isCut: true, reason: 'why' })).toBe(
    'failed         object 7: add PubId of iana-en:222: 2102 AttrName:dgName AttrVal:NONE… (why)',
  );
});
