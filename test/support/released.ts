import { execFileSync, spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Installation } from './command-line.js';

/** The first release, as it was: built from the history of this repository, with the packages that are installed here. */

const project = fileURLToPath(new URL('../..', import.meta.url));
const COMMIT = '2f5558352ad82b44ec89922204d4dbfaaf1c9170';
const PARTS = ['src', 'prisma', 'prisma.config.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'wsdl'];

/** Whether the history does not have it, as in a shallow clone; says so, since tests are skipped for that. */
export function isReleaseMissing(file: string): boolean {
  const isThere = spawnSync('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { cwd: project }).status === 0;
  if (!isThere) process.stderr.write(`${file}: tests with the first release are skipped: no commit ${COMMIT} here\n`);
  return !isThere;
}

/** Builds it in a folder of its own. */
export async function installRelease(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-released-'));
  const archive = execFileSync('git', ['archive', COMMIT, ...PARTS], { cwd: project, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  const run = (command: string, ...args: string[]) =>
    execFileSync(join(folder, 'node_modules', '.bin', command), args, { cwd: folder, stdio: 'pipe' });
  run('prisma', 'generate', '--no-hints');
  run('tsc', '-p', 'tsconfig.build.json', '--declaration', 'false');
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}
