import { type EventHead, type EventSelection, isSelected } from '../registry/events/event-selection.js';

/** Events that are looked at at once, and that are remembered for readers that begin to wait. */
const MAX_HEADS = 1000;

/** Milliseconds between two looks while somebody waits, where no notice comes. */
const LOOK_MS = 2000;

/** Reads the heads of the events behind a position, at most as many, in their order. */
export type ReadHeads = (after: number, limit: number) => Promise<readonly EventHead[]>;

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
  readonly #readHeads: ReadHeads;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Set<Waiting>();
  /** The latest events that were looked at. */
  #heads: readonly EventHead[] = [];
  /** Positions between which they are all; undefined while nobody waits. */
  #known: { readonly from: number; readonly to: number } | undefined;
  #isLooking = false;
  #lookAgain = false;
  #looking: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(readHeads: ReadHeads, onError: (error: unknown) => void) {
    this.#readHeads = readHeads;
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
    else if (this.#known !== undefined) {
      this.#isLooking = true;
      this.#lookAll()
        .catch(this.#onError)
        .finally(() => {
          this.#isLooking = false;
        });
    }
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
    return hasOne(this.#heads, { selection, after });
  }

  #begin(after: number): void {
    this.#known = { from: after, to: after };
    this.#looking = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  #rest(): void {
    clearInterval(this.#looking);
    this.#known = undefined;
    this.#heads = [];
  }

  async #lookAll(): Promise<void> {
    do {
      this.#lookAgain = false;
      const known = this.#known;
      if (known === undefined) return;
      const heads = await this.#readHeads(known.to, MAX_HEADS);
      if (this.#known !== known)
        this.#lookAgain = true; // Others wait now.
      else if (heads.length > 0) this.#take(known, heads);
      this.#lookAgain ||= heads.length === MAX_HEADS;
    } while (this.#lookAgain);
  }

  #take(known: { readonly from: number; readonly to: number }, heads: readonly EventHead[]): void {
    const all = [...this.#heads, ...heads];
    const dropped = all.slice(0, Math.max(0, all.length - MAX_HEADS));
    this.#heads = all.slice(dropped.length);
    this.#known = { from: dropped.at(-1)?.position ?? known.from, to: heads.at(-1)?.position ?? known.to };
    for (const waiting of [...this.#waiting]) {
      if (hasOne(heads, waiting)) waiting.wake();
    }
  }
}

/** Whether one of the events is for a reader. */
function hasOne(heads: readonly EventHead[], { selection, after }: Omit<Waiting, 'wake'>): boolean {
  return heads.some((head) => head.position > after && isSelected(selection, head));
}
