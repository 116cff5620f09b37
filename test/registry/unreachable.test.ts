import { afterAll, beforeAll, expect, it } from 'vitest';
import { OperatorError } from '../../src/operator-error.js';
import { addOrganization } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { whyRefused, whyUnreachable } from '../../src/registry/connection/unreachable.js';
import { createDatabase, createRole, type TestDatabase, type TestRole } from '../support/database.js';

let database: TestDatabase;
let role: TestRole;
beforeAll(async () => {
  database = await createDatabase();
  role = await createRole();
});
afterAll(async () => {
  await database.drop();
  await role.drop();
});

const failureOf = async (work: Promise<unknown>) => {
  const failure = whyRefused(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  expect(failure).toBeInstanceOf(OperatorError);
  return failure instanceof Error ? failure.message : '';
};

it('a lack of rights in a registry of another role is one line, from pg and from Prisma', async () => {
  const { pool, prisma, close } = await openDatabase(role.at(database), { durable: false, maxConnections: 1 });
  const message = 'permission denied for schema sppp: log in as the owner of schema sppp, or GRANT that role';
  expect(await failureOf(pool.query('SELECT * FROM sppp.organization'))).toBe(message);
  expect(await failureOf(addOrganization(prisma, 'iana-en:1', ''))).toBe(message);
  await close();
});

it('a write to a read-only database is one line, from pg and from Prisma', async () => {
  const { pool, prisma, close } = await openDatabase(database.url, { durable: false, maxConnections: 1 });
  const readOnly = () => pool.query('SET default_transaction_read_only = on'); // a connection that failed is given up
  await readOnly();
  const message =
    /^cannot execute (?:INSERT|UPDATE|DELETE) in a read-only transaction: DATABASE_URL names a standby or a database/;
  expect(await failureOf(pool.query('DELETE FROM sppp.organization'))).toMatch(message);
  await readOnly();
  expect(await failureOf(addOrganization(prisma, 'iana-en:1', ''))).toMatch(message);
  await close();
});

it('other errors stay unchanged', () => {
  const error = new Error('something else');
  expect(whyRefused(error)).toBe(error);
  expect(whyRefused('text')).toBe('text');
});

it('a name whose addresses all failed is reported with each address', () => {
  const each = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}:1`));
  expect(whyUnreachable(new AggregateError(each), 'postgresql://u1:hush@localhost:1/d1').message).toBe(
    'DATABASE_URL: connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1',
  );
});
