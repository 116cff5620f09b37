import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Neighbours in the registry stand so far apart that new numbers come between them, not after the last one. */
const STEP = 7;
const FIRST = 10_000_000_000;

export const GROUPS = 100;

export function groupName(index: number): string {
  return `DEST_GRP_${String(index % GROUPS).padStart(3, '0')}`;
}

/** Numbers that are not there, in a row. */
export interface Block {
  readonly numbers: readonly string[];
  /** The whole block as an array literal of PostgreSQL. */
  readonly literal: string;
}

/** Hands out blocks between the numbers that are there; used again only after many others. */
export class Blocks {
  readonly #present: number;
  #next = 0;

  constructor(present: number) {
    this.#present = present;
  }

  take(size: number): Block {
    if (this.#present >= size && this.#next + size > this.#present) this.#next = 0;
    const start = this.#next;
    this.#next += size;
    const numbers = Array.from({ length: size }, (_, index) => freshNumber(start + index));
    return { numbers, literal: `{${numbers.join(',')}}` };
  }
}

export function freshNumber(rank: number): string {
  return String(FIRST + STEP * rank + 3);
}

/** The rank of a fresh number. */
export function rankOf(fresh: string): number {
  return (Number(fresh) - 3 - FIRST) / STEP;
}

/** Numbers for single adds, in nobody's block. */
export function singleNumber(rank: number): string {
  return String(FIRST + STEP * rank + 5);
}

export function presentNumber(rank: number): string {
  return String(FIRST + STEP * rank);
}

export interface Ids {
  readonly rant: number;
  readonly rar: number;
  readonly groups: readonly number[];
}

const JOURNAL = `INSERT INTO sppp.transaction
    (id, server_trans_id, registrar_id, operation, mode, received_at, code, message, objects, answered_at)
    OVERRIDING SYSTEM VALUE
  VALUES ($1, gen_random_uuid(), $2, 'submitAddRqst', 'atomic', now(), 1000, 'Request succeeded', $3, now())`;

/** Fills an empty registry, by sets of the size of large requests. */
export async function fill(db: pg.ClientBase, count: number, ids: Ids): Promise<void> {
  const most = 250_000;
  for (let start = 0; start < count; start += most) {
    const size = Math.min(most, count - start);
    await db.query('BEGIN');
    const transactionId = await nextId(db, 'transaction');
    await db.query(JOURNAL, [transactionId, ids.rar, size]);
    await db.query(
      `WITH number AS (
         INSERT INTO sppp.public_identifier (transaction_id, rant_id, kind, value)
         SELECT $1, $2, 'TN', ($3::bigint + $4 * rank)::text
           FROM generate_series($5::bigint, $5::bigint + $6 - 1) AS rank
         RETURNING id)
       INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
       SELECT id, ($7::int[])[1 + id % $8], 0 FROM number`,
      [transactionId, ids.rant, FIRST, STEP, start, size, ids.groups, ids.groups.length],
    );
    await db.query('COMMIT');
  }
}

/** What PostgreSQL has to load for a block: everything known beforehand, so that only loading is left. */
export interface Load {
  readonly transactionId: number;
  readonly size: number;
  readonly identifiers: readonly Buffer[];
  readonly members: readonly Buffer[];
}

export async function prepareLoad(db: pg.ClientBase, { numbers }: Block, ids: Ids): Promise<Load> {
  const transactionId = await nextId(db, 'transaction');
  const { rows } = await db.query<{ id: string }>(
    `SELECT nextval('sppp.public_identifier_id_seq') AS id FROM generate_series(1, $1)`,
    [numbers.length],
  );
  const own = (index: number) => rows[index]?.id ?? '';
  const group = (index: number) => ids.groups[index % ids.groups.length] ?? 0;
  return {
    transactionId,
    size: numbers.length,
    identifiers: blocks(numbers.map((number, i) => `${own(i)}\t${transactionId}\t${number}\tTN\t${ids.rant}\n`)),
    members: blocks(numbers.map((_, index) => `${own(index)}\t${group(index)}\t0\n`)),
  };
}

/** Loads the block: the journal row, COPY into both tables, one transaction. */
export async function load(db: pg.ClientBase, { transactionId, size, identifiers, members }: Load, ids: Ids) {
  await db.query('BEGIN');
  await db.query(JOURNAL, [transactionId, ids.rar, size]);
  await copy(db, 'COPY sppp.public_identifier (id, transaction_id, value, kind, rant_id) FROM STDIN', identifiers);
  await copy(
    db,
    'COPY sppp.destination_group_member (public_identifier_id, destination_group_id, position) FROM STDIN',
    members,
  );
  await db.query('COMMIT');
}

/** The numbers of the block that are there, and in how many different ways their rows look. */
export async function inspect(db: pg.ClientBase, { literal }: Block): Promise<{ there: number; looks: string[] }> {
  const { rows } = await db.query<{ there: number; look: string }>(
    `SELECT count(*)::int AS there,
            concat_ws(' ', 'rant', rant_id, 'rar', rar_id, 'spelling', spelling, 'span', span, 'cor', cor_claim, cor,
                      'ext', ext, own_ext, 'members',
                      (SELECT string_agg(m.position::text, ',') FROM sppp.destination_group_member m
                        WHERE m.public_identifier_id = p.id)) AS look
       FROM sppp.public_identifier p
      WHERE kind = 'TN' AND value = ANY ($1::text[])
      GROUP BY look`,
    [literal],
  );
  return { there: rows.reduce((sum, { there }) => sum + there, 0), looks: rows.map(({ look }) => look) };
}

async function nextId(db: pg.ClientBase, table: string): Promise<number> {
  const { rows } = await db.query<{ id: string }>(`SELECT nextval($1) AS id`, [`sppp.${table}_id_seq`]);
  return Number(rows[0]?.id);
}

async function copy(db: pg.ClientBase, statement: string, lines: readonly Buffer[]): Promise<void> {
  await pipeline(Readable.from(lines), db.query(copyFrom(statement)));
}

/** Lines in blocks of about 64 kB, as psql would send them. */
function blocks(lines: readonly string[]): Buffer[] {
  const all: Buffer[] = [];
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < 65_536) continue;
    all.push(Buffer.from(text));
    text = '';
  }
  if (text !== '') all.push(Buffer.from(text));
  return all;
}
