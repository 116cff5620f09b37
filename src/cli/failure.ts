import { SpppError } from '../client/sppp-error.js';
import { OperatorError } from '../operator-error.js';
import { isPassing } from '../registry/connection/database-error.js';
import { whyRefused } from '../registry/connection/unreachable.js';
import { warn } from './output.js';

/** Prints why a command failed. */
export function printFailure(thrown: unknown): void {
  warn(failureText(thrown));
}

/**
 * Why a command failed: one line for what its user can put right, the stack of a broken program. Errors of the system
 * and of the database are the user's to put right as well: files, ports, logins.
 */
export function failureText(thrown: unknown): string {
  const error = whyRefused(thrown);
  const code = codeOf(error);
  const isOfDatabase = isPassing(error);
  const isExpected =
    error instanceof OperatorError || error instanceof SpppError || isOfDatabase || /^E[A-Z]+$/.test(code);
  const said = error instanceof Error ? error.message || code : String(error);
  // Prisma puts the call before what the database says.
  const message = isOfDatabase ? (said.trimEnd().split('\n').at(-1) ?? said) : said;
  return isExpected ? message : error instanceof Error ? (error.stack ?? message) : message;
}

/** The code of an error of the system or of the database; empty for other errors. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
