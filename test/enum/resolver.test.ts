/** Questions that share a statement are answered as each would be alone. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Resolver } from '../../src/enum/resolver.js';
import { openLookupPool, type Question, resolve } from '../../src/registry/resolve.js';
import { isAnythingBelow, resolveMany } from '../../src/registry/resolve-many.js';
import { startServer, type TestServer } from '../support/server.js';
import { seed } from '../support/sql-seed.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server);
});
afterAll(() => server.close());

const askers = ['iana-en:111', 'iana-en:222', 'iana-en:225', 'iana-en:226', 'nobody'];
const identifiers = [
  ...['+12025550100', '12025550101', '+12025550102', '+12025550103', '+12025550250', '+12035550100', '+1', '1202'],
  ...['rn=12029990000', 'rn=1202', 'sip:info@ssp2.example', '+49', ''],
];
const sources: Omit<Question, 'identifier' | 'asker'>[] = [
  {},
  { sourceIp: '192.0.2.7', rootDomain: 'e164.arpa' },
  { sourceIp: '2001:db8::1', sourceUri: 'sip:a@b' },
];
const questions: Question[] = askers.flatMap((asker) =>
  identifiers.flatMap((identifier) => sources.map((source) => ({ identifier, asker, ...source }))),
);

it('many questions in one statement get what each gets alone', async () => {
  const { pool } = server.deps.database;
  const many = await resolveMany(pool, questions);
  expect(many).toHaveLength(questions.length);
  let found = 0;
  for (const [index, question] of questions.entries()) {
    const alone = await resolve(pool, question);
    expect(many[index]).toEqual(alone);
    found += alone.length;
  }
  expect(found).toBeGreaterThan(50);
  expect(await resolveMany(pool, [])).toEqual([]);
});

it('what is below a name shows to whom it is shared with, and to nobody else', async () => {
  const { pool } = server.deps.database;
  const below = async (identifier: string) =>
    (
      await isAnythingBelow(
        pool,
        askers.map((asker) => ({ identifier, asker })),
      )
    )
      .map(Number)
      .join('');
  expect(await below('+120')).toBe('11000');
  expect(await below('+1')).toBe('11000');
  expect(await below('+12025550100')).toBe('00000');
  expect(await below('rn=120')).toBe('00000'); // in no destination group
  expect(await below('+13')).toBe('00000');
  expect(await isAnythingBelow(pool, [])).toEqual([]);
});

describe('questions at once', () => {
  it('are not held up by those that fail, nor by how many a statement takes', async () => {
    await server.sql(`UPDATE sppp.sed_record SET ere = '(' WHERE name = 'SBE_TRANSIT'`);
    const pool = openLookupPool(server.deps.database.pool, { connections: 2, timeout: 5000 }, () => undefined);
    const resolver = new Resolver(pool, { statements: 2, perStatement: 8, waiting: 60 });
    const asked = Array.from({ length: 60 }, (_, index) =>
      resolver.ask({ asker: 'iana-en:222', identifier: index % 2 === 0 ? '+12025550101' : '+4930123' }),
    );
    const bad = resolver.ask({ asker: 'iana-en:225', identifier: '+12045550100' });
    expect(resolver.isFull).toBe(true);
    await expect(bad).rejects.toThrow(/regular expression/);
    for (const [index, { seds, isThere }] of (await Promise.all(asked)).entries()) {
      expect([seds.length > 0, isThere]).toEqual([index % 2 === 0, index % 2 === 0]);
    }
    expect(resolver.isFull).toBe(false);
    await pool.end();
  });

  it('are told at once that the database is away, not one after the other', async () => {
    const silent = createServer(); // takes connections and says nothing
    const held = new Set<Socket>();
    silent.on('connection', (socket) => {
      held.add(socket);
      socket.on('error', () => undefined);
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const registry = new pg.Pool({ connectionString: `postgresql://nobody@127.0.0.1:${port}/nothing` });
    const pool = openLookupPool(registry, { connections: 2, timeout: 5000 }, () => undefined);
    const resolver = new Resolver(pool, { statements: 2, perStatement: 32, waiting: 60 });
    const asked = Array.from({ length: 50 }, () => resolver.ask({ asker: 'iana-en:222', identifier: '+4930123' }));
    const fates = await Promise.allSettled(asked);
    expect(new Set(fates.map(({ status }) => status))).toEqual(new Set(['rejected']));
    for (const socket of held) socket.destroy();
    silent.close();
    await pool.end();
  }, 30_000);
});
