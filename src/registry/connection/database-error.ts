import { DatabaseError } from 'pg';
import { TurnTimeoutError } from '../../scheduling/fair-queue.js';
import { UnfitSessionError } from './session.js';

/**
 * SQLSTATE classes and codes of a database that does not do at present what it did before: no connection, or a broken one
 * (08), a refused login (28, 3D000), resources that run out (53), a start or a shutdown (57P0.), a standby where a primary
 * was (25006, or 0A000 of a table that a standby does not have), the end of a session or a transaction that took too long
 * (25P03, 25P04), and a state in which it cannot do it (55000). What another connection finds may be better.
 */
const ofDatabase = /^(?:08...|0A000|28...|3D000|53...|57P0[1-5]|25006|25P0[34]|55000)$/;

/**
 * Codes of statements that took too long, or met those of others (23P01: both claim the same numbers). The connection is as
 * good as before.
 */
const ofStatements = /^(?:57014|55P03|40001|40P01|23P01)$/;

/** Prisma's codes for a database that it cannot reach or enter, or waits for too long. */
const ofPrisma = /^P(?:1000|1001|1002|1003|1008|1010|1011|1017|2024|2028|2034|2037)$/;

/** Codes of Node.js for connections that cannot be made, or break. */
const ofSockets = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAGAIN', 'ENOENT', 'EMFILE', 'ENFILE'],
]);

/** What the driver says of connections without any code. */
const driverMessages = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'There was an error establishing an SSL connection',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Cannot use a pool after calling end on the pool',
]);

/** Whether two requests conflicted. Carried out again, one after the other, both may succeed. */
export function isConflict(error: unknown): boolean {
  return ['40P01', '40001', '23P01'].includes(codeOf(error));
}

/** Whether PostgreSQL gave a statement up, because it was asked to or the time was over. It has done nothing then. */
export function isCancelled(error: unknown): boolean {
  return codeOf(error) === '57014';
}

/** Whether asking again later may help: nothing is wrong with the request, nor with the program. */
export function isPassing(error: unknown): boolean {
  return isOfDatabase(error) || ofStatements.test(codeOf(error)) || error instanceof TurnTimeoutError;
}

/**
 * Whether an error is that of the database or the connection as a whole. The connection is not to be used again: it may
 * lead to a server that was the primary.
 */
export function isOfDatabase(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof UnfitSessionError) return true;
  // Every address of the host was tried.
  if (error instanceof AggregateError && error.errors.some(isOfDatabase)) return true;
  const code = codeOf(error);
  return ofDatabase.test(code) || ofSockets.has(code) || ofPrisma.test(code) || driverMessages.has(error.message);
}

/** Whether PostgreSQL itself has said that a statement failed. */
export function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError;
}

/** How an error of Prisma names that of the database. */
interface OfPrisma {
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: { readonly originalCode?: unknown } } };
}

/** The SQLSTATE, of errors that Prisma wraps too, else the code of the driver, of Prisma or of Node.js; else empty. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const sqlState = (error as Error & OfPrisma).meta?.driverAdapterError?.cause?.originalCode;
  if (typeof sqlState === 'string') return sqlState;
  return 'code' in error ? String(error.code) : '';
}

/** Whether a connection does not know the prepared statement that it was to run. */
export function isUnprepared(error: unknown): boolean {
  return codeOf(error) === '26000';
}

/** Whether a lock was waited for too long, which somebody else holds. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03';
}

/** A lock was waited for in several transactions, too long in all. */
export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';
  /** SQLSTATE, as of a statement that PostgreSQL itself gives up. */
  readonly code = '55P03';

  constructor() {
    super('a lock that others hold was waited for too long');
  }
}
