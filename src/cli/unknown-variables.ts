import { variableNames } from '../settings/table.js';

/** Each variable `SPPP_…` that is set but is no setting, with the nearest name that is one. */
export function unknownVariables(variables: NodeJS.ProcessEnv): string[] {
  return Object.keys(variables)
    .filter((name) => /^SPPP_/i.test(name) && variables[name] !== '' && !variableNames.has(name))
    .sort()
    .map((name) => {
      const nearest = nearestOf(name.toUpperCase(), variableNames);
      return `${name}: no such setting${nearest === undefined ? '' : `; ${nearest} is one`}`;
    });
}

/** The name that takes the fewest edits, if there are few enough for a typing error. */
function nearestOf(name: string, known: ReadonlySet<string>): string | undefined {
  const maxSteps = Math.max(2, Math.floor(name.length / 4));
  const near = [...known]
    .filter((each) => each.startsWith('SPPP_'))
    .map((each) => ({ each, steps: stepsBetween(name, each) }))
    .filter(({ steps }) => steps <= maxSteps)
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.each;
}

/** How many letters have to be inserted, removed, replaced, or swapped with the next one. */
function stepsBetween(from: string, to: string): number {
  let before: number[] = [];
  let row = [...Array(to.length + 1).keys()];
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let steps = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) steps = Math.min(steps, (before[j - 2] ?? 0) + 1);
      next.push(steps);
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
