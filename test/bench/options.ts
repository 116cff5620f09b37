import { parseArgs } from 'node:util';

export interface Options {
  /** Names of the measures to take; all of them if empty. */
  readonly only: readonly string[];
  /** A smoke test: small sets, few rounds, figures that mean nothing. */
  readonly quick: boolean;
  /** Also what takes minutes: 10 million numbers. */
  readonly full: boolean;
  /** Rounds of each measure, instead of its own number. */
  readonly rounds: number | undefined;
  /** File for the figures as JSON. */
  readonly json: string | undefined;
  /** Folder for the database, instead of a temporary one; it must be on the disk that is to be measured. */
  readonly dir: string | undefined;
  /** Folder for processor profiles of the servers. */
  readonly cpuProf: string | undefined;
}

export const usage = `npm run bench -- [--only=<measure>[,<measure>…]] [--quick | --full] [--rounds=<n>] [--json=<file>]
                 [--dir=<folder>] [--cpu-prof=<folder>] [--list]
`;

/** Reads the command line; undefined for --help. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: process.env.BENCH_FULL === '1' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      dir: { type: 'string' },
      'cpu-prof': { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.list || values.help) return undefined;
  return {
    only: values.only.flatMap((names) => names.split(',')),
    quick: values.quick,
    full: values.full && !values.quick,
    rounds: values.rounds === undefined ? undefined : Math.max(1, Number.parseInt(values.rounds, 10)),
    json: values.json,
    dir: values.dir,
    cpuProf: values['cpu-prof'],
  };
}
