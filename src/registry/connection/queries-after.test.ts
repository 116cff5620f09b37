import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Exchange } from './exchange.js';
import { queriesAfter } from './queries-after.js';
import type { QueuedConnection } from './queued-connection.js';

/** A connection that writes down what it is asked. */
function connection() {
  const asked: unknown[] = [];
  const query = async (what: unknown) => {
    asked.push(what);
    return { rows: [{ of: what }] };
  };
  const send = (what: unknown) => void asked.push(what);
  const db = Object.assign(new EventEmitter(), { query, send }) as unknown as QueuedConnection;
  return { db, asked };
}

/** A run that ends when it is told to. */
function held() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((end) => {
    resolve = end;
  });
  return { promise, resolve };
}

function exchange(): Exchange {
  let fail: (error: unknown) => void = () => undefined;
  const ended = new Promise<void>((_, reject) => {
    fail = reject;
  });
  return { count: 1, statements: ['COPY'], ended, submit: () => undefined, handleError: fail };
}

describe('the queries of a run', () => {
  it('reach the database once the run before has ended, in their order', async () => {
    const { db, asked } = connection();
    const before = held();
    const after = queriesAfter(before.promise, db);
    const first = after.query('first');
    const copy = exchange();
    after.query(copy);
    await new Promise(setImmediate);
    expect(asked).toEqual([]);
    before.resolve();
    expect(await first).toEqual({ rows: [{ of: 'first' }] });
    expect(asked).toEqual(['first', copy]);
    await after.query('third');
    expect(asked).toEqual(['first', copy, 'third']);
  });

  it('fail with the error of the run before, and do not reach the database', async () => {
    const { db, asked } = connection();
    const after = queriesAfter(Promise.reject(new Error('the run before failed')), db);
    const copy = exchange();
    after.query(copy);
    await expect(after.query('first')).rejects.toThrow('the run before failed');
    await expect(copy.ended).rejects.toThrow('the run before failed');
    await expect(after.query('later')).rejects.toThrow('the run before failed');
    expect(asked).toEqual([]);
  });

  it('of three runs follow each other', async () => {
    const { db, asked } = connection();
    const first = held();
    const second = queriesAfter(first.promise, db).query('second');
    const third = queriesAfter(second, db).query('third');
    first.resolve();
    await third;
    expect(asked).toEqual(['second', 'third']);
  });
});
