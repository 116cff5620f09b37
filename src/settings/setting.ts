import type { Environment, Rate } from '../environment.js';
import { OperatorError } from '../operator-error.js';

/**
 * Commands that read a setting; `all` means every command that opens the registry, `carrier` every command that talks to a
 * registry as a carrier does.
 */
export type Command = 'serve' | 'enum' | 'demo' | 'transaction' | 'history' | 'webhook' | 'all' | 'carrier';

/** The facts about a setting in the table, for pages and for `sppp config check`. */
export interface Facts {
  /** Of the environment variable. */
  readonly name: string;
  /** The meaning of the value, as a phrase without a full stop. */
  readonly meaning: string;
  readonly unit?: string;
  readonly usedBy: readonly Command[];
  /** The effect of reaching the limit; only limits have it. */
  readonly whenHit?: string;
  /** The default for people, where it depends on the machine or on another setting. */
  readonly defaultNote?: string;
}

/** One setting: its facts, and how it is read from the environment. */
export interface Setting<Value> extends Facts {
  /** As the environment would have it; undefined: not set. */
  readonly default: string | undefined;
  /** The rule for values, as messages quote it; empty for any text. */
  readonly rule: string;
  /** A secret is never printed, and may stand in the file that `NAME_FILE` names. */
  readonly isSecret: boolean;
  readonly isNumber: boolean;
  /** The value; throws an OperatorError if it breaks the rule. */
  readonly read: (environment: Environment) => Value;
  /** The default, for a variable that is not set. */
  readonly defaultIn: (environment: Environment) => string | undefined;
}

/** The values of a table of settings, in the table's shape. */
export type ValuesOf<Table> =
  Table extends Setting<infer Value> ? Value : { readonly [Name in keyof Table]: ValuesOf<Table[Name]> };

export type SettingTable = { readonly [name: string]: Setting<unknown> | SettingTable };

/** Reads a table of settings; throws an OperatorError for the first that breaks its rule. */
export function readSettings<Table extends SettingTable>(environment: Environment, table: Table): ValuesOf<Table> {
  const values = Object.entries(table).map(([name, each]) => [
    name,
    isSetting(each) ? each.read(environment) : readSettings(environment, each),
  ]);
  return Object.fromEntries(values) as ValuesOf<Table>;
}

/** The settings of a table, in its order. */
export function settingsIn(table: SettingTable): Setting<unknown>[] {
  return Object.values(table).flatMap((each) => (isSetting(each) ? [each] : settingsIn(each)));
}

function isSetting(each: Setting<unknown> | SettingTable): each is Setting<unknown> {
  return typeof each.read === 'function';
}

/** Any text, with a default. */
export function text(facts: Facts & { readonly default: string; readonly rule?: string }): Setting<string> {
  return {
    ...plain(facts.default),
    ...facts,
    read: (environment) => environment.text(facts.name) ?? facts.default,
  };
}

/** Any text; undefined if the variable is not set. The caller checks the rule, if the setting has one. */
export function optionalText(facts: Facts & { readonly rule?: string }): Setting<string | undefined> {
  return { ...plain(undefined), ...facts, read: (environment) => environment.text(facts.name) };
}

/** Words between blanks, line ends or commas. The caller checks the rule, and throws what `refuse` makes. */
export function words(facts: Facts & { readonly default?: string; readonly rule: string }): Setting<readonly string[]> {
  return {
    ...plain(facts.default),
    ...facts,
    default: facts.default,
    read: (environment) => wordsOf(environment.text(facts.name) ?? facts.default ?? ''),
  };
}

/** Words between blanks, line ends or commas. */
export function wordsOf(value: string): string[] {
  return value.split(/[\s,]+/).filter((word) => word !== '');
}

/** A name that headers and logs can carry. */
export function identifier<Default extends string | undefined = undefined>(
  facts: Facts & { readonly default?: Default },
): Setting<string | Default> {
  return {
    ...plain(facts.default),
    ...facts,
    default: facts.default,
    rule: 'up to 64 letters, digits, dots, colons, hyphens and underscores',
    read: (environment) => environment.id(facts.name) ?? (facts.default as Default),
  };
}

/** One of the values; the first is the default. */
export function choice<Value extends string>(
  facts: Facts & { readonly values: readonly [Value, ...Value[]] },
): Setting<Value> {
  const { values, ...others } = facts;
  return {
    ...plain(values[0]),
    ...others,
    rule: `one of ${values.join(', ')}`,
    read: (environment) => environment.oneOf(facts.name, values),
  };
}

interface Bounds {
  readonly min: number;
  readonly max?: number;
}

/** A whole number within bounds. */
export function wholeNumber(
  facts: Facts &
    Bounds & {
      readonly default: number;
      /** Another setting that this one must not exceed; the default does not either. */
      readonly notAbove?: Setting<number>;
      /** The smallest value other than 0. */
      readonly minUnlessZero?: number;
    },
): Setting<number> {
  const { min, max, notAbove, minUnlessZero, ...others } = facts;
  const bounds = (environment: Environment) => {
    const highest = notAbove === undefined ? max : Math.min(max ?? Number.MAX_SAFE_INTEGER, notAbove.read(environment));
    return { highest, ifAbsent: Math.min(facts.default, highest ?? facts.default) };
  };
  const zeroOr = minUnlessZero === undefined ? '' : '0, or ';
  return {
    ...plain(String(facts.default)),
    ...others,
    default: String(facts.default),
    isNumber: true,
    rule: `${zeroOr}${rangeText(minUnlessZero ?? min, max)}${notAbove === undefined ? '' : `, at most \`${notAbove.name}\``}`,
    defaultIn: (environment) => String(bounds(environment).ifAbsent),
    read: (environment) => {
      const { highest, ifAbsent } = bounds(environment);
      const value = environment.number(facts.name, ifAbsent, min, highest);
      if (minUnlessZero === undefined || value === 0 || value >= minUnlessZero) return value;
      throw new OperatorError(`${facts.name}=${value}: 0, or a number of ${facts.unit} from ${minUnlessZero}`);
    },
  };
}

/** A whole number within bounds, or none. */
export function optionalWholeNumber(facts: Facts & Bounds): Setting<number | undefined> {
  const { min, max, ...others } = facts;
  return {
    ...plain(undefined),
    ...others,
    isNumber: true,
    rule: rangeText(min, max),
    read: (environment) =>
      environment.text(facts.name) === undefined ? undefined : environment.number(facts.name, 0, min, max),
  };
}

/** Bounds without group separators, as a value has to be typed. */
function rangeText(min: number, max: number | undefined): string {
  return max === undefined ? `from ${min}` : `${min} to ${max}`;
}

/** A count in a number of seconds; undefined: `off`. */
export function rate(facts: Facts & { readonly default: string }): Setting<Rate | undefined> {
  return {
    ...plain(facts.default),
    ...facts,
    rule: 'count/seconds, such as 600/60, or off',
    read: (environment) => environment.rate(facts.name, facts.default),
  };
}

/** A text that is never printed, from the variable or from the file that `NAME_FILE` names. */
export function secret(
  facts: Facts & { readonly rule?: string; readonly accepts?: (value: string) => boolean },
): Setting<string | undefined> {
  const { accepts, ...others } = facts;
  return {
    ...plain(undefined),
    ...others,
    isSecret: true,
    read: (environment) => {
      const value = environment.secret(facts.name);
      if (value === undefined || accepts === undefined || accepts(value)) return value;
      throw new OperatorError(`${facts.name}: ${facts.rule}`); // The value is a secret.
    },
  };
}

/** The fault of a value, or of a word in it, that breaks the setting's rule. */
export function refuse({ name, rule }: Pick<Setting<unknown>, 'name' | 'rule'>, value: string): OperatorError {
  return new OperatorError(`${name}=${value}: ${rule}`);
}

function plain<Default extends string | undefined>(fallback: Default) {
  return { default: fallback, rule: '', isSecret: false, isNumber: false, defaultIn: () => fallback } as const;
}
