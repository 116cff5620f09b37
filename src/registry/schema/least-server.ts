import type { ClientBase } from 'pg';

/** The least version of the server that may work on a schema with a migration or an SQL file, by their names. */
const RECORD = `CREATE TABLE public._sppp_least_server (
  name    text PRIMARY KEY,
  version text NOT NULL
)`;

type Database = Pick<ClientBase, 'query'>;

/**
 * The version that a migration or an SQL file states in a line `-- least server: 0.2.0`: older servers cannot work on a
 * schema that has it. Undefined: it states none. Then only servers that know a migration can work on it.
 */
export function leastServerOf({ sql }: { readonly sql: string }): string | undefined {
  return /^-- least server: (\d+\.\d+\.\d+)$/m.exec(sql)?.[1];
}

/** What the migrations and SQL files of a database have stated. */
export async function readLeastServers(db: Database): Promise<ReadonlyMap<string, string>> {
  if (!(await hasRecord(db))) return new Map();
  const { rows } = await db.query<{ name: string; version: string }>(
    'SELECT name, version FROM public._sppp_least_server',
  );
  return new Map(rows.map(({ name, version }) => [name, version]));
}

/** A migration or an SQL file with the least server that can work with it. */
interface Demand {
  readonly name: string;
  readonly leastServer: string | undefined;
}

/** Records the least servers of what is applied, in the transaction that the client is in. */
export async function recordLeastServers(db: Database, applied: readonly Demand[]): Promise<void> {
  const demands = applied.filter(({ leastServer }) => leastServer !== undefined);
  if (demands.length === 0) return;
  if (!(await hasRecord(db))) await db.query(RECORD);
  await db.query(
    `INSERT INTO public._sppp_least_server (name, version) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (name) DO UPDATE SET version = excluded.version`,
    [demands.map(({ name }) => name), demands.map(({ leastServer }) => leastServer)],
  );
}

async function hasRecord(db: Database): Promise<boolean> {
  const { rows } = await db.query<{ exists: boolean }>(
    `SELECT to_regclass('public._sppp_least_server') IS NOT NULL AS exists`,
  );
  return rows[0]?.exists === true;
}

/** Compares the three numbers of a version; a suffix does not count. */
export function isNewer(version: string, than: string): boolean {
  const [left = [], right = []] = [version, than].map((each) => each.split(/[-+]/)[0]?.split('.').map(Number) ?? []);
  const index = [0, 1, 2].find((at) => (left[at] ?? 0) !== (right[at] ?? 0));
  return index !== undefined && (left[index] ?? 0) > (right[index] ?? 0);
}
