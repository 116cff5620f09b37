import { isIP } from 'node:net';
import { Environment } from '../environment.js';
import { OperatorError } from '../operator-error.js';
import { enumTable } from '../settings/enum.js';
import { readSettings, refuse, type Setting, type ValuesOf, wordsOf } from '../settings/setting.js';
import { checkDomainName } from '../values/domain-name.js';
import { type TsigAlgorithm, type TsigKey, tsigAlgorithms } from './tsig.js';

/** The settings of `sppp enum`, read from the environment by the table in `settings/enum`. */
export interface EnumSettings
  extends Omit<ValuesOf<typeof enumTable>, 'listeners' | 'apexes' | 'clients' | 'keys' | 'contact'> {
  readonly listeners: readonly Listener[];
  readonly apexes: readonly Apex[];
  readonly clients: readonly ClientRange[];
  readonly keys: readonly (TsigKey & { readonly asker: string })[];
  /** Undefined: hostmaster of the apex. */
  readonly contact: string | undefined;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** The asker of questions that come in here, unless a key or the client's address names one. */
  readonly asker: string | undefined;
}

export interface Apex {
  /** In lower case, the leftmost first. */
  readonly labels: readonly string[];
  readonly name: string;
  /** Whether names below it are routing numbers. */
  readonly isRouting: boolean;
}

export interface ClientRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
  readonly asker: string;
}

/** Reads the settings. Throws an OperatorError for the first that breaks a rule. */
export function readEnumSettings(variables: NodeJS.ProcessEnv | Environment): EnumSettings {
  const environment = variables instanceof Environment ? variables : new Environment(variables);
  const set = readSettings(environment, enumTable);
  const [contact] = itemsOf(enumTable.contact, set.contact, nameOf);
  return {
    ...set,
    listeners: itemsOf(enumTable.listeners, set.listeners, listenerOf),
    apexes: itemsOf(enumTable.apexes, set.apexes, apexOf),
    clients: itemsOf(enumTable.clients, set.clients, rangeOf),
    keys: keysOf(set.keys ?? ''),
    nameServers: itemsOf(enumTable.nameServers, set.nameServers, nameOf),
    contact,
  };
}

/** Reads each word of a setting; throws the setting's OperatorError for the first that cannot be read. */
function itemsOf<Item>(
  setting: Setting<unknown>,
  words: readonly string[],
  read: (word: string) => Item | undefined,
): Item[] {
  return words.map((word) => {
    const item = read(word);
    if (item === undefined) throw refuse(setting, word);
    return item;
  });
}

function keysOf(value: string): EnumSettings['keys'] {
  const { name, rule } = enumTable.keys;
  const keys = wordsOf(value).map((word, index) => {
    const key = keyOf(word);
    if (key !== undefined) return key;
    throw new OperatorError(`${name}: key ${index + 1} is not ${rule}`); // The value is a secret.
  });
  const twice = keys.find(({ name }, index) => keys.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new OperatorError(`${name}: key ${twice.name} comes twice`);
  return keys;
}

/** Splits `asker=value`; the asker is undefined where there is none. */
function askerOf(text: string): readonly [asker: string | undefined, value: string] {
  const at = text.indexOf('=');
  return at <= 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
}

function listenerOf(text: string): Listener | undefined {
  const [asker, value] = askerOf(text);
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(value) ?? [];
  const address = bracketed ?? bare ?? '';
  return isIP(address) === 0 || Number(port) > 65_535 ? undefined : { asker, address, port: Number(port) };
}

function apexOf(text: string): Apex | undefined {
  const isRouting = text.startsWith('rn=');
  const name = nameOf(isRouting ? text.slice(3) : text);
  return name === undefined ? undefined : { isRouting, name, labels: name.split('.') };
}

function rangeOf(text: string): ClientRange | undefined {
  const [asker, value] = askerOf(text);
  const [address = '', length, more] = value.split('/');
  const family = isIP(address);
  const max = family === 4 ? 32 : 128;
  const prefix = length === undefined ? max : /^[0-9]{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (asker === undefined || family === 0 || more !== undefined || !(prefix <= max)) return undefined;
  return { asker, address, prefix, family: family === 4 ? 'ipv4' : 'ipv6' };
}

function keyOf(text: string): (TsigKey & { asker: string }) | undefined {
  const [asker, value] = askerOf(text);
  const [algorithm, named = '', encoded = '', more] = value.split(':');
  const name = nameOf(named);
  const secret = Buffer.from(encoded, 'base64');
  const isKnown = (text: string | undefined): text is TsigAlgorithm => tsigAlgorithms.some((each) => each === text);
  if (asker === undefined || !isKnown(algorithm) || name === undefined || more !== undefined) return undefined;
  return secret.length < 16 ? undefined : { asker, algorithm, name, secret };
}

function nameOf(text: string): string | undefined {
  return checkDomainName(text) === undefined ? text.replace(/\.$/, '').toLowerCase() : undefined;
}
