import type { ClientBase } from 'pg';
import { UnfitSessionError } from './session.js';

/** The values of PostgreSQL's `synchronous_commit`. */
export type SynchronousCommit = 'off' | 'local' | 'remote_write' | 'on' | 'remote_apply';

/** By what a commit waits for: the least first. */
const byStrength: readonly string[] = [
  'off',
  'local',
  'remote_write',
  'on',
  'remote_apply',
] satisfies SynchronousCommit[];

/**
 * Checks that the commits of a new session last as is promised, and keeps it so: a role or a database may have its own
 * `synchronous_commit`, and a later change of the configuration does not reach this session.
 *
 * @param least the least `synchronous_commit` that keeps the promise
 * @throws UnfitSessionError naming the settings that break it
 */
export async function checkDurability(client: ClientBase, least: SynchronousCommit): Promise<void> {
  const { rows } = await client.query<{ fsync: string; commit: string }>(
    `SELECT current_setting('fsync') AS fsync,
            set_config('synchronous_commit', current_setting('synchronous_commit'), false) AS commit`,
  );
  for (const { fsync, commit } of rows) {
    const isEnough = byStrength.indexOf(commit) >= byStrength.indexOf(least);
    const faults = [
      ...(fsync === 'off' ? ['fsync is off, and must be on'] : []),
      ...(isEnough
        ? []
        : [`synchronous_commit is ${commit}, and must be ${least} or stronger (SPPP_LEAST_SYNCHRONOUS_COMMIT)`]),
    ];
    if (faults.length === 0) continue;
    throw new UnfitSessionError(`The database would lose acknowledged requests in a crash: ${faults.join('; ')}`);
  }
}
