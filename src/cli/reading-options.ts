import type { Command } from 'commander';
import { OperatorError } from '../operator-error.js';
import { present } from '../values/present.js';
import { type LoginOptions, profileOf } from './registry-login.js';

/** How the options of `readingOptions` arrive in the action of a command. */
export interface ReadingOptions extends LoginOptions {
  readonly rant?: string;
  readonly rar?: string;
  readonly normalize?: true;
  readonly country?: string;
}

/** What lines of files mean where they do not say it themselves. */
export interface Reading {
  readonly rant?: string;
  readonly rar?: string;
  readonly normalize?: boolean;
  readonly country?: string;
}

/** Adds the options by which a command reads files of objects, with the help of those about organizations. */
export function readingOptions(command: Command, help: { readonly rant: string; readonly rar: string }): Command {
  return command
    .option('--rant <orgId>', help.rant)
    .option('--rar <orgId>', help.rar)
    .option('--normalize', 'accept telephone numbers as people write them; without it, numbers must be exact')
    .option('--country <code>', 'with --normalize: country of numbers without a country code, such as US');
}

/**
 * What the options say, and the profile of organizations that they do not name.
 *
 * @throws OperatorError for a country without --normalize, and as `profileOf`
 */
export async function readingFrom({ rant, rar, normalize, country, ...login }: ReadingOptions): Promise<Reading> {
  if (country !== undefined && !normalize) throw new OperatorError('--country is for --normalize');
  const profile = await profileOf(login);
  return present({ rant: rant ?? profile.rant, rar: rar ?? profile.rar, normalize, country });
}
