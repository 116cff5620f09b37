import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { isAnswer } from '../connection/database-error.js';
import type { Holder, LockWait, LockWatch } from './lock-watch.js';

/** How long a migration waits for locks. */
export interface Patience {
  /** Milliseconds that one try may wait for locks: as long others may wait behind it. Below PostgreSQL's `deadlock_timeout`, of a second. */
  readonly lockTimeout: number;
  /** Milliseconds after which no further try is made. */
  readonly total: number;
  /** Milliseconds between two tries, on average. */
  readonly pause: number;
  /** Called after each try that failed, with what it waited for, if that is known. */
  readonly report?: (wait: LockWait | undefined, tries: number) => void;
}

export const usualPatience: Patience = { lockTimeout: 500, total: 600_000, pause: 2000 };

/** The lock of Prisma's command line. The session holds it between its tries, too, so migrations take no turns. */
const LOCK_KEY = 72707369;

/** A wait for a lock that took too long, a deadlock, and a conflict with another transaction. */
const CONFLICTS: ReadonlySet<string> = new Set(['55P03', '40P01', '40001']);

/** The answer to the commit was lost. */
const IN_DOUBT =
  'the database did not say whether the migration was carried out, wholly or not at all: sppp migrate tells';

/**
 * Carries out work in one transaction that never waits for locks for long: then it undoes everything, lets others go on, and
 * tries again. Migrations exclude each other.
 *
 * @param afterwards what is done once it is committed, before other migrations begin
 * @throws what the work throws, and OperatorError if the locks were not to be had within the patience
 */
export async function withPatience<T>(
  client: Client,
  watch: LockWatch,
  { lockTimeout, total, pause, report = () => undefined }: Patience,
  work: () => Promise<T>,
  afterwards: () => Promise<void> = async () => undefined,
): Promise<T> {
  await client.query(`SET lock_timeout = ${Math.trunc(lockTimeout)}`);
  const until = performance.now() + total;
  let isAlone = false;
  // What tries have waited for in vain, the last one first. The next one takes these locks before all others: so it holds nothing
  // while it waits for a long reader, and is in no circle with writers that lock such a table before others.
  let contended: string[] = [];
  try {
    for (let tries = 1; ; tries++) {
      try {
        watch.begin();
        if (!isAlone) await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
        isAlone = true;
        const done = await inTransaction(client, watch, contended, work);
        await afterwards();
        return done;
      } catch (error) {
        await watch.end();
        await client.query('ROLLBACK').catch(() => undefined); // the first error says more
        if (!isConflict(error)) throw error;
        const statement = watch.last?.statement;
        if (statement !== undefined) contended = [statement, ...contended.filter((each) => each !== statement)];
        report(watch.last, tries);
        if (performance.now() > until) throw new OperatorError(givenUp(watch.last, tries), { cause: error });
        await delay(pause * (0.5 + Math.random()));
      }
    }
  } finally {
    // A pooler may give the session to others.
    const unlock = isAlone ? `SELECT pg_advisory_unlock(${LOCK_KEY});` : '';
    await client.query(`${unlock} SET lock_timeout = 0`).catch(() => undefined);
  }
}

async function inTransaction<T>(
  client: Client,
  watch: LockWatch,
  locks: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  // Begins behind the lock of migrations. Otherwise PostgreSQL would answer from a catalog as it was before the lock.
  await client.query('BEGIN');
  for (const lock of locks) await client.query(lock);
  const done = await work();
  await watch.end();
  await client.query('COMMIT').catch((error: unknown) => {
    throw isAnswer(error) ? error : new OperatorError(IN_DOUBT, { cause: error });
  });
  return done;
}

/** Whether a later try may succeed. A script that fails is wrapped in an error that names it. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof OperatorError) return isConflict(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  // 57014: the watch has cancelled it. XX000: another session has just changed the same row of a catalog.
  return CONFLICTS.has(code) || code === '57014' || (code === 'XX000' && /concurrently/.test(error.message));
}

function givenUp(wait: LockWait | undefined, tries: number): string {
  const end = wait?.holders.map(({ pid }) => `SELECT pg_terminate_backend(${pid})`).join('; ');
  const remedy = end === undefined ? '' : `wait until that ends, or end it (${end}), and `;
  return `nothing was changed: ${tries === 1 ? 'one try' : `${tries} tries`} did not get ${waitText(wait)}; ${remedy}run sppp migrate again`;
}

/** What a migration waits for, in words. */
export function waitText(wait: LockWait | undefined): string {
  if (wait === undefined) return 'a lock';
  const { relation, isOfMigrations, holders } = wait;
  const lock = isOfMigrations ? 'the lock of migrations' : relation === undefined ? 'a lock' : `a lock on ${relation}`;
  return `${lock}, held by ${holders.map(holderText).join(' and ')}`;
}

function holderText({ pid, application, role, state, seconds }: Holder): string {
  if (pid === 0) return 'a prepared transaction';
  const since = seconds === null ? '' : `, in a transaction for ${Math.round(seconds)} s`;
  return `pid ${pid} (${[application || 'unnamed', `role ${role}`, ...(state === null ? [] : [state])].join(', ')}${since})`;
}
