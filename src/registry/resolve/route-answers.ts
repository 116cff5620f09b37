import type { ClientBase } from 'pg';
import { STANDBY_AGE } from '../connection/standby-age.js';
import { statement } from '../connection/statement.js';
import { columns, type Question, type Sed, valuesOf } from './resolve.js';

/** An SED record without the columns about the identifier by which it was found. */
export type SharedSed = Omit<Sed, 'matchedKind' | 'matchedIdentifier' | 'destinationGroup' | 'finalUri'>;

/** An SED record of an answer. */
export interface AnswerSed extends SharedSed {
  /**
   * The final URI with the subject left out: the texts before, between and behind it; null if the record has no final
   * URI.
   */
  readonly uriAround: readonly string[] | null;
}

/** The answer to a question. */
export interface RouteAnswer {
  readonly seds: readonly AnswerSed[];
  /** Whether the answer holds for all identifiers with the route key. */
  readonly isForRouteKey: boolean;
  /** Whether another source may be answered otherwise. */
  readonly isBySource: boolean;
}

/** Where an identifier is found, and as what patterns see it. */
export interface Located {
  readonly subject: string;
  /** The same for identifiers that are answered alike; undefined where there may be no other. */
  readonly routeKey: string | undefined;
}

/**
 * A change: numbers of one length from the first to the last; everything in spans from the first up to the last, which
 * then ends in a colon; or, if both are empty, anything other than identifiers.
 */
export type Change = readonly [first: string, last: string];

export interface RouteKeys {
  /** The snapshot of the statement, for the next question; undefined if there is none. */
  readonly snapshot: string | undefined;
  /** The changes since the snapshot in the question. */
  readonly changes: readonly Change[];
  readonly routeKeys: readonly Located[];
  /** Seconds by which the data may be older than the primary's; undefined: a standby does not know. 0 on the primary. */
  readonly age: number | undefined;
}

/** Digits at the end of a number by which it differs from others in its block. */
export const BLOCK_DIGITS = 3;

/** Numbers of one length from the lowest to the highest. */
export interface Block {
  readonly lowest: string;
  readonly highest: string;
}

/** A number, or null for all others, and its route key. */
export type BlockRouteKey = readonly [number: string | null, routeKey: string | null];

type RouteKeyRow = readonly [question: number, subject: string, routeKey: string | null];

const routeKeysIn = (identifiers: string) =>
  `(SELECT json_agg(json_build_array(question, subject, route_key)) FROM sppp.route_keys(${identifiers}))`;

const AGE = `${STANDBY_AGE} AS age`;

const CHANGES = `sppp.route_snapshot()::text AS snapshot, sppp.changes_since($1) AS changes, ${AGE}`;

interface RouteKeysRow {
  readonly snapshot: string | null;
  readonly changes: readonly Change[] | null;
  readonly routeKeys?: readonly RouteKeyRow[] | null;
  readonly age: number | null;
}

const changesRow = statement<RouteKeysRow>('changes', `SELECT ${CHANGES}`);

const routeKeysRow = statement<RouteKeysRow>('route_keys', `SELECT ${CHANGES}, ${routeKeysIn('$2')} AS "routeKeys"`);

const blockRow = statement<{ routeKeys: BlockRouteKey[] | null }>(
  'block',
  'SELECT json_agg(json_build_array(number, route_key)) AS "routeKeys" FROM sppp.route_keys_between($1, $2)',
);

/** The limit is part of the text: a plan for any limit would read the whole table. */
const nextBlocksRow = statement<{ last: string | null; prefixes: string[] | null }>(
  'next_blocks',
  `SELECT max(value) AS last, json_agg(DISTINCT left(value, -${BLOCK_DIGITS})) AS prefixes
     FROM (SELECT value FROM sppp.public_identifier WHERE kind = 'TN' AND value > $1 ORDER BY value LIMIT 5000) next
    WHERE length(value) > ${BLOCK_DIGITS}`,
);

const { matchedKind, matchedIdentifier, destinationGroup, finalUri, ...shared } = columns;
const names = Object.keys(shared) as (keyof typeof shared)[];
const blank = Object.fromEntries(names.map((name) => [name, null]));

/** One value for all, which is read faster than a row for each record with a field for each column. */
const answersRow = statement<{
  routeKeys: RouteKeyRow[] | null;
  bySource: number[] | null;
  records: (readonly unknown[])[] | null;
  age: number | null;
}>(
  'answers',
  `SELECT ${AGE}, ${routeKeysIn('$1')} AS "routeKeys",
          (SELECT json_agg(question) FROM sppp.questions_by_source($1)) AS "bySource",
          (SELECT json_agg(json_build_array(question, final_uri, sppp.texts_around(ere, coalesce(regx_repl, uri)),
                                            ${Object.values(shared)}))
             FROM sppp.resolve_all($1, $2, $3, $4, $5)) AS records`,
);

/** The route keys of identifiers, and the changes since a snapshot. There may be no identifiers. */
export async function findRouteKeys(
  db: Pick<ClientBase, 'query'>,
  questions: readonly Question[],
  since: string | undefined,
): Promise<RouteKeys> {
  const identifiers = questions.map(({ identifier }) => identifier);
  const [row] = identifiers.length === 0 ? await changesRow(db, [since]) : await routeKeysRow(db, [since, identifiers]);
  return {
    snapshot: row?.snapshot ?? undefined,
    changes: row?.changes ?? [],
    routeKeys: locatedOf(questions, row?.routeKeys),
    age: row?.age ?? undefined,
  };
}

/**
 * The route keys of the numbers of a block: of numbers that are identifiers, or in a span that not all are in, each; of all
 * others one. A null route key means the same as for a single number.
 */
export async function findBlock(
  db: Pick<ClientBase, 'query'>,
  { lowest, highest }: Block,
): Promise<readonly BlockRouteKey[]> {
  const [row] = await blockRow(db, [lowest, highest]);
  return row?.routeKeys ?? [];
}

/** The block of all numbers that begin so and have as many digits more as numbers of a block differ by. */
export function blockOf(prefix: string): Block {
  return { lowest: prefix + '0'.repeat(BLOCK_DIGITS), highest: prefix + '9'.repeat(BLOCK_DIGITS) };
}

/**
 * Blocks with numbers that are identifiers, in the order of the numbers as texts.
 *
 * @param after the number behind which to begin: the `last` of the call before, or an empty text
 * @returns some blocks, where one may be of the call before as well; and the last number of them, undefined at the end
 */
export async function findNextBlocks(
  db: Pick<ClientBase, 'query'>,
  after: string,
): Promise<{ readonly blocks: readonly Block[]; readonly last: string | undefined }> {
  const [row] = await nextBlocksRow(db, [after]);
  return { blocks: row?.prefixes?.map(blockOf) ?? [], last: row?.last ?? undefined };
}

/** An answer with its route key in the same snapshot, and the age of the data as `RouteKeys` has it. */
export type RouteAnswerAt = Located & { readonly answer: RouteAnswer } & Pick<RouteKeys, 'age'>;

/** The answers to several questions, in their order (RFC 7877 §6.3). */
export async function answerAll(
  db: Pick<ClientBase, 'query'>,
  questions: readonly Question[],
): Promise<RouteAnswerAt[]> {
  const each = questions.map(valuesOf);
  const [row] = await answersRow(
    db,
    [0, 1, 2, 3, 4].map((routeKey) => each.map((values) => values[routeKey])),
  );
  const answers = locatedOf(questions, row?.routeKeys).map((routeKey, index) => ({
    ...routeKey,
    age: row?.age ?? undefined,
    answer: { seds: [] as AnswerSed[], isForRouteKey: true, isBySource: row?.bySource?.includes(index + 1) ?? false },
  }));
  for (const [question, uri, around, ...values] of row?.records ?? []) {
    const answer = answers[Number(question) - 1]?.answer;
    if (answer === undefined) continue;
    const sed = sedOf(values, around ?? (uri === null ? null : [uri]), answer.seds.length + 1);
    answer.seds.push(sed);
    if (sed.ere !== null && around === null) answer.isForRouteKey = false;
  }
  return answers;
}

function locatedOf(questions: readonly Question[], rows: readonly RouteKeyRow[] | null | undefined): Located[] {
  const routeKeys: Located[] = questions.map(({ identifier }) => ({ subject: identifier, routeKey: undefined }));
  for (const [question, subject, routeKey] of rows ?? [])
    routeKeys[question - 1] = { subject, routeKey: routeKey ?? undefined };
  return routeKeys;
}

function sedOf(values: readonly unknown[], uriAround: unknown, position: number): AnswerSed {
  const sed: Record<string, unknown> = { ...blank, uriAround };
  for (const [index, name] of names.entries()) sed[name] = values[index];
  sed.position = position;
  return sed as unknown as AnswerSed;
}
