import { OperatorError } from '../../operator-error.js';
import { type DatabasePurpose, type DatabaseUrl, databaseVariables, readDatabaseUrl } from './database-url.js';
import { NoHostError, refusalsText } from './no-host-error.js';

/**
 * The error for the operator if the server cannot connect to a database: one line, without the password. It names each of
 * several hosts, and why it was not taken.
 */
export function whyUnreachable(error: unknown, url: string, purpose: DatabasePurpose = 'registry'): OperatorError {
  if (error instanceof OperatorError) return error;
  const { user = process.env.PGUSER, database = user, sslMode } = readDatabaseUrl(url, process.env, purpose);
  const asked = { user: quoted(user ?? 'ROLE'), database: quoted(database ?? 'DATABASE'), sslMode };
  const reason =
    error instanceof NoHostError
      ? refusalsText(error.refused, (each) => reasonOf(each, asked))
      : reasonOf(error, asked);
  return new OperatorError(`${databaseVariables[purpose]}: ${reason}`, { cause: error });
}

/**
 * An error in the middle of a command. If the operator can put it right, its message says how; all other errors are
 * returned as they are.
 */
export function whyRefused(error: unknown): unknown {
  const [code, message] = prismaSays.exec(messageOf(error))?.slice(1) ?? [codeOf(error), messageOf(error)];
  if (code === '25006') {
    return new OperatorError(`${message}: DATABASE_URL names a standby or a database that is read-only`);
  }
  if (code === '42501') {
    return new OperatorError(`${message}: log in as the owner of schema sppp, or GRANT that role`);
  }
  return error;
}

/** SQLSTATE and message of the database's error within a message of Prisma. */
const prismaSays = /Code: `(\w{5})`\. Message: `([^`]*)`/;

interface Asked {
  readonly user: string;
  readonly database: string;
  readonly sslMode: DatabaseUrl['sslMode'];
}

function reasonOf(error: unknown, { user, database, sslMode }: Asked): string {
  // Every address of the name was tried.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  const message = messageOf(error);
  const code = codeOf(error);
  if (/client password must be/.test(message)) {
    return `the database asks for a password, and there is none for ${user}: give it there, in PGPASSWORD or in ~/.pgpass`;
  }
  if (/timeout expired/.test(message)) return 'nothing that speaks as PostgreSQL answered in time';
  if (/does not support SSL/.test(message)) return `the server has no TLS, and sslmode=${sslMode} asks for it`;
  if (code === '3D000') return `${message}: CREATE DATABASE ${database} OWNER ${user}`;
  if (code === '42501') return `${message}: GRANT CONNECT ON DATABASE ${database} TO ${user}`;
  if (code === '53300') return `${message}: ${moreConnections(message, user, database)}`;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return `${message}; sslmode=${sslMode} believes those of sslrootcert`;
  return message;
}

/** The SQL that allows more connections, for the limit that PostgreSQL names. */
function moreConnections(message: string, user: string, database: string): string {
  if (/for role/.test(message)) return `ALTER ROLE ${user} CONNECTION LIMIT …`;
  if (/for database/.test(message)) return `ALTER DATABASE ${database} CONNECTION LIMIT …`;
  return 'ALTER SYSTEM SET max_connections = …, and a restart of PostgreSQL';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A name as an identifier of SQL, quoted if need be. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
