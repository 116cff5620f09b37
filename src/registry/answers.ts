import type { ClientBase } from 'pg';
import { columns, type Question, type Sed, valuesOf } from './resolve.js';
import { statement } from './statement.js';

/** An SED record without what tells of the identifier that it was found by. */
export type SharedSed = Omit<Sed, 'matchedKind' | 'matchedIdentifier' | 'destinationGroup' | 'finalUri'>;

/** An SED record of an answer. */
export interface AnswerSed extends SharedSed {
  /** The final URI with the subject left out: the texts before, between and behind it; null where there is no URI. */
  readonly uriAround: readonly string[] | null;
}

/** What is answered to a question. */
export interface Answer {
  readonly seds: readonly AnswerSed[];
  /** Whether all identifiers at the same place are answered so. */
  readonly isForPlace: boolean;
  /** Whether another source may be answered otherwise. */
  readonly isBySource: boolean;
}

/** Where an identifier is found, and as what patterns see it. */
export interface Place {
  readonly subject: string;
  /** The same for identifiers that are answered alike; undefined where there may be no other. */
  readonly place: string | undefined;
}

/**
 * What has changed: numbers of one length from the first to the last; what lies in spans from the first up to the last,
 * which has a colon at its end then; or something else than identifiers, if both are empty.
 */
export type Change = readonly [first: string, last: string];

export interface Places {
  /** What the statement saw, to be asked with later on; undefined where the database cannot tell. */
  readonly snapshot: string | undefined;
  /** What has changed since the snapshot that was asked with. */
  readonly changes: readonly Change[];
  readonly places: readonly Place[];
}

/** Numbers of one length from the lowest to the highest. */
export interface Block {
  readonly lowest: string;
  readonly highest: string;
}

/** A number, or null for all others, and its place. */
export type BlockPlace = readonly [number: string | null, place: string | null];

type PlaceRow = readonly [question: number, subject: string, place: string | null];

const placesIn = (identifiers: string) =>
  `(SELECT json_agg(json_build_array(question, subject, place)) FROM sppp.places(${identifiers}))`;

const CHANGES = `sppp.route_snapshot()::text AS snapshot, sppp.changes_since($1) AS changes`;

interface PlacesRow {
  readonly snapshot: string | null;
  readonly changes: readonly Change[] | null;
  readonly places?: readonly PlaceRow[] | null;
}

const changesRow = statement<PlacesRow>('changes', `SELECT ${CHANGES}`);

const placesRow = statement<PlacesRow>('places', `SELECT ${CHANGES}, ${placesIn('$2')} AS places`);

const blockRow = statement<{ places: BlockPlace[] | null }>(
  'block',
  'SELECT json_agg(json_build_array(number, place)) AS places FROM sppp.places_between($1, $2)',
);

const { matchedKind, matchedIdentifier, destinationGroup, finalUri, ...kept } = columns;
const names = Object.keys(kept) as (keyof typeof kept)[];
const blank = Object.fromEntries(names.map((name) => [name, null]));

/** One value for all, which is read faster than a row for each record with a field for each column. */
const answersRow = statement<{
  places: PlaceRow[] | null;
  bySource: number[] | null;
  records: (readonly unknown[])[] | null;
}>(
  'answers',
  `SELECT ${placesIn('$1')} AS places,
          (SELECT json_agg(question) FROM sppp.by_source($1)) AS "bySource",
          (SELECT json_agg(json_build_array(question, final_uri, sppp.texts_around(ere, coalesce(regx_repl, uri)),
                                            ${Object.values(kept)}))
             FROM sppp.resolve_all($1, $2, $3, $4, $5)) AS records`,
);

/** Where identifiers are found, be they none, and what has changed since a snapshot. */
export async function findPlaces(
  db: Pick<ClientBase, 'query'>,
  questions: readonly Question[],
  since: string | undefined,
): Promise<Places> {
  const identifiers = questions.map(({ identifier }) => identifier);
  const [row] = identifiers.length === 0 ? await changesRow(db, [since]) : await placesRow(db, [since, identifiers]);
  return {
    snapshot: row?.snapshot ?? undefined,
    changes: row?.changes ?? [],
    places: placesOf(questions, row?.places),
  };
}

/**
 * Where the numbers of a block are found: those that are there by themselves, or in a span that others are not in, and
 * all others as one. Null for a place says what it says of a single one.
 */
export async function findBlock(
  db: Pick<ClientBase, 'query'>,
  { lowest, highest }: Block,
): Promise<readonly BlockPlace[]> {
  const [row] = await blockRow(db, [lowest, highest]);
  return row?.places ?? [];
}

/** The answers to several questions, in their order (RFC 7877 §6.3), each with its place as it is at this moment. */
export async function answerAll(
  db: Pick<ClientBase, 'query'>,
  questions: readonly Question[],
): Promise<(Place & { readonly answer: Answer })[]> {
  const each = questions.map(valuesOf);
  const [row] = await answersRow(
    db,
    [0, 1, 2, 3, 4].map((place) => each.map((values) => values[place])),
  );
  const answers = placesOf(questions, row?.places).map((place, index) => ({
    ...place,
    answer: { seds: [] as AnswerSed[], isForPlace: true, isBySource: row?.bySource?.includes(index + 1) ?? false },
  }));
  for (const [question, uri, around, ...values] of row?.records ?? []) {
    const answer = answers[Number(question) - 1]?.answer;
    if (answer === undefined) continue;
    const sed = sedOf(values, around ?? (uri === null ? null : [uri]), answer.seds.length + 1);
    answer.seds.push(sed);
    if (sed.ere !== null && around === null) answer.isForPlace = false;
  }
  return answers;
}

function placesOf(questions: readonly Question[], rows: readonly PlaceRow[] | null | undefined): Place[] {
  const places: Place[] = questions.map(({ identifier }) => ({ subject: identifier, place: undefined }));
  for (const [question, subject, place] of rows ?? []) places[question - 1] = { subject, place: place ?? undefined };
  return places;
}

function sedOf(values: readonly unknown[], uriAround: unknown, position: number): AnswerSed {
  const sed: Record<string, unknown> = { ...blank, uriAround };
  for (const [index, name] of names.entries()) sed[name] = values[index];
  sed.position = position;
  return sed as unknown as AnswerSed;
}
