import { EventEmitter } from 'node:events';
import type { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitInDoubtError, CommitInquiry } from './commit-inquiry.js';

const TIMEOUT_MS = 120_000;

/** A database of which only the answers to the inquiry's questions are known. */
class FakeDatabase {
  isAway = false;
  isStandby = false;
  /** Requests whose transactions hold their locks. */
  readonly locked = new Set<string>();
  readonly journalled = new Set<string>();
  /** Whether synchronous standbys acknowledge commits. */
  acknowledges = true;
  terminated: string[] = [];
  attempts = 0;
  open = 0;

  get pool(): Pool {
    const connect = async () => {
      this.attempts += 1;
      if (this.isAway) throw new Error('connect ECONNREFUSED');
      this.open += 1;
      const release = () => {
        this.open -= 1;
      };
      return Object.assign(new EventEmitter(), { query: this.#query.bind(this), release });
    };
    return { connect } as unknown as Pool;
  }

  async #query(text: string, values: [string[]]): Promise<unknown> {
    if (text.includes('pg_try_advisory_xact_lock')) {
      const rows = values[0].map((id) => ({ id, isOver: !this.locked.has(id), isStandby: this.isStandby }));
      return { rows };
    }
    if (text.includes('sppp.transaction')) {
      return { rows: values[0].filter((id) => this.journalled.has(id)).map((id) => ({ id })) };
    }
    if (text.includes('pg_terminate_backend')) this.terminated.push(...values[0]);
    if (text.includes('pg_logical_emit_message') && !this.acknowledges) throw new Error('the wait was cancelled');
    return { rows: [] };
  }
}

let database: FakeDatabase;
let inquiry: CommitInquiry;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  database = new FakeDatabase();
  inquiry = new CommitInquiry(database.pool, TIMEOUT_MS);
});
afterEach(() => vi.useRealTimers());

/** What has come of an inquiry so far. */
function watch(asked: Promise<boolean>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: 'unknown' };
  asked.then(
    (wasDone) => {
      watched.outcome = wasDone;
    },
    (error: unknown) => {
      watched.outcome = error;
    },
  );
  return watched;
}

describe('an inquiry about a commit', () => {
  it('says whether the journal row is there', async () => {
    database.journalled.add('a');
    expect(await Promise.all(['a', 'b'].map((id) => inquiry.wasDone(id)))).toEqual([true, false]);
  });

  it.each([
    ['away', { isAway: true }, { isAway: false }],
    ['a standby', { isStandby: true }, { isStandby: false }],
    ['without its standby', { acknowledges: false }, { acknowledges: true }],
  ])('goes on while the database is %s, for longer than a failover takes', async (_, before, after) => {
    Object.assign(database, before);
    database.journalled.add('a');
    const watched = ['a', 'b'].map((id) => watch(inquiry.wasDone(id)));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(watched.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown']);
    Object.assign(database, after);
    await vi.advanceTimersByTimeAsync(1000);
    expect(watched.map(({ outcome }) => outcome)).toEqual([true, false]);
    expect(database.open).toBe(0);
  });

  it('waits for the end of the transaction, and ends it if it waits for its lost client', async () => {
    database.locked.add('a');
    const watched = watch(inquiry.wasDone('a'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(watched.outcome).toBe('unknown');
    expect(database.terminated).toContain('a');
    database.locked.delete('a');
    database.journalled.add('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(watched.outcome).toBe(true);
  });

  it('does not wait for the transactions of others', async () => {
    database.locked.add('a');
    const watched = watch(inquiry.wasDone('a'));
    expect(await inquiry.wasDone('b')).toBe(false);
    expect(watched.outcome).toBe('unknown');
  });

  it('ends without an answer when the time is over', async () => {
    database.isAway = true;
    const watched = watch(inquiry.wasDone('a'));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(watched.outcome).toBeInstanceOf(CommitInDoubtError);
    const { attempts } = database;
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(database.attempts).toBeLessThanOrEqual(attempts + 1);
  });

  it('ends without an answer as soon as nobody waits for it', async () => {
    database.isAway = true;
    const client = new AbortController();
    const watched = [watch(inquiry.wasDone('a', client.signal)), watch(inquiry.wasDone('b'))];
    await vi.advanceTimersByTimeAsync(1000);
    client.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(watched.map(({ outcome }) => outcome)).toEqual([expect.any(CommitInDoubtError), 'unknown']);
    database.isAway = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(watched[1]?.outcome).toBe(false);
    await expect(inquiry.wasDone('c', AbortSignal.abort())).rejects.toThrow(CommitInDoubtError);
  });

  it('asks for many at once, over one connection', async () => {
    const ids = Array.from({ length: 64 }, (_, index) => `request ${index}`);
    for (const id of ids.slice(0, 32)) database.journalled.add(id);
    const asked = Promise.all(ids.map((id) => inquiry.wasDone(id)));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await asked).toEqual(ids.map((_, index) => index < 32));
    expect(database.attempts).toBeLessThanOrEqual(2);
  });
});
