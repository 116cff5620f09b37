import pg from 'pg';
import { expect, it } from 'vitest';
import { createDatabase } from './database.js';

it('makes migrated databases for many at once, each its own, and drops them though somebody is connected', async () => {
  const databases = await Promise.all(Array.from({ length: 8 }, createDatabase));
  expect(new Set(databases.map(({ url }) => url)).size).toBe(8);
  const clients = databases.map(({ url }) => new pg.Client({ connectionString: url }));
  for (const client of clients) {
    client.on('error', () => undefined);
    await client.connect();
    await client.query('CREATE TABLE mine ()');
    expect((await client.query('SELECT FROM _prisma_migrations')).rowCount).toBeGreaterThan(0);
  }
  await Promise.all(databases.map((database) => database.drop()));
  await expect(clients[0]?.query('SELECT 1')).rejects.toThrow();
});
