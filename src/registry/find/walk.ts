import type { Pool, QueryResultRow } from 'pg';

/** Rows that one page looks at where conditions choose among them: it does not take long, however few of them it has. */
const WINDOW = 20_000;

/** Row ids that are sorted, rather than looked for along an index. */
const FEW = 10_000;

/** The values of a statement. */
export class Values {
  readonly all: unknown[] = [];

  /** Takes a value, and returns its name in the text, such as `$3`. */
  take(value: unknown): string {
    this.all.push(value);
    return `$${this.all.length}`;
  }
}

/** A part of a statement: a condition on the row o, or a query. */
export type Part = (values: Values) => string;

/** Where a row stands in an order: the values of its columns. */
export type Place = Readonly<Record<string, string | number>>;

/** Rows of a table in the order of an index. */
export interface Walk {
  readonly table: string;
  /** The columns of the order; no two rows have the same values in all of them. */
  readonly order: readonly string[];
  readonly isBackward: boolean;
  /** It begins behind this place; undefined: with the first row. */
  readonly from: Place | undefined;
  /** Row ids of registrants; those of each stand together in the index. Undefined: an index has all rows in this order. */
  readonly rants?: readonly number[] | undefined;
  /** Conditions that the index knows: it passes by no other rows. */
  readonly bounds: readonly Part[];
  /** Conditions that rows are asked on the way. */
  readonly conditions: readonly Part[];
  /** A query for the ids of a set, by an index of its own, that all wanted rows are in. */
  readonly among?: Part | undefined;
  /** Whether nobody may learn where rows stand that the conditions leave out. */
  readonly isSecret: boolean;
}

/** Some rows, and behind which place to go on if there may be more. */
export interface Walked<Row> {
  readonly rows: readonly Row[];
  readonly end: Place | undefined;
}

/**
 * The next rows of a walk: `max`, or fewer, or none, also where more may follow. If the set is small, it is sorted. Else the
 * walk goes along the index, and ends after a bounded number of rows.
 *
 * @param columns what to select of the row o; the columns of the order are there in any case
 * @returns undefined for a secret walk whose set is too large to be sorted
 */
export async function takeWalk<Row extends QueryResultRow>(
  db: Pick<Pool, 'query'>,
  walk: Walk,
  columns: readonly string[],
  max: number,
): Promise<Walked<Row> | undefined> {
  const ids = walk.among && (await fewIds(db, walk.among));
  const isComplete = ids !== undefined || walk.conditions.length === 0;
  if (!isComplete && walk.isSecret) return undefined;
  const limit = isComplete ? max + 1 : Math.max(max + 1, Math.ceil(WINDOW / (walk.rants?.length || 1)));
  const values = new Values();
  const looked = ids === undefined ? along(walk, limit, values) : sorted(walk, ids, values);
  const text = `SELECT ${[...walk.order.map((each) => `o.${each}`), ...columns].join(', ')} FROM (${looked}) o
    ${where(walk.conditions.map((each) => each(values)))} ORDER BY ${orderOf(walk)} LIMIT ${max + 1}`;
  const { rows } = await db.query<Row>(text, values.all);
  const found = rows.slice(0, max);
  const last = found.at(-1);
  if (rows.length > max && last !== undefined) return { rows: found, end: placeOf(walk, last) };
  return { rows: found, end: isComplete ? undefined : await endOf(db, walk, limit) };
}

/** Where a row of a walk stands. */
export function placeOf({ order }: Pick<Walk, 'order'>, row: object): Place {
  const values = row as Place;
  return Object.fromEntries(order.map((column) => [column, values[column] ?? '']));
}

/** The ids of a set; undefined if they are not few. */
async function fewIds(db: Pick<Pool, 'query'>, among: Part): Promise<number[] | undefined> {
  const values = new Values();
  const text = `SELECT s.id FROM (${among(values)}) s LIMIT ${FEW + 1}`;
  const { rows } = await db.query<{ id: number }>(text, values.all);
  return rows.length > FEW ? undefined : rows.map(({ id }) => id);
}

/** The place of the last row that was looked at; undefined: there were no more. */
async function endOf(db: Pick<Pool, 'query'>, walk: Walk, limit: number): Promise<Place | undefined> {
  const values = new Values();
  const columns = walk.order.map((each) => `o.${each}`).join(', ');
  const text = `SELECT ${columns} FROM (${along(walk, limit, values)}) o
    ORDER BY ${orderOf(walk)} OFFSET ${limit - 1} LIMIT 1`;
  const { rows } = await db.query<Place>(text, values.all);
  return rows[0];
}

/** Rows along an index, or along its parts for registrants, which are merged. */
function along(walk: Walk, limit: number, values: Values): string {
  const { table, rants } = walk;
  const conditions = rowsOf(walk, values);
  const end = `ORDER BY ${orderOf(walk)} LIMIT ${limit}`;
  if (rants === undefined) return `SELECT o.* FROM sppp.${table} o ${where(conditions)} ${end}`;
  const ofRant = `SELECT o.* FROM sppp.${table} o ${where(['o.rant_id = r.id', ...conditions])} ${end}`;
  return `SELECT o.* FROM unnest(${values.take(rants)}::int[]) r(id) CROSS JOIN LATERAL (${ofRant}) o ${end}`;
}

/** The rows of a small set. */
function sorted(walk: Walk, ids: readonly number[], values: Values): string {
  const { table, rants } = walk;
  const ofRants = rants === undefined ? [] : [`o.rant_id = ANY (${values.take(rants)}::int[])`];
  const isWanted = [`o.id = ANY (${values.take(ids)}::bigint[])`, ...ofRants, ...rowsOf(walk, values)];
  return `SELECT o.* FROM sppp.${table} o ${where(isWanted)}`;
}

function rowsOf({ order, isBackward, from, rants, bounds }: Walk, values: Values): string[] {
  const conditions = bounds.map((each) => each(values));
  if (from === undefined) return conditions;
  const sign = isBackward ? '<' : '>';
  const names = order.map((each) => values.take(from[each]));
  const columns = order.map((each) => `o.${each}`);
  conditions.push(`(${columns.join(', ')}) ${sign} (${names.join(', ')})`);
  // The index of a registrant begins with another column, by which PostgreSQL cannot enter it for the condition above.
  if (rants !== undefined) conditions.push(`${columns[0]} ${sign}= ${names[0]}`);
  return conditions;
}

function orderOf({ order, isBackward }: Walk): string {
  return order.map((each) => `o.${each} ${isBackward ? 'DESC' : 'ASC'}`).join(', ');
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}
