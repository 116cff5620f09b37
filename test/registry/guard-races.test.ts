/**
 * Two concurrent sessions on related rows, in every order that matters. A step that has to wait for the other
 * session is seen waiting in pg_stat_activity, so nothing here depends on time.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

let registry: SqlRegistry;
let childSide: pg.Client;
let parentSide: pg.Client;
let family: Family;

beforeAll(async () => {
  registry = await createSqlRegistry();
  childSide = await registry.session();
  parentSide = await registry.session();
});
afterAll(() => registry.drop());
beforeEach(async () => {
  family = await makeFamily(registry);
});
afterEach(async () => {
  await Promise.all([childSide.query('ROLLBACK'), parentSide.query('ROLLBACK')]);
  for (const [table, column, of] of references) {
    await registry.value(`DELETE FROM sppp.${table} WHERE ${column} NOT IN (SELECT id FROM sppp.${of})`);
  }
});

interface Pair {
  readonly name: string;
  /** Writes the row that names the parent. */
  readonly child: (f: Family) => [text: string, values: unknown[]];
  readonly parent: (f: Family) => [table: string, id: number];
  /** The effect on an existing child when its parent is deleted. */
  readonly fate: 'goes too' | 'keeps the parent';
  /** Which rows of the family also name the parent and would keep it for reasons of their own. */
  readonly besides?: 'rant_id' | 'transaction_id';
}

const pairs: Pair[] = [
  {
    name: 'a member and its destination group',
    child: (f) => [insertMember, [f.pubId, f.destGrp]],
    parent: (f) => ['destination_group', f.destGrp],
    fate: 'goes too',
  },
  {
    name: 'a member and its number',
    child: (f) => [insertMember, [f.pubId, f.destGrp]],
    parent: (f) => ['public_identifier', f.pubId],
    fate: 'goes too',
  },
  {
    name: 'a reference and its SED record',
    child: (f) => [insertSedRecRef, [f.pubId, f.sedRec]],
    parent: (f) => ['sed_record', f.sedRec],
    fate: 'goes too',
  },
  {
    name: 'a reference and its number',
    child: (f) => [insertSedRecRef, [f.pubId, f.sedRec]],
    parent: (f) => ['public_identifier', f.pubId],
    fate: 'goes too',
  },
  {
    name: 'a number and its organization',
    child: (f) => [insertPubId, [f.transaction, f.organization, '7']],
    parent: (f) => ['organization', f.organization],
    fate: 'keeps the parent',
    besides: 'rant_id',
  },
  {
    name: 'a number and the transaction that wrote it',
    child: (f) => [insertPubId, [f.transaction, f.organization, '7']],
    parent: (f) => ['transaction', f.transaction],
    fate: 'keeps the parent',
    besides: 'transaction_id',
  },
  {
    name: 'a number that changes hands and its new organization',
    child: (f) => ['UPDATE sppp.public_identifier SET rar_id = $2 WHERE id = $1', [f.pubId, f.organization]],
    parent: (f) => ['organization', f.organization],
    fate: 'keeps the parent',
  },
];

async function familyFor({ name, besides }: Pair): Promise<Family> {
  if (name.includes('changes hands')) {
    const text = 'INSERT INTO sppp.organization (org_id) VALUES ($1) RETURNING id';
    return { ...family, organization: await registry.value<number>(text, [`iana-en:new-${family.organization}`]) };
  }
  if (besides === undefined) return family;
  const parent = besides === 'rant_id' ? family.organization : family.transaction;
  for (const table of ['public_identifier', 'destination_group', 'sed_record']) {
    await registry.value(`DELETE FROM sppp.${table} WHERE ${besides} = $1`, [parent]);
  }
  return family;
}

/** The outcome of a statement as a word, so that it can be looked at later. */
function outcome(client: pg.Client, [text, values]: [string, unknown[]]): Promise<string> {
  return client.query(text, values).then(
    () => 'done',
    (error: { code?: string }) => error.code ?? 'failed',
  );
}

const deletion = ([table, id]: [string, number]): [string, unknown[]] => [
  `DELETE FROM sppp.${table} WHERE id = $1`,
  [id],
];

/** Returns when the session waits for a lock; a step that ought to wait and does not fails here. */
async function waits(client: pg.Client, step: Promise<string>): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  let ended: string | undefined;
  step.then((result) => {
    ended = result;
  });
  for (;;) {
    const blocked = await registry.value<number>('SELECT cardinality(pg_blocking_pids($1))', [processID]);
    if (blocked > 0) return;
    if (ended !== undefined) throw new Error(`did not wait: ${ended}`);
    await delay(5);
  }
}

async function expectNoOrphans(): Promise<void> {
  expect((await childSide.query(orphans)).rows).toEqual([]);
}

const exists = ([table, id]: [string, number]) =>
  registry.value<boolean>(`SELECT EXISTS (SELECT FROM sppp.${table} WHERE id = $1)`, [id]);

describe.each(pairs)('$name', (pair) => {
  let child: [string, unknown[]];
  let parent: [string, number];
  beforeEach(async () => {
    const its = await familyFor(pair);
    child = pair.child(its);
    parent = pair.parent(its);
    await childSide.query('BEGIN');
    await parentSide.query('BEGIN');
  });

  it('the child is written first: the deletion waits for it', async () => {
    expect(await outcome(childSide, child)).toBe('done');
    const deleted = outcome(parentSide, deletion(parent));
    await waits(parentSide, deleted);
    await childSide.query('COMMIT');
    expect(await deleted).toBe(pair.fate === 'goes too' ? 'done' : '23503');
    await parentSide.query('COMMIT');
    expect(await exists(parent)).toBe(pair.fate !== 'goes too');
    await expectNoOrphans();
  });

  it('the child is written first and rolled back: the parent is deleted', async () => {
    expect(await outcome(childSide, child)).toBe('done');
    const deleted = outcome(parentSide, deletion(parent));
    await waits(parentSide, deleted);
    await childSide.query('ROLLBACK');
    expect(await deleted).toBe('done');
    await parentSide.query('COMMIT');
    expect(await exists(parent)).toBe(false);
    await expectNoOrphans();
  });

  it('the parent is deleted first: the child waits, and is refused', async () => {
    expect(await outcome(parentSide, deletion(parent))).toBe('done');
    const written = outcome(childSide, child);
    await waits(childSide, written);
    await parentSide.query('COMMIT');
    expect(await written).toBe('23503');
    await childSide.query('COMMIT');
    expect(await exists(parent)).toBe(false);
    await expectNoOrphans();
  });

  it('the parent’s deletion comes first and is rolled back: the child is written', async () => {
    expect(await outcome(parentSide, deletion(parent))).toBe('done');
    const written = outcome(childSide, child);
    await waits(childSide, written);
    await parentSide.query('ROLLBACK');
    expect(await written).toBe('done');
    await childSide.query('COMMIT');
    expect(await exists(parent)).toBe(true);
    await expectNoOrphans();
  });

  it('the child’s transaction began before the deletion committed: refused nevertheless', async () => {
    await childSide.query('SELECT 1');
    expect(await outcome(parentSide, deletion(parent))).toBe('done');
    await parentSide.query('COMMIT');
    expect(await outcome(childSide, child)).toBe('23503');
    await childSide.query('ROLLBACK');
    await expectNoOrphans();
  });

  it('the child’s snapshot is older than the deletion (REPEATABLE READ): refused, to be repeated', async () => {
    await childSide.query('ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM sppp.organization');
    expect(await outcome(parentSide, deletion(parent))).toBe('done');
    await parentSide.query('COMMIT');
    expect(['23503', '40001']).toContain(await outcome(childSide, child));
    await childSide.query('ROLLBACK');
    await expectNoOrphans();
  });

  it('the deletion’s snapshot is older than the child (REPEATABLE READ): no orphan remains', async () => {
    await parentSide.query('ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM sppp.organization');
    expect(await outcome(childSide, child)).toBe('done');
    await childSide.query('COMMIT');
    await outcome(parentSide, deletion(parent));
    await parentSide.query('COMMIT');
    await expectNoOrphans();
  });
});

/** Every reference of the bulk tables: table, column, and the table it points into. */
const references = [
  ['public_identifier', 'rant_id', 'organization'],
  ['public_identifier', 'rar_id', 'organization'],
  ['public_identifier', 'transaction_id', 'transaction'],
  ['destination_group_member', 'public_identifier_id', 'public_identifier'],
  ['destination_group_member', 'destination_group_id', 'destination_group'],
  ['public_identifier_sed_record', 'public_identifier_id', 'public_identifier'],
  ['public_identifier_sed_record', 'sed_record_id', 'sed_record'],
] as const;
