import type { Command } from 'commander';
import { type ApplyReport, ApplyStoppedError, applyPlan, type Refused } from '../carrier/apply-plan.js';
import { connect } from '../client/connect.js';
import { kindOfType } from '../forms/form-kind.js';
import { keyText } from '../forms/key-text.js';
import { keyOf } from '../model/key-of.js';
import { present } from '../values/present.js';
import { shellWord } from '../values/shell-word.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { printFailure } from './failure.js';
import { interruptible } from './interruption.js';
import type { Failure } from './outcome.js';
import { jsonOption, printResult, warn } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { type LoginOptions, loginFrom, loginOptions } from './registry-login.js';
import { wholeNumber } from './whole-number.js';

interface Options extends LoginOptions {
  readonly force?: boolean;
  readonly maxDeletions: number;
  readonly perRequest: number;
  readonly json?: boolean;
}

/** Failures that the JSON of the command has; all are printed. */
const MAX_FAILURES = 10_000;

/** `sppp apply`: carries out a plan. */
export function applyCommand(): Command {
  return loginOptions(
    carrierCommand('apply')
      .argument('<plan.json>', 'file that sppp plan --out wrote')
      .option(
        '--max-deletions <percent>',
        'largest percentage of the objects of a kind that may be deleted',
        wholeNumber(0, 100),
        30,
      )
      .option('--force', 'allow more deletions than --max-deletions')
      .option('--per-request <changes>', 'changes in one request', wholeNumber(1, 100_000), 10_000),
  )
    .addOption(jsonOption())
    .description('carry out a plan, unless its objects have changed in the registry')
    .action(carrierAction(apply));
}

async function apply(file: string, options: Options): Promise<ExitCode> {
  const { force = false, maxDeletions, perRequest, json = false, ...login } = options;
  const found = await loginFrom(login);
  const connection = connect({ ...found, mode: 'partial' });
  const progress = new ProgressBar();
  const failures: (Failure & { readonly do: string })[] = [];
  const settings = { file, url: found.url, perRequest, maxDeletions: force ? undefined : maxDeletions };
  try {
    const report = await interruptible('interrupted', (signal) =>
      applyPlan(connection, settings, {
        signal,
        onFailure: (change, { code, attribute, value, reason, message }) => {
          const key = keyText(keyOf(change.do === 'delete' ? change.from : change.to));
          const told = { attribute, value, reason };
          progress.warn(`${change.do} ${key}: ${code} ${message}`);
          if (failures.length < MAX_FAILURES) failures.push({ key, do: change.do, code, ...present(told), message });
        },
        onProgress: (now) => progress.show(now),
      }),
    );
    progress.stop();
    return print(report, failures, { json });
  } catch (error) {
    progress.stop();
    if (!(error instanceof ApplyStoppedError)) throw error;
    if (error.report.applied === 0) throw error.cause;
    printFailure(error.cause);
    warn(`sppp apply ${shellWord(file)} goes on`);
    return print(error.report, failures, { json });
  } finally {
    connection.close();
  }
}

function print(report: ApplyReport, failures: readonly Failure[], output: { json: boolean }): ExitCode {
  const { changes, applied, already, failed, refused } = report;
  printResult(output, { changes, applied, already, failed, refused: refused ?? null, failures }, [
    `${applied} of ${changes} ${changes === 1 ? 'change' : 'changes'} done, ${already} ${already === 1 ? 'was' : 'were'} done before, ${failed} failed`,
  ]);
  if (refused !== undefined) for (const line of refusalLines(refused)) warn(line);
  if (applied + already === changes) return exits.allGood;
  return applied === 0 ? exits.nothingDone : exits.someFailed;
}

function refusalLines(refused: Refused): string[] {
  if (refused.why === 'deletions') {
    return refused.losing.map(
      (each) =>
        `${kindOfType(each.kind)}: the plan deletes ${each.delete} of ${each.now} objects; --force does it, --max-deletions allows more`,
    );
  }
  return [
    ...refused.conflicts.map((each) => `${each.do} ${each.key}: ${each.reason}`),
    'the registry has changed since the plan was made; sppp plan makes a new one',
  ];
}
