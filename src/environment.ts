import { readFileSync } from 'node:fs';
import { OperatorError } from './operator-error.js';

/** How often something may happen: the whole count may be used at once. */
export interface Rate {
  readonly count: number;
  readonly seconds: number;
}

/** Reads environment variables by type. Throws an OperatorError for a bad value. An empty variable counts as not set. */
export class Environment {
  /** The variables themselves, for code that reads those of other programs (PGHOST, …). */
  readonly variables: NodeJS.ProcessEnv;

  constructor(variables: NodeJS.ProcessEnv) {
    this.variables = variables;
  }

  text(name: string): string | undefined {
    return this.variables[name] || undefined;
  }

  /** A whole number within bounds. */
  number(name: string, ifAbsent: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.text(name) ?? String(ifAbsent);
    const fits = /^[0-9]{1,16}$/.test(value) && Number(value) >= min && Number(value) <= max;
    if (!fits) throw new OperatorError(`${name}=${value}: a whole number from ${min} to ${max}`);
    return Number(value);
  }

  /** One of the values; the first if the variable is not set. */
  oneOf<T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.text(name) ?? values[0];
    const known = values.find((each) => each === value);
    if (known === undefined) throw new OperatorError(`${name}=${value}: one of ${values.join(', ')}`);
    return known;
  }

  /** A secret, or the content of the file that `NAME_FILE` names: other processes can read our environment. */
  secret(name: string): string | undefined {
    const [file, secret] = [this.text(`${name}_FILE`), this.text(name)];
    if (file === undefined) return secret;
    if (secret !== undefined) throw new OperatorError(`${name}_FILE=${file}: not together with ${name}`);
    const content = contentOf(`${name}_FILE`, file).replace(/\r?\n$/, '');
    if (content === '') throw new OperatorError(`${name}_FILE=${file}: a file that is not empty`);
    return content;
  }

  /** A rate, such as `600/60`; undefined for `off`. */
  rate(name: string, ifAbsent: string): Rate | undefined {
    const value = this.text(name) ?? ifAbsent;
    if (value === 'off') return undefined;
    const [, count, seconds] = /^([1-9][0-9]{0,11})\/([1-9][0-9]{0,4})$/.exec(value) ?? [];
    if (count === undefined) throw new OperatorError(`${name}=${value}: count/seconds, such as 600/60, or off`);
    return { count: Number(count), seconds: Number(seconds) };
  }

  /** A name that headers and logs can carry. */
  id(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || /^[A-Za-z0-9._:-]{1,64}$/.test(value)) return value;
    throw new OperatorError(`${name}=${value}: up to 64 letters, digits, dots, colons, hyphens and underscores`);
  }
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${name}=${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
