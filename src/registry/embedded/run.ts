import { type SpawnOptions, spawn } from 'node:child_process';
import type { Account } from './account.js';
import { isErrno } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-error.js';

/**
 * How PostgreSQL's programs are spawned: under the account, in a folder it may enter, without our environment (which may
 * hold secrets, and PG… variables that are meant for others) and in the C locale, so that messages can be recognized.
 */
export function spawnOptions(account: Account | undefined, cwd: string): SpawnOptions {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C' };
  for (const name of ['PATH', 'TMPDIR', 'TEMP', 'SystemRoot']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...account, cwd, env, windowsHide: true };
}

/**
 * Runs one of PostgreSQL's programs to its end.
 *
 * @throws EmbeddedPostgresError with what the program printed, if it fails
 */
export async function run(program: string, args: string[], options: SpawnOptions): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const note = (chunk: unknown) => {
    output += chunk;
  };
  child.stdout?.on('data', note);
  child.stderr?.on('data', note);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(program, error)));
    child.on('close', resolve);
  });
  if (code !== 0) throw new EmbeddedPostgresError(`${program} failed (${code}): ${output.trim()}`);
}

/** The error for a program of PostgreSQL that could not be started. */
export function cannotRun(program: string, error: Error): EmbeddedPostgresError {
  const hint = isErrno(error, 'ENOENT') ? ' (it is built for GNU libc; on another, set DATABASE_URL)' : '';
  return new EmbeddedPostgresError(`PostgreSQL cannot be run: ${program}: ${error.message}${hint}`, { cause: error });
}
