import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A fresh copy of the migrated template database, for one test file or one test. */
export function createDatabase(): Promise<TestDatabase> {
  return clone(new URL(inject('postgresUrl')).pathname.slice(1));
}

/** A database without anything in it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return clone('template0');
}

async function clone(template: string): Promise<TestDatabase> {
  const server = new URL(inject('postgresUrl'));
  const name = `sppp_test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

export interface TestRole {
  readonly name: string;
  /** The URL of a database, to be entered as this role. */
  at(database: TestDatabase): string;
  drop(): Promise<void>;
}

/** A role that may log in, with the given options of CREATE ROLE. */
export async function createRole(words = ''): Promise<TestRole> {
  const name = `sppp_role_${randomUUID().replaceAll('-', '')}`;
  const password = randomUUID();
  await askServer(`CREATE ROLE ${name} LOGIN PASSWORD '${password}' ${words}`);
  return {
    name,
    at: (database) => {
      const url = new URL(database.url);
      url.username = name;
      url.password = password;
      return url.href;
    },
    drop: () => askServer(`DROP ROLE ${name}`),
  };
}

/** Says something to the server, as its superuser. */
export function askServer(sql: string): Promise<void> {
  return administer(new URL(inject('postgresUrl')), sql);
}

const OBJECT_IN_USE = '55006';

/** Another worker may be looking at the template at the same moment: then once more. */
async function administer(server: URL, sql: string): Promise<void> {
  const url = new URL(server);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.query(sql);
        return;
      } catch (error) {
        if (attempt === 20 || !(error instanceof pg.DatabaseError) || error.code !== OBJECT_IN_USE) throw error;
        await delay(100 * attempt);
      }
    }
  } finally {
    await client.end();
  }
}
