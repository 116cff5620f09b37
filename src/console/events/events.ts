import type { Pool } from 'pg';
import { hearableFor } from '../../authority/may.js';
import type { EventSelection } from '../../registry/events/event-selection.js';
import { type LatestEvents, readLatestEvents } from '../../registry/events/read-events.js';
import type { Visitor } from '../visitor.js';

/** Events on a page. */
const MAX_EVENTS = 50;

/** Which events a page has. */
export interface EventFilter {
  /** Undefined: of all types. */
  readonly type: string | undefined;
  /** Position behind the first one; undefined: the end. */
  readonly before: number | undefined;
}

/** The events that a visitor may read, the latest first: those of `GET /events`, for operators of `GET /operator/events`. */
export function readEventPage(pool: Pool, { type, before }: EventFilter, visitor: Visitor): Promise<LatestEvents> {
  const selection = { types: type === undefined ? undefined : new Set([type]), reach: reachOf(visitor) };
  return readLatestEvents(pool, selection, before, MAX_EVENTS);
}

function reachOf(visitor: Visitor): EventSelection['reach'] {
  if (visitor.kind === 'operator') return undefined;
  const { caller } = visitor;
  return { registrarId: caller.registrarId, organizations: hearableFor(caller) };
}
