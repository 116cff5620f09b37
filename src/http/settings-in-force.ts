import type { Config } from '../config.js';

/** Settings that no answer tells: passwords and keys, and addresses that may have a password in them. */
const secrets: ReadonlySet<string> = new Set(['databaseUrl', 'keep.key', 'tls.keyPassphrase', 'tracing.endpoint']);

const SECRET = '(secret)';

/** A value as JSON has it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** All settings in force: null if not set, `(secret)` for a secret one that is set. */
export function settingsInForce(config: Config): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, shown(value, name)]));
}

function shown(value: unknown, path: string): Json {
  if (value === undefined || value === null) return null;
  if (secrets.has(path)) return SECRET;
  if (typeof value !== 'object') return value as string | number | boolean;
  if (Array.isArray(value)) return value.map((each) => shown(each, path));
  if ('toJSON' in value && typeof value.toJSON === 'function') return shown(value.toJSON(), path);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each, `${path}.${name}`)]));
}
