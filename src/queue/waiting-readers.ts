import { type EventSelection, type EventSummary, isSelected } from '../registry/events/event-selection.js';

/** Events that are looked at at once, and that are remembered for readers that begin to wait. */
const MAX_RECENT = 1000;

/** Milliseconds between two looks while somebody waits, where no notice comes. */
const LOOK_MS = 2000;

/** Reads summaries of the events behind a position, at most as many, in their order. */
export type ReadSummaries = (after: number, limit: number) => Promise<readonly EventSummary[]>;

interface Waiting {
  readonly selection: EventSelection;
  readonly after: number;
  readonly wake: () => void;
}

/**
 * Readers that wait for an event. They hold no connection: each notice of the publisher makes one look at the new events, for
 * all of them, and wakes those that get one.
 */
export class WaitingReaders {
  readonly #readSummaries: ReadSummaries;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Set<Waiting>();
  /** The latest events that were looked at. */
  #recent: readonly EventSummary[] = [];
  /** Positions between which they are all; undefined while nobody waits. */
  #known: { readonly from: number; readonly to: number } | undefined;
  #isLooking = false;
  #lookAgain = false;
  #looking: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(readSummaries: ReadSummaries, onError: (error: unknown) => void) {
    this.#readSummaries = readSummaries;
    this.#onError = onError;
  }

  /** Whether nobody waits any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for an event behind a position. Resolves when there may be one, when the time is over, when the signal is aborted, and
   * when the server stops.
   *
   * @param milliseconds at most
   */
  async wait(selection: EventSelection, after: number, milliseconds: number, left: AbortSignal): Promise<void> {
    if (this.#isClosed || left.aborted || this.#isKnown(selection, after)) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(late);
        left.removeEventListener('abort', wake);
        this.#waiting.delete(waiting);
        if (this.#waiting.size === 0) this.#rest();
        resolve();
      };
      const waiting = { selection, after, wake };
      const late = setTimeout(wake, milliseconds);
      left.addEventListener('abort', wake);
      this.#waiting.add(waiting);
      if (this.#known === undefined) this.#begin(after);
    });
  }

  /** Looks for new events: to be called when there may be some. */
  look(): void {
    if (this.#isLooking) this.#lookAgain = true;
    else this.#lookAll().catch(this.#onError);
  }

  /** Wakes all, from now on at once. */
  close(): void {
    this.#isClosed = true;
    for (const { wake } of [...this.#waiting]) wake();
  }

  /** Whether an event for the reader was seen already, or may have been missed. */
  #isKnown(selection: EventSelection, after: number): boolean {
    if (this.#known === undefined) return false;
    if (after < this.#known.from) return true;
    return hasOne(this.#recent, { selection, after });
  }

  #begin(after: number): void {
    this.#known = { from: after, to: after };
    this.#looking = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  #rest(): void {
    clearInterval(this.#looking);
    this.#known = undefined;
    this.#recent = [];
  }

  async #lookAll(): Promise<void> {
    this.#isLooking = true;
    try {
      do {
        this.#lookAgain = false;
        const known = this.#known;
        if (known === undefined) return;
        const events = await this.#readSummaries(known.to, MAX_RECENT);
        const isSame = this.#known === known; // Else others wait now.
        if (isSame && events.length > 0) this.#take(known, events);
        this.#lookAgain ||= !isSame || events.length === MAX_RECENT;
      } while (this.#lookAgain);
    } finally {
      this.#isLooking = false;
    }
  }

  #take(known: { readonly from: number; readonly to: number }, events: readonly EventSummary[]): void {
    const all = [...this.#recent, ...events];
    const dropped = all.slice(0, Math.max(0, all.length - MAX_RECENT));
    this.#recent = all.slice(dropped.length);
    this.#known = { from: dropped.at(-1)?.position ?? known.from, to: events.at(-1)?.position ?? known.to };
    for (const waiting of [...this.#waiting]) {
      if (hasOne(events, waiting)) waiting.wake();
    }
  }
}

/** Whether one of the events is for a reader. */
function hasOne(events: readonly EventSummary[], { selection, after }: Omit<Waiting, 'wake'>): boolean {
  return events.some((event) => event.position > after && isSelected(selection, event));
}
