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

/** Milliseconds after which a server that is asked without pause knows where so many numbers are. */
export function warmUpOf(present: number): number {
  return present / 30;
}

/** For a server that is to be asked by one address as often as it can answer, which is oftener than it allows. */
export const ASKED_WITHOUT_END = { SPPP_RATE_ADDRESS_REQUESTS: '6000000/60' };
