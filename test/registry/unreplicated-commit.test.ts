/**
 * Commits that wait for a synchronous standby, and whose wait is ended from outside: nobody is told that they are done before
 * the standby has them.
 */

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import { runTransaction } from '../../src/registry/connection/transaction.js';
import { CommitInDoubtError, CommitInquiry } from '../../src/registry/journal/commit-inquiry.js';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { DigestClient, send } from '../support/digest-client.js';
import { collectLog, type LogLine } from '../support/log-lines.js';
import { addRequest, destGrp, getRequest, objKey, readAnswer, tn } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';
import { eventually, type Replication, startReplication } from '../support/standby.js';
import '../support/long-timeouts.js';

let replication: Replication;
let server: TestServer;
let impatient: TestServer;
let log: LogLine[];

beforeAll(async () => {
  replication = await startReplication();
  // Commits of tests do not even wait for the disk otherwise, and a role may not want to hear warnings.
  await replication.onPrimary('ALTER DATABASE sppp SET synchronous_commit = remote_apply');
  await replication.onPrimary('ALTER DATABASE sppp SET client_min_messages = error');
  const database = { url: replication.primary.url, drop: async () => undefined };
  server = await startServer({ database, settings: { SPPP_METRICS_PORT: '0' } });
  impatient = await startServer({ database, settings: { SPPP_COMMIT_TIMEOUT: '1000' } });
  log = collectLog(impatient.deps.log);
});
afterEach(async () => {
  await replication.reconnect();
  await waitFor('');
});
afterAll(async () => {
  await impatient.close();
  await server.close();
  await replication.close();
});

/** From now on commits wait for a standby that cannot be reached. */
async function takeStandbyAway(): Promise<void> {
  await replication.disconnect();
  await waitFor('*');
  // It is not in force at once: a commit that waits shows that it is.
  const probe = new pg.Client({ connectionString: replication.primary.url, application_name: 'probe' });
  await probe.connect();
  let isProbed = false;
  const probing = (async () => {
    while (!isProbed) await probe.query(`SELECT pg_logical_emit_message(true, 'test', '')`);
  })();
  const pids = await waiting('probe');
  isProbed = true;
  await end('pg_cancel_backend', pids);
  await probing;
  await probe.end();
}

/** Commits wait for these standbys from now on; for none without a name. */
async function waitFor(standbys: string): Promise<void> {
  await replication.onPrimary(`ALTER SYSTEM SET synchronous_standby_names = '${standbys}'`);
  await replication.onPrimary('SELECT pg_reload_conf()');
}

/** Sessions of that name that wait for the standby, once there are any. */
async function waiting(name: string, others: readonly number[] = []): Promise<number[]> {
  let found: number[] = [];
  await eventually(async () => {
    const rows = await replication.onPrimary<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = $1 AND pid <> ALL ($2)`,
      [name, others],
    );
    found = rows.map(({ pid }) => pid);
    return found.length > 0;
  });
  return found;
}

/** Ends the waits of such sessions. */
async function end(how: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) await replication.onPrimary(`SELECT ${how}($1)`, [pid]);
}

const groups = `SELECT FROM sppp.destination_group WHERE name = $1`;

/** What is known of a promise at any time. */
function watch<T>(promise: Promise<T>): { isSettled: boolean } {
  const watched = { isSettled: false };
  const settle = () => {
    watched.isSettled = true;
  };
  promise.then(settle, settle);
  return watched;
}

it.each(['pg_cancel_backend', 'pg_terminate_backend'])(
  'a commit whose wait is ended by %s is answered once the standby has it',
  async (how) => {
    await takeStandbyAway();
    const answered = server.post(addRequest(destGrp(how)));
    const watched = watch(answered);
    await end(how, await waiting('sppp'));
    // Now the inquiry waits for the standby, and its wait is ended as well.
    const first = await waiting('sppp commit inquiry');
    expect(await replication.onPrimary(groups, [how])).toHaveLength(1);
    await end(how, first);
    await waiting('sppp commit inquiry', first);
    expect(watched.isSettled).toBe(false);
    expect(await replication.onStandby(groups, [how])).toHaveLength(0);
    await replication.reconnect();
    expect(readAnswer((await answered).text).code).toBe(1000);
    expect(await replication.onStandby(groups, [how])).toHaveLength(1);
  },
);

it('requests that share such a commit are all answered once the standby has it', async () => {
  await server.post(addRequest(destGrp('HELD'), destGrp('FREE')));
  const holder = new pg.Client({ connectionString: replication.primary.url });
  await holder.connect();
  await holder.query(`BEGIN; SELECT FROM sppp.destination_group WHERE name_key = 'held' FOR UPDATE`);
  // Two groups of one are under way. The requests that come now wait for each other.
  const first = [
    await begin(addRequest(tn('12025550001', ['HELD']))),
    await begin(addRequest(tn('12025550002', ['HELD']))),
  ];
  await eventually(async () => (await locked()) === 2);
  const numbers = Array.from({ length: 64 }, (_, index) => `120255510${String(index).padStart(2, '0')}`);
  const answers = Promise.all(numbers.map((number) => server.post(addRequest(tn(number, ['FREE'])))));
  await eventually(async () => (await waitingForCommit()) === 66);
  await takeStandbyAway();
  for (const connection of first) connection.close();
  // The journal rows of the two that left wait as well.
  const cancelAll = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                      WHERE wait_event = 'SyncRep' AND application_name = 'sppp'`;
  const asked = waiting('sppp commit inquiry');
  const watched = watch(asked);
  while (!watched.isSettled) await replication.onPrimary(cancelAll);
  await asked;
  await holder.query('ROLLBACK');
  await holder.end();
  await replication.reconnect();
  expect((await answers).map(({ text }) => readAnswer(text).code)).toEqual(numbers.map(() => 1000));
  const [shared] = await replication.onStandby(
    `SELECT count(*)::int AS numbers, count(DISTINCT t.xid)::int AS commits
       FROM sppp.public_identifier p JOIN sppp.transaction t ON t.id = p.transaction_id WHERE value LIKE '120255510%'`,
  );
  expect(shared).toEqual({ numbers: 64, commits: 1 });
});

it('a request that cannot be found out about gets no answer, and can be asked about', async () => {
  await takeStandbyAway();
  const refused = impatient.post(addRequest(destGrp('UNKNOWN'))).catch((error: unknown) => error);
  await end('pg_cancel_backend', await waiting('sppp'));
  expect(await refused).toMatchObject({ code: 'ECONNRESET' });
  const [row] = await replication.onPrimary<{ id: string }>(
    'SELECT server_trans_id AS id FROM sppp.transaction ORDER BY id DESC LIMIT 1',
  );
  expect(log.filter(({ level }) => level >= 40)).toEqual([
    expect.objectContaining({ serverTransId: row?.id, msg: expect.stringContaining('could not be found out') }),
  ]);
  // What its journal row says may be lost as long as the standby does not have it.
  const asked = new DigestClient({ username: 'ssp2r', password: 'ssp2r' }).send(`${server.url}/transaction/${row?.id}`);
  const watched = watch(asked);
  await waiting('sppp');
  expect(watched.isSettled).toBe(false);
  await replication.reconnect();
  const { status, text } = await asked;
  expect(status, text).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ code: 1000, committed: true });
});

it('a query whose journal row the standby may not have gets 2300', async () => {
  await takeStandbyAway();
  const answered = server.post(getRequest(objKey('DestGrp', 'HELD')));
  await end('pg_cancel_backend', await waiting('sppp'));
  const { text, headers } = await answered;
  expect([readAnswer(text).code, headers['retry-after']]).toEqual([2300, '5']);
});

it('a command is told that its change may be on the primary alone', async () => {
  const { pool, prisma } = server.deps.database;
  await takeStandbyAway();
  const added = addOrganization(prisma, 'iana-en:901', '').catch((error: unknown) => error);
  await end('pg_cancel_backend', await waiting('sppp'));
  expect(await added).toMatchObject({ code: '08007', message: expect.stringContaining('on the primary alone') });
  const text = `INSERT INTO sppp.organization (org_id, name) VALUES ('iana-en:902', '')`;
  const made = runTransaction(pool, (db) => db.query(text)).catch((error: unknown) => error);
  await end('pg_terminate_backend', await waiting('sppp'));
  expect(await made).toMatchObject({ code: '08007', message: expect.stringContaining('did not say whether') });
});

it('a standby is not believed, whether it has the row of a request or not', async () => {
  const { text } = await server.post(addRequest(destGrp('FOLLOWED')));
  await replication.catchUp();
  const pool = new pg.Pool({ connectionString: replication.standby.url, max: 1 });
  try {
    const inquiry = new CommitInquiry(pool, 1000);
    const asked = [readAnswer(text).serverTransId ?? '', randomUUID()].map((id) => inquiry.wasDone(id));
    for (const each of await Promise.allSettled(asked)) {
      expect(each).toMatchObject({ status: 'rejected', reason: expect.any(CommitInDoubtError) });
    }
  } finally {
    await pool.end();
  }
});

/** Sends a whole request without waiting for the answer. */
async function begin(body: string): Promise<RawConnection> {
  const challenge = await send(`${server.url}/sppp`, { method: 'POST' });
  const connection = await RawConnection.open(server.url);
  connection.writeHead('POST', '/sppp', {
    'Content-Type': 'text/xml',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: authorization({ nonce: nonceOf(challenge), uri: '/sppp' }),
  });
  connection.write(body);
  return connection;
}

/** Sessions that wait for a lock. */
async function locked(): Promise<number> {
  return (await replication.onPrimary(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).length;
}

/** Requests of one number each that have entered the queue and are not finished. */
async function waitingForCommit(): Promise<number> {
  const { text } = await send(server.metricsUrl ?? '');
  return Number(/^sppp_group_commit_waiting (\d+)$/m.exec(text)?.[1]);
}
