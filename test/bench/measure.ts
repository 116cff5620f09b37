import type { Figure } from './figure.js';
import type { Options } from './options.js';
import type { Stand } from './stand.js';

export interface Measure {
  /** As `--only` names it. */
  readonly name: string;
  readonly what: string;
  take(stand: Stand, options: Options): Promise<Figure[]>;
}

/** Numbers in the registry before anything is measured. */
export function presentOf({ quick }: Options): number {
  return quick ? 20_000 : 1_000_000;
}

export function sizesOf({ quick }: Options): readonly number[] {
  return quick ? [1_000] : [10_000, 100_000];
}

export function bulkOf({ quick }: Options): number {
  return quick ? 1_000 : 100_000;
}

export function roundsOf({ quick, rounds }: Options, usual: number): number {
  return rounds ?? (quick ? 2 : usual);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Time in milliseconds after which a server under constant look-ups has loaded so many numbers. */
export function warmUpOf(present: number): number {
  return present / 30;
}

/** Lets one address send as many requests as the server can answer. */
export const UNLIMITED_REQUESTS = { SPPP_RATE_ADDRESS_REQUESTS: '6000000/60' };
