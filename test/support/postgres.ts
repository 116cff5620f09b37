import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database without connections, which createDatabase clones. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole run, with a migrated template database, gone when the run is over. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const template = `sppp_template_${randomUUID().slice(0, 8)}`;
  const url = new URL(server.url);
  url.pathname = `/${template}`;
  await administer(server.url, `CREATE DATABASE ${template}`);
  await migrate(url.href);
  await administer(server.url, `ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
  project.provide('postgresUrl', url.href);
  return async () => {
    await administer(server.url, `DROP DATABASE ${template}`);
    await server.stop();
  };
}

/** A server given by SPPP_TEST_DATABASE_URL (its user must be allowed to create databases), else one of our own. */
async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.SPPP_TEST_DATABASE_URL;
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  const dataDir = await mkdtemp(join(tmpdir(), 'sppp-test-'));
  const { url, stop } = await startEmbeddedPostgres({ dataDir, fsync: false });
  return {
    url,
    stop: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
