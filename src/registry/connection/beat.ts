import type { Pool } from 'pg';
import { runEvery } from '../../scheduling/run-every.js';

/**
 * Records how far the log reaches, if a standby follows this primary by streaming, or nothing is recorded of this primary
 * yet. Standbys see by this commit how old their data are. It need not be flushed before the answer, as nothing depends on
 * it, and does not wait for a record that waits for standbys.
 */
const BEAT = `BEGIN;
  SET LOCAL synchronous_commit = off;
  SET LOCAL lock_timeout = 500;
  SELECT sppp.record_log_position()
   WHERE NOT pg_catalog.pg_is_in_recovery()
     AND (EXISTS (SELECT FROM pg_catalog.pg_stat_replication)
          OR NOT EXISTS (SELECT FROM sppp.primary_term WHERE started_at = pg_catalog.pg_postmaster_start_time()));
  COMMIT`;

const BEAT_MS = 1000;

/**
 * Commits something every second for standbys, which tell the age of their data by the last commit that they have replayed
 * (`STANDBY_AGE`). Where that fails, their age grows; health and requests show why.
 *
 * @returns stops it
 */
export function startBeating(pool: Pool): () => Promise<void> {
  return runEvery(
    () => pool.query(BEAT),
    () => undefined,
    BEAT_MS,
  );
}
