import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ConfigFault, Environment } from '../environment.js';
import { checkDomainName } from '../values/domain-name.js';
import { type TsigAlgorithm, type TsigKey, tsigAlgorithms } from './tsig.js';

/** What `sppp enum` works by. Settings come from the environment; docs/enum.md lists them with their units. */
export interface EnumSettings {
  readonly listeners: readonly Listener[];
  readonly apexes: readonly Apex[];
  readonly clients: readonly ClientRange[];
  readonly keys: readonly (TsigKey & { readonly asker: string })[];
  /** What SOA and NS records of the apexes say; undefined: hostmaster of the apex. */
  readonly nameServers: readonly string[];
  readonly contact: string | undefined;
  /** Seconds, for records that say nothing themselves, and for what is not there. */
  readonly ttl: number;
  readonly negativeTtl: number;
  /** Bytes of an answer over UDP, whatever the client can take. */
  readonly udpBytes: number;
  readonly tcpConnections: number;
  /** Milliseconds that a connection may be kept without a question. */
  readonly tcpIdle: number;
  /** Questions that wait or are under way. */
  readonly waiting: number;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Whoever asks here asks as this organization, unless a key or a client's address says otherwise. */
  readonly asker: string | undefined;
}

export interface Apex {
  /** In lower case, from the left. */
  readonly labels: readonly string[];
  readonly name: string;
  /** Its names are routing numbers. */
  readonly isRouting: boolean;
}

export interface ClientRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
  readonly asker: string;
}

/** Reads the settings, or throws a ConfigFault. An empty variable counts as not set. */
export function readEnumSettings(variables: NodeJS.ProcessEnv | Environment): EnumSettings {
  const environment = variables instanceof Environment ? variables : new Environment(variables);
  const list = <Item>(name: string, ifAbsent: string, read: (text: string) => Item | undefined, rule: string) =>
    wordsOf(environment.text(name) ?? ifAbsent).map((word) => {
      const item = read(word);
      if (item === undefined) throw new ConfigFault(`${name}=${word}: ${rule}`);
      return item;
    });
  const [contact] = list('SPPP_ENUM_CONTACT', '', nameOf, 'a domain name, such as hostmaster.example.net');
  return {
    listeners: list('SPPP_ENUM_LISTEN', '127.0.0.1:5300', listenerOf, '[asker=]address:port'),
    apexes: list('SPPP_ENUM_APEXES', 'e164.arpa', apexOf, 'a domain name, or rn= and one'),
    clients: list('SPPP_ENUM_CLIENTS', '', rangeOf, 'asker=address, or asker=192.0.2.0/24'),
    keys: keysOf(environment),
    nameServers: list('SPPP_ENUM_NAME_SERVERS', hostname(), nameOf, 'domain names'),
    contact,
    ttl: environment.number('SPPP_ENUM_TTL', 300, 0, 2_147_483_647),
    negativeTtl: environment.number('SPPP_ENUM_NEGATIVE_TTL', 60, 0, 86_400),
    udpBytes: environment.number('SPPP_ENUM_UDP_BYTES', 1232, 512, 65_000),
    tcpConnections: environment.number('SPPP_ENUM_TCP_CONNECTIONS', 256, 1, 100_000),
    tcpIdle: environment.number('SPPP_ENUM_TCP_IDLE', 10_000, 100, 3_600_000),
    waiting: environment.number('SPPP_ENUM_WAITING', 4096, 1, 1_000_000),
  };
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function keysOf(environment: Environment): EnumSettings['keys'] {
  const keys = wordsOf(environment.secret('SPPP_ENUM_KEYS') ?? '').map((word, index) => {
    const key = keyOf(word);
    // No value: a secret.
    if (key !== undefined) return key;
    throw new ConfigFault(`SPPP_ENUM_KEYS: key ${index + 1} is not asker=algorithm:name:secret in base64`);
  });
  const twice = keys.find(({ name }, index) => keys.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new ConfigFault(`SPPP_ENUM_KEYS: key ${twice.name} comes twice`);
  return keys;
}

/** `asker=what`; the asker may be left out where that is said. */
function askerOf(text: string): readonly [asker: string | undefined, what: string] {
  const at = text.indexOf('=');
  return at <= 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
}

function listenerOf(text: string): Listener | undefined {
  const [asker, what] = askerOf(text);
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(what) ?? [];
  const address = bracketed ?? bare ?? '';
  return isIP(address) === 0 || Number(port) > 65_535 ? undefined : { asker, address, port: Number(port) };
}

function apexOf(text: string): Apex | undefined {
  const isRouting = text.startsWith('rn=');
  const name = nameOf(isRouting ? text.slice(3) : text);
  return name === undefined ? undefined : { isRouting, name, labels: name.split('.') };
}

function rangeOf(text: string): ClientRange | undefined {
  const [asker, what] = askerOf(text);
  const [address = '', length, more] = what.split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const prefix = length === undefined ? most : /^[0-9]{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (asker === undefined || family === 0 || more !== undefined || !(prefix <= most)) return undefined;
  return { asker, address, prefix, family: family === 4 ? 'ipv4' : 'ipv6' };
}

function keyOf(text: string): (TsigKey & { asker: string }) | undefined {
  const [asker, what] = askerOf(text);
  const [algorithm, named = '', encoded = '', more] = what.split(':');
  const name = nameOf(named);
  const secret = Buffer.from(encoded, 'base64');
  const isKnown = (text: string | undefined): text is TsigAlgorithm => tsigAlgorithms.some((each) => each === text);
  if (asker === undefined || !isKnown(algorithm) || name === undefined || more !== undefined) return undefined;
  return secret.length < 16 ? undefined : { asker, algorithm, name, secret };
}

function nameOf(text: string): string | undefined {
  return checkDomainName(text) === undefined ? text.replace(/\.$/, '').toLowerCase() : undefined;
}
