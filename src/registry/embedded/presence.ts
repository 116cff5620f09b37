import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a data folder holds the embedded PostgreSQL of a registry. */
export async function isDataFolder(dataDir: string): Promise<boolean> {
  return (await stat(join(dataDir, 'cluster', 'PG_VERSION')).catch(() => undefined)) !== undefined;
}
