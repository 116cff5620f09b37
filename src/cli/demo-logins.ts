import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomPassword } from '../http/random-password.js';

/** A file in the data folder that its owner alone can read: a user name and a password in each line. */
export const LOGINS_FILE = 'demo-logins';

/** The passwords of the demo by user name, made at its first start. Two first starts at once get the same. */
export async function demoLogins(dataDir: string, usernames: readonly string[]): Promise<Map<string, string>> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, LOGINS_FILE);
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const made = usernames.map((username) => `${username} ${randomPassword()}\n`).join('');
  await writeFile(draft, made, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes(' '));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}
