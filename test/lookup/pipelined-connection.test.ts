import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PipelinedConnection } from '../../src/lookup/pipelined-connection.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let pool: pg.Pool;
let rooms: number;
let connection: PipelinedConnection;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 3, pipeline: true });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => {
  rooms = 0;
  // So long that a loaded machine does not make a statement slow.
  connection = connectionWith(60_000);
});

function connectionWith(slowMs: number | undefined): PipelinedConnection {
  const onRoom = () => {
    rooms += 1;
  };
  return new PipelinedConnection(pool, onRoom, slowMs);
}

const asks = (text: string) =>
  connection.use(async (client) => (await client.query<{ process: number; x: number }>(text)).rows[0]);
const quick = (x: number) => asks(`SELECT pg_backend_pid() AS process, ${x} AS x`);

const expectGivenBack = () => expect.poll(() => pool.totalCount - pool.idleCount).toBe(0);

describe('statements on a pipelined connection', () => {
  it('go over one connection, one after the other, and give it back', async () => {
    await quick(0);
    const asked = [1, 2, 3].map(quick);
    expect(connection.underWay).toBe(3);
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => answer?.x)).toEqual([1, 2, 3]);
    expect(new Set(answers.map((answer) => answer?.process)).size).toBe(1);
    expect([connection.underWay, rooms]).toEqual([0, 4]);
    await expectGivenBack();
  });

  it('that waited for a slot go over the same connection', async () => {
    const processes: unknown[] = [];
    const ask = (of: PipelinedConnection) =>
      of.use(async (client) => processes.push((await client.query('SELECT pg_backend_pid() AS id')).rows[0].id));
    await new Promise<void>((resolve) => {
      const next = () => (processes.length === 5 ? resolve() : void ask(chain));
      const chain: PipelinedConnection = new PipelinedConnection(pool, next, 60_000);
      void ask(chain);
    });
    expect(new Set(processes).size).toBe(1);
  });

  it('that follow each other soon use the connection that is still borrowed', async () => {
    await expectGivenBack();
    const first = await quick(1);
    expect(pool.totalCount - pool.idleCount).toBe(1);
    expect((await quick(2))?.process).toBe(first?.process);
    await expectGivenBack();
  });

  it('fail alone', async () => {
    const asked = [quick(1), asks('SELECT 1 / 0'), quick(3)];
    const byOutcome = await Promise.allSettled(asked);
    expect(byOutcome.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expectGivenBack();
  });

  it('do not wait behind a slow statement', async () => {
    connection = connectionWith(undefined);
    await quick(0);
    const slow = asks('SELECT pg_backend_pid() AS process, 0 AS x FROM pg_sleep(3)');
    await expect.poll(() => connection.underWay, { interval: 5 }).toBe(0);
    const ended: string[] = [];
    const both = [slow.then((answer) => [ended.push('slow'), answer?.process])];
    both.push(quick(1).then((answer) => [ended.push('quick'), answer?.process]));
    const [[, first], [, second]] = (await Promise.all(both)) as [number[], number[]];
    expect(ended).toEqual(['quick', 'slow']);
    expect(first).not.toBe(second);
    await expectGivenBack();
  });

  it('stay on the connection after a statement that took too long', async () => {
    const [before] = await Promise.all([quick(1), asks(`SELECT set_config('statement_timeout', '50', false)`)]);
    await expect(asks('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    expect((await quick(2))?.process).toBe(before?.process);
    await asks(`SELECT set_config('statement_timeout', '0', false)`);
    await expectGivenBack();
  });

  it('have the given weight until they are answered', async () => {
    const asked = [connection.use((client) => client.query('SELECT 1'), 5), quick(1)];
    expect([connection.underWay, connection.weight]).toEqual([2, 6]);
    await Promise.all(asked);
    expect([connection.underWay, connection.weight]).toEqual([0, 0]);
  });

  it('leave a broken connection', async () => {
    const broken = asks('SELECT pg_terminate_backend(pg_backend_pid())');
    await expect(broken).rejects.toThrow();
    expect((await quick(1))?.x).toBe(1);
    await expectGivenBack();
  });

  it('fail while no connection is available, and succeed again afterwards', async () => {
    const taken = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    pool.options.connectionTimeoutMillis = 50;
    await expect(quick(1)).rejects.toThrow(/timeout/);
    expect(connection.underWay).toBe(0);
    pool.options.connectionTimeoutMillis = 0;
    for (const client of taken) client.release();
    expect((await quick(1))?.x).toBe(1);
  });
});
