import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** A program that only some machines have, and the package of Debian that has it. */
export interface Program {
  readonly name: string;
  readonly debian: string;
  /** With which it prints its version. */
  readonly version?: string;
}

export const haproxy: Program = { name: 'haproxy', debian: 'haproxy', version: '-v' };
export const promtool: Program = { name: 'promtool', debian: 'prometheus' };
export const systemdAnalyze: Program = { name: 'systemd-analyze', debian: 'systemd' };
export const psql: Program = { name: 'psql', debian: 'postgresql-client' };

/** Whether a program is missing here; says so, since tests are skipped for that. */
export function isMissing({ name, debian, version = '--version' }: Program, file: string): boolean {
  const missing = spawnSync(name, [version]).error !== undefined;
  if (missing) process.stderr.write(`${file}: tests with ${name} are skipped: there is none (Debian: ${debian})\n`);
  return missing;
}

/** Runs a program to its end; its output of both kinds. Rejects with it if it fails. */
export async function run({ name }: Program, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(name, args, cwd === undefined ? {} : { cwd });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${name} ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error });
  }
}
