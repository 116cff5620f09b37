import { Command } from 'commander';
import { BulkStoppedError, LostAnswerError } from '../client/sppp-error.js';
import { OperatorError } from '../operator-error.js';
import { codeOf, printFailure } from './failure.js';

/** The exit codes of the commands for carriers. The commands of the operator have 0 and 1. */
export const exits = {
  /** Everything that was asked for is done. */
  allGood: 0,
  /** A part of it is done, and the rest has failed. */
  someFailed: 1,
  /** The registry is as it was: nothing was sent, or all of it failed. */
  nothingDone: 2,
  /** The command line, the profile or a file of the carrier is wrong; nothing was sent. */
  wrongUse: 3,
} as const;

export type ExitCode = (typeof exits)[keyof typeof exits];

/** A command for carriers: commander's own messages about its use, and those of its subcommands, end it with 3. */
export function carrierCommand(name: string): Command {
  const command = new Command(name).helpGroup('Commands for carriers:');
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exits.allGood : exits.wrongUse));
}

/**
 * The action of a command for carriers. `work` returns the exit code. An error that it throws ends the command with 3 if it
 * is about how the command was used, with 1 if it is not known what became of a change, else with 2: where `work` has changed
 * the registry before it fails, it returns 1 instead.
 */
export function carrierAction<Args extends unknown[]>(
  work: (...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const exitCode = await work(...args).catch((error: unknown) => {
      printFailure(error);
      return exitCodeOf(error);
    });
    // It is set already where the output could not be written.
    process.exitCode ||= exitCode;
  };
}

/** How a command ends that could change nothing before this error. */
export function exitCodeOf(thrown: unknown): ExitCode {
  const error = thrown instanceof BulkStoppedError ? thrown.cause : thrown;
  if (error instanceof LostAnswerError && !error.isRetrySafe) return exits.someFailed;
  return isWrongUse(error) ? exits.wrongUse : exits.nothingDone;
}

/** An option, a profile or a file that is wrong, or a file that cannot be read. */
function isWrongUse(error: unknown): boolean {
  return (
    error instanceof OperatorError ||
    /^(?:ENOENT|EACCES|EEXIST|EPERM|EROFS|EISDIR|ENOTDIR|ENAMETOOLONG|ELOOP)$/.test(codeOf(error))
  );
}
