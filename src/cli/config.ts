import { Command } from 'commander';
import { readConfig } from '../config.js';
import { readEnumSettings } from '../enum/settings.js';
import { Environment } from '../environment.js';
import { database } from '../settings/database.js';
import { type SettingInForce, settingsInForce } from '../settings/in-force.js';
import { jsonOption, printResult } from './output.js';
import { unknownVariables } from './unknown-variables.js';

/** `sppp config`: the settings as the environment has them. */
export function configCommand(): Command {
  return new Command('config').description('settings of the server and of commands').addCommand(
    new Command('check')
      .addOption(jsonOption())
      .description('check the settings, and print each that is in force and where it comes from')
      .action((options: { json?: boolean }) => {
        const checked = checkSettings(process.env);
        // Unknown variables are on standard error already, as at the start of every command.
        printResult(options, checked, checked.settings.map(lineOf));
      }),
  );
}

/** The settings in force, and variables `SPPP_…` that are no setting. Throws an OperatorError for one that breaks its rule. */
export function checkSettings(variables: NodeJS.ProcessEnv): {
  readonly settings: readonly SettingInForce[];
  readonly unknown: readonly string[];
} {
  readConfig(variables);
  database.demoPassword.read(new Environment(variables));
  const settings = settingsInForce(variables);
  // The machine's name, which is the default name server, need not be a domain name where nobody runs sppp enum.
  const usesEnum = settings.some(({ name, source }) => /^SPPP_ENUM_/.test(name) && source !== 'default');
  if (usesEnum) readEnumSettings(variables);
  return { settings, unknown: unknownVariables(variables) };
}

/** `SPPP_PORT=9090 (environment)` */
function lineOf({ name, value, source }: SettingInForce): string {
  if (value === null) return `${name} (not set)`;
  return `${name}=${value} (${source === 'file' ? `${name}_FILE` : source})`;
}
