import type { Pool } from 'pg';

/**
 * Deletes rows a few at a time, so that nobody waits long for their locks, and what is done stays done.
 *
 * @param text deletes at most `$1` rows that are from before `$2`
 * @returns how many
 */
export async function deleteInSteps(pool: Pool, text: string, step: number, before: Date): Promise<number> {
  for (let deleted = 0; ; ) {
    const { rowCount } = await pool.query(text, [step, before]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < step) return deleted;
  }
}
