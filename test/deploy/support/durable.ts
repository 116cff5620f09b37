import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../../src/registry/schema/migrate.js';

/** A PostgreSQL of its own that is as durable as `sppp serve` demands, which the one of all tests is not. */
export interface DurableDatabase {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it, empty or with a registry in which nothing is. */
export async function startDurable(state: 'empty' | 'migrated'): Promise<DurableDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-durable-'));
  await chmod(folder, 0o755); // PostgreSQL may run under an account of its own
  const { url, stop } = await startEmbeddedPostgres({ dataDir: join(folder, 'data') });
  const close = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  };
  if (state === 'migrated') await migrate(url);
  return { url, close };
}
