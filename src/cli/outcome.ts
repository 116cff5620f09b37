import type { Connection, Outcome, Verdict } from '../client/connect.js';
import { isKeyFault, type KeyFault, readKey } from '../forms/key-text.js';
import type { Key } from '../model/key.js';
import { OperatorError } from '../operator-error.js';
import { type ExitCode, exits } from './carrier-command.js';
import { printResult, warn } from './output.js';
import { connectFrom, type LoginOptions, profileOf } from './registry-login.js';

/** The options of commands that name objects by their keys. */
export interface KeyOptions extends LoginOptions {
  readonly rant?: string;
  readonly json?: boolean;
}

/** An object or key that was refused, as JSON has it. */
export interface Failure {
  readonly key: string;
  readonly code: number;
  readonly attribute?: string;
  readonly value?: string;
  readonly reason?: string;
  readonly message: string;
}

/**
 * The keys of a command line.
 *
 * @throws OperatorError with a line for each text that is no key
 */
export function keysFrom(texts: readonly string[], rant: string | undefined): Key[] {
  const read = texts.map((text) => ({ text, key: readKey(text, rant) }));
  const faults = read.flatMap(({ text, key }) => (isKeyFault(key) ? [faultLine(text, key)] : []));
  if (faults.length > 0) throw new OperatorError(faults.join('\n'));
  return read.flatMap(({ key }) => (isKeyFault(key) ? [] : [key]));
}

/** Why a text is no key, as one line. */
export function faultLine(text: string, { field, value, rule }: KeyFault): string {
  if (field === 'key') return `${text}: ${rule}`;
  const remedy = field === 'rant' && value === '' ? '; --rant or a profile can name it' : '';
  return `${text}: ${field} ${value}: ${rule}${remedy}`;
}

/** The failures of a request; `texts` are its keys as they were typed. */
export function failuresOf(verdicts: readonly Verdict[], texts: readonly string[]): Failure[] {
  return verdicts
    .filter(({ code }) => code !== 1000)
    .map(({ index, code, attribute, value, reason, message }) => ({
      key: (index === undefined ? undefined : texts[index]) ?? '',
      code,
      ...(attribute === undefined ? {} : { attribute }),
      ...(value === undefined ? {} : { value }),
      ...(reason === undefined ? {} : { reason }),
      message,
    }));
}

/** Prints failures to standard error, one line each. */
export function warnOfFailures(failures: readonly Failure[]): void {
  for (const { key, code, message } of failures) warn(`${key === '' ? '' : `${key}: `}${code} ${message}`);
}

/** Carries out one request about keys, prints its outcome, and returns the exit code. */
export async function changeByKeys(
  options: KeyOptions,
  texts: readonly string[],
  ask: (connection: Connection) => Promise<Outcome>,
): Promise<ExitCode> {
  const connection = await connectFrom(options);
  try {
    const { code, message, clientTransId, serverTransId, applied, verdicts } = await ask(connection);
    const failures = failuresOf(verdicts, texts);
    const value = { code, message, clientTransId, serverTransId, applied, failures };
    printResult(options, value, [`done ${applied} of ${texts.length}`]);
    if (applied === texts.length) return exits.allGood;
    if (failures.length === 0) warn(`${code} ${message}`);
    warnOfFailures(failures);
    return applied === 0 ? exits.nothingDone : exits.someFailed;
  } finally {
    connection.close();
  }
}

/** The registrant of keys that name none: of the option, else of the profile. */
export async function registrantFor({ rant, profile }: KeyOptions): Promise<string | undefined> {
  return rant ?? (await profileOf(profile === undefined ? {} : { profile })).rant;
}
