/** The promises of the statement-level guards of the bulk tables for SQL that is written by hand. */

import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createSqlRegistry,
  type Family,
  insertMember,
  insertPubId,
  insertSedRecRef,
  makeFamily,
  orphans,
  type SqlRegistry,
} from '../support/sql-registry.js';

const NOBODY = 999_999;
const FOREIGN_KEY_VIOLATION = '23503';
const UNIQUE_VIOLATION = '23505';
const CHECK_VIOLATION = '23514';

let registry: SqlRegistry;
let db: pg.Client;
let family: Family;

beforeAll(async () => {
  registry = await createSqlRegistry();
  db = await registry.session();
});
afterAll(() => registry.drop());
beforeEach(async () => {
  family = await makeFamily(registry);
});

/** Refused with this SQLSTATE and message, and nothing left behind that has no parent. */
async function expectRefusal(text: string, values: unknown[], code: string, message = ''): Promise<void> {
  await expect(db.query(text, values)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect((await db.query(orphans)).rows).toEqual([]);
}

const count = (table: string, where: string, values: unknown[]) =>
  registry.value<number>(`SELECT count(*)::int FROM sppp.${table} WHERE ${where}`, values);

describe('a row that names a missing parent is refused', () => {
  it('a number of an unknown organization', () =>
    expectRefusal(
      insertPubId,
      [family.transaction, NOBODY, '1'],
      FOREIGN_KEY_VIOLATION,
      'public_identifier to organization',
    ));

  it('a number whose registrar alone is unknown', () =>
    expectRefusal(
      `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
       VALUES ($1, now(), $2, $3, 'TN', '1')`,
      [family.transaction, family.organization, NOBODY],
      FOREIGN_KEY_VIOLATION,
      'public_identifier to organization',
    ));

  it('a number of an unknown transaction', () =>
    expectRefusal(
      insertPubId,
      [NOBODY, family.organization, '1'],
      FOREIGN_KEY_VIOLATION,
      'public_identifier to transaction',
    ));

  it('one such number among thousands of valid ones', () =>
    expectRefusal(
      `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
       SELECT $1, now(), $2, CASE n WHEN 2500 THEN $3::int ELSE $2 END, 'TN', n::text FROM generate_series(1, 5000) n`,
      [family.transaction, family.organization, NOBODY],
      FOREIGN_KEY_VIOLATION,
      '1 parent row(s) missing',
    ));

  it('a member of an unknown group, or an unknown member of a group', async () => {
    await expectRefusal(insertMember, [family.pubId, NOBODY], FOREIGN_KEY_VIOLATION, 'to destination_group');
    await expectRefusal(insertMember, [NOBODY, family.destGrp], FOREIGN_KEY_VIOLATION, 'to public_identifier');
  });

  it('a reference to an unknown SED record, or of an unknown number', async () => {
    await expectRefusal(insertSedRecRef, [family.pubId, NOBODY], FOREIGN_KEY_VIOLATION, 'to sed_record');
    await expectRefusal(insertSedRecRef, [NOBODY, family.sedRec], FOREIGN_KEY_VIOLATION, 'to public_identifier');
  });

  it.each(['rant_id', 'rar_id', 'transaction_id'])('a number whose %s is changed to an unknown one', (column) =>
    expectRefusal(
      `UPDATE sppp.public_identifier SET ${column} = $2 WHERE id = $1`,
      [family.pubId, NOBODY],
      FOREIGN_KEY_VIOLATION,
    ),
  );

  it.each(['public_identifier_id', 'destination_group_id'])(
    'a member whose %s is changed to nobody',
    async (column) => {
      await db.query(insertMember, [family.pubId, family.destGrp]);
      const update = `UPDATE sppp.destination_group_member SET ${column} = $2 WHERE public_identifier_id = $1`;
      await expectRefusal(update, [family.pubId, NOBODY], FOREIGN_KEY_VIOLATION);
    },
  );

  it.each(['public_identifier_id', 'sed_record_id'])(
    'a reference whose %s is changed to an unknown one',
    async (column) => {
      await db.query(insertSedRecRef, [family.pubId, family.sedRec]);
      const update = `UPDATE sppp.public_identifier_sed_record SET ${column} = $2 WHERE public_identifier_id = $1`;
      await expectRefusal(update, [family.pubId, NOBODY], FOREIGN_KEY_VIOLATION);
    },
  );

  it('a code of a request that is not in the journal, new or changed', async () => {
    const insert = 'INSERT INTO sppp.transaction_code (transaction_id, code, objects) VALUES ($1, 2101, 1)';
    await expectRefusal(insert, [NOBODY], FOREIGN_KEY_VIOLATION);
    await db.query(insert, [family.transaction]);
    const update = 'UPDATE sppp.transaction_code SET transaction_id = $2 WHERE transaction_id = $1';
    await expectRefusal(update, [family.transaction, NOBODY], FOREIGN_KEY_VIOLATION);
    await db.query('DELETE FROM sppp.transaction_code WHERE transaction_id = $1', [family.transaction]);
  });

  it('a number that an upsert gives to an unknown organization', () =>
    expectRefusal(
      `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
       VALUES ($1, now(), $2, $2, 'TN', '12025550100')
       ON CONFLICT (value, kind, rant_id) DO UPDATE SET rar_id = $3`,
      [family.transaction, family.organization, NOBODY],
      FOREIGN_KEY_VIOLATION,
    ));

  it('a number that a MERGE inserts for an unknown organization', () =>
    expectRefusal(
      `MERGE INTO sppp.public_identifier p USING (SELECT '77' AS value) n ON p.value = n.value
       WHEN NOT MATCHED THEN INSERT (transaction_id, c_date, rant_id, rar_id, kind, value)
         VALUES ($1, now(), $2, $2, 'TN', n.value)`,
      [family.transaction, NOBODY],
      FOREIGN_KEY_VIOLATION,
    ));

  it('but not if the parent is written by the same statement, transaction or after a savepoint', async () => {
    await db.query('BEGIN');
    const { rows } = await db.query<{ id: number }>(insertPubId, [family.transaction, family.organization, '5']);
    await db.query(insertMember, [rows[0]?.id, family.destGrp]);
    await db.query('SAVEPOINT s');
    const later = await db.query<{ id: number }>(insertPubId, [family.transaction, family.organization, '6']);
    await db.query(insertMember, [later.rows[0]?.id, family.destGrp]);
    await db.query('RELEASE s');
    await db.query(insertSedRecRef, [later.rows[0]?.id, family.sedRec]);
    await db.query('COMMIT');
    expect(await count('destination_group_member', 'destination_group_id = $1', [family.destGrp])).toBe(2);
  });

  it('also if the insertion of the parent was rolled back to a savepoint', async () => {
    await db.query('BEGIN');
    await db.query('SAVEPOINT s');
    const { rows } = await db.query<{ id: number }>(insertPubId, [family.transaction, family.organization, '5']);
    await db.query('ROLLBACK TO s');
    const member = db.query(insertMember, [rows[0]?.id, family.destGrp]);
    await expect(member).rejects.toMatchObject({ code: FOREIGN_KEY_VIOLATION });
    await db.query('ROLLBACK');
  });
});

describe('a deletion removes references too (RFC 7877 §7.2)', () => {
  beforeEach(async () => {
    await db.query(insertMember, [family.pubId, family.destGrp]);
    await db.query(insertSedRecRef, [family.pubId, family.sedRec]);
  });

  it('of a number: its memberships and its references', async () => {
    await db.query('DELETE FROM sppp.public_identifier WHERE id = $1', [family.pubId]);
    expect(await count('destination_group_member', 'public_identifier_id = $1', [family.pubId])).toBe(0);
    expect(await count('public_identifier_sed_record', 'public_identifier_id = $1', [family.pubId])).toBe(0);
    expect(await count('destination_group', 'id = $1', [family.destGrp])).toBe(1);
    expect(await count('sed_record', 'id = $1', [family.sedRec])).toBe(1);
  });

  it('of a destination group: its memberships; its numbers stay', async () => {
    await db.query('DELETE FROM sppp.destination_group WHERE id = $1', [family.destGrp]);
    expect(await count('destination_group_member', 'public_identifier_id = $1', [family.pubId])).toBe(0);
    expect(await count('public_identifier', 'id = $1', [family.pubId])).toBe(1);
  });

  it('of an SED record: the references to it; the numbers stay', async () => {
    await db.query('DELETE FROM sppp.sed_record WHERE id = $1', [family.sedRec]);
    expect(await count('public_identifier_sed_record', 'public_identifier_id = $1', [family.pubId])).toBe(0);
    expect(await count('public_identifier', 'id = $1', [family.pubId])).toBe(1);
  });

  it('but no references of other objects', async () => {
    const other = await makeFamily(registry);
    await db.query(insertMember, [other.pubId, other.destGrp]);
    await db.query('DELETE FROM sppp.destination_group WHERE id = $1', [family.destGrp]);
    await db.query('DELETE FROM sppp.public_identifier WHERE id = $1', [family.pubId]);
    expect(await count('destination_group_member', 'public_identifier_id = $1', [other.pubId])).toBe(1);
  });
});

describe('rows that numbers name cannot be deleted', () => {
  it('an organization that a number names, as registrant or as registrar', async () => {
    const named = await makeFamily(registry);
    await db.query('UPDATE sppp.public_identifier SET rar_id = $2 WHERE id = $1', [family.pubId, named.organization]);
    for (const table of ['public_identifier', 'destination_group', 'sed_record']) {
      await db.query(`DELETE FROM sppp.${table} WHERE rant_id = $1`, [named.organization]);
    }
    const drop = 'DELETE FROM sppp.organization WHERE id = $1';
    await expectRefusal(drop, [named.organization], FOREIGN_KEY_VIOLATION, 'still named by public_identifier');
    await db.query('DELETE FROM sppp.public_identifier WHERE id = $1', [family.pubId]);
    expect((await db.query(drop, [named.organization])).rowCount).toBe(1);
  });

  it('the transaction that wrote a number last', async () => {
    await db.query('DELETE FROM sppp.destination_group WHERE id = $1', [family.destGrp]);
    await db.query('DELETE FROM sppp.sed_record WHERE id = $1', [family.sedRec]);
    const drop = 'DELETE FROM sppp.transaction WHERE id = $1';
    await expectRefusal(drop, [family.transaction], FOREIGN_KEY_VIOLATION, 'still named by public_identifier');
    await db.query('DELETE FROM sppp.public_identifier WHERE id = $1', [family.pubId]);
    expect((await db.query(drop, [family.transaction])).rowCount).toBe(1);
  });

  it.each([
    'sppp.public_identifier',
    'sppp.destination_group',
    'sppp.destination_group CASCADE',
    'sppp.sed_record',
    'sppp.sed_record CASCADE',
    'sppp.organization CASCADE',
    'sppp.transaction CASCADE',
  ])('TRUNCATE %s is refused', async (tables) => {
    await expect(db.query(`TRUNCATE ${tables}`)).rejects.toThrow();
    expect(await count('public_identifier', 'id = $1', [family.pubId])).toBe(1);
    expect((await db.query(orphans)).rows).toEqual([]);
  });

  it('TRUNCATE of the references alone is allowed: it leaves no orphans', async () => {
    await db.query(insertMember, [family.pubId, family.destGrp]);
    await db.query('TRUNCATE sppp.destination_group_member, sppp.public_identifier_sed_record');
    expect(await count('destination_group_member', 'true', [])).toBe(0);
  });

  it.each([
    ['public_identifier', String(NOBODY)],
    ['public_identifier', 'DEFAULT'],
    ['destination_group', 'DEFAULT'],
    ['sed_record', 'DEFAULT'],
    ['transaction', 'DEFAULT'],
    ['organization', 'DEFAULT'],
  ])('the id of a row of %s, which cannot be set to %s', async (table, id) => {
    await db.query(insertMember, [family.pubId, family.destGrp]);
    await db.query(insertSedRecRef, [family.pubId, family.sedRec]);
    const where = { organization: family.organization, transaction: family.transaction }[table] ?? 0;
    // While other rows than numbers name these two, real foreign keys protect them.
    if (where > 0) {
      await db.query('DELETE FROM sppp.destination_group WHERE rant_id = $1', [family.organization]);
      await db.query('DELETE FROM sppp.sed_record WHERE rant_id = $1', [family.organization]);
    }
    await db.query('BEGIN');
    const update = `UPDATE sppp.${table} SET id = ${id} WHERE id = $1 OR $1 = 0`;
    const changed = await db.query(update, [where]).catch(() => undefined);
    const left = changed === undefined ? [] : (await db.query(orphans)).rows;
    await db.query('ROLLBACK');
    expect(left).toEqual([]);
  });
});

describe('keys are unique', () => {
  it('of a number: digits, kind and registrant', async () => {
    const { transaction, organization } = family;
    await expectRefusal(insertPubId, [transaction, organization, '12025550100'], UNIQUE_VIOLATION);
    const other = await makeFamily(registry);
    expect(await count('public_identifier', 'id = $1', [other.pubId])).toBe(1);
  });

  it('of a membership and of a reference', async () => {
    await db.query(insertMember, [family.pubId, family.destGrp]);
    await db.query(insertSedRecRef, [family.pubId, family.sedRec]);
    await expectRefusal(insertMember, [family.pubId, family.destGrp], UNIQUE_VIOLATION);
    await expectRefusal(insertSedRecRef, [family.pubId, family.sedRec], UNIQUE_VIOLATION);
  });

  it.each(['destination_group', 'sed_record'])(
    'of a named object: the folded name within its registrant (%s)',
    (table) =>
      expectRefusal(
        `INSERT INTO sppp.${table} SELECT (jsonb_populate_record(t, jsonb_build_object('id', ${NOBODY}, 'name', 'other'))).*
         FROM sppp.${table} t WHERE rant_id = $1`.replace('SELECT', 'OVERRIDING SYSTEM VALUE SELECT'),
        [family.organization],
        UNIQUE_VIOLATION,
      ),
  );
});

describe('the tables themselves refuse invalid values', () => {
  const columns = 'transaction_id, c_date, rant_id, rar_id, kind, value';
  it.each([
    ['a number that has a span', `${columns}, span`, `'TN', '1', sppp.digit_range('1', '2')`],
    ['a range without a span', columns, `'TNRange', '1-2'`],
    ['a prefix without a span', columns, `'TNPrefix', '1'`],
    ['an outcome without a claim', `${columns}, cor, cor_date`, `'TN', '1', true, now()`],
    [
      'an outcome of a claim that was withdrawn',
      `${columns}, cor_claim, cor, cor_date`,
      `'TN', '1', false, true, now()`,
    ],
    ['an outcome without its time', `${columns}, cor_claim, cor`, `'TN', '1', true, true`],
    ['a time without its outcome', `${columns}, cor_claim, cor_date`, `'TN', '1', true, now()`],
    ['a URI with a claim', `${columns}, cor_claim`, `'URI', 'sip:a@example.com', true`],
  ])('%s', (_, names, values) =>
    expectRefusal(
      `INSERT INTO sppp.public_identifier (${names}) VALUES ($1, now(), $2, $2, ${values})`,
      [family.transaction, family.organization],
      CHECK_VIOLATION,
    ),
  );

  it.each([
    ['a NAPTR without order', `'NAPTR', NULL, 'E2U+sip', '^.*$', 'sip:a@b', NULL, NULL, NULL`],
    ['a NAPTR without services', `'NAPTR', 1, NULL, '^.*$', 'sip:a@b', NULL, NULL, NULL`],
    ['a NAPTR with neither regx nor repl', `'NAPTR', 1, 'E2U+sip', NULL, NULL, NULL, NULL, NULL`],
    ['a NAPTR with both regx and repl', `'NAPTR', 1, 'E2U+sip', '^.*$', 'sip:a@b', 'a.example', NULL, NULL`],
    ['a NAPTR with half a regx', `'NAPTR', 1, 'E2U+sip', '^.*$', NULL, NULL, NULL, NULL`],
    ['a NAPTR whose order is no 16-bit number', `'NAPTR', 65536, 'E2U+sip', NULL, NULL, 'a.example', NULL, NULL`],
    ['an NS without host', `'NS', NULL, NULL, NULL, NULL, NULL, NULL, NULL`],
    ['a URI without ere', `'URI', NULL, NULL, NULL, NULL, NULL, NULL, 'sip:a@b'`],
    ['a URI without uri', `'URI', NULL, NULL, '^.*$', NULL, NULL, NULL, NULL`],
  ])('%s', (_, values) =>
    expectRefusal(
      `INSERT INTO sppp.sed_record (transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc,
         kind, naptr_order, svcs, ere, regx_repl, repl, host_name, uri)
       VALUES ($1, now(), $2, $2, 'X', 'x', true, ${values})`,
      [family.transaction, family.organization],
      CHECK_VIOLATION,
    ),
  );

  it.each([
    ['an organization without a registry in its id', `organization (org_id) VALUES ('222')`],
    [
      'a user name that is empty',
      `credential (registrar_id, username, ha1_md5, ha1_sha256)
       SELECT max(id), '', repeat('0', 32), repeat('0', 64) FROM sppp.organization`,
    ],
    [
      'a password where its hash belongs',
      `credential (registrar_id, username, ha1_md5, ha1_sha256)
       SELECT max(id), 'u', 'secret', repeat('0', 64) FROM sppp.organization`,
    ],
    [
      'a mode that is none',
      `transaction (server_trans_id, operation, mode, received_at)
       VALUES (gen_random_uuid(), 'x', 'guess', now())`,
    ],
    [
      'a code that is none',
      `transaction (server_trans_id, operation, mode, received_at, code)
       VALUES (gen_random_uuid(), 'x', 'atomic', now(), 200)`,
    ],
  ])('%s', (_, values) => expectRefusal(`INSERT INTO sppp.${values}`, [], CHECK_VIOLATION));
});
