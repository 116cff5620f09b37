/**
 * SQLSTATE classes and codes of temporary failures: no connection, a broken one, resources that run out, a shutdown,
 * time limits, and two requests that conflict (23P01: both claim the same numbers).
 */
const passing = /^(?:08...|53...|57P0[1-5]|57014|55P03|40001|40P01|23P01)$/;
/** Prisma's codes for a database that it cannot reach, or waits for too long. */
const passingPrisma = /^P(?:1001|1002|1008|1017|2024|2028)$/;
/** Prisma names the SQLSTATE of an error for which it has no code of its own. */
const NAMED_IN_PRISMA = /\bCode: `([0-9A-Z]{5})`/;
const passingNode = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENOENT)$/;

/** Whether two requests conflicted. Carried out again, one after the other, both may succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['40P01', '40001', '23P01'].includes(String(error.code));
}

/** Whether PostgreSQL gave a statement up, because it was asked to or the time was over. It has done nothing then. */
export function isCancelled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57014';
}

/** Whether asking again later may help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  const named = code === 'P2039' ? (NAMED_IN_PRISMA.exec(error.message)?.[1] ?? '') : code;
  return (
    passing.test(named) ||
    passingNode.test(code) ||
    passingPrisma.test(code) ||
    /connection|timeout exceeded/i.test(error.message)
  );
}

/** Whether a lock was waited for too long, which somebody else holds. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
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
