import type { ClientBase } from 'pg';
import type { PublishedEvent } from '../../events/cloud-event.js';
import type { Noun } from '../../model/noun.js';
import type { EventReach, EventSelection, EventSummary } from './event-selection.js';

/** The channel of the notices that there are new events. */
export const PUBLISHED = 'sppp_events';

/** Events that one statement looks through: it does not take long, however few of them the reader gets. */
const WINDOW = 10_000;

/** Statements for one page: of a reader of all events, and of people, who do not wait. */
const MAX_WINDOWS = 50;
const MAX_LATEST_WINDOWS = 10;

/** How far events reach: the last position that was deleted because of its age, and the last that was published. */
export interface EventHorizon {
  readonly forgotten: number;
  readonly published: number;
}

/** Events of a reader, and how far they were looked for. */
export interface EventPage extends EventHorizon {
  readonly events: readonly PublishedEvent[];
  /** All up to here was looked through. */
  readonly next: number;
}

/**
 * The next events of a reader, in the order of their positions.
 *
 * @param after position; if events behind it were deleted (`forgotten` is above it), none are read
 * @returns at most `limit` events; fewer, or none, also where more may follow: `next` is below `published` then
 */
export async function readEvents(
  db: Pick<ClientBase, 'query'>,
  selection: EventSelection,
  after: number,
  limit: number,
): Promise<EventPage> {
  const events: PublishedEvent[] = [];
  let next = after;
  for (let windows = 1; ; windows++) {
    const wanted = limit - events.length;
    const window = { above: next, upTo: next + WINDOW, order: 'ASC' } as const;
    const { forgotten, published, found } = await readWindow(db, selection, window, wanted);
    events.push(...found);
    const isFull = found.length === wanted;
    next = isFull ? Number(found.at(-1)?.position) : Math.max(next, Math.min(next + WINDOW, published));
    if (isFull || next >= published || windows === MAX_WINDOWS || after < forgotten) {
      return { forgotten, published, events, next };
    }
  }
}

/** The latest events of a reader, and before which position to go on if there may be more. */
export interface LatestEvents {
  readonly events: readonly PublishedEvent[];
  readonly next: number | undefined;
}

/**
 * The events of a reader before a position, the latest first.
 *
 * @param before position; undefined: the end
 * @returns at most `limit` events; fewer, or none, also where more may follow
 */
export async function readLatestEvents(
  db: Pick<ClientBase, 'query'>,
  selection: EventSelection,
  before: number | undefined,
  limit: number,
): Promise<LatestEvents> {
  const { forgotten, published } = await readHorizon(db);
  const events: PublishedEvent[] = [];
  let upTo = Math.min(published, (before ?? Number.MAX_SAFE_INTEGER) - 1);
  for (let windows = 0; upTo > forgotten && events.length < limit && windows < MAX_LATEST_WINDOWS; windows++) {
    const above = Math.max(forgotten, upTo - WINDOW);
    const wanted = limit - events.length;
    const { found } = await readWindow(db, selection, { above, upTo, order: 'DESC' }, wanted);
    events.push(...found);
    upTo = found.length === wanted ? Number(found.at(-1)?.position) - 1 : above;
  }
  return { events, next: upTo > forgotten ? upTo + 1 : undefined };
}

/** Positions that one statement looks through, forwards or backwards. */
interface Window {
  readonly above: number;
  readonly upTo: number;
  readonly order: 'ASC' | 'DESC';
}

interface WindowRow extends EventHorizon, Omit<PublishedEvent, 'position'> {
  /** Null: there is no event in the window. */
  readonly position: number | null;
}

async function readWindow(
  db: Pick<ClientBase, 'query'>,
  { types, organizationId, reach }: EventSelection,
  { above, upTo, order }: Window,
  limit: number,
): Promise<EventHorizon & { readonly found: readonly PublishedEvent[] }> {
  const { nouns, organizations } = pairsOf(reach);
  const { rows } = await db.query<WindowRow>({
    text: `SELECT h.forgotten, h.published, e.*
             FROM sppp.event_horizon h
             LEFT JOIN LATERAL (
               SELECT e.position, e.type, o.org_id AS organization, e.subject, e.happened_at AS "happenedAt",
                      t.server_trans_id AS "serverTransId", e.data
                 FROM sppp.event e
                 LEFT JOIN sppp.organization o ON o.id = e.organization_id
                 LEFT JOIN sppp.transaction t ON t.id = e.transaction_id
                WHERE e.position > $1 AND e.position <= $8 ${order === 'ASC' ? 'AND h.forgotten <= $1' : ''}
                  AND ($3::text[] IS NULL OR e.type = ANY ($3))
                  AND ($4::integer IS NULL OR e.organization_id = $4)
                  AND ($5::integer IS NULL OR e.noun IS NULL AND e.organization_id = $5
                       OR (e.noun, e.organization_id) IN (SELECT * FROM unnest($6::text[], $7::integer[])))
                ORDER BY e.position ${order} LIMIT $2) e ON true
            ORDER BY e.position ${order}`,
    values: [
      ...[above, limit, types === undefined ? null : [...types], organizationId ?? null],
      ...[reach?.registrarId ?? null, nouns, organizations, upTo],
    ],
  });
  const [{ forgotten, published } = { forgotten: 0, published: 0 }] = rows;
  const found = rows.flatMap(({ position, ...row }) => (position === null ? [] : [eventOf(position, row)]));
  return { forgotten, published, found };
}

function eventOf(position: number, row: Omit<WindowRow, 'position'>): PublishedEvent {
  const { type, organization, subject, happenedAt, serverTransId, data } = row;
  return { position: BigInt(position), type, organization, subject, happenedAt, serverTransId, data };
}

function pairsOf(reach: EventReach | undefined) {
  const pairs = [...(reach?.organizations ?? [])].flatMap(([noun, ids]) => [...ids].map((id) => ({ noun, id })));
  return { nouns: pairs.map(({ noun }) => noun), organizations: pairs.map(({ id }) => id) };
}

/** Of the events behind a position, what decides who gets them: at most `limit`, in their order. */
export async function readSummaries(
  db: Pick<ClientBase, 'query'>,
  after: number,
  limit: number,
): Promise<EventSummary[]> {
  const { rows } = await db.query<{ position: number; type: string; organizationId: number | null; noun: Noun | null }>(
    `SELECT position, type, organization_id AS "organizationId", noun
       FROM sppp.event WHERE position > $1 ORDER BY position LIMIT $2`,
    [after, limit],
  );
  return rows;
}

/** How far events reach now. */
export async function readHorizon(db: Pick<ClientBase, 'query'>): Promise<EventHorizon> {
  const { rows } = await db.query<EventHorizon>('SELECT forgotten, published FROM sppp.event_horizon');
  return rows[0] ?? { forgotten: 0, published: 0 };
}

/** The row id of an organization; undefined if it is not known. */
export async function organizationOf(db: Pick<ClientBase, 'query'>, orgId: string): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>('SELECT id FROM sppp.organization WHERE org_id = $1', [orgId]);
  return rows[0]?.id;
}
