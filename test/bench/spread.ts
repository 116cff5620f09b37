/** What several rounds of the same measure gave. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: readonly number[];
}

export function spreadOf(rounds: readonly number[]): Spread {
  const sorted = [...rounds].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1), rounds };
}

/** One side over the other, round by round: what slows the machine for a while slows both sides of a round. */
export function ratioOf(over: readonly number[], under: readonly number[]): Spread {
  if (over.length !== under.length) throw new Error('the two sides of a ratio had different numbers of rounds');
  return spreadOf(over.map((value, round) => value / (under[round] ?? Number.NaN)));
}

/** By linear interpolation, of values in ascending order. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) throw new Error('nothing was measured');
  const place = (ascending.length - 1) * share;
  const low = ascending[Math.floor(place)] ?? Number.NaN;
  const high = ascending[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
