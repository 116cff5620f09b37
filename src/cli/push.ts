import { setFlagsFromString } from 'node:v8';
import { type Command, InvalidArgumentError } from 'commander';
import { push } from '../carrier/push.js';
import type { PushSettings } from '../carrier/push-settings.js';
import { type PushReport, PushStoppedError } from '../carrier/push-stopped.js';
import { connect, SpppError } from '../client/connect.js';
import { formKinds } from '../forms/form-kind.js';
import { OperatorError } from '../operator-error.js';
import { carrierAction, carrierCommand, type ExitCode, exitCodeOf, exits } from './carrier-command.js';
import { printFailure } from './failure.js';
import { jsonOption, printResult, warn } from './output.js';
import { adviceOn, adviceOnNothing } from './push-advice.js';
import { PushProgressBar } from './push-progress.js';
import { type LoginOptions, loginFrom, loginOptions, profileOf } from './registry-login.js';

interface Options extends LoginOptions {
  readonly rant?: string;
  readonly rar?: string;
  readonly kind?: string;
  readonly normalize?: true;
  readonly country?: string;
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
    carrierCommand('push')
      .argument('<file>', 'objects in CSV, NDJSON or an SPPP message, compressed by gzip or not')
      .option('--rant <orgId>', 'registrant of lines without one; default: rant of the profile')
      .option('--rar <orgId>', 'registrar of lines without one; default: rar of the profile')
      .option(
        '--kind <kind>',
        `kind of a CSV file; default: the one that its header shows: ${Object.keys(formKinds).join(', ')}`,
      )
      .option('--normalize', 'accept telephone numbers as people write them; without it, numbers must be exact')
      .option('--country <code>', 'with --normalize: country of numbers without a country code, such as US')
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

/**
 * The heap grows by a fifth between two collections, not by a multiple: the objects of a part live for seconds, so that most
 * of a larger heap would be garbage. It costs a fifth more processor time and saves half of the memory.
 */
const HEAP = '--heap-growing-percent=20';

async function run(file: string, options: Options): Promise<ExitCode> {
  checkTogether(options);
  setFlagsFromString(HEAP);
  const login = await loginFrom(options);
  // Without a mode, other servers are used in the only one that they have.
  const connection = connect({ ...login, ...(options.check ? { mode: 'validate' as const } : {}) });
  const progress = new PushProgressBar();
  const stop = new AbortController();
  const interrupt = () => stop.abort(new OperatorError('stopped; requests under way have ended'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt); // the second time they end the process
  try {
    const report = await push(
      connection,
      {
        file,
        settings: await settingsFrom(options, login.url, login.user ?? ''),
        ifUnfinished: options.resume ? 'resume' : options.restart ? 'restart' : 'refuse',
        ...(options.onlyFailed === undefined ? {} : { onlyFailed: options.onlyFailed }),
        isCheck: options.check === true,
        itemsPerPart: options.perRequest,
        partsAtOnce: options.atOnce,
      },
      { signal: stop.signal, onProgress: (now) => progress.show(now), onThrottled: (wait) => progress.waits(wait) },
    );
    progress.stop();
    if (linesIn(report) === 0) warn(`${file}: there is no line of data in it, so nothing is sent`);
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
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    connection.close();
  }
}

/** @throws OperatorError for options that exclude each other */
function checkTogether({ check, resume, restart, onlyFailed, country, normalize }: Options): void {
  if (resume && restart) throw new OperatorError('--resume and --restart exclude each other');
  if (resume && onlyFailed !== undefined)
    throw new OperatorError('--resume goes on as the push was begun; without --only-failed');
  if (check && (resume || restart))
    throw new OperatorError('--check has no push to go on with; without --resume and --restart');
  if (country !== undefined && !normalize) throw new OperatorError('--country is for --normalize');
}

async function settingsFrom(options: Options, url: string, user: string): Promise<PushSettings> {
  const profile = await profileOf(options);
  const { kind, normalize, country, delete: isDelete } = options;
  const rant = options.rant ?? profile.rant;
  const rar = options.rar ?? profile.rar;
  return {
    ...{ url, user },
    ...(rant === undefined ? {} : { rant }),
    ...(rar === undefined ? {} : { rar }),
    ...(kind === undefined ? {} : { kind }),
    ...(normalize === undefined ? {} : { normalize }),
    ...(country === undefined ? {} : { country }),
    ...(isDelete === undefined ? {} : { delete: isDelete }),
  };
}

function told(report: PushReport, options: Options, isWhole: boolean): ExitCode {
  const { counts, results = null } = report;
  const { good, failed, faulty } = counts;
  const lines = linesIn(report);
  const verb = options.check ? 'would be done' : 'done';
  const where = results === null ? '' : `; verdicts in ${results}`;
  printResult(options, { lines, good, failed, faulty, isWhole, results }, [
    `${verb} ${good} of ${lines} lines, refused ${failed}, not sent ${faulty}${where}`,
  ]);
  if (good === 0) return exits.nothingDone;
  return failed + faulty === 0 ? exits.allGood : exits.someFailed;
}

function linesIn({ counts: { good, failed, faulty } }: PushReport): number {
  return good + failed + faulty;
}

function wholeNumber(text: string): number {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('a whole number from 1 to 9,999,999');
  return value;
}
