import { Command } from 'commander';
import { readConfig } from '../config.js';
import { usualPatience } from '../registry/schema/lock-patience.js';
import {
  type Migrated,
  type MigrationPlan,
  planMigration,
  runMigration,
  type Step,
} from '../registry/schema/migrate.js';
import { jsonOption, printResult, warn } from './output.js';
import { openUnmigrated, warnOfWaits } from './registry.js';
import { wholeNumber } from './whole-number.js';

interface Options {
  readonly check?: boolean;
  readonly lockTimeout: number;
  readonly patience: number;
  readonly json?: boolean;
}

/** `sppp migrate`: brings the schema of the database up to date. */
export function migrateCommand(): Command {
  const { lockTimeout, total } = usualPatience;
  return new Command('migrate')
    .option('--check', 'print the SQL that would be applied, and change nothing; exit code 1 if there is any')
    .option(
      '--lock-timeout <ms>',
      'how long a try, and all others, may wait for locks',
      wholeNumber(10, 60_000),
      lockTimeout,
    )
    .option('--patience <seconds>', 'how long to try again', wholeNumber(0, 86_400), total / 1000)
    .addOption(jsonOption())
    .description('bring the schema of the database up to date, beside running servers: see docs/upgrades.md')
    .action(async ({ check = false, lockTimeout, patience, ...options }: Options) => {
      const registry = await openUnmigrated(readConfig(process.env));
      try {
        const plan = await planMigration(registry.url);
        warnOfOldNodes(plan);
        if (check) printPlan(options, plan);
        else {
          const times = { lockTimeout, total: patience * 1000, report: warnOfWaits() };
          printDone(options, await runMigration(registry.url, undefined, times));
        }
      } finally {
        await registry.close();
      }
    });
}

/** Says on standard error which nodes will answer 503 once the plan is carried out. */
function warnOfOldNodes({ oldNodes }: MigrationPlan): void {
  for (const { name, version, address } of oldNodes) {
    const from = address === null ? '' : ` at ${address}`;
    warn(
      `node ${name}${from} is of version ${version}, which is too old for this: it answers 503 until it is upgraded`,
    );
  }
}

/** The lines are SQL, in the order in which it would be applied. */
function printPlan(options: Pick<Options, 'json'>, { isNew, steps }: Migrated): void {
  const lines = steps.flatMap((step) => [`-- ${lineOf(step)}`, ...step.sql.trimEnd().split('\n'), '']);
  const isDone = steps.length === 0;
  printResult(options, { isDone, isNew, steps: steps.map(documentOf) }, [
    ...lines,
    isDone ? '-- nothing to do' : '-- nothing was done; sppp migrate does it, in one transaction',
  ]);
  if (!isDone) process.exitCode = 1;
}

function printDone(options: Pick<Options, 'json'>, { isNew, steps }: Migrated): void {
  const value = steps.map((step) => ({ ...documentOf(step), sql: undefined }));
  const lines = steps.length === 0 ? ['nothing to do'] : steps.map(lineOf);
  printResult(options, { isDone: true, isNew, steps: value }, isNew ? [...lines, 'a new, empty registry'] : lines);
}

function lineOf({ kind, name, leastServer }: Step): string {
  if (leastServer !== undefined) return `${kind} ${name}, for servers from ${leastServer} on`;
  return kind === 'SQL file' || kind === 'job queue' ? `${kind} ${name}` : `${kind} ${name}, for servers that have it`;
}

const documentOf = ({ kind, name, leastServer, sql }: Step) => ({ kind, name, leastServer: leastServer ?? null, sql });
