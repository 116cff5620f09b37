/** Statements that go to the database together, and the statements after a failed one. */

import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type QueuedConnection, queuedConnection } from '../../src/registry/connection/queued-connection.js';
import { lateWrite } from '../../src/registry/connection/statement.js';
import { BEGIN, commit } from '../../src/registry/connection/transaction.js';
import { copySets } from '../../src/registry/rows/copy.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let pool: pg.Pool;
let client: pg.PoolClient;
let db: QueuedConnection;
/** The messages that were given to the driver, each with one wait. */
let exchanges: { statements: readonly string[] }[];

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  await pool.query('CREATE TABLE public.item (id int PRIMARY KEY)');
  await pool.query('CREATE TABLE public.late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  await pool.query('TRUNCATE public.item');
  client = await pool.connect();
  exchanges = [];
  const ask = client.query;
  vi.spyOn(client, 'query').mockImplementation((...asked: unknown[]) => {
    exchanges.push(asked[0] as (typeof exchanges)[number]);
    return Reflect.apply(ask, client, asked);
  });
  db = queuedConnection(client);
  return async () => {
    vi.restoreAllMocks();
    await client.query('ROLLBACK');
    client.release();
  };
});

const insert = (id: number) => ({ name: 'insert', text: 'INSERT INTO public.item VALUES ($1)', values: [id] });
const stored = async () =>
  (await pool.query<{ id: number }>('SELECT id FROM public.item ORDER BY id')).rows.map(({ id }) => id);
const double = (value: number) => db.query({ name: 'double', text: 'SELECT $1::bigint * 2 AS twice', values: [value] });

describe('statements without waits between them', () => {
  it('go together and get their own answers', async () => {
    const [one, text, none, two] = await Promise.all([
      double(1),
      db.query("SELECT 'a' AS letter, NULL AS nothing"),
      db.query('SELECT WHERE false'),
      double(2),
    ]);
    expect(one.rows).toEqual([{ twice: '2' }]);
    expect(text.rows).toEqual([{ letter: 'a', nothing: null }]);
    expect(none.rowCount).toBe(0);
    expect(two.rows).toEqual([{ twice: '4' }]);
    expect(exchanges.map(({ statements }) => statements)).toEqual([['double', 'SELECT', 'SELECT', 'double']]);
  });

  it('are committed with the last of them', async () => {
    db.send(BEGIN);
    db.send(insert(1));
    db.send(insert(2));
    await commit(db);
    expect(exchanges).toHaveLength(1);
    expect(await stored()).toEqual([1, 2]);
  });

  it('wait for the end of those in progress, and then go together', async () => {
    const first = double(1);
    await new Promise(setImmediate);
    const later = [double(2), double(3)];
    await Promise.all([first, ...later]);
    expect(exchanges.map(({ statements }) => statements.length)).toEqual([1, 2]);
  });

  it('are asked for late values when they go', async () => {
    const insertLate = lateWrite('insert', 'INSERT INTO public.item VALUES ($1)');
    let id = 1;
    const first = double(1);
    insertLate(db, () => [id]);
    insertLate(db, () => [id + 1]);
    await first;
    await db.answered();
    expect(await stored()).toEqual([1, 2]);
    insertLate(db, () => [id]);
    id = 5;
    await db.answered();
    expect(await stored()).toEqual([1, 2, 5]);
  });

  it('keep their order around a COPY', async () => {
    db.send(BEGIN);
    const loaded = copySets(db, [{ into: 'public.item (id)', lines: '7\n8\n' }]);
    const after = db.query('SELECT count(*)::int AS count FROM public.item');
    await loaded;
    expect((await after).rows).toEqual([{ count: 2 }]);
    await commit(db);
    expect(await stored()).toEqual([7, 8]);
  });
});

describe('after a failed statement', () => {
  it('no statement is carried out, COMMIT included', async () => {
    db.send(BEGIN);
    db.send(insert(1));
    db.send(insert(1));
    db.send(insert(2));
    await expect(commit(db)).rejects.toMatchObject({ code: '23505' });
    await expect(double(1)).rejects.toMatchObject({ code: '23505' });
    expect(exchanges).toHaveLength(1);
    await client.query('ROLLBACK');
    expect(await stored()).toEqual([]);
  });

  it('a COMMIT in a later exchange is refused without a query', async () => {
    db.send(BEGIN);
    db.send(insert(1));
    db.send(insert(1));
    await expect(db.answered()).rejects.toMatchObject({ code: '23505' });
    const asked = exchanges.length;
    await expect(commit(db)).rejects.toMatchObject({ code: '23505' });
    expect(exchanges).toHaveLength(asked);
  });

  it('a COMMIT is an error even if the caller of the statement goes on', async () => {
    db.send(BEGIN);
    db.send(insert(1));
    await expect(db.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(commit(db)).rejects.toThrow('PostgreSQL undid the transaction');
    expect(await stored()).toEqual([]);
  });

  it('their commit, which failed, makes all of them fail if they have no transaction of their own', async () => {
    const insertLate = () => db.query({ text: 'INSERT INTO public.late VALUES (1)' });
    for (const one of await Promise.allSettled([insertLate(), insertLate()])) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: '23505' } });
    }
    expect((await pool.query('SELECT FROM public.late')).rowCount).toBe(0);
  });

  it('those before it keep their answers', async () => {
    const [before, failed, after] = await Promise.allSettled([double(1), db.query('SELECT 1 / 0'), double(2)]);
    expect(before).toMatchObject({ status: 'fulfilled', value: { rows: [{ twice: '2' }] } });
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    expect(after).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
  });

  it('a statement that PostgreSQL skipped, and so did not parse, can be sent again', async () => {
    await expect(Promise.all([db.query('SELECT 1 / 0'), double(1)])).rejects.toMatchObject({ code: '22012' });
    expect((await double(21)).rows).toEqual([{ twice: '42' }]);
  });

  it('nothing is sent if the driver cannot write its values', async () => {
    const unwritable = {
      toPostgres: () => {
        throw new Error('no such value');
      },
    };
    db.send(BEGIN);
    db.send(insert(1));
    db.send({ name: 'insert', text: 'INSERT INTO public.item VALUES ($1)', values: [unwritable] });
    await expect(commit(db)).rejects.toThrow('no such value');
    await client.query('ROLLBACK');
    expect(await stored()).toEqual([]);
  });

  it('a lost connection is an error of all statements', async () => {
    const lost = pool.connect().then(async (other) => {
      const { rows } = await other.query('SELECT pg_backend_pid() AS pid');
      const theirs = queuedConnection(other);
      const answers = Promise.allSettled([theirs.query('SELECT pg_sleep(60)'), theirs.query('SELECT 1')]);
      other.on('error', () => undefined);
      await new Promise(setImmediate);
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      const settled = await answers;
      await theirs.drop();
      other.release(true);
      return settled;
    });
    for (const answer of await lost) expect(answer).toMatchObject({ status: 'rejected', reason: { code: '57P01' } });
  });
});

describe('a dropped statement', () => {
  it('does not reach the database after the end of a transaction', async () => {
    db.send(insert(1));
    await db.drop();
    await new Promise(setImmediate);
    expect(exchanges).toEqual([]);
    await expect(double(1)).rejects.toThrow('the transaction was undone');
  });
});

it('the end waits for earlier statements, not for later ones', async () => {
  db.send(insert(1));
  const answered = db.answered();
  await new Promise(setImmediate);
  const long = db.query('SELECT pg_sleep(0.2)');
  await answered;
  expect(exchanges).toHaveLength(1);
  await long;
});
