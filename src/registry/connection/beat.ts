import type { Pool } from 'pg';

/**
 * A commit without any row, if a standby follows this primary by streaming: it is one more message in the log. It need not
 * be flushed before the answer, as nothing depends on it.
 */
const BEAT = `BEGIN;
  SET LOCAL synchronous_commit = off;
  SELECT pg_catalog.pg_logical_emit_message(true, 'sppp', '')
   WHERE EXISTS (SELECT FROM pg_catalog.pg_stat_replication) AND NOT pg_catalog.pg_is_in_recovery();
  COMMIT`;

const BEAT_MS = 1000;

/**
 * Commits something every second for standbys, which tell the age of their data by the last commit that they have replayed
 * (`STANDBY_AGE`). Where that fails, their age grows; health and requests show why.
 *
 * @returns stops it
 */
export function startBeating(pool: Pool): () => Promise<void> {
  let last: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    last ??= pool
      .query(BEAT)
      .catch(() => undefined)
      .finally(() => {
        last = undefined;
      });
  }, BEAT_MS).unref();
  return async () => {
    clearInterval(timer);
    await last;
  };
}
