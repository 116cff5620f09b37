import { readConfig } from '../config.js';
import { readEnumSettings } from '../enum/settings.js';
import { Environment } from '../environment.js';

/** Variables that the demo reads. */
const ofTheDemo = ['SPPP_DEMO_PASSWORD'];

/** Warnings for variables `SPPP_…` that no setting has, with the setting that may be meant. */
export function unknownVariables(variables: NodeJS.ProcessEnv): string[] {
  const known = knownVariables();
  return Object.keys(variables)
    .filter((name) => /^SPPP_/i.test(name) && variables[name] !== '' && !known.has(name))
    .sort()
    .map((name) => {
      const nearest = nearestOf(name.toUpperCase(), known);
      return `${name}: no such setting${nearest === undefined ? '' : `; ${nearest} is one`}`;
    });
}

/** The variables of all settings: those that are read when nothing is set. */
export function knownVariables(): ReadonlySet<string> {
  // Without it, the name of this machine is the default, which may be no name that DNS can have.
  const nothing = new Environment({ SPPP_ENUM_NAME_SERVERS: 'ns.invalid' });
  readConfig(nothing);
  readEnumSettings(nothing);
  return new Set([...ofTheDemo, ...nothing.asked]);
}

/** The nearest name, if it is near enough for a typing error. */
function nearestOf(name: string, known: ReadonlySet<string>): string | undefined {
  const max = Math.max(2, Math.floor(name.length / 4));
  const near = [...known]
    .filter((each) => each.startsWith('SPPP_'))
    .map((each) => ({ each, steps: stepsBetween(name, each) }))
    .filter(({ steps }) => steps <= max)
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.each;
}

/** The edit distance: letters inserted, left out, changed, or swapped with the next. */
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
