import { setTimeout as delay } from 'node:timers/promises';
import type { StopSignal } from './bulk-options.js';
import { ThrottledError } from './sppp-error.js';

/** Milliseconds of the first wait without a wish of the server, and of the longest. */
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 15_000;

/** Milliseconds that a request of a bulk waits in all. */
export const MAX_BULK_WAIT_MS = 600_000;

/** How long one request waits in all, and who wants to know. */
export interface PatienceOptions {
  /** Milliseconds. */
  readonly most: number;
  readonly signal?: StopSignal | undefined;
  /** Called before each wait, with its milliseconds. */
  readonly onWait?: ((wait: number) => void) | undefined;
}

/** Waits between the attempts of one request: as long as the server asks for, else twice as long each time. */
export class Patience {
  readonly #options: PatienceOptions;
  #left: number;
  #next = FIRST_WAIT_MS;

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#left = options.most;
  }

  /**
   * Waits before the next attempt.
   *
   * @throws the error because of which it waits, when there has been enough of it; the signal's reason if that stops it
   */
  async afterError(error: Error): Promise<void> {
    const wish = error instanceof ThrottledError ? error.retryAfter : undefined;
    // So that clients that were sent away together do not come back together.
    const wait = wish === undefined ? this.#next * (0.75 + Math.random() / 2) : Math.max(wish * 1000, FIRST_WAIT_MS);
    if (wait > this.#left) throw error;
    this.#left -= wait;
    this.#next = Math.min(this.#next * 2, MAX_WAIT_MS);
    this.#options.onWait?.(wait);
    await pause(wait, this.#options.signal);
  }
}

/** Throws the reason of a signal that says stop. */
export function throwIfStopped(signal: StopSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}

/** Waits; rejects with the signal's reason as soon as that says stop. */
export async function pause(milliseconds: number, signal?: StopSignal): Promise<void> {
  throwIfStopped(signal);
  const timer = new AbortController();
  const stop = () => timer.abort();
  signal?.addEventListener('abort', stop);
  try {
    await delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  throwIfStopped(signal);
}
