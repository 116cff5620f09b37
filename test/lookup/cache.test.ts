/** The answer cache of a node: a cached answer is the one that SQL gives at that moment, whatever changes. */

import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLookups } from '../../src/deps.js';
import type { LookupResult } from '../../src/lookup/lookups.js';
import { purgeRouteChanges } from '../../src/registry/journal/purge.js';
import { type Question, resolve } from '../../src/registry/resolve/resolve.js';
import { countStatements, oneGroup, openStage, type Stage, shown } from '../support/cached-lookups.js';
import { arbitraryRegistry, orgs, questionOf } from '../support/random-registry.js';
import { writeRegistry } from '../support/resolve-model.js';
import { factor, runs } from '../support/runs.js';
import { createSqlRegistry } from '../support/sql-registry.js';

async function bySql(db: Pick<pg.ClientBase, 'query'>, question: Question) {
  const seds = await resolve(db, question);
  return seds.map(({ matchedKind, matchedIdentifier, destinationGroup, ...sed }) => sed);
}

/** Changes of a registry, each of one row or of none. */
const row = (table: string, columns: string, n: number) =>
  `(SELECT ${columns} FROM sppp.${table} ORDER BY 1, 2 LIMIT 1
     OFFSET ${n} % greatest((SELECT count(*) FROM sppp.${table}), 1))`;
const coming = (n: number) =>
  [
    `'TN', '1202${n}', NULL`,
    `'TNPrefix', '12${n % 7}', sppp.digit_range('12${n % 7}', '12${n % 7}:')`,
    `'TNRange', '1202${n}-1202${n}', sppp.digit_range('1202${n}', '1202${n}:')`,
  ][n % 3] ?? '';
const changes = {
  'an SED group goes out of service or comes back': (n: number) =>
    `UPDATE sppp.sed_group SET is_in_svc = NOT is_in_svc WHERE (id, name) = ${row('sed_group', 'id, name', n)}`,
  'the priority of an SED group': (n: number) =>
    `UPDATE sppp.sed_group SET priority = ${n % 3} WHERE (id, name) = ${row('sed_group', 'id, name', n)}`,
  'a record goes out of service or comes back': (n: number) =>
    `UPDATE sppp.sed_record SET is_in_svc = NOT is_in_svc WHERE (id, name) = ${row('sed_record', 'id, name', n)}`,
  'what a record makes of the number': (n: number) =>
    `UPDATE sppp.sed_record SET regx_repl = 'sip:\\1@${n}' WHERE regx_repl IS NOT NULL AND ere = '^(.*)$'`,
  'a record leaves its groups': (n: number) =>
    `DELETE FROM sppp.sed_group_sed_record WHERE (sed_group_id, sed_record_id) =
       ${row('sed_group_sed_record', 'sed_group_id, sed_record_id', n)}`,
  'the priority of a record in its group': (n: number) =>
    `UPDATE sppp.sed_group_sed_record SET priority = ${n % 3} WHERE (sed_group_id, sed_record_id) =
       ${row('sed_group_sed_record', 'sed_group_id, sed_record_id', n)}`,
  'an SED group serves one destination group less': (n: number) =>
    `DELETE FROM sppp.sed_group_dest_grp WHERE (sed_group_id, destination_group_id) =
       ${row('sed_group_dest_grp', 'sed_group_id, destination_group_id', n)}`,
  'an SED group serves one more': (n: number) =>
    `INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position)
     SELECT g.id, d.id, 99 FROM sppp.sed_group g JOIN sppp.destination_group d ON d.rant_id = g.rant_id
      WHERE (g.id + d.id) % 3 = ${n % 3} ON CONFLICT DO NOTHING`,
  'a peer is lost or won': (n: number) =>
    `UPDATE sppp.sed_group_offer SET
            status = CASE status WHEN 'accepted' THEN 'offered' ELSE 'accepted' END::sppp.offer_status,
            accept_date_time = CASE status WHEN 'accepted' THEN NULL ELSE now() END
      WHERE (sed_group_id, offered_to_id) = ${row('sed_group_offer', 'sed_group_id, offered_to_id', n)}`,
  'a source criterion comes': (n: number) =>
    `INSERT INTO sppp.sed_group_source_ident (sed_group_id, position, scheme, regex)
     SELECT id, 99, 'uri', 'bob' FROM sppp.sed_group WHERE id % 3 = ${n % 3} ON CONFLICT DO NOTHING`,
  'source criteria go': (n: number) => `DELETE FROM sppp.sed_group_source_ident WHERE sed_group_id % 3 = ${n % 3}`,
  'the rule of an egress route': (n: number) =>
    `UPDATE sppp.egress_route SET ere = '^(.*)$', repl = 'x${n}\\1' WHERE id % 2 = ${n % 2}`,
  'an egress route is for a group less': (n: number) =>
    `DELETE FROM sppp.egress_route_sed_group WHERE (egress_route_id, sed_group_id) =
       ${row('egress_route_sed_group', 'egress_route_id, sed_group_id', n)}`,
  'an SED group is deleted': (n: number) =>
    `DELETE FROM sppp.sed_group WHERE (id, name) = ${row('sed_group', 'id, name', n)} AND ${n % 4} = 0`,
  'a destination group is deleted': (n: number) =>
    `DELETE FROM sppp.destination_group WHERE (id, name) = ${row('destination_group', 'id, name', n)} AND ${n % 4} = 0`,
  'an identifier leaves a destination group': (n: number) =>
    `DELETE FROM sppp.destination_group_member WHERE (public_identifier_id, destination_group_id) =
       ${row('destination_group_member', 'public_identifier_id, destination_group_id', n)}`,
  'identifiers come into destination groups': (n: number) =>
    `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
     SELECT p.id, d.id, 50 + ${n} FROM sppp.public_identifier p JOIN sppp.destination_group d ON d.rant_id = p.rant_id
      WHERE (p.id + d.id) % 3 = ${n % 3} ON CONFLICT DO NOTHING`,
  'an identifier is deleted': (n: number) =>
    `DELETE FROM sppp.public_identifier WHERE (id, value) = ${row('public_identifier', 'id, value', n)} AND ${n % 3} = 0`,
  'an identifier comes, in a destination group': (n: number) =>
    `WITH given AS (SELECT transaction_id, c_date, rant_id, rar_id FROM sppp.public_identifier LIMIT 1),
          come AS (
            INSERT INTO sppp.public_identifier (id, transaction_id, c_date, rant_id, rar_id, kind, value, span)
            OVERRIDING SYSTEM VALUE
            SELECT (SELECT max(id) + 1 FROM sppp.public_identifier), given.*, ${coming(n)} FROM given
            RETURNING id, rant_id)
     INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
     SELECT come.id, d.id, 0 FROM come JOIN sppp.destination_group d ON d.rant_id = come.rant_id AND d.id % 2 = ${n % 2}`,
  'a number becomes another one': (n: number) =>
    `UPDATE sppp.public_identifier SET value = value || '5'
      WHERE kind = 'TN' AND (id, value) = ${row('public_identifier', 'id, value', n)}`,
  'destination groups lose all that is in them': (n: number) =>
    n % 5 === 0 ? 'TRUNCATE sppp.destination_group_member' : 'SELECT',
  'who claims to be the carrier': (n: number) =>
    `UPDATE sppp.public_identifier SET cor_claim = true, cor = false, cor_date = now()
      WHERE kind <> 'URI' AND (id, value) = ${row('public_identifier', 'id, value', n)}`,
  'a number gets a record of its own': (n: number) =>
    `INSERT INTO sppp.public_identifier_sed_record (public_identifier_id, sed_record_id, position, priority)
     SELECT p.id, s.id, 0, ${n % 3} FROM sppp.public_identifier p, sppp.sed_record s
      WHERE p.kind = 'TN' AND (p.id, p.value) = ${row('public_identifier', 'id, value', n)}
      ORDER BY s.id LIMIT 1 ON CONFLICT DO NOTHING`,
} as const;

const change = fc.record({
  what: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])),
  n: fc.nat({ max: 20 }),
});
/** In transactions of two writers, which commit in any order. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('change' as const), change, writer: fc.nat({ max: 1 }) }) },
  fc.record({ act: fc.constantFrom('begin' as const, 'commit' as const), writer: fc.nat({ max: 1 }) }),
  { weight: 4, arbitrary: fc.record({ act: fc.constant('ask' as const), isMeanwhile: fc.boolean() }) },
);

describe('a cached answer', () => {
  it('is the one that SQL gives, through changes by several writers', { timeout: 900_000 * factor }, async () => {
    let compared = 0;
    const sent = countStatements();
    const course = arbitraryRegistry.chain((each) =>
      fc.tuple(
        fc.constant(each),
        fc.array(questionOf(each), { minLength: 20, maxLength: 30 }),
        fc.array(step, { minLength: 20, maxLength: 40 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(course, async ([model, asked, steps]) => {
        const stage = await openStage();
        const writers = [await stage.registry.session(), await stage.registry.session()];
        const open = new Set<number>();
        try {
          await writeRegistry(await stage.registry.session(), model);
          const compare = async () => {
            const found = await Promise.all(asked.map((question) => stage.lookups.ask(question)));
            for (const [index, question] of asked.entries()) {
              const expected = await bySql(stage.pool, question);
              expect(shown(found[index] as LookupResult)).toEqual(expected);
              // By itself it may need nothing from the database.
              expect(shown(await stage.lookups.ask(question))).toEqual(expected);
              compared += expected.length;
            }
          };
          for (const each of steps) {
            if (each.act === 'ask') {
              await delay(3); // time to load blocks
              // An answer concurrent with changes is of some moment; an answer after them is of the present.
              if (each.isMeanwhile) void Promise.allSettled(asked.map((question) => stage.lookups.ask(question)));
              else await compare();
              continue;
            }
            const writer = writers[each.writer] as pg.Client;
            if (each.act === 'begin' && !open.has(each.writer)) {
              await writer.query('BEGIN');
              await writer.query(`SET LOCAL lock_timeout = '50ms'`);
              open.add(each.writer);
            } else if (each.act === 'commit' && open.delete(each.writer)) await writer.query('COMMIT');
            else if (each.act === 'change') {
              const text = changes[each.change.what](each.change.n);
              const isOpen = open.has(each.writer);
              if (isOpen && text.startsWith('TRUNCATE')) continue; // it would block all readers until its commit
              if (isOpen) await writer.query('SAVEPOINT one');
              else await writer.query(`SET lock_timeout = '50ms'`);
              await writer.query(text).catch(async (error: unknown) => {
                // A conflict between the writers, or a change that the registry refuses.
                if (!(error instanceof pg.DatabaseError && /^(55P03|40P01|23...)$/.test(error.code ?? ''))) throw error;
                if (isOpen) await writer.query('ROLLBACK TO one');
              });
            }
          }
          for (const each of open) await writers[each]?.query('COMMIT');
          await compare();
        } finally {
          await stage.close();
        }
      }),
      // No shrinking: at a second for each course it would take longer than all tests.
      runs(20),
    );
    expect(compared).toBeGreaterThan(100);
    expect(sent.of('block')).toBeGreaterThan(10);
    expect(sent.of('changes')).toBeGreaterThan(10);
    sent.stop();
  });
});

describe('one peer, two numbers, one SED group', () => {
  let stage: Stage;
  let writer: pg.Client;
  const [rant, peer] = orgs as [string, string, string];
  const uris = async (identifier: string, asker = peer) =>
    shown(await stage.lookups.ask({ identifier, asker })).map(({ finalUri }) => finalUri);
  const rewrite = (text: string) => `UPDATE sppp.sed_record SET regx_repl = '${text}'`;

  beforeAll(async () => {
    stage = await openStage();
    writer = await stage.registry.session();
    await writeRegistry(writer, oneGroup('100', '200'));
  });
  afterAll(() => stage.close());

  it('are answered without reading the records again, each with its own URI', async () => {
    expect(await uris('100')).toEqual(['a:+100']);
    await writer.query('ALTER FUNCTION sppp.resolve_all RENAME TO not_now');
    try {
      expect(await uris('200')).toEqual(['a:+200']);
      expect(await uris('+100')).toEqual(['a:+100']);
      await expect(uris('100', rant)).rejects.toThrow('resolve_all');
    } finally {
      await writer.query('ALTER FUNCTION sppp.not_now RENAME TO resolve_all');
    }
  });

  it('are read again as soon as a change is committed, not before, even if its transaction began long ago', async () => {
    await writer.query('BEGIN');
    await writer.query(rewrite('b:\\1'));
    expect(await uris('100')).toEqual(['a:+100']);
    expect(await uris('200')).toEqual(['a:+200']);
    const other = await stage.registry.session();
    await other.query(`UPDATE sppp.sed_group SET priority = 7`); // a later one that is committed first
    expect(await uris('100')).toEqual(['a:+100']);
    await writer.query('COMMIT');
    expect(await uris('200')).toEqual(['b:+200']);
    expect(await uris('100')).toEqual(['b:+100']);
  });

  it('keep their answers when a change is rolled back, wholly or to a savepoint', async () => {
    await writer.query('BEGIN');
    await writer.query('SAVEPOINT one');
    await writer.query(rewrite('c:\\1'));
    await writer.query('ROLLBACK TO one');
    expect(await uris('100')).toEqual(['b:+100']);
    await writer.query(rewrite('d:\\1'));
    await writer.query('COMMIT');
    expect(await uris('200')).toEqual(['d:+200']);
  });

  it('keep their answers while unrelated numbers are added and deleted', async () => {
    const count = () =>
      stage.registry.value<number>(`SELECT count(*)::int FROM sppp.route_change WHERE first = '' AND last = ''`);
    const before = await count();
    await writer.query(
      `WITH given AS (SELECT transaction_id, c_date, rant_id, rar_id FROM sppp.public_identifier LIMIT 1)
       INSERT INTO sppp.public_identifier (id, transaction_id, c_date, rant_id, rar_id, kind, value)
       OVERRIDING SYSTEM VALUE SELECT 300, given.*, 'TN', '300' FROM given`,
    );
    await writer.query(`DELETE FROM sppp.public_identifier WHERE value = '300'`);
    await writer.query('UPDATE sppp.sed_record SET ttl = 1 WHERE false');
    expect(await count()).toBe(before);
  });

  it('keep their answers when connections are lost, and only as long as the answers are valid', async () => {
    const endAll = () =>
      writer.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'sppp look-up' AND datname = current_database()`,
      );
    expect(await uris('100')).toEqual(['d:+100']);
    await endAll();
    await expect.poll(() => uris('200').catch(() => undefined)).toEqual(['d:+200']);
    await endAll();
    await writer.query(rewrite('e:\\1'));
    await expect.poll(() => uris('200').catch(() => undefined)).toEqual(['e:+200']);
  });

  it('are read again when all route changes except the last one were deleted', async () => {
    expect(await uris('100')).toEqual(['e:+100']);
    await writer.query(rewrite('f:\\1'));
    await writer.query(rewrite('g:\\1'));
    const later = new Date(Date.now() + 2 * 86_400_000);
    expect(await purgeRouteChanges(stage.pool, later, 1)).toBeGreaterThan(0);
    expect(await purgeRouteChanges(stage.pool, later, 1)).toBe(0);
    expect(await uris('200')).toEqual(['g:+200']);
  });

  it('are always read if the cache is off', async () => {
    const { pool } = stage;
    const bare = openLookups(
      { lookup: { connections: 4, timeout: 1000, maxAge: 60_000, caches: { answerBytes: 0, numberBytes: 0 } } },
      { pool },
      () => undefined,
    );
    const ask = async (identifier: string) => shown(await bare.ask({ identifier, asker: peer }))[0]?.finalUri;
    expect(await ask('100')).toBe('g:+100');
    await writer.query('ALTER FUNCTION sppp.resolve_all RENAME TO not_now');
    await expect(ask('200')).rejects.toThrow('resolve_all');
    await writer.query('ALTER FUNCTION sppp.not_now RENAME TO resolve_all');
    await bare.close();
  });
});

it('an answer given while changes commit is of one moment: a number and its records belong together', {
  timeout: 180_000 * factor,
}, async () => {
  const stage = await openStage();
  const writer = await stage.registry.session();
  const [rant = '', asker = ''] = orgs;
  const both = [0, 1] as const;
  try {
    await writeRegistry(writer, {
      orgs: [rant, asker],
      destGrps: both.map((n) => ({ rant: 0, name: `DG_${n}` })),
      records: both.map((n) => {
        const naptr = { kind: 'NAPTR', order: 10, svcs: 'E2U+sip', ere: '^(.*)$', target: `0-${n}` } as const;
        return { rant: 0, name: `REC_${n}`, isInSvc: true, ...naptr };
      }),
      groups: both.map((n) => ({
        rant: 0,
        name: `SG_${n}`,
        isInSvc: true,
        priority: 1,
        destGrps: [n],
        refs: [{ record: n, priority: 1 }],
        sources: [],
        offers: [{ to: 1, status: 'accepted' }],
      })),
      identifiers: ['1202100', '1202200'].map((value) => ({ rant: 0, kind: 'TN', value, destGrps: [0], refs: [] })),
      routes: [],
    });
    let isOver = false;
    const seen = new Set<string>();
    const askOn = async (identifier: string) => {
      while (!isOver) {
        const [sed] = shown(await stage.lookups.ask({ identifier, asker }));
        seen.add(sed?.finalUri ?? 'nothing');
      }
    };
    const asking = ['1202100', '1202200', '1202100', '1202200', '1202100', '1202200'].map(askOn);
    for (let n = 1; n <= 300; n++) {
      await writer.query('BEGIN');
      await writer.query(`UPDATE sppp.sed_record SET regx_repl = '${n}-' || right(name, 1)`);
      await writer.query(
        `UPDATE sppp.destination_group_member SET destination_group_id =
         (SELECT id FROM sppp.destination_group WHERE name = 'DG_${n % 2}')`,
      );
      await writer.query('COMMIT');
      if (n % 3 === 0) await stage.lookups.ask({ identifier: '1202100', asker });
    }
    isOver = true;
    await Promise.all(asking);
    const torn = [...seen].filter((uri) => !/^(\d*[02468]-0|\d*[13579]-1)$/.test(uri));
    expect(torn).toEqual([]);
    expect(seen.size).toBeGreaterThan(20);
  } finally {
    await stage.close();
  }
});

it('every table that answers come from logs its changes, except the tables of route keys', async () => {
  const registry = await createSqlRegistry();
  try {
    const read = await registry.value<string[]>(
      `SELECT array_agg(DISTINCT found[1] ORDER BY found[1])
         FROM (SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p
                WHERE p.pronamespace = 'sppp'::regnamespace
                  AND p.proname IN ('answer', 'is_for_source', 'is_reached_before', 'rewrites', 'questions_by_source')
               UNION ALL SELECT pg_get_viewdef('sppp.sed_record_in_service'::regclass)) t,
              regexp_matches(t.text, '(?:FROM|JOIN) \\(*(?:sppp\\.)?(\\w+)', 'g') AS found
        WHERE to_regclass('sppp.' || found[1]) IS NOT NULL AND found[1] <> 'sed_record_in_service'`,
    );
    const telling = await registry.value<string[]>(
      `SELECT array_agg(relname ORDER BY relname) FROM (
         SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
          WHERE t.tgname IN ('route_insert', 'route_update', 'route_delete', 'route_truncate')
          GROUP BY 1 HAVING count(*) = 4) each`,
    );
    const routeKeys = ['destination_group_member', 'public_identifier', 'public_identifier_sed_record'];
    expect([...telling, ...routeKeys].sort()).toEqual(read);
  } finally {
    await registry.drop();
  }
});
