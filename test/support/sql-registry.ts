import pg from 'pg';
import { createDatabase, type TestDatabase } from './database.js';

/** A migrated registry that is written with SQL alone, as an operator with psql could. */
export interface SqlRegistry {
  readonly url: string;
  /** A session of its own, closed with the registry. */
  session(): Promise<pg.Client>;
  /** The first column of the first row. */
  value<T>(text: string, values?: unknown[]): Promise<T>;
  drop(): Promise<void>;
}

export async function createSqlRegistry(): Promise<SqlRegistry> {
  return registryOf(await createDatabase());
}

/** The registry of a database, which is dropped with it. */
export async function registryOf(database: TestDatabase): Promise<SqlRegistry> {
  const sessions: pg.Client[] = [];
  const session = async () => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined); // a session that is ended from outside
    await client.connect();
    sessions.push(client);
    return client;
  };
  const operator = await session();
  return {
    url: database.url,
    session,
    value: async <T>(text: string, values: unknown[] = []) => first<T>(operator, text, values),
    drop: async () => {
      for (const client of sessions) await client.end().catch(() => undefined);
      await database.drop();
    },
  };
}

async function first<T>(client: pg.Client, text: string, values: unknown[]): Promise<T> {
  const { rows } = await client.query<unknown[], unknown[]>({ text, values, rowMode: 'array' });
  return rows[0]?.[0] as T;
}

/** The rows that a number hangs on, by their ids; every call makes new ones. */
export interface Family {
  readonly organization: number;
  readonly transaction: number;
  readonly destGrp: number;
  readonly sedRec: number;
  readonly pubId: number;
}

let families = 0;

/** An organization with a destination group, a SED record and a number, not yet tied to each other. */
export async function makeFamily(registry: SqlRegistry): Promise<Family> {
  const n = ++families;
  const organization = await registry.value<number>('INSERT INTO sppp.organization (org_id) VALUES ($1) RETURNING id', [
    `iana-en:${10_000 + n}`,
  ]);
  const transaction = await registry.value<number>(
    `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
     VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now()) RETURNING id::float8`,
  );
  const basic = [transaction, organization];
  const destGrp = await registry.value<number>(
    `INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
     VALUES ($1, now(), $2, $2, 'G', 'g') RETURNING id::int`,
    basic,
  );
  const sedRec = await registry.value<number>(
    `INSERT INTO sppp.sed_record (transaction_id, c_date, rant_id, rar_id, name, name_key, kind, is_in_svc, host_name)
     VALUES ($1, now(), $2, $2, 'R', 'r', 'NS', true, 'ns.example') RETURNING id::int`,
    basic,
  );
  const pubId = await registry.value<number>(insertPubId, [...basic, '12025550100']);
  return { organization, transaction, destGrp, sedRec, pubId };
}

/** A number: $1 transaction, $2 organization, $3 digits. */
export const insertPubId = `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
  VALUES ($1, now(), $2, $2, 'TN', $3) RETURNING id::int`;

/** A membership: $1 number, $2 destination group. */
export const insertMember = `INSERT INTO sppp.destination_group_member
  (public_identifier_id, destination_group_id, position) VALUES ($1, $2, 0)`;

/** A reference to a SED record: $1 number, $2 record. */
export const insertSedRecRef = `INSERT INTO sppp.public_identifier_sed_record
  (public_identifier_id, sed_record_id, position, priority) VALUES ($1, $2, 0, 0)`;

/** Rows that name a parent which is not there: what no sequence of statements may ever bring about. */
export const orphans = `
  SELECT 'number without organization' AS what, id FROM sppp.public_identifier
   WHERE rant_id NOT IN (SELECT id FROM sppp.organization) OR rar_id NOT IN (SELECT id FROM sppp.organization)
  UNION ALL SELECT 'number without transaction', id FROM sppp.public_identifier
   WHERE transaction_id NOT IN (SELECT id FROM sppp.transaction)
  UNION ALL SELECT 'member without number', public_identifier_id FROM sppp.destination_group_member
   WHERE public_identifier_id NOT IN (SELECT id FROM sppp.public_identifier)
  UNION ALL SELECT 'member without group', destination_group_id FROM sppp.destination_group_member
   WHERE destination_group_id NOT IN (SELECT id FROM sppp.destination_group)
  UNION ALL SELECT 'reference without number', public_identifier_id FROM sppp.public_identifier_sed_record
   WHERE public_identifier_id NOT IN (SELECT id FROM sppp.public_identifier)
  UNION ALL SELECT 'reference without record', sed_record_id FROM sppp.public_identifier_sed_record
   WHERE sed_record_id NOT IN (SELECT id FROM sppp.sed_record)`;
