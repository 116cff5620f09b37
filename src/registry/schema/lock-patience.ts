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

/** The lock of Prisma's command line. The session holds it between its tries, too, so two migrations do not take turns. */
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
 * @throws what the work throws, and OperatorError if the locks were not to be had within the patience
 */
export async function withPatience<T>(
  client: Client,
  watch: LockWatch,
  { lockTimeout, total, pause, report = () => undefined }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + total;
  // That of the session, which outlives its transactions.
  let isLocked = false;
  const alone = async () => {
    if (!isLocked) await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    isLocked = true;
    return work();
  };
  for (let tries = 1; ; tries++) {
    try {
      return await once(client, watch, lockTimeout, alone);
    } catch (error) {
      if (!isConflict(error)) throw error;
      await client.query('ROLLBACK');
      report(watch.last, tries);
      if (performance.now() > until) throw new OperatorError(givenUp(watch.last, tries), { cause: error });
      await delay(pause * (0.5 + Math.random()));
    }
  }
}

/** One try. */
async function once<T>(client: Client, watch: LockWatch, lockTimeout: number, work: () => Promise<T>): Promise<T> {
  watch.begin();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${Math.trunc(lockTimeout)}`);
    const done = await work();
    await watch.end();
    await client.query('COMMIT').catch((error: unknown) => {
      throw isAnswer(error) ? error : new OperatorError(IN_DOUBT, { cause: error });
    });
    return done;
  } finally {
    await watch.end();
  }
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
  const remedy = end === undefined ? '' : `end that (${end}), or wait, `;
  return `nothing was changed: in ${tries} tries a lock was not to be had${waitText(wait, ' ')}; ${remedy}and run sppp migrate again`;
}

/** What a migration waits for, in words; empty if that is unknown. */
export function waitText(wait: LockWait | undefined, before = ''): string {
  if (wait === undefined) return '';
  const { relation, isOfMigrations, holders } = wait;
  const what = isOfMigrations ? 'another sppp migrate' : relation === undefined ? 'a lock' : `a lock on ${relation}`;
  return `${before}${what}: ${holders.map(holderText).join(', ')}`;
}

function holderText({ pid, application, role, state, seconds }: Holder): string {
  if (pid === 0) return 'held by a prepared transaction';
  const since = seconds === null ? '' : `, in a transaction for ${Math.round(seconds)} s`;
  const words = [application || 'no application name', `role ${role}`, ...(state === null ? [] : [state])];
  return `held by pid ${pid} (${words.join(', ')}${since})`;
}
