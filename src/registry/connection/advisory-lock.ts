/**
 * SQL: whether a row `l` of `pg_locks` is an advisory lock of this database that somebody holds, with a key of 64 bits.
 *
 * @param key an expression
 */
export function isHeldLock(key: string): string {
  return `l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (l.classid::bigint << 32 | l.objid::bigint) = ${key}`;
}
