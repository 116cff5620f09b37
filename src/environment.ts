import { readFileSync } from 'node:fs';

/** A setting that cannot be used; says which, its value and the rule. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';
}

/** So many in so many seconds, all of them at once if need be. */
export interface Rate {
  readonly count: number;
  readonly seconds: number;
}

/** Settings as the environment has them; what cannot be used is thrown as a ConfigFault. Empty counts as not set. */
export class Environment {
  /** As they came, for what reads variables that are not ours. */
  readonly variables: NodeJS.ProcessEnv;
  readonly #asked = new Set<string>();

  constructor(variables: NodeJS.ProcessEnv) {
    this.variables = variables;
  }

  /** The variables that were asked for, set or not. */
  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  text(name: string): string | undefined {
    this.#asked.add(name);
    return this.variables[name] || undefined;
  }

  number(name: string, ifAbsent: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.text(name) ?? String(ifAbsent);
    const fits = /^[0-9]{1,16}$/.test(value) && Number(value) >= least && Number(value) <= most;
    if (!fits) throw new ConfigFault(`${name}=${value}: a whole number from ${least} to ${most}`);
    return Number(value);
  }

  /** One of the values, the first of them if it is not set. */
  oneOf<T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.text(name) ?? values[0];
    const known = values.find((each) => each === value);
    if (known === undefined) throw new ConfigFault(`${name}=${value}: one of ${values.join(', ')}`);
    return known;
  }

  /** A secret may stand in a file instead, which other processes of the machine and children of this one do not see. */
  secret(name: string): string | undefined {
    const [file, secret] = [this.text(`${name}_FILE`), this.text(name)];
    if (file === undefined) return secret;
    if (secret !== undefined) throw new ConfigFault(`${name}_FILE=${file}: not together with ${name}`);
    const content = contentOf(`${name}_FILE`, file).replace(/\r?\n$/, '');
    if (content === '') throw new ConfigFault(`${name}_FILE=${file}: a file that is not empty`);
    return content;
  }

  /** Undefined for `off`. */
  rate(name: string, ifAbsent: string): Rate | undefined {
    const value = this.text(name) ?? ifAbsent;
    if (value === 'off') return undefined;
    const [, count, seconds] = /^([1-9][0-9]{0,11})\/([1-9][0-9]{0,4})$/.exec(value) ?? [];
    if (count === undefined) throw new ConfigFault(`${name}=${value}: count/seconds, such as 600/60, or off`);
    return { count: Number(count), seconds: Number(seconds) };
  }

  /** A name that headers and logs can carry. */
  id(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || /^[A-Za-z0-9._:-]{1,64}$/.test(value)) return value;
    throw new ConfigFault(`${name}=${value}: up to 64 letters, digits, dots, colons, hyphens and underscores`);
  }
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFault(`${name}=${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
