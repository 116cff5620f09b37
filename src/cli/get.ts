import type { Command } from 'commander';
import type { Key, Obj } from '../client/connect.js';
import { identityOf } from '../model/identity.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { keyHelp } from './key-help.js';
import { objectLines } from './object-lines.js';
import { failuresOf, type KeyOptions, keysFrom, registrantFor, warnOfFailures } from './outcome.js';
import { jsonOption, printResult, warn } from './output.js';
import { connectFrom, loginOptions } from './registry-login.js';

/** `sppp get`: the objects that keys name. */
export function getCommand(): Command {
  return loginOptions(
    carrierCommand('get')
      .argument('<key...>', 'key of an object, such as tn:iana-en:222:+12025550101')
      .option('--rant <orgId>', 'registrant of keys without one; default: rant of the profile'),
  )
    .addOption(jsonOption())
    .description('get objects from a registry by their keys')
    .addHelpText('after', keyHelp())
    .action(carrierAction(getByKeys));
}

async function getByKeys(texts: string[], options: KeyOptions): Promise<ExitCode> {
  const keys = keysFrom(texts, await registrantFor(options));
  const connection = await connectFrom(options);
  try {
    const { code, message, objects, verdicts } = await connection.get(keys);
    const failures = failuresOf(verdicts, texts);
    const absent = code === 1000 ? missing(keys, texts, objects) : [];
    printResult(options, { code, message, objects, missing: absent, failures }, objects.flatMap(objectLines));
    if (code !== 1000 && failures.length === 0) warn(`${code} ${message}`);
    warnOfFailures(failures);
    for (const text of absent) warn(`${text}: there is none`);
    if (code === 1000 && absent.length === 0) return exits.allGood;
    return objects.length === 0 ? exits.nothingDone : exits.someFailed;
  } finally {
    connection.close();
  }
}

/** The keys, as they were typed, of which there is no object. */
function missing(keys: readonly Key[], texts: readonly string[], objects: readonly Obj[]): string[] {
  const found = new Set(objects.map(identityOf));
  return texts.filter((_text, index) => {
    const key = keys[index];
    return key !== undefined && !found.has(identityOf(key));
  });
}
