/** The look-up in SQL: forms of identifiers, cost, and permissions. */

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelRegistry, writeRegistry } from '../support/resolve-model.js';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';

const registrant = 'iana-en:1';
const peer = 'iana-en:2';

const naptr = { rant: 0, kind: 'NAPTR', isInSvc: true, order: 1, svcs: 'E2U+sip' } as const;
const group = { rant: 0, isInSvc: true, priority: 1, sources: [], offers: [{ to: 1, status: 'accepted' }] } as const;
const model: ModelRegistry = {
  orgs: [registrant, peer],
  destGrps: [
    { rant: 0, name: 'NUMBERS' },
    { rant: 0, name: 'MORE' },
  ],
  records: [
    { ...naptr, name: 'PLAIN', ere: '^(.*)$', target: 'sip:\\1@sbe' },
    { ...naptr, name: 'GROUPS', ere: '^\\+(1)(2)(x)?(.*)$', target: '\\4\\3-\\2\\1\\!\\\\1' },
    { ...naptr, name: 'PART', ere: '(02|03)', target: 'found \\1' },
    { ...naptr, name: 'OTHER', ere: '^\\+49', target: 'sip:49@sbe' },
    { rant: 0, kind: 'NS', isInSvc: true, name: 'SERVER', target: 'ns.example.com' },
  ],
  groups: [
    {
      ...group,
      name: 'GROUP',
      destGrps: [0],
      refs: [0, 1, 2, 3, 4].map((record) => ({ record, priority: record })),
    },
    {
      ...group,
      name: 'FILTERED',
      destGrps: [1],
      refs: [{ record: 0, priority: 1 }],
      sources: [{ scheme: 'ip', regex: '^192\\.0\\.2\\.1$' }],
    },
  ],
  identifiers: [
    { rant: 0, kind: 'TN', value: '12025550100', destGrps: [0, 1], refs: [] },
    { rant: 0, kind: 'TNRange', value: '1203-1204', destGrps: [0], refs: [] },
    { rant: 0, kind: 'TNPrefix', value: '1205', destGrps: [0], refs: [] },
    { rant: 0, kind: 'RN', value: '12025550100', destGrps: [1], refs: [] },
    { rant: 0, kind: 'URI', value: 'tn=1', destGrps: [0], refs: [] },
    { rant: 0, kind: 'URI', value: '12025550100', destGrps: [0], refs: [] },
    { rant: 0, kind: 'URI', value: 'sip:a@example.com', destGrps: [0], refs: [] },
    { rant: 1, kind: 'TN', value: '12065550100', destGrps: [], refs: [{ record: 0, priority: 1 }] },
  ],
  routes: [{ rant: 1, name: 'ROUTE', pref: 1, ere: '^(.*)@sbe$', repl: '\\1@egress', svcs: 'E2U+sip', groups: [0] }],
};

let registry: SqlRegistry;
let session: pg.Client;

beforeAll(async () => {
  registry = await createSqlRegistry();
  session = await registry.session();
  await session.query('BEGIN');
  await writeRegistry(session, model);
  await session.query('COMMIT');
});
afterAll(() => registry.drop());

async function column(name: string, ...question: (string | null)[]): Promise<unknown[]> {
  const parameters = question.map((_, index) => `$${index + 1}`).join(', ');
  const text = `SELECT * FROM sppp_api.resolve(${parameters})`;
  const { rows } = await session.query<Record<string, unknown>>(text, question);
  return rows.map((row) => row[name]);
}

describe('an identifier', () => {
  it.each([
    ['12025550100', 'TN'],
    ['+12025550100', 'TN'],
    ['tn=+12025550100', 'TN'],
    ['12035550100', 'TNRange'],
    ['+12055', 'TNPrefix'],
    ['uri=12025550100', 'URI'],
    ['uri=tn=1', 'URI'],
    ['sip:a@example.com', 'URI'],
    ['uri=sip:a@example.com', 'URI'],
  ])('%s is found as %s', async (identifier, kind) => {
    const kinds = await column('matched_kind', identifier, registrant);
    expect(new Set(kinds)).toEqual(new Set([kind]));
  });

  it('of a routing number is found in its own number space only', async () => {
    expect(await column('matched_kind', 'rn=12025550100', peer, null, '192.0.2.1')).toEqual(['RN']);
    expect(await column('matched_kind', 'rn=1203', peer, null, '192.0.2.1')).toEqual([]);
  });

  it('with other letters, an invalid number, and an empty text are not found', async () => {
    for (const identifier of ['SIP:a@example.com', 'rn=x', 'tn=', '', '+', '1 202', '12o2']) {
      expect(await column('position', identifier, registrant), identifier).toEqual([]);
    }
  });

  it('that is absent finds nothing', async () => {
    expect(await column('position', null, registrant)).toEqual([]);
    expect(await column('position', '12025550100', null)).toEqual([]);
  });
});

describe('the final URI', () => {
  it('is made from the pattern and its groups, for the number with its plus sign; without a match there is none', async () => {
    expect(await column('final_uri', '12025550100', registrant)).toEqual([
      'sip:+12025550100@sbe',
      '025550100-21!\\1',
      'found 02',
      null,
      null,
    ]);
    expect(await column('final_uri', 'sip:a@example.com', registrant)).toEqual([
      'sip:sip:a@example.com@sbe',
      null,
      null,
      null,
      null,
    ]);
  });

  it('is made from the replacement of an egress route, which the answer names too', async () => {
    expect((await column('final_uri', '12025550100', peer))[0]).toBe('sip:+12025550100@egress');
    expect((await column('regx_repl', '12025550100', peer)).slice(0, 2)).toEqual([
      'sip:\\1@egress',
      '\\4\\3-\\2\\1\\!\\\\1',
    ]);
    expect((await column('egress_route', '12025550100', peer)).slice(0, 2)).toEqual(['ROUTE', null]);
  });
});

describe('the source', () => {
  const filtered = async (ip: string | null) =>
    (await column('sed_group', '12025550100', peer, null, ip)).includes('FILTERED');

  it('is an address in its canonical form, whatever form the caller used', async () => {
    for (const ip of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:0201', '192.0.2.1/32']) {
      expect(await filtered(ip), ip).toBe(true);
    }
    for (const ip of ['192.0.2.10', '', null]) expect(await filtered(ip), String(ip)).toBe(false);
  });

  it('is refused if it is not an address, so that a typing error does not look like a source without a match', async () => {
    await expect(filtered('192.0.2.300')).rejects.toThrow(/invalid input syntax for type inet/);
  });
});

describe('the explanation', () => {
  it('gives the reason, and the deciding value', async () => {
    const text = `SELECT verdict, step, reason, decided_by, sed_group, sed_record, egress_route
                    FROM sppp_api.explain('12025550100', $1, source_ip => '192.0.2.2')`;
    const { rows } = await session.query({ text, values: [peer], rowMode: 'array' });
    expect(rows).toEqual([
      ['dropped', 'source', 'no source criterion matches', 'ip ^192\\.0\\.2\\.1$', 'FILTERED', null, null],
      ['kept', 'answer', 'the asker is a peer of the SED group', peer, 'GROUP', 'PLAIN', 'ROUTE'],
      ['dropped', 'egress route', 'rewritten by an egress route of the asker', 'ROUTE', 'GROUP', 'PLAIN', null],
      [
        'dropped',
        'egress route',
        'the rule of the egress route does not match the replacement of the NAPTR',
        '^(.*)@sbe$',
        'GROUP',
        'GROUPS',
        'ROUTE',
      ],
      ['kept', 'answer', 'the asker is a peer of the SED group', peer, 'GROUP', 'GROUPS', null],
      [
        'dropped',
        'egress route',
        'the rule of the egress route does not match the replacement of the NAPTR',
        '^(.*)@sbe$',
        'GROUP',
        'PART',
        'ROUTE',
      ],
      ['kept', 'answer', 'the asker is a peer of the SED group', peer, 'GROUP', 'PART', null],
      ['kept', 'answer', 'its pattern does not match: no final URI', '^\\+49', 'GROUP', 'OTHER', 'ROUTE'],
      ['dropped', 'egress route', 'rewritten by an egress route of the asker', 'ROUTE', 'GROUP', 'OTHER', null],
      ['kept', 'answer', 'the asker is a peer of the SED group', peer, 'GROUP', 'SERVER', null],
    ]);
  });

  it.each([
    ['12025550100', 'iana-en:9', ['asker', 'no such organization', 'iana-en:9']],
    ['rn=x', peer, ['identifier', 'not a number', 'rn=x']],
    ['4930', peer, ['identifier', 'no public identifier holds it', '4930']],
  ])('of %s for the asker %s is one line', async (identifier, asker, line) => {
    const text = 'SELECT step, reason, decided_by FROM sppp_api.explain($1, $2)';
    expect((await session.query({ text, values: [identifier, asker], rowMode: 'array' })).rows).toEqual([line]);
  });
});

describe('a look-up reads', () => {
  it('by key alone: it scans no table, and reads no more rows in a large registry than in a small one', async () => {
    const counters = async () => {
      const { rows } = await session.query<{ scans: number; fetched: number }>(
        `SELECT sum(seq_scan)::int AS scans, sum(idx_tup_fetch)::int AS fetched
           FROM pg_stat_xact_user_tables WHERE schemaname = 'sppp'`,
      );
      return rows[0] ?? { scans: 0, fetched: 0 };
    };
    const cost = async () => {
      await session.query('BEGIN');
      const before = await counters();
      for (const [identifier, asker] of [
        ['12025550100', peer],
        ['12035', peer],
        ['12065550100', registrant],
        ['rn=12025550100', registrant],
        ['sip:a@example.com', peer],
      ]) {
        await session.query('SELECT * FROM sppp_api.resolve($1, $2, $3, $4)', [
          identifier,
          asker,
          'sip:b',
          '192.0.2.1',
        ]);
      }
      const after = await counters();
      await session.query('ROLLBACK');
      return { scans: after.scans - before.scans, fetched: after.fetched - before.fetched };
    };
    const small = await cost();
    expect(small.scans).toBe(0);
    expect(small.fetched).toBeGreaterThan(20);
    await session.query(
      `INSERT INTO sppp.organization (id, org_id) OVERRIDING SYSTEM VALUE
         SELECT 1000 + n, 'iana-en:9' || n FROM generate_series(1, 500) n;
       WITH grp AS (
         INSERT INTO sppp.sed_group (id, transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc, priority)
         OVERRIDING SYSTEM VALUE
         SELECT 1000 + n, 1, now(), 1, 1, 'other' || n, 'other' || n, true, 1 FROM generate_series(1, 500) n
         RETURNING id),
       offer AS (
         INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status,
                                           offer_date_time)
         SELECT 1, now(), id, 2, 1, 'offered', now() FROM grp)
       INSERT INTO sppp.sed_group_source_ident (sed_group_id, position, scheme, regex) SELECT id, 0, 'ip', '^1' FROM grp;
       WITH added AS (
         INSERT INTO sppp.public_identifier (id, transaction_id, c_date, rant_id, rar_id, kind, value, span)
         OVERRIDING SYSTEM VALUE
         SELECT 100 + row_number() OVER (), 1, now(), 1, 1, k.kind::sppp.public_identifier_kind, n::text,
                CASE WHEN k.kind = 'TNPrefix' THEN sppp.digit_range(n::text, n || ':') END
           FROM generate_series(3000000000, 3000009999) n CROSS JOIN (VALUES ('TN'), ('TNPrefix')) k(kind) RETURNING id)
       INSERT INTO sppp.destination_group_member SELECT id, 1, 0 FROM added`,
    );
    // Without ANALYZE: the plan does not depend on statistics.
    expect(await cost()).toEqual(small);
  });
});

describe('the role of operators', () => {
  let operator: pg.Client;
  beforeAll(async () => {
    operator = await registry.session();
    await operator.query('SET ROLE sppp_operator');
  });

  it('may call the functions and read every view', async () => {
    const { rows } = await operator.query(`SELECT sed_record FROM sppp_api.resolve('12025550100', $1)`, [peer]);
    expect(rows).toHaveLength(5);
    await operator.query(`SELECT * FROM sppp_api.explain('12025550100', $1)`, [peer]);
    const views = await session.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.views WHERE table_schema = 'sppp_api'`,
    );
    for (const { name } of views.rows) await operator.query(`SELECT * FROM sppp_api.${name}`);
    expect(views.rows.length).toBeGreaterThan(15);
  });

  it('may neither log in nor read or write other data', async () => {
    const role = await session.query(
      `SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = 'sppp_operator'`,
    );
    expect(Object.values(role.rows[0] ?? { none: true })).not.toContain(true);
    const tables = await session.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_schema IN ('sppp', 'public')`,
    );
    expect(tables.rows.length).toBeGreaterThan(15);
    for (const { name } of tables.rows) {
      await expect(operator.query(`SELECT * FROM ${name}`), name).rejects.toThrow(/permission denied/);
    }
    for (const text of [
      `SELECT * FROM sppp.answer('1', 'x', NULL, NULL, NULL)`,
      `UPDATE sppp_api.organization SET name = 'x'`,
      'DELETE FROM sppp_api.organization',
      'CREATE TABLE sppp_api.mine (n int)',
    ]) {
      await expect(operator.query(text), text).rejects.toThrow(/permission denied/);
    }
  });

  it('is the only one that may: PUBLIC has no rights', async () => {
    const { rows } = await session.query(
      `SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'sppp_api'::regnamespace
          AND has_function_privilege('public', p.oid, 'EXECUTE')
       UNION ALL SELECT 'schema' WHERE has_schema_privilege('public', 'sppp_api', 'USAGE')
                                    OR has_schema_privilege('public', 'sppp', 'USAGE')`,
    );
    expect(rows).toEqual([]);
  });

  it('is safe from a changed search path: functions with their owner’s rights have a fixed search path', async () => {
    const { rows } = await session.query(
      `SELECT proname::text AS name, proconfig::text[] AS settings FROM pg_proc
        WHERE pronamespace IN ('sppp'::regnamespace, 'sppp_api'::regnamespace) AND prosecdef ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(['answer', 'explain']);
    for (const { settings } of rows) expect(settings).toContain('search_path=""');
  });
});
