import type { Command } from 'commander';
import { carrierAction, carrierCommand } from './carrier-command.js';
import { keyHelp } from './key-help.js';
import { changeByKeys, type KeyOptions, keysFrom, registrantFor } from './outcome.js';
import { jsonOption } from './output.js';
import { loginOptions } from './registry-login.js';

/** `sppp delete`: deletes what keys name. */
export function deleteCommand(): Command {
  return loginOptions(
    carrierCommand('delete')
      .argument('<key...>', 'key of an object, such as tn:iana-en:222:+12025550101')
      .option('--rant <orgId>', 'registrant of keys without one; default: rant of the profile'),
  )
    .addOption(jsonOption())
    .description('delete objects from a registry by their keys')
    .addHelpText('after', keyHelp())
    .action(
      carrierAction(async (texts: string[], options: KeyOptions) => {
        const keys = keysFrom(texts, await registrantFor(options));
        return changeByKeys(options, texts, (connection) => connection.delete(keys));
      }),
    );
}
