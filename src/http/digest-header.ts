import { isUtf8 } from 'node:buffer';
import type { DigestAlgorithm } from '../values/http-digest.js';

/** The Authorization header of a Digest request. All members except `username` are as sent, one character a byte. */
export interface DigestCredentials {
  readonly username: string;
  /** The client sent a hash of its user name (RFC 7616 §3.4.4). */
  readonly userhash: boolean;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Lower case hex. */
  readonly response: string;
  /** In lower case; md5 if the client names none. */
  readonly algorithm: string;
  readonly qop: string;
  readonly nc: string;
  readonly cnonce: string;
}

export type DigestHeaderFault =
  | { readonly refused: 'missing' }
  | { readonly refused: 'malformed'; readonly because: string };

/** A token, an equals sign, and a token or a quoted string (RFC 9110 §11.2), then a comma or the end. */
const PARAMETER =
  /[ \t,]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[\t \x21\x23-\x5B\x5D-\x7E\x80-\xFF]|\\[\t \x21-\x7E\x80-\xFF])*)")[ \t]*(?:,|$)/y;
const EXT_VALUE = /^utf-8'[a-z0-9-]*'((?:%[0-9a-f]{2}|[a-z0-9!#$&+\-.^_`|~])+)$/i;
const REQUIRED = ['realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce'] as const;
const names = ['username', 'username*', 'userhash', 'algorithm', ...REQUIRED] as const;
const ownNames = new Map<string, (typeof names)[number]>(names.map((name) => [name, name]));

/**
 * Reads an Authorization header as Node gives it (one character a byte). A scheme other than Digest counts as "missing":
 * the client has not answered the challenge yet. A value may be a token or a quoted string, whichever the RFC prints (RFC
 * 7235 §2.2), because toolkits quote algorithm, qop and nc. A name that occurs twice is malformed.
 */
export function parseAuthorization(header: string | undefined): DigestCredentials | DigestHeaderFault {
  const scheme = header?.match(/^digest(?: +|$)/i)?.[0];
  if (header === undefined || scheme === undefined) return { refused: 'missing' };
  const parameters = parseParameters(header.slice(scheme.length));
  if (typeof parameters === 'string') return malformed(parameters);

  const username = usernameOf(parameters);
  if (username === undefined) return malformed('it needs exactly one readable username or username*');
  const missing = REQUIRED.find((name) => parameters[name] === undefined);
  if (missing !== undefined) return malformed(`it has no ${missing}`);
  const { realm = '', nonce = '', uri = '', response = '', qop = '', nc = '', cnonce = '' } = parameters;
  const { userhash = '', algorithm = 'MD5' } = parameters;
  if (!/^[0-9a-f]{8}$/i.test(nc)) return malformed('nc is not eight hex digits');
  if (!/^[0-9a-f]+$/i.test(response)) return malformed('response is not hex');
  if (cnonce === '') return malformed('cnonce is empty');
  return {
    username,
    userhash: userhash.toLowerCase() === 'true',
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm: algorithm.toLowerCase(),
    qop,
    nc,
    cnonce,
  };
}

/** Whether MD5 is offered beside SHA-256, not at all, or alone (for clients that fail on two challenges). */
export type Md5Offer = 'on' | 'off' | 'only';

/**
 * The algorithms that are offered, in the order of the header lines. MD5 comes first, against the RFC's order of preference,
 * because some toolkits read only the first line and know only MD5.
 */
export function offered(md5: Md5Offer): readonly DigestAlgorithm[] {
  return { on: ['MD5', 'SHA-256'], off: ['SHA-256'], only: ['MD5'] }[md5] as DigestAlgorithm[];
}

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  /** The nonce was the fault, not the password: the client can repeat the request without asking its user. */
  readonly stale: boolean;
  readonly md5: Md5Offer;
}

/**
 * The values of the WWW-Authenticate header lines (RFC 7616 §3.3). Throws for a realm with a quote, a backslash or other
 * characters than printable ASCII.
 */
export function challenges(challenge: Challenge): string[] {
  const realm = quote(challenge.realm);
  return offered(challenge.md5).map(
    (algorithm) =>
      `Digest realm=${realm}, qop="auth", algorithm=${algorithm}, nonce=${quote(challenge.nonce)}, charset=UTF-8` +
      (challenge.stale ? ', stale=true' : ''),
  );
}

/** The parameters that have a meaning here. */
type Parameters = { -readonly [Name in (typeof names)[number]]?: string };

/** The parameters, or the fault of the header. Every request comes through here. */
function parseParameters(list: string): Parameters | string {
  const parameters: Parameters = {};
  let others: Set<string> | undefined;
  let end = 0;
  PARAMETER.lastIndex = 0;
  for (let match = PARAMETER.exec(list); match !== null; match = PARAMETER.exec(list)) {
    end = PARAMETER.lastIndex;
    const name = (match[1] ?? '').toLowerCase();
    const own = ownNames.get(name);
    if (own === undefined ? others?.has(name) : parameters[own] !== undefined) return `${name} is given twice`;
    if (own === undefined) others = (others ?? new Set()).add(name);
    else parameters[own] = match[2] ?? unquoted(name, match[3] ?? '');
  }
  return /^[ \t,]*$/.test(list.slice(end)) ? parameters : 'it is not a list of name=value';
}

/** An extended value must not be quoted (RFC 8187 §3.2.1). */
function unquoted(name: string, text: string): string {
  if (name === 'username*') return `"${text}"`;
  return text.includes('\\') ? text.replace(/\\(.)/g, '$1') : text;
}

function usernameOf(parameters: Parameters): string | undefined {
  const { username: plain, 'username*': extended } = parameters;
  if (extended === undefined) return plain === undefined ? undefined : textOf(plain);
  if (plain !== undefined) return undefined;
  const encoded = EXT_VALUE.exec(extended)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(
    encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** UTF-8 if the bytes are UTF-8, else Latin-1: some clients hash a user name as UTF-8 and send it as Latin-1. */
function textOf(latin1: string): string {
  if (/^[\x20-\x7e]*$/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}

/**
 * A quoted string that needs no escapes, because several toolkits send a realm back without them. ASCII only, because
 * Node's encoding of other characters in a header depends on the body.
 */
function quote(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text) || /["\\]/.test(text)) {
    throw new Error('realm and nonce must be printable ASCII without quotes and backslashes');
  }
  return `"${text}"`;
}

function malformed(because: string): DigestHeaderFault {
  return { refused: 'malformed', because };
}
