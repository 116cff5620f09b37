/** Counts of nonces over several nodes: each is accepted once, wherever and whenever it comes. */

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countUses } from '../../src/registry/access/shared-nonces.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type NonceNode, type NonceNodeOptions, startNonceNode } from '../support/nonce-node.js';

const HOUR_MS = 3_600_000;

let database: TestDatabase;
let db: pg.Pool;
let key: Buffer;
let nodes: NonceNode[];

beforeAll(async () => {
  database = await createDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await db.end();
  await database.drop();
});
beforeEach(async () => {
  key = randomBytes(32);
  nodes = [];
  await loseUnlogged();
});
afterEach(() => Promise.all(nodes.map((node) => node.kill())));

async function start(options: NonceNodeOptions = {}): Promise<NonceNode> {
  const node = await startNonceNode(database.url, key, options);
  nodes.push(node);
  return node;
}

async function end(node: NonceNode, how: 'close' | 'kill'): Promise<void> {
  nodes = nodes.filter((other) => other !== node);
  await node[how]();
}

/** What a crash of PostgreSQL does. */
const loseUnlogged = () => db.query('TRUNCATE sppp.digest_nonce, sppp.ended_nonce_holder');
const rows = async () =>
  (
    await db.query<{ used: string; holder: string | null }>(
      'SELECT used::text, holder FROM sppp.digest_nonce ORDER BY id',
    )
  ).rows;

describe('a nonce', () => {
  it('that one node alone receives needs no statement', async () => {
    const node = await start();
    const nonce = node.make();
    for (let nc = 1; nc <= 100; nc++) expect(await node.use(nonce, nc)).toBe('new');
    expect(await node.use(nonce, 50)).toBe('seen');
    expect(node.pools.spare.totalCount).toBe(0);
    expect(await rows()).toEqual([]);
  });

  it('goes on working at each node in turn, and a count used at one is refused at all', async () => {
    const [a, b, c] = [await start(), await start(), await start()];
    const nonce = a.make();
    for (let nc = 1; nc <= 30; nc++) expect(await [a, b, c][nc % 3]?.use(nonce, nc)).toBe('new');
    for (const node of [a, b, c]) for (let nc = 1; nc <= 30; nc++) expect(await node.use(nonce, nc)).toBe('seen');
    expect(await b.use(nonce, 0xffff_ffff)).toBe('new');
    expect(await a.use(nonce, 40)).toBe('new');
    expect(await c.use(nonce, 35)).toBe('new');
    for (const node of [a, b, c]) expect(await node.use(nonce, 0xffff_ffff)).toBe('seen');
    expect(await rows()).toEqual([{ holder: null, used: '{[1,31),[35,36),[40,41),[4294967295,4294967296)}' }]);
  });

  it('that was never used where it was issued works elsewhere', async () => {
    const [a, b] = [await start(), await start()];
    const nonce = a.make();
    expect(await b.use(nonce, 1)).toBe('new');
    expect(await a.use(nonce, 1)).toBe('seen');
    expect(await a.use(nonce, 2)).toBe('new');
  });

  it('is accepted once if the same header arrives everywhere at once, many times', async () => {
    const three = [await start(), await start(), await start()];
    const nonce = three[0]?.make() ?? '';
    const uses = await Promise.all(
      Array.from({ length: 32 }, (_, nc) => three.flatMap((node) => [node.use(nonce, nc), node.use(nonce, nc)])).flat(),
    );
    for (let nc = 0; nc < 32; nc++) {
      expect(uses.slice(nc * 6, nc * 6 + 6).sort()).toEqual(['new', 'seen', 'seen', 'seen', 'seen', 'seen']);
    }
  });
});

describe('after a restart', () => {
  it('used and unused nonces go on working, the used counts are refused, and one node counts them without statements', async () => {
    const a = await start();
    const [used, unused] = [a.make(), a.make()];
    for (const nc of [1, 2, 7]) expect(await a.use(used, nc)).toBe('new');
    await end(a, 'close');
    const [next, other] = [await start(), await start()];
    expect(await next.use(used, 7)).toBe('seen');
    expect(await next.use(used, 3)).toBe('new');
    expect(await next.use(unused, 1)).toBe('new');
    const before = await rows();
    for (let nc = 10; nc < 20; nc++) expect(await next.use(used, nc)).toBe('new');
    expect(await rows()).toEqual(before);
    for (const nc of [1, 2, 3, 7, 10, 19]) expect(await other.use(used, nc)).toBe('seen');
    expect(await other.use(used, 20)).toBe('new');
    expect(await next.use(used, 20)).toBe('seen');
    await end(next, 'close');
    await end(other, 'close');
    const last = await start();
    expect(await last.use(used, 20)).toBe('seen');
    expect(await last.use(used, 21)).toBe('new');
    expect(await last.use(unused, 1)).toBe('seen');
  });

  it('nonces are stale if the node was killed, unless the database counted them', async () => {
    const [a, b] = [await start(), await start()];
    const [alone, shared, unused] = [a.make(), a.make(), a.make()];
    expect(await a.use(alone, 1)).toBe('new');
    expect(await a.use(shared, 1)).toBe('new');
    expect(await b.use(shared, 2)).toBe('new');
    await end(a, 'kill');
    expect(await b.use(shared, 1)).toBe('seen');
    expect(await b.use(shared, 3)).toBe('new');
    for (const nonce of [alone, unused]) expect(await b.use(nonce, 2)).toBe('forgotten');
  });

  it('nonces that a full memory has forgotten are stale, taken ones too; the others go on', async () => {
    const limits = { nonces: 2, spans: 8 };
    let now = Date.now();
    const clock = () => ++now;
    const first = await start({ clock });
    const taken = first.make();
    expect(await first.use(taken, 1)).toBe('new');
    await end(first, 'close');
    const second = await start({ clock, limits });
    expect(await second.use(taken, 2)).toBe('new');
    const own = [second.make(), second.make(), second.make()];
    for (const nonce of own) expect(await second.use(nonce, 1)).toBe('new');
    expect(await second.use(taken, 3)).toBe('forgotten');
    await end(second, 'close');
    const third = await start({ clock });
    expect(await third.use(taken, 2)).toBe('seen');
    expect(await third.use(own[0] ?? '', 1)).toBe('forgotten');
    expect(await third.use(own[1] ?? '', 1)).toBe('seen');
    expect(await third.use(own[2] ?? '', 2)).toBe('new');
  });
});

describe('without anybody who knows its counts a nonce is stale', () => {
  it('after a crash of the database, unless one node alone has counted it', async () => {
    const [a, b] = [await start(), await start()];
    const [shared, alone] = [a.make(), a.make()];
    expect(await a.use(shared, 1)).toBe('new');
    expect(await b.use(shared, 2)).toBe('new');
    expect(await a.use(alone, 1)).toBe('new');
    await loseUnlogged();
    for (const nc of [1, 2, 3]) {
      for (const node of [a, b]) expect(await node.use(shared, nc)).not.toBe('new');
    }
    const c = await start();
    for (const nc of [1, 2, 3]) expect(await c.use(shared, nc)).not.toBe('new');
    expect(await a.use(alone, 2)).toBe('new');
    expect(await c.use(alone, 2)).toBe('seen');
    expect(await c.use(alone, 3)).toBe('new');
  });

  it('while its holder hears nothing: that one goes on with it', async () => {
    const [a, b] = [await start(), await start()];
    const nonce = a.make();
    expect(await a.use(nonce, 1)).toBe('new');
    a.deafen();
    await expect.poll(() => b.use(nonce, 2)).toBe('forgotten'); // once its connection has ended
    expect(await a.use(nonce, 2)).toBe('new');
  });

  it('while its holder hears and does not answer', async () => {
    const patience = { answer: 100, silence: 60_000 };
    const [a, b] = [await start(), await start({ patience })];
    const [one, two] = [a.make(), a.make()];
    const client = await a.pools.spare.connect(); // it can write nothing
    for (const nonce of [one, two]) expect(await b.use(nonce, 1)).toBe('forgotten');
    client.release();
    await expect.poll(rows).toHaveLength(2); // b has asked for both
    for (const nonce of [one, two]) expect(await b.use(nonce, 1)).toBe('new');
  });

  it('and no use is accepted while the database is needed and away', async () => {
    const [a, b] = [await start(), await start()];
    const nonce = a.make();
    expect(await a.use(nonce, 1)).toBe('new');
    expect(await b.use(nonce, 2)).toBe('new');
    await db.query('ALTER TABLE sppp.digest_nonce RENAME TO away');
    for (const node of [a, b]) await expect(node.use(nonce, 3)).rejects.toThrow('does not exist');
    await db.query('ALTER TABLE sppp.away RENAME TO digest_nonce');
    expect(await a.use(nonce, 3)).toBe('new');
    expect(await b.use(nonce, 3)).toBe('seen');
  });

  it('a holder that could not write its counts tries again at the next use', async () => {
    const [a, b, c] = [await start(), await start(), await start({ patience: { answer: 100, silence: 0 } })];
    const nonce = a.make();
    expect(await a.use(nonce, 1)).toBe('new');
    await db.query('ALTER TABLE sppp.digest_nonce ADD CONSTRAINT none CHECK (holder IS NOT NULL)');
    expect(await c.use(nonce, 2)).toBe('forgotten');
    await expect(a.use(nonce, 2)).rejects.toThrow('none');
    await db.query('ALTER TABLE sppp.digest_nonce DROP CONSTRAINT none');
    expect(await a.use(nonce, 1)).toBe('seen');
    expect(await b.use(nonce, 2)).toBe('new');
    expect(await a.use(nonce, 2)).toBe('seen');
  });
});

describe('whatever clients do', () => {
  it('a row has at most 128 ranges; what was left out between the lowest counts as used', async () => {
    const [a, b] = [await start(), await start()];
    const nonce = a.make();
    expect(await a.use(nonce, 0)).toBe('new');
    const even = Array.from({ length: 1000 }, (_, n) => 2 * n + 2);
    for (let n = 0; n < even.length; n += 50) {
      const some = even.slice(n, n + 50).map((nc) => [a, b][(n / 50) % 2]?.use(nonce, nc));
      expect(new Set(await Promise.all(some))).toEqual(new Set(['new']));
    }
    const [row] = await rows();
    expect(row?.used.match(/\[/g)?.length).toBeLessThanOrEqual(128);
    expect(new Set(await Promise.all(even.map((nc) => b.use(nonce, nc))))).toEqual(new Set(['seen']));
    expect(await a.use(nonce, 1)).toBe('seen');
    expect(await a.use(nonce, 1999)).toBe('new');
  });

  it('old rows go, and too many; nonces whose rows are gone are stale', async () => {
    let now = Date.now();
    const clock = () => ++now;
    const a = await start({ clock });
    const nonces = Array.from({ length: 20 }, () => a.make());
    for (const nonce of nonces) expect(await a.use(nonce, 1)).toBe('new');
    await end(a, 'close');
    const b = await start({ clock });
    expect(await rows()).toHaveLength(20);
    await b.purge(5);
    expect(await rows()).toHaveLength(20); // young ones stay
    now += HOUR_MS;
    await b.purge(5);
    expect(await rows()).toHaveLength(5);
    expect(await b.use(nonces[14] ?? '', 1)).toBe('forgotten');
    expect(await b.use(nonces[15] ?? '', 1)).toBe('seen');
    expect(await b.use(nonces[15] ?? '', 2)).toBe('new');
    now += 9 * HOUR_MS;
    await b.purge();
    expect(await rows()).toHaveLength(0);
    expect((await db.query('SELECT FROM sppp.ended_nonce_holder')).rowCount).toBe(0);
  });

  it('uses that share a statement are counted as one by one', async () => {
    const uses = fc.array(fc.tuple(fc.nat(2), fc.nat(20)), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(uses, { maxLength: 4 }), async (batches) => {
        await loseUnlogged();
        const ids = [1, 2].map((n) => n.toString(16).padStart(32, '0'));
        await db.query(`INSERT INTO sppp.digest_nonce (id, used) SELECT unnest($1::uuid[]), '{}'`, [ids]);
        const model = new Set<string>();
        for (const batch of batches) {
          const asked = batch.map(([n, nc]) => ({ id: n.toString(16).padStart(32, '0'), nc }));
          const expected = asked.map(({ id, nc }) => {
            const use = `${id} ${nc}`;
            if (!ids.includes(id)) return 'lost';
            if (model.has(use)) return 'seen';
            model.add(use);
            return 'new';
          });
          expect(await countUses(db, asked)).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('no count is accepted twice: nodes that come, go, are killed, forget, and a database that crashes', async () => {
    const step = fc.oneof(
      { weight: 12, arbitrary: fc.record({ do: fc.constant('use' as const), count: fc.integer({ min: 1, max: 64 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), count: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), count: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), count: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('purge' as const), count: fc.nat(3) }) },
    );
    const options = { patience: { answer: 40, silence: 5 }, limits: { nonces: 3, spans: 4 } };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), fc.nat(), async (steps, seed) => {
        let random = seed;
        const below = (most: number) => {
          random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
          return (random >>> 8) % most;
        };
        await loseUnlogged();
        const three = [await start(options), await start(options), await start(options)];
        const made: string[] = [];
        const accepted = new Set<string>();
        for (const { do: what, count } of steps) {
          made.push(three[below(3)]?.make() ?? '');
          const pool = made.slice(-4);
          if (what === 'crash') await loseUnlogged();
          else if (what === 'purge') await three[below(3)]?.purge(count + 1);
          else if (what === 'use') {
            const uses = Array.from({ length: count }, () => {
              const [nonce, nc] = [pool[below(pool.length)] ?? '', below(24)] as const;
              return { use: `${nonce} ${nc}`, answer: three[below(3)]?.use(nonce, nc) };
            });
            for (const { use, answer } of uses) {
              if ((await answer) !== 'new') continue;
              expect(accepted.has(use)).toBe(false);
              accepted.add(use);
            }
          } else {
            await end(three[count] as NonceNode, what);
            three[count] = await start(options);
          }
        }
        for (const node of three) await end(node, 'kill');
      }),
      { numRuns: 15, endOnFailure: true },
    );
  }, 120_000);
});
