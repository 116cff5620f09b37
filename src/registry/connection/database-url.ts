import { OperatorError } from '../../operator-error.js';

/** The modes of libpq, with its meanings (https://www.postgresql.org/docs/current/libpq-ssl.html). */
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

/**
 * The parts of DATABASE_URL. A part that it leaves out comes from libpq's variables (PGUSER, PGPASSWORD, …) or a
 * default.
 */
export interface DatabaseUrl {
  /** A name, an address, or the folder of a socket. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** Settings of the session, as in `-c name=value`. */
  readonly options: string | undefined;
  /** Seconds that the first connection may take; the pools have limits of their own. */
  readonly connectTimeout: number;
  readonly sslMode: SslMode;
  /** Paths of files in PEM; `system` as root: the certificate authorities that Node.js has. */
  readonly sslFiles: { readonly root?: string; readonly cert?: string; readonly key?: string };
}

const CONNECT_TIMEOUT_SECONDS = 30;

/** The parameters that this server supports. It refuses the others of libpq instead of ignoring them. */
const parameters = [
  ...['host', 'port', 'user', 'password', 'dbname', 'options', 'application_name', 'fallback_application_name'],
  ...['connect_timeout', 'sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'gssencmode', 'channel_binding'],
];

/**
 * Reads a URL as libpq and psql read it.
 *
 * @throws OperatorError naming the mistake, without the password
 */
export function readDatabaseUrl(text: string, environment: NodeJS.ProcessEnv = process.env): DatabaseUrl {
  const { authority, path, query } = partsOf(text);
  const at = authority.indexOf('@');
  const [user, password] = at < 0 ? [] : userOf(authority.slice(0, at));
  const [host, port] = hostOf(authority.slice(at + 1));
  const given = parametersOf(query);
  const read = (name: string, fromPath: string | undefined, what: string) =>
    given.get(name) ?? (decoded(fromPath, what) || undefined);
  const url = {
    host: read('host', host, 'host'),
    port: portOf(given.get('port') ?? port),
    user: read('user', user, 'user name'),
    password: read('password', password, 'password'),
    database: read('dbname', path, 'database name'),
    // Programs that make URLs write a blank as "+", which libpq would take for itself.
    options: given.get('options')?.replaceAll('+', ' '),
    connectTimeout: secondsOf(given.get('connect_timeout')),
    ...tlsOf(given, environment),
  };
  if (url.host?.includes(',')) fail('it names several hosts: name one, such as an address that moves with the primary');
  if (url.host !== undefined && !/^(?:\/.*|[A-Za-z0-9._:%-]+)$/.test(url.host)) fail('its host is no name or address');
  return url;
}

/** The same URL with a TLS mode that leaves nothing to try. */
export function withSslMode(text: string, mode: SslMode): string {
  return `${text}${partsOf(text).query === undefined ? '?' : '&'}sslmode=${mode}`;
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

/** A message repeats hosts and ports only where they cannot be a part of the password. */
function hostOf(text: string): [string, string | undefined] {
  const [, inBrackets, portBehind] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  if (inBrackets !== undefined) return [inBrackets, portBehind];
  if (text.includes(',')) return [text, undefined];
  const [host = '', port, ...more] = text.split(':');
  if (more.length > 0) fail('its host has several colons: an IPv6 address is written in [ ]');
  return [host, port];
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (text.includes(',')) fail('it names several ports: name one');
  if (!/^[0-9]+$/.test(text)) fail('its port is no number; a ":" or "/" in a password is written as %3A or %2F');
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : fail(`its port is ${text.slice(0, 20)}, and ports are 1 to 65535`);
}

function secondsOf(text = ''): number {
  if (!/^[0-9]{0,4}$/.test(text)) fail('its connect_timeout is no number of seconds up to 9999');
  return Number(text) || CONNECT_TIMEOUT_SECONDS;
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

function tlsOf(given: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv) {
  const oneOf = <T extends string>(name: string, value: string, values: readonly T[]): T =>
    values.find((each) => each === value) ?? fail(`its ${name} is ${value.slice(0, 40)}: one of ${values.join(', ')}`);
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
  throw new OperatorError(`DATABASE_URL: ${mistake}`);
}
