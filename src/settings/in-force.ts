import { Environment } from '../environment.js';
import type { Command, Setting } from './setting.js';
import { allSettings } from './table.js';

/** A setting as it is in force. */
export interface SettingInForce {
  readonly name: string;
  /**
   * The text as the environment has it; `(set)` for a secret, null where the setting has neither a value nor a default.
   */
  readonly value: string | null;
  /** `file`: from the file that `NAME_FILE` names. */
  readonly source: 'environment' | 'file' | 'default';
  readonly isSecret: boolean;
}

/**
 * The settings in force, without secrets and passwords, in the order of the table; those of one command if it is given.
 * Values are not checked: the caller has read them by `readConfig`. Throws an OperatorError where a default depends on another
 * setting that breaks its rule.
 */
export function settingsInForce(variables: NodeJS.ProcessEnv, command?: Command): SettingInForce[] {
  const environment = new Environment(variables);
  return allSettings
    .filter(({ usedBy }) => command === undefined || usedBy.includes('all') || usedBy.includes(command))
    .map((setting) => inForce(setting, environment));
}

function inForce(setting: Setting<unknown>, environment: Environment): SettingInForce {
  const { name, isSecret } = setting;
  const given = environment.text(name);
  if (isSecret) {
    const isInFile = environment.text(`${name}_FILE`) !== undefined;
    const source = isInFile ? 'file' : given === undefined ? 'default' : 'environment';
    return { name, value: source === 'default' ? null : '(set)', source, isSecret };
  }
  if (given !== undefined) return { name, value: withoutLogin(given), source: 'environment', isSecret };
  return { name, value: setting.defaultIn(environment) ?? null, source: 'default', isSecret };
}

/** A URL without user and password; any other text as it is. */
function withoutLogin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.username === '' && url.password === '')) return value;
  url.username = '';
  url.password = '';
  return url.href;
}
