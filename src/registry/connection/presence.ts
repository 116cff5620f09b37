import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, connectionTo } from './connect.js';

/** Whether a data folder holds the embedded PostgreSQL of a registry. */
export async function isDataFolder(dataDir: string): Promise<boolean> {
  return (await stat(join(dataDir, 'cluster', 'PG_VERSION')).catch(() => undefined)) !== undefined;
}

/** Whether a database holds a registry, of any version. Throws pg's own error if it cannot be reached. */
export async function isRegistry(url: string): Promise<boolean> {
  const client = await connect(connectionTo(url), 'sppp');
  try {
    const { rows } = await client.query<{ isThere: boolean }>(
      `SELECT to_regclass('public._prisma_migrations') IS NOT NULL
           OR to_regclass('sppp.organization') IS NOT NULL AS "isThere"`,
    );
    return rows[0]?.isThere === true;
  } finally {
    await client.end();
  }
}
