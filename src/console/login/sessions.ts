import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Pool } from 'pg';
import {
  type ConsoleSession,
  endConsoleSession,
  findConsoleSession,
  listConsoleSessions,
  openConsoleSession,
} from '../../registry/access/console-sessions.js';
import type { Credential } from '../../registry/access/credential.js';
import type { Credentials } from '../../registry/access/credentials.js';
import type { SessionTimes } from '../../settings/console.js';
import type { Visitor } from '../visitor.js';

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * Sessions of the console. The database has them, so that every node of the registry knows them. A session is bound to its
 * credential: it ends when that is revoked or gets another password.
 */
export class Sessions {
  readonly #pool: Pool;
  readonly #credentials: Pick<Credentials, 'find'>;
  readonly #clock: () => Date;
  readonly times: SessionTimes;

  constructor(pool: Pool, credentials: Pick<Credentials, 'find'>, clock: () => Date, times: SessionTimes) {
    this.#pool = pool;
    this.#credentials = credentials;
    this.#clock = clock;
    this.times = times;
  }

  /** Begins a session; the token is for the browser. */
  async open(credential: Pick<Credential, 'id'>, ha1Sha256: string, address: string, agent: string): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const createdAt = this.#clock();
    await openConsoleSession(this.#pool, {
      ...{ tokenHash: sha256(token), passwordHash: sha256(ha1Sha256), credentialId: credential.id },
      ...{ address, agent, createdAt, endsAt: new Date(createdAt.getTime() + this.times.longest) },
    });
    return token;
  }

  /** Who has the session of a token; undefined if it has ended, or if there is none. */
  async find(token: string | undefined): Promise<Visitor | 'suspended' | undefined> {
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const at = this.#clock();
    const session = await findConsoleSession(this.#pool, sha256(token), at, this.times.idle);
    if (session === undefined) return undefined;
    const { id: sessionId, username } = session;
    const credential = await this.#credentials.find(username, at);
    if (credential === undefined) return undefined;
    const { id: credentialId } = credential;
    const known = { username, credentialId, sessionId, formToken: formTokenOf(token) };
    if (credential.kind === 'operator') {
      const { role } = credential;
      return { ...known, kind: 'operator', operator: { credentialId, username, role } };
    }
    if (credential.isSuspended) return 'suspended';
    const { registrarId, registrar, grants } = credential;
    return { ...known, kind: 'registrar', caller: { credentialId, registrarId, registrar, grants } };
  }

  /** The sessions of a visitor's credential that have not ended. */
  list({ credentialId }: Pick<Visitor, 'credentialId'>): Promise<ConsoleSession[]> {
    return listConsoleSessions(this.#pool, credentialId, this.#clock(), this.times.idle);
  }

  /** Ends the session of a visitor, or another one of the same credential. */
  async end({ credentialId, sessionId }: Pick<Visitor, 'credentialId' | 'sessionId'>): Promise<void> {
    await endConsoleSession(this.#pool, credentialId, sessionId);
  }
}

/** Whether the form of a session sent this token. */
export function isFormToken(given: string | null, { formToken }: Pick<Visitor, 'formToken'>): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(formToken)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function formTokenOf(token: string): string {
  return createHmac('sha256', token).update('form').digest('base64url');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
