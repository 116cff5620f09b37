import type { Pool } from 'pg';
import type { Config } from '../config.js';
import { openDatabase } from '../registry/connection/database.js';
import type { PrismaClient } from '../registry/prisma-client/client.js';
import { openRegistry } from './registry.js';

/** Runs a command on the database of the registry, beside a running server or without one. */
export async function administer(
  config: Config,
  work: (prisma: PrismaClient, pool: Pool) => Promise<void>,
  { mayMake = false } = {},
): Promise<void> {
  const registry = await openRegistry(config, { mayMake });
  try {
    const { leastSynchronousCommit } = config;
    const database = await openDatabase(registry.url, { maxConnections: 2, leastSynchronousCommit });
    try {
      await work(database.prisma, database.pool);
    } finally {
      await database.close();
    }
  } finally {
    await registry.close();
  }
}
