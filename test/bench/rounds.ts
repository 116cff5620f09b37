/**
 * Takes the sides of a comparison in turn, round by round, each round in the opposite order of the one before: whatever
 * else happens on the machine happens to all of them. A first round only warms up.
 */
export async function takeTurns<Name extends string>(
  rounds: number,
  sides: Readonly<Record<Name, () => Promise<number>>>,
  { warmUp = true }: { warmUp?: boolean } = {},
): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[];
  const seen = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const value = await sides[name]();
      if (round >= 0) seen[name].push(value);
    }
  }
  return seen;
}

/** Seconds that the work took. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1000;
}
