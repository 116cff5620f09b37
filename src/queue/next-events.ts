import type { EventSelection } from '../registry/events/event-selection.js';
import type { EventPage } from '../registry/events/read-events.js';
import type { WaitingReaders } from './waiting-readers.js';

/** A reader of events, and how long it waits for one. */
export interface EventReader {
  /** The events that it may have now; asked again after it has waited. Throws if it may have none any more. */
  readonly select: () => Promise<EventSelection>;
  /** Reads a page behind a position. */
  readonly read: (selection: EventSelection, after: number) => Promise<EventPage>;
  /** Milliseconds. */
  readonly wait: number;
  /** Aborted when it has left; its reason is thrown then. */
  readonly left: AbortSignal;
}

/**
 * The next page of a reader: at once if there are events, else when there is one, or empty when the time is over or the server
 * stops. Where events behind the position were deleted, the page says so at once (`forgotten`).
 *
 * @throws what the reader's functions throw, and the reason of its signal
 */
export async function nextEvents(readers: WaitingReaders, reader: EventReader, after: number): Promise<EventPage> {
  const until = performance.now() + reader.wait;
  for (let from = after; ; ) {
    const selection = await reader.select();
    const page = await reader.read(selection, from);
    const hasAnswer = page.events.length > 0 || page.forgotten > from || page.next < page.published;
    const rest = until - performance.now();
    if (hasAnswer || rest <= 0 || readers.isClosed) return page;
    await readers.wait(selection, page.next, rest, reader.left);
    reader.left.throwIfAborted();
    from = page.next;
  }
}
