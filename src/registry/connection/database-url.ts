import { OperatorError } from '../../operator-error.js';
import { type Host, hostsOf, type SessionAttributes, sessionAttributes } from './host-list.js';

/** The modes of libpq, with its meanings (https://www.postgresql.org/docs/current/libpq-ssl.html). */
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

/** What a database is for, and the variable that has its URL. */
export const databaseVariables = { registry: 'DATABASE_URL', lookups: 'LOOKUP_DATABASE_URL' } as const;
export type DatabasePurpose = keyof typeof databaseVariables;

/**
 * The parts of a database URL. A part that it leaves out comes from libpq's variables (PGUSER, PGPASSWORD, …) or a
 * default.
 */
export interface DatabaseUrl {
  /** In the order in which they are tried. */
  readonly hosts: readonly [Host, ...Host[]];
  readonly targetSession: SessionAttributes;
  /** Whether each process tries the hosts in an order of its own. */
  readonly isShuffled: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** Settings of the session, as in `-c name=value`. */
  readonly options: string | undefined;
  /** Seconds that the first connection to a host may take; the pools have limits of their own. */
  readonly connectTimeout: number;
  readonly sslMode: SslMode;
  /** Paths of files in PEM; `system` as root: the certificate authorities that Node.js has. */
  readonly sslFiles: { readonly root?: string; readonly cert?: string; readonly key?: string };
}

/** For a single host; and for each of several, as the next one may be there. */
const CONNECT_TIMEOUT_SECONDS = 30;
const CONNECT_TIMEOUT_SECONDS_EACH = 5;

/** The parameters that this server supports. It refuses the others of libpq instead of ignoring them. */
const parameters = [
  ...['host', 'port', 'user', 'password', 'dbname', 'options', 'application_name', 'fallback_application_name'],
  ...['target_session_attrs', 'load_balance_hosts'],
  ...['connect_timeout', 'sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'gssencmode', 'channel_binding'],
];

/** A mistake in a URL, before it is known which variable has it. */
class UrlFault extends Error {}

/**
 * Reads a URL as libpq and psql read it, with one exception: if the registry's database has several hosts, sessions have
 * to be read-write unless the URL says otherwise. libpq would take the first one that answers, which may be a standby.
 *
 * @throws OperatorError naming the variable and the mistake, without the password
 */
export function readDatabaseUrl(
  text: string,
  environment: NodeJS.ProcessEnv = process.env,
  purpose: DatabasePurpose = 'registry',
): DatabaseUrl {
  try {
    return read(text, environment, purpose);
  } catch (error) {
    if (!(error instanceof UrlFault)) throw error;
    throw new OperatorError(`${databaseVariables[purpose]}: ${error.message}`);
  }
}

function read(text: string, environment: NodeJS.ProcessEnv, purpose: DatabasePurpose): DatabaseUrl {
  const { authority, path, query } = partsOf(text);
  const at = authority.indexOf('@');
  const [user, password] = at < 0 ? [] : userOf(authority.slice(0, at));
  const given = parametersOf(query);
  const part = (name: string, fromPath: string | undefined, what: string) =>
    given.get(name) ?? (decoded(fromPath, what) || undefined);
  const hosts = allHostsOf(authority.slice(at + 1), given, environment);
  const isList = hosts.length > 1;
  const target = given.get('target_session_attrs') ?? (environment.PGTARGETSESSIONATTRS || undefined);
  const balance = given.get('load_balance_hosts') ?? (environment.PGLOADBALANCEHOSTS || 'disable');
  return {
    hosts,
    targetSession: oneOf(
      'target_session_attrs',
      target ?? (isList && purpose === 'registry' ? 'read-write' : 'any'),
      sessionAttributes,
    ),
    isShuffled: oneOf('load_balance_hosts', balance, ['disable', 'random']) === 'random',
    user: part('user', user, 'user name'),
    password: part('password', password, 'password'),
    database: part('dbname', path, 'database name'),
    // Programs that make URLs write a blank as "+", which libpq would take for itself.
    options: given.get('options')?.replaceAll('+', ' '),
    connectTimeout:
      secondsOf(given.get('connect_timeout')) ?? (isList ? CONNECT_TIMEOUT_SECONDS_EACH : CONNECT_TIMEOUT_SECONDS),
    ...tlsOf(given, environment),
  };
}

/** The same URL with the TLS mode and the session attributes that hold for it, so that every program reads the same. */
export function withSettled(text: string, mode: SslMode, target: SessionAttributes): string {
  return `${text}${partsOf(text).query === undefined ? '?' : '&'}sslmode=${mode}&target_session_attrs=${target}`;
}

interface Parts {
  readonly authority: string;
  readonly path: string | undefined;
  readonly query: string | undefined;
}

function partsOf(text: string): Parts {
  if (/^["'`]|["'`]$/.test(text)) fail('it is in quotation marks: leave them out');
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) fail('it has the form postgresql://user:password@host:port/database');
  if (!/^postgres(?:ql)?$/.test(scheme)) fail(`its scheme is ${scheme}, and postgresql is understood`);
  if (/[\s\p{Cc}]/u.test(text)) fail('it has a blank or a line break: write a blank as %20');
  // A "?" or "#" before the "@" belongs to the password.
  const [, user = '', behind = rest] = /^([^@/]*@)(.*)$/.exec(rest) ?? [];
  const [, host = '', path, query] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(behind) ?? [];
  if (host.includes('@') || path?.includes('@')) fail('a password with "@" or "/": write them as %40 and %2F');
  return { authority: user + host, path, query };
}

function userOf(text: string): [string, string | undefined] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** The hosts of the URL, else those of PGHOST; the same for ports. Parameters take precedence. */
function allHostsOf(text: string, given: ReadonlyMap<string, string>, { PGHOST, PGPORT }: NodeJS.ProcessEnv) {
  const inUrl = text.split(',').map(hostOf);
  const isNamed = inUrl.length > 1 || inUrl.some(([host]) => host !== '');
  const names = given.get('host')?.split(',') ?? (isNamed ? inUrl.map(([host]) => decoded(host, 'host')) : undefined);
  const hasPort = inUrl.some(([, port]) => port !== undefined && port !== '');
  const ports = given.get('port')?.split(',') ?? (hasPort ? inUrl.map(([, port]) => port) : PGPORT?.split(','));
  return hostsOf(names ?? PGHOST?.split(',') ?? [undefined], ports ?? [undefined], fail);
}

/** A message repeats hosts and ports only where they cannot be a part of the password. */
function hostOf(text: string): [string, string | undefined] {
  const [, inBrackets, portBehind] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  if (inBrackets !== undefined) return [inBrackets, portBehind];
  const [host = '', port, ...more] = text.split(':');
  if (more.length > 0) fail('its host has several colons: an IPv6 address is written in [ ]');
  return [host, port];
}

/** Undefined for none and for 0, as for libpq. */
function secondsOf(text = ''): number | undefined {
  if (!/^[0-9]{0,4}$/.test(text)) fail('its connect_timeout is no number of seconds up to 9999');
  return Number(text) || undefined;
}

function parametersOf(query: string | undefined): Map<string, string> {
  const given = new Map<string, string>();
  for (const each of query === undefined || query === '' ? [] : query.split('&')) {
    const [name = '', ...values] = each.split('=');
    if (!parameters.includes(name)) {
      const known = /^[a-z_]{1,40}$/i.test(name) ? `its parameter ${name} is not known` : 'a parameter has no name';
      fail(`${known}; these are: ${parameters.join(', ')}`);
    }
    given.set(name, decoded(values.join('='), name) ?? '');
  }
  return given;
}

function oneOf<T extends string>(name: string, value: string, values: readonly T[]): T {
  return (
    values.find((each) => each === value) ?? fail(`its ${name} is ${value.slice(0, 40)}: one of ${values.join(', ')}`)
  );
}

function tlsOf(given: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv) {
  const isSsl = given.has('ssl') && oneOf('ssl', given.get('ssl') ?? '', ['true', 'false']) === 'true';
  const mode = given.get('sslmode') ?? (isSsl ? 'require' : environment.PGSSLMODE || undefined);
  oneOf('gssencmode', given.get('gssencmode') ?? 'disable', ['disable', 'prefer']);
  if (given.get('channel_binding') === 'require') {
    fail('channel_binding=require cannot be promised; sslmode=verify-full keeps others out of the middle');
  }
  oneOf('channel_binding', given.get('channel_binding') ?? 'disable', ['disable', 'prefer']);
  const [root, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => given.get(name) || undefined);
  const sslMode = oneOf('sslmode', mode ?? (root === 'system' ? 'verify-full' : 'prefer'), sslModes);
  if (sslMode === 'verify-ca' && root === undefined) fail('sslmode=verify-ca needs sslrootcert, a file in PEM');
  if (root === 'system' && sslMode !== 'verify-full') fail('sslrootcert=system needs sslmode=verify-full');
  if ((cert === undefined) !== (key === undefined)) fail('sslcert and sslkey are given together');
  const sslFiles = { ...(root && { root }), ...(cert && { cert }), ...(key && { key }) };
  return { sslMode, sslFiles };
}

function decoded(text: string | undefined, what: string): string | undefined {
  if (text === undefined) return undefined;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) fail(`a "%" in its ${what} is written as %25`);
  if (text.includes('%00')) fail(`its ${what} has a character 0`);
  try {
    return decodeURIComponent(text);
  } catch {
    return fail(`its ${what} is not UTF-8`);
  }
}

function fail(mistake: string): never {
  throw new UrlFault(mistake);
}
