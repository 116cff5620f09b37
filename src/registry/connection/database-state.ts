import type { Pool } from 'pg';
import { CONNECTED_NODES, type ConnectedNode } from './connected-nodes.js';

/** The versions and sizes that PostgreSQL reports. */
export interface DatabaseState {
  /** The version of PostgreSQL. */
  readonly version: string;
  /** The last migration that was applied. */
  readonly migration: string;
  readonly bytes: number;
  /** Tables with their partitions, the largest first. */
  readonly tables: readonly TableSize[];
  readonly connections: readonly ProgramConnections[];
  readonly nodes: readonly ConnectedNode[];
}

/** Connections to the database by one program from one address: those of this node, of other nodes, and of whoever else asks. */
export interface ProgramConnections {
  /** The name that it has given itself, such as `sppp look-up`. */
  readonly program: string;
  /** Null: the machine of the database itself, by a socket in its file system. */
  readonly address: string | null;
  readonly count: number;
  /** When the oldest one began, in ISO 8601. */
  readonly since: string;
}

export interface TableSize {
  readonly table: string;
  /** PostgreSQL's estimate of the rows; null before its first one. */
  readonly rows: number | null;
  /** Bytes, with indexes and out-of-line values. */
  readonly bytes: number;
}

/** Programs in one state. */
const MAX_PROGRAMS = 200;

/**
 * Reads versions and sizes from the catalogue. It counts no table, so it takes as long for a large registry as for a
 * small one.
 */
export async function readDatabaseState(pool: Pool): Promise<DatabaseState> {
  const { rows } = await pool.query<DatabaseState>(
    `SELECT current_setting('server_version') AS version,
            (SELECT max(migration_name) FROM public._prisma_migrations
              WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL) AS migration,
            pg_database_size(current_database())::float8 AS bytes,
            (SELECT jsonb_agg(jsonb_build_object('table', t.name, 'rows', t.rows, 'bytes', t.bytes)
                              ORDER BY t.bytes DESC, t.name)
               FROM (SELECT coalesce(root.relname, c.relname) AS name,
                            sum(c.reltuples::bigint) FILTER (WHERE c.reltuples >= 0) AS rows,
                            sum(pg_total_relation_size(c.oid)) AS bytes
                       FROM pg_class c LEFT JOIN pg_class root ON root.oid = pg_partition_root(c.oid)
                      WHERE c.relnamespace = 'sppp'::regnamespace AND c.relkind = 'r' GROUP BY 1) t) AS tables,
            (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.address, a.program), '[]')
               FROM (SELECT application_name AS program, host(client_addr) AS address, count(*) AS count,
                            to_char(min(backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
                       FROM pg_stat_activity
                      WHERE datname = current_database() AND backend_type = 'client backend'
                      GROUP BY 1, 2 ORDER BY 2, 1 LIMIT ${MAX_PROGRAMS}) a) AS connections,
            ${CONNECTED_NODES} AS nodes`,
  );
  const [state] = rows;
  if (state === undefined) throw new Error('no state of the database');
  return state;
}
