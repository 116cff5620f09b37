import type { Pool } from 'pg';

/** A session of the console as it begins. */
export interface NewConsoleSession {
  /** SHA-256 of the token, which the browser alone has. */
  readonly tokenHash: Buffer;
  readonly credentialId: number;
  /** SHA-256 of the stored hash of the password. */
  readonly passwordHash: Buffer;
  readonly address: string;
  /** What the browser says that it is. */
  readonly agent: string;
  readonly createdAt: Date;
  /** When it ends, however much it is used. */
  readonly endsAt: Date;
}

/** A session that has not ended. */
export interface ConsoleSession extends Pick<NewConsoleSession, 'address' | 'agent' | 'createdAt'> {
  readonly id: number;
  readonly username: string;
  readonly seenAt: Date;
  readonly endsAt: Date;
}

/** Milliseconds between two notes that a session was used. */
const SEEN_MS = 60_000;

/** Bounds what a browser may say that it is. */
const MAX_AGENT_LENGTH = 300;

const columns = `s.id, c.username, host(s.address) AS address, s.agent,
  s.created_at AS "createdAt", s.seen_at AS "seenAt", s.ends_at AS "endsAt"`;

/**
 * SQL: whether a session `s` of a credential `c` has not ended at $2, was used since $3, and began with a password that is
 * still valid: the present one, or the one before it until that ends. No cache has a say in that, so a password that is
 * changed ends sessions on every node at once, and begins one.
 */
const isOpen = `s.ends_at > $2 AND s.seen_at > $3
  AND s.password_hash IN (sha256(convert_to(c.ha1_sha256, 'UTF8')),
        CASE WHEN c.former_valid_until > $2 THEN sha256(convert_to(c.former_ha1_sha256, 'UTF8')) END)`;

/** Begins a session. */
export async function openConsoleSession(pool: Pool, session: NewConsoleSession): Promise<void> {
  const { tokenHash, credentialId, passwordHash, address, agent, createdAt, endsAt } = session;
  await pool.query(
    `INSERT INTO sppp.console_session
       (token_hash, credential_id, password_hash, address, agent, created_at, seen_at, ends_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`,
    [tokenHash, credentialId, passwordHash, address, agent.slice(0, MAX_AGENT_LENGTH), createdAt, endsAt],
  );
}

/**
 * The session of a token, if it has not ended: by its time, by being unused, by another password, or by somebody.
 *
 * @param idleMs milliseconds after which a session that is not used ends
 */
export async function findConsoleSession(
  pool: Pool,
  tokenHash: Buffer,
  at: Date,
  idleMs: number,
): Promise<ConsoleSession | undefined> {
  const { rows } = await pool.query<ConsoleSession>({
    name: 'console session',
    text: `SELECT ${columns} FROM sppp.console_session s JOIN sppp.credential c ON c.id = s.credential_id
            WHERE s.token_hash = $1 AND ${isOpen}`,
    values: [tokenHash, at, new Date(at.getTime() - idleMs)],
  });
  const [session] = rows;
  if (session !== undefined && at.getTime() - session.seenAt.getTime() > SEEN_MS) {
    await pool.query('UPDATE sppp.console_session SET seen_at = $2 WHERE id = $1', [session.id, at]);
  }
  return session;
}

/** The sessions of a credential that have not ended, the last used first. */
export async function listConsoleSessions(
  pool: Pool,
  credentialId: number,
  at: Date,
  idleMs: number,
): Promise<ConsoleSession[]> {
  const { rows } = await pool.query<ConsoleSession>(
    `SELECT ${columns} FROM sppp.console_session s JOIN sppp.credential c ON c.id = s.credential_id
      WHERE s.credential_id = $1 AND ${isOpen} ORDER BY s.seen_at DESC, s.id`,
    [credentialId, at, new Date(at.getTime() - idleMs)],
  );
  return rows;
}

/** Ends a session of a credential; another credential's stays. */
export async function endConsoleSession(pool: Pool, credentialId: number, id: number): Promise<void> {
  await pool.query('DELETE FROM sppp.console_session WHERE id = $1 AND credential_id = $2', [id, credentialId]);
}

/** Deletes sessions that have ended by their time or by being unused. */
export async function purgeConsoleSessions(pool: Pool, at: Date, idleMs: number): Promise<void> {
  await pool.query('DELETE FROM sppp.console_session WHERE ends_at <= $1 OR seen_at <= $2', [
    at,
    new Date(at.getTime() - idleMs),
  ]);
}
