import type { ClientBase, Pool } from 'pg';

/** A node that has its connection for notices open. */
export interface ConnectedNode {
  /** `SPPP_NODE_ID`, perhaps its beginning. */
  readonly name: string;
  /** The version of the server. */
  readonly version: string;
  /** Null: the machine of the database itself, by a socket in its file system. */
  readonly address: string | null;
  /** Its processes: the node alone, or its workers. */
  readonly processes: number;
  /** When the oldest of these connections began, in ISO 8601. */
  readonly since: string;
}

const PREFIX = 'sppp node ';

/** Bytes of a program's name that PostgreSQL keeps. */
const MAX_PROGRAM_BYTES = 63;

/** What the connection of a node for notices calls itself, so that others know of the node while it lives, and no longer. */
export function programOfNode(version: string, name: string): string {
  return `${PREFIX}${version} ${name}`.slice(0, MAX_PROGRAM_BYTES);
}

/** SQL: the nodes of the database that the session is connected to, as a JSON array in the order of their names. */
export const CONNECTED_NODES = `(SELECT coalesce(jsonb_agg(to_jsonb(n) ORDER BY n.name, n.version, n.address), '[]')
  FROM (SELECT split_part(rest, ' ', 2) AS name, split_part(rest, ' ', 1) AS version, address, count(*) AS processes,
               to_char(min(backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
          FROM (SELECT substr(application_name, ${PREFIX.length + 1}) AS rest, host(client_addr) AS address, backend_start
                  FROM pg_stat_activity
                 WHERE datname = current_database() AND starts_with(application_name, '${PREFIX}')) a
         GROUP BY 1, 2, 3) n)`;

/** The nodes of a database. */
export async function readConnectedNodes(db: Pick<ClientBase | Pool, 'query'>): Promise<readonly ConnectedNode[]> {
  const { rows } = await db.query(`SELECT ${CONNECTED_NODES} AS nodes`);
  return (rows[0] as { readonly nodes: readonly ConnectedNode[] }).nodes;
}
