import type { CloudEvent } from '../events/cloud-event.js';
import type { EventAck, EventConsumer, EventOptions, EventPage } from './event-options.js';
import type { HttpAnswer } from './http-answer.js';
import { statusError } from './http-connection.js';
import { EventsGoneError, UnreadableAnswerError } from './sppp-error.js';

/** Seconds that the server is asked to wait for an event. */
const WAIT = 30;

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads events page by page (docs/event-queue.md).
 *
 * @param get sends one request, as often as it has to
 * @throws what `get` throws, EventsGoneError, HttpStatusError
 */
export async function* eventPages(
  get: (query: Query) => Promise<HttpAnswer>,
  { consumer, after, types, limit, follow = false }: EventOptions,
): AsyncGenerator<EventPage> {
  const fixed = { consumer, types: types?.join(), limit: limit?.toString(), ...(follow ? { wait: String(WAIT) } : {}) };
  for (let from = after?.toString(); ; ) {
    const answer = await get({ ...fixed, after: from });
    if (answer.status !== 200) throw await refusalOf(answer);
    const [next, last] = [positionIn(answer, 'next'), positionIn(answer, 'last')];
    const events = await eventsOf(answer);
    const isMoved = next !== from;
    if (events.length > 0 || isMoved) yield { events, next };
    from = next;
    if (!follow && Number(next) >= Number(last)) return;
  }
}

/** Sends an acknowledgement. Throws what `post` throws, and HttpStatusError. */
export async function ackEvents(
  post: (body: string) => Promise<HttpAnswer>,
  { consumer, position, back }: EventAck,
): Promise<EventConsumer> {
  const answer = await post(JSON.stringify({ consumer, position, back }));
  if (answer.status !== 200) throw await statusError(answer);
  return JSON.parse(await answer.text()) as EventConsumer;
}

async function refusalOf(answer: HttpAnswer): Promise<Error> {
  if (answer.status !== 410) return statusError(answer);
  const { reason, oldest, after } = JSON.parse(await answer.text()) as Record<string, string | number>;
  return new EventsGoneError(`HTTP 410: ${reason}`, String(oldest), String(after));
}

function positionIn({ headers }: HttpAnswer, which: 'next' | 'last'): string {
  const value = headers[`sppp-events-${which}`];
  if (typeof value === 'string' && /^[0-9]+$/.test(value)) return value;
  throw new UnreadableAnswerError(
    `a page of events without a header SPPP-Events-${which === 'next' ? 'Next' : 'Last'}`,
  );
}

async function eventsOf(answer: HttpAnswer): Promise<readonly CloudEvent[]> {
  const read: unknown = JSON.parse(await answer.text());
  if (Array.isArray(read)) return read as readonly CloudEvent[];
  throw new UnreadableAnswerError('a page of events that is no list');
}
