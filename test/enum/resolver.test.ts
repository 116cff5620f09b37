/** The resolver between a message and the registry. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLookups } from '../../src/deps.js';
import { Resolver } from '../../src/enum/resolver.js';
import { isAnythingBelow } from '../../src/registry/rows/below.js';
import { expectDone } from '../support/carrier.js';
import { tn } from '../support/message.js';
import { party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import { seed } from '../support/sql-seed.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server);
});
afterAll(() => server.close());

const askers = ['iana-en:111', 'iana-en:222', 'iana-en:225', 'iana-en:226', 'nobody'];

it('numbers below a name show only to the organizations that they are shared with', async () => {
  const { pool } = server.deps.database;
  const below = async (identifier: string) =>
    (await Promise.all(askers.map((asker) => isAnythingBelow(pool, { identifier, asker })))).map(Number).join('');
  expect(await below('+1202555020')).toBe('11000');
  expect(await below('+120')).toBe('11110'); // a number with records of its own, which every asker sees
  expect(await below('+12025550102')).toBe('00000');
  expect(await below('+12025550100')).toBe('00000');
  expect(await below('rn=120')).toBe('00000'); // in no destination group
  expect(await below('+13')).toBe('00000');
});

describe('one shared number after hundreds of others', () => {
  const asker = 'iana-en:111';
  const numbers = Array.from({ length: 600 }, (_, index) => `+4930555${1000 + index}`);
  const below = async (identifier: string) =>
    (await Promise.all(askers.map((each) => isAnythingBelow(pool(), { identifier, asker: each }))))
      .map(Number)
      .join('');
  const pool = () => server.deps.database.pool;

  it('makes the name above it exist for the peer that it is shared with; the others do not show', async () => {
    const target = party(server, 'ssp2r');
    expect(await below('+4930555')).toBe('00000');
    expectDone(await target.add(...numbers.map((number) => tn(number, ['FORGOTTEN']))));
    expect(await below('+4930555')).toBe('00000');
    expectDone(await target.add(tn('+49305559999', ['EAST'])));
    expect(await below('+4930555')).toBe('11000');
    const { lookups } = server.deps;
    const resolver = new Resolver(lookups, pool(), { waiting: 10 });
    expect(await resolver.ask({ asker, identifier: '+4930555' })).toEqual({ seds: [], exists: true });
    expect(await resolver.ask({ asker, identifier: '+49305551' })).toEqual({ seds: [], exists: false });
    expect(await resolver.ask({ asker: 'iana-en:226', identifier: '+4930555' })).toEqual({ seds: [], exists: false });
  });

  it('is not denied if the search takes too long', async () => {
    const question = { asker, identifier: '+49305551' };
    const found = await server.deps.lookups.ask(question);
    const hurried = new pg.Pool({ connectionString: server.databaseUrl, statement_timeout: 100 });
    const holder = await pool().connect();
    try {
      await holder.query('BEGIN; LOCK TABLE sppp.public_identifier IN ACCESS EXCLUSIVE MODE');
      const resolver = new Resolver({ ask: () => Promise.resolve(found) }, hurried, { waiting: 10 });
      expect(await resolver.ask(question)).toEqual({ seds: [], exists: true });
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
      await hurried.end();
    }
  });
});

describe('concurrent questions', () => {
  it('do not wait for those that fail, and their number is limited', async () => {
    await server.sql(`UPDATE sppp.sed_record SET ere = '(' WHERE name = 'SBE_TRANSIT'`);
    const { lookups, database } = server.deps;
    const resolver = new Resolver(lookups, database.pool, { waiting: 60 });
    const asked = Array.from({ length: 60 }, (_, index) =>
      resolver.ask({ asker: 'iana-en:222', identifier: index % 2 === 0 ? '+12025550101' : '+4930123' }),
    );
    const bad = resolver.ask({ asker: 'iana-en:225', identifier: '+12045550100' });
    expect(resolver.isFull).toBe(true);
    await expect(bad).rejects.toThrow(/regular expression/);
    for (const [index, { seds, exists }] of (await Promise.all(asked)).entries()) {
      expect([seds.length > 0, exists]).toEqual([index % 2 === 0, index % 2 === 0]);
    }
    expect(resolver.isFull).toBe(false);
  }, 120_000);

  it('all fail at once if the database is unavailable, not one after the other', async () => {
    const silent = createServer(); // accepts connections and sends nothing
    const held = new Set<Socket>();
    silent.on('connection', (socket) => {
      held.add(socket);
      socket.on('error', () => undefined);
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const registry = new pg.Pool({ connectionString: `postgresql://nobody@127.0.0.1:${port}/nothing` });
    const lookups = openLookups(
      {
        lookup: {
          connections: 4,
          timeout: 5000,
          maxAge: 60_000,
          caches: { answerBytes: 1_000_000, numberBytes: 1_000_000 },
        },
      },
      { pool: registry },
      () => undefined,
    );
    const resolver = new Resolver(lookups, registry, { waiting: 60 });
    const asked = Array.from({ length: 50 }, () => resolver.ask({ asker: 'iana-en:222', identifier: '+4930123' }));
    const byOutcome = await Promise.allSettled(asked);
    expect(new Set(byOutcome.map(({ status }) => status))).toEqual(new Set(['rejected']));
    for (const socket of held) socket.destroy();
    silent.close();
    await lookups.close();
    await registry.end();
  }, 30_000);
});
