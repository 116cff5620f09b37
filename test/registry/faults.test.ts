/**
 * The answer and the stored rows when the database fails in the middle of a request: a trigger raises an error in
 * the last statement on each table that the request writes, or the connection is cut while a statement runs.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fullSet, fullSetTables, picture } from '../support/full-set.js';
import { collectLog, type LogLine } from '../support/log-lines.js';
import { addRequest, delRequest, destGrp, getRequest, numberKey, objKey, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
let log: LogLine[];
let before: unknown;

beforeAll(async () => {
  server = await startServer();
  log = collectLog(server.deps.log);
  await server.sql(
    `CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'disk on fire at /var/lib/secret, table %', TG_TABLE_NAME USING ERRCODE = TG_ARGV[0]; END $$`,
  );
  await server.sql(
    `CREATE FUNCTION public.stall() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$`,
  );
});
afterAll(() => server.close());

beforeEach(async () => {
  log.length = 0;
  before = await server.sql(picture);
});
afterEach(async () => {
  const triggers = await server.sql<{ name: string; table: string }>(
    `SELECT tgname::text AS name, relname::text AS "table" FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
      WHERE tgname LIKE 'injected%'`,
  );
  for (const { name, table } of triggers) await server.sql(`DROP TRIGGER ${name} ON sppp.${table}`);
});

type Event = 'INSERT' | 'UPDATE' | 'DELETE';

/** Makes the event fail on that table, at the end of its statement. */
async function inject(table: string, event: Event, code = 'XX001'): Promise<void> {
  await server.sql(
    `CREATE TRIGGER injected_zz AFTER ${event} ON sppp.${table} FOR EACH STATEMENT EXECUTE FUNCTION public.fault('${code}')`,
  );
}

/** From now on the commit of a request fails that wrote to that table: constraints are checked at the very end. */
async function injectAtCommit(table: string, procedure = `public.fault('XX001')`): Promise<void> {
  await server.sql(
    `CREATE CONSTRAINT TRIGGER injected_zz AFTER INSERT OR UPDATE ON sppp.${table} DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION ${procedure}`,
  );
}

/** The answer has the code without the reason; the log and the journal have the reason under its serverTransId. */
async function expectFailure(request: string, code: 2300 | 2301, path = '/sppp'): Promise<void> {
  const { status, text } = await server.post(request, { path });
  const answer = readAnswer(text);
  expect({ status, code: answer.code, details: answer.details }).toEqual({ status: 200, code, details: [] });
  expect(text).not.toMatch(/fire|secret|sppp\.|SELECT|INSERT|Error| at .*\.[jt]s/);
  expect(await server.sql(picture)).toEqual(before);
  const failed = log.filter(({ msg }) => msg === 'request failed');
  expect(failed).toMatchObject([
    { level: 50, serverTransId: answer.serverTransId, err: { message: expect.anything() } },
  ]);
  const journal = 'SELECT code, objects, failed FROM sppp_api.transaction WHERE server_trans_id = $1';
  expect(await server.sql(journal, [answer.serverTransId])).toMatchObject([{ code }]);
}

describe('a fault in the last statement on a table leaves nothing and gets 2301', () => {
  it.each(fullSetTables)('%s, while objects are added', async (table) => {
    await inject(table, 'INSERT');
    await expectFailure(addRequest(...fullSet()), 2301);
  });

  it.each(fullSetTables)('%s, in partial mode', async (table) => {
    await inject(table, 'INSERT');
    await expectFailure(addRequest(...fullSet()), 2301, '/sppp/partial');
  });

  it('the journal row, when it is closed', async () => {
    await inject('transaction', 'UPDATE');
    await expectFailure(addRequest(...fullSet()), 2301);
  });

  it('the commit itself', async () => {
    await injectAtCommit('destination_group');
    await expectFailure(addRequest(...fullSet()), 2301);
  });

  it('and the same request succeeds after the fault', async () => {
    await inject('public_identifier_sed_record', 'INSERT');
    await expectFailure(addRequest(...fullSet()), 2301);
    await server.sql('DROP TRIGGER injected_zz ON sppp.public_identifier_sed_record');
    expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
  });

  it.each([
    ['destination_group', 'UPDATE'],
    ['public_identifier', 'UPDATE'],
    ['sed_record', 'UPDATE'],
    ['sed_group', 'UPDATE'],
    ['destination_group_member', 'DELETE'],
    ['sed_group_source_ident', 'DELETE'],
  ] as const)('%s, while objects are replaced (%s)', async (table, event) => {
    expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
    before = await server.sql(picture);
    await inject(table, event);
    await expectFailure(addRequest(...fullSet()), 2301);
  });

  it.each(['sed_group', 'sed_record', 'destination_group', 'public_identifier'])(
    '%s, while objects are deleted',
    async (table) => {
      expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
      before = await server.sql(picture);
      await inject(table, 'DELETE');
      const keys = [
        objKey('SedGrp', 'FULL_SG'),
        objKey('SedRec', 'FULL_NS'),
        objKey('DestGrp', 'FULL_DG'),
        numberKey('TN', '12025550100'),
      ];
      await expectFailure(delRequest(...keys), 2301);
    },
  );

  it('a request without a journal row is answered nevertheless, and the log names it', async () => {
    await inject('transaction', 'INSERT');
    const answer = readAnswer((await server.post(addRequest(...fullSet()))).text);
    expect(answer.code).toBe(2301);
    expect(await server.sql(picture)).toEqual(before);
    expect(log.map(({ msg, serverTransId }) => [msg, serverTransId])).toEqual([
      ['request failed', answer.serverTransId],
      ['refusal not journalled', answer.serverTransId],
    ]);
  });
});

describe('a Get, whose journal row goes to the database with its queries', () => {
  const gets = getRequest(objKey('SedRec', 'FULL_NS'));

  beforeAll(async () => {
    expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
  });

  /** The answer, and the codes of the journal rows that were written for it. */
  async function codesOf(): Promise<{ code: number; found: number; journalled: number[] }> {
    const [last] = await server.sql<{ id: string }>('SELECT max(id) AS id FROM sppp.transaction');
    const { code, resultObjs } = readAnswer((await server.post(gets)).text);
    const rows = await server.sql<{ code: number }>('SELECT code FROM sppp.transaction WHERE id > $1', [last?.id]);
    return { code, found: resultObjs.length, journalled: rows.map((row) => row.code) };
  }

  it('is journalled with its answer, also if the reading fails', async () => {
    expect(await codesOf()).toEqual({ code: 1000, found: 1, journalled: [1000] });
    await server.sql('ALTER TABLE sppp.sed_record_ip_addr RENAME TO away');
    try {
      expect(await codesOf()).toEqual({ code: 2301, found: 0, journalled: [2301] });
    } finally {
      await server.sql('ALTER TABLE sppp.away RENAME TO sed_record_ip_addr');
    }
    expect(await codesOf()).toEqual({ code: 1000, found: 1, journalled: [1000] });
  });

  it('is not answered with its objects if it cannot be journalled', async () => {
    await inject('transaction', 'INSERT');
    expect(await codesOf()).toEqual({ code: 2301, found: 0, journalled: [] });
  });
});

describe('a temporary failure gets 2300', () => {
  it.each([
    ['a serialization failure', '40001'],
    ['a deadlock', '40P01'],
    ['no memory', '53200'],
    ['a full disk', '53100'],
    ['a statement that took too long', '57014'],
    ['a lock that was waited for too long', '55P03'],
    ['a demoted primary', '25006'],
    ['a state in which the database cannot do it', '55000'],
    ['a lost connection', '08006'],
  ])('%s', async (_, code) => {
    await inject('sed_group_dest_grp', 'INSERT', code);
    await expectFailure(addRequest(...fullSet()), 2300);
  });
});

describe('a connection to the database that breaks', () => {
  /** Cuts the connection that is stalled in a statement, as soon as there is one. */
  async function cut(): Promise<void> {
    const stalled = `SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    while ((await server.sql(stalled)).length === 0);
  }

  it('in the middle of a request leaves nothing and gives 2300', async () => {
    await server.sql('CREATE TRIGGER injected_zz AFTER INSERT ON sppp.sed_group EXECUTE FUNCTION public.stall()');
    const failure = expectFailure(addRequest(...fullSet(), destGrp('OTHER')), 2300);
    await cut();
    await failure;
  });

  it('in the middle of the commit leaves nothing and gives 2300', async () => {
    await injectAtCommit('sed_group', 'public.stall()');
    const failure = expectFailure(addRequest(...fullSet(), destGrp('OTHER')), 2300);
    await cut();
    await failure;
  });

  it('is replaced: the next request succeeds', async () => {
    expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
  });
});

describe('an unavailable database', () => {
  let other: TestServer;
  beforeEach(async () => {
    other = await startServer();
  });
  afterEach(() => other.close());

  /** As in a shutdown of PostgreSQL: it accepts no connections, and terminates the open ones. */
  async function shut(isShut: boolean): Promise<void> {
    const name = new URL(other.databaseUrl).pathname.slice(1);
    await server.sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${!isShut}`);
    if (!isShut) return;
    const left = 'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1';
    while ((await server.sql(left, [name])).length > 0);
  }

  it('gives all requests an answer that lets clients repeat them, and leaves the server running', async () => {
    expect(readAnswer((await other.post(addRequest(destGrp('BEFORE')))).text).code).toBe(1000);
    await shut(true);
    expect((await fetch(`${other.url}/health`)).status).toBe(503);
    const refused = await other.post(addRequest(destGrp('DURING')));
    // A server with the credential in its cache reaches the operation, which fails.
    if (refused.status === 200) expect(readAnswer(refused.text).code).toBe(2300);
    else expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(refused.text).not.toMatch(/postgres|database "|sppp_test/);
    await shut(false);
    // The server asks the database at most ten times a second, and otherwise answers with the latest result.
    await expect.poll(async () => (await fetch(`${other.url}/health`)).status).toBe(200);
    expect(readAnswer((await other.post(addRequest(destGrp('AFTER')))).text).code).toBe(1000);
    expect(await other.sql('SELECT name FROM sppp.destination_group ORDER BY id')).toEqual([
      { name: 'BEFORE' },
      { name: 'AFTER' },
    ]);
  });
});
