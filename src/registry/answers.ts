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

export interface Places {
  /** What the statement saw, to be asked with later on; undefined where the database cannot tell. */
  readonly snapshot: string | undefined;
  /** Whether something else than identifiers has changed since the snapshot that was asked with. */
  readonly hasChanged: boolean;
  readonly places: readonly Place[];
}

type PlaceRow = readonly [question: number, subject: string, place: string | null];

const PLACES = `(SELECT json_agg(json_build_array(question, subject, place)) FROM sppp.places($1))`;

const placesRow = statement<{ snapshot: string | null; hasChanged: boolean | null; places: PlaceRow[] | null }>(
  'places',
  `SELECT sppp.route_snapshot()::text AS snapshot, sppp.has_route_changed($2) AS "hasChanged", ${PLACES} AS places`,
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
  `SELECT ${PLACES} AS places,
          (SELECT json_agg(question) FROM sppp.by_source($1)) AS "bySource",
          (SELECT json_agg(json_build_array(question, final_uri, sppp.texts_around(ere, coalesce(regx_repl, uri)),
                                            ${Object.values(kept)}))
             FROM sppp.resolve_all($1, $2, $3, $4, $5)) AS records`,
);

/** Where identifiers are found, and whether what was answered by a snapshot still holds. */
export async function findPlaces(
  db: Pick<ClientBase, 'query'>,
  questions: readonly Question[],
  since: string | undefined,
): Promise<Places> {
  const [row] = await placesRow(db, [questions.map(({ identifier }) => identifier), since]);
  return {
    snapshot: row?.snapshot ?? undefined,
    hasChanged: row?.hasChanged ?? true,
    places: placesOf(questions, row?.places),
  };
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
