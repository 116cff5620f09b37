/**
 * Failures of the database that pass: connections that cannot be had or break, resources that run out, a shutdown,
 * time limits, and two requests that cannot both be carried out at the same time (23P01: both claim the same numbers). SQLSTATE classes and codes.
 */
const passing = /^(?:08...|53...|57P0[1-5]|57014|55P03|40001|40P01|23P01)$/;
/** Of Prisma: it cannot reach the database, or has to wait too long for it. */
const passingPrisma = /^P(?:1001|1002|1008|1017|2024|2028)$/;
/** Prisma names the SQLSTATE of an error for which it has no code of its own. */
const NAMED_IN_PRISMA = /\bCode: `([0-9A-Z]{5})`/;
const passingNode = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENOENT)$/;

/** Whether two requests got into each other's way: carried out again, one after the other, both may succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['40P01', '40001', '23P01'].includes(String(error.code));
}

/** Whether PostgreSQL gave a statement up because it was asked to, and did nothing. */
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
