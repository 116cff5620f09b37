import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Sends a signal to all processes of the embedded PostgreSQL in a data folder, which begins none meanwhile. */
export async function signalPostgres(dataDir: string, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void> {
  const lock = await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8');
  const postmaster = Number(lock.split('\n')[0]);
  process.kill(postmaster, 'SIGSTOP');
  const { stdout } = await promisify(execFile)('ps', ['-e', '-o', 'pid=', '-o', 'ppid=']);
  const all = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const children = all.flatMap(([pid, parent]) => (pid !== undefined && parent === postmaster ? [pid] : []));
  for (const pid of [...children, postmaster]) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  }
}
