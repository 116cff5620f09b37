import { type Command, InvalidArgumentError } from 'commander';
import type { Progress } from '../carrier/progress.js';
import { type PushOptions, push } from '../carrier/push.js';
import type { PushHooks } from '../carrier/push-hooks.js';
import { linesIn } from '../carrier/push-state.js';
import { type PushReport, PushStoppedError } from '../carrier/push-stopped.js';
import { connect, SpppError } from '../client/connect.js';
import { formKinds } from '../forms/form-kind.js';
import { OperatorError } from '../operator-error.js';
import { present } from '../values/present.js';
import { carrierAction, carrierCommand, type ExitCode, exitCodeOf, exits } from './carrier-command.js';
import { printFailure } from './failure.js';
import { stayFlat } from './heap.js';
import { interruptible } from './interruption.js';
import { jsonOption, printResult, warn } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { adviceOn, adviceOnNothing } from './push-advice.js';
import { type ReadingOptions, readingFrom, readingOptions } from './reading-options.js';
import { loginFrom, loginOptions } from './registry-login.js';

interface Options extends ReadingOptions {
  readonly kind?: string;
  readonly delete?: true;
  readonly check?: true;
  readonly onlyFailed?: string;
  readonly resume?: true;
  readonly restart?: true;
  readonly perRequest: number;
  readonly atOnce: number;
  readonly json?: boolean;
}

/** `sppp push`: sends a file of objects to a registry and writes the verdict on each line beside it. */
export function pushCommand(): Command {
  return loginOptions(
    readingOptions(
      carrierCommand('push').argument('<file>', 'objects in CSV, NDJSON or an SPPP message, compressed by gzip or not'),
      {
        rant: 'registrant of lines without one; default: rant of the profile',
        rar: 'registrar of lines without one; default: rar of the profile',
      },
    )
      .option(
        '--kind <kind>',
        `kind of a CSV file; default: the one that its header shows: ${Object.keys(formKinds).join(', ')}`,
      )
      .option('--delete', 'delete the objects that the lines name')
      .option('--check', 'dry run: change nothing, write the verdicts to FILE.check.csv')
      .option('--only-failed <results>', 'send only the lines that are not done in this results file')
      .option('--resume', 'continue an unfinished push')
      .option('--restart', 'discard an unfinished push, and begin again')
      .option('--per-request <n>', 'objects in one request', wholeNumber, 5000)
      .option('--at-once <n>', 'requests in progress at once', wholeNumber, 3),
  )
    .addOption(jsonOption())
    .description('send a file of objects to a registry, and write the verdict on each line to FILE.results.csv')
    .action(carrierAction(run));
}

async function run(file: string, options: Options): Promise<ExitCode> {
  checkTogether(options);
  stayFlat();
  const reading = await readingFrom(options);
  const login = await loginFrom(options);
  // Without a mode, other servers are used in the only one that they have.
  const connection = connect({ ...login, ...(options.check ? { mode: 'validate' as const } : {}) });
  const progress = new ProgressBar();
  const { url, user = '' } = login;
  const pushOptions: PushOptions = {
    file,
    settings: { url, user, ...reading, ...present({ kind: options.kind, delete: options.delete }) },
    ifUnfinished: options.resume ? 'resume' : options.restart ? 'restart' : 'refuse',
    ...present({ onlyFailed: options.onlyFailed }),
    isCheck: options.check === true,
    itemsPerPart: options.perRequest,
    partsAtOnce: options.atOnce,
  };
  try {
    const report = await interruptible('stopped; requests under way have ended', (signal) =>
      push(connection, pushOptions, {
        signal,
        onProgress: (now) => progress.show(progressOf(now)),
        onThrottled: (wait) => progress.waits(wait),
      }),
    );
    progress.stop();
    if (linesIn(report.counts) === 0) warn(`${file}: there is no line of data in it, so nothing is sent`);
    return told(report, options, true);
  } catch (error) {
    progress.stop();
    if (error instanceof PushStoppedError) {
      printFailure(error.cause);
      for (const advice of adviceOn(error, file, options.check === true)) warn(advice);
      told(error.report, options, false);
      return exits.someFailed;
    }
    const exitCode = exitCodeOf(error);
    if (!(error instanceof SpppError) || exitCode !== exits.nothingDone) throw error;
    printFailure(error);
    warn(adviceOnNothing(file));
    return exitCode;
  } finally {
    connection.close();
  }
}

/** @throws OperatorError for options that exclude each other */
function checkTogether({ check, resume, restart, onlyFailed }: Options): void {
  if (resume && restart) throw new OperatorError('--resume and --restart exclude each other');
  if (resume && onlyFailed !== undefined)
    throw new OperatorError('--resume goes on as the push was begun; without --only-failed');
  if (check && (resume || restart))
    throw new OperatorError('--check has no push to go on with; without --resume and --restart');
}

/** How far a push has come: it counts lines, and knows their end by the bytes of the file. */
function progressOf({ counts, read, size }: Parameters<PushHooks['onProgress']>[0]): Progress {
  return {
    unit: 'lines',
    done: linesIn(counts),
    failed: counts.failed + counts.faulty,
    share: size === 0 ? 1 : read / size,
  };
}

function told(report: PushReport, options: Options, isWhole: boolean): ExitCode {
  const { counts, results = null } = report;
  const { good, failed, faulty, unknownClaims } = counts;
  const lines = linesIn(counts);
  const verb = options.check ? 'would be done' : 'done';
  const where = results === null ? '' : `; verdicts in ${results}`;
  const claims = unknownClaims === 1 ? '1 claim' : `${unknownClaims} claims`;
  printResult(options, { lines, good, failed, faulty, unknownClaims, isWhole, results }, [
    `${verb} ${good} of ${lines} lines, refused ${failed}, not sent ${faulty}${where}`,
    ...(unknownClaims === 0 ? [] : [`of ${claims} it is not known whether they hold: an answer was lost`]),
  ]);
  if (good === 0) return exits.nothingDone;
  return failed + faulty === 0 ? exits.allGood : exits.someFailed;
}

function wholeNumber(text: string): number {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('a whole number from 1 to 9,999,999');
  return value;
}
