import { randomBytes } from 'node:crypto';
import { type DigestAlgorithm, digestResponse, ha1 } from '../values/http-digest.js';

/** A challenge that can be answered. */
interface Challenge {
  readonly algorithm: DigestAlgorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly isStale: boolean;
}

/** What a 401 means for a request. */
export type Challenged =
  /** Sign it by the new challenge and send it again. */
  | 'again'
  /** The login was signed and refused. */
  | 'refused'
  /** The server offers nothing that this client can answer. */
  | 'unanswerable';

/**
 * HTTP Digest for one user (RFC 7616): SHA-256, or MD5 where the server offers nothing better. One nonce serves all requests,
 * each with a count of its own, until the server calls it stale.
 */
export class DigestLogin {
  readonly #user: string;
  readonly #password: string;
  #challenge: Challenge | undefined;
  #count = 0;

  constructor(user: string, password: string) {
    this.#user = user;
    this.#password = password;
  }

  /** Whether the next request can be signed. */
  get isReady(): boolean {
    return this.#challenge !== undefined;
  }

  /**
   * The Authorization header of one more request, with its nonce; undefined before the first challenge.
   *
   * @param uri path and query of the request
   */
  sign(method: string, uri: string): { readonly header: string; readonly nonce: string } | undefined {
    if (this.#challenge === undefined) return undefined;
    const { algorithm, realm, nonce, opaque } = this.#challenge;
    const nc = (++this.#count).toString(16).padStart(8, '0');
    const cnonce = randomBytes(12).toString('hex');
    const secret = ha1(algorithm, this.#user, realm, this.#password);
    const response = digestResponse(algorithm, secret, method, { uri, nonce, nc, cnonce, qop: 'auth' });
    const quoted = { realm, nonce, uri, cnonce, response, ...(opaque === undefined ? {} : { opaque }) };
    const parts = Object.entries(quoted).map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
    const plain = [`algorithm=${algorithm}`, 'qop=auth', `nc=${nc}`];
    return { header: `Digest ${[userName(this.#user), ...parts, ...plain].join(', ')}`, nonce };
  }

  /**
   * Takes the challenges of a 401.
   *
   * @param headers the lines `WWW-Authenticate`
   * @param signedWith the nonce that the refused request was signed with
   */
  challenged(headers: readonly string[], signedWith: string | undefined): Challenged {
    const challenge = preferred(headers);
    if (challenge === undefined) return 'unanswerable';
    // Another request may have got a new nonce in the meantime.
    if (this.#challenge !== undefined && signedWith !== this.#challenge.nonce) return 'again';
    if (signedWith !== undefined && !challenge.isStale) return 'refused';
    this.#challenge = challenge;
    this.#count = 0;
    return 'again';
  }
}

/** RFC 7616 §3.4.4: a name with other characters than ASCII goes in the form of RFC 8187. */
function userName(user: string): string {
  if (/^[\x20-\x7e]*$/.test(user)) return `username="${user.replace(/["\\]/g, '\\$&')}"`;
  const encoded = encodeURIComponent(user).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return `username*=UTF-8''${encoded}`;
}

/** The best challenge of Digest with `qop=auth`. */
function preferred(headers: readonly string[]): Challenge | undefined {
  const offered = headers.flatMap(readChallenges).flatMap(({ scheme, parameters }) => {
    const algorithm = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
    const isAuth = /(?:^|[\s,])auth(?:$|[\s,])/i.test(parameters.get('qop') ?? '');
    const nonce = parameters.get('nonce');
    if (scheme !== 'digest' || !isAuth || nonce === undefined) return [];
    if (algorithm !== 'SHA-256' && algorithm !== 'MD5') return [];
    const isStale = parameters.get('stale')?.toLowerCase() === 'true';
    const { realm = '', opaque } = Object.fromEntries(parameters);
    return [{ algorithm, realm, nonce, opaque, isStale } as const];
  });
  return offered.find(({ algorithm }) => algorithm === 'SHA-256') ?? offered[0];
}

const parameter = /[\s,]*([!#$%&'*+\-.^_`|~\w]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const scheme = /[\s,]*([!#$%&'*+\-.^_`|~\w]+)(?:\s+|$)/y;

/** One header line may hold several challenges, and commas separate both them and their parameters (RFC 9110 §11.6.1). */
function readChallenges(line: string) {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  for (let at = 0; at < line.length; ) {
    parameter.lastIndex = at;
    scheme.lastIndex = at;
    const [part, name, quoted, bare = ''] = parameter.exec(line) ?? [];
    const [start, named] = part === undefined ? (scheme.exec(line) ?? []) : [];
    if (name !== undefined) {
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare);
    } else if (named !== undefined) {
      challenges.push({ scheme: named.toLowerCase(), parameters: new Map() });
    } else {
      break;
    }
    at += (part ?? start ?? '').length;
  }
  return challenges;
}
