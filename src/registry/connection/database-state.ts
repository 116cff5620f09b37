import type { Pool } from 'pg';

/** What PostgreSQL says of itself and of the registry's tables. */
export interface DatabaseState {
  /** Of PostgreSQL. */
  readonly version: string;
  /** The last migration that was applied. */
  readonly migration: string;
  readonly bytes: number;
  /** The largest first. */
  readonly tables: readonly TableSize[];
}

export interface TableSize {
  readonly table: string;
  /** As PostgreSQL estimates them; null before it has counted them once. */
  readonly rows: number | null;
  /** With indexes and out-of-line values. */
  readonly bytes: number;
}

/** Reads versions and sizes from the catalogue: no table is counted, so that it costs the same for any registry. */
export async function readDatabaseState(pool: Pool): Promise<DatabaseState> {
  const { rows } = await pool.query<DatabaseState>(
    `SELECT current_setting('server_version') AS version,
            (SELECT max(migration_name) FROM public._prisma_migrations
              WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL) AS migration,
            pg_database_size(current_database())::float8 AS bytes,
            (SELECT jsonb_agg(jsonb_build_object('table', t.name, 'rows', t.rows, 'bytes', t.bytes)
                              ORDER BY t.bytes DESC, t.name)
               FROM (SELECT c.relname AS name, CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
                            pg_total_relation_size(c.oid) AS bytes
                       FROM pg_class c WHERE c.relnamespace = 'sppp'::regnamespace AND c.relkind = 'r') t) AS tables`,
  );
  const [state] = rows;
  if (state === undefined) throw new Error('no state of the database');
  return state;
}
