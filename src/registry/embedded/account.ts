import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.js';

/** The unprivileged account that PostgreSQL runs under when the server itself runs as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const ACCOUNTS = ['postgres', 'nobody'];

/**
 * The account to start PostgreSQL under, or undefined for the one we run under. PostgreSQL refuses to run as root, so
 * root steps down to the owner of the cluster if there is one already, else to `postgres`, else to `nobody`.
 *
 * @throws EmbeddedPostgresError if root finds none of these accounts
 */
export async function accountFor(clusterFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(clusterFolder).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };

  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ACCOUNTS) {
    const entry = passwd.split('\n').find((line) => line.startsWith(`${name}:`));
    const [, , uid, gid] = entry?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root and there is no account ${ACCOUNTS.join(' or ')} to run it under. Start the server under another account, or set DATABASE_URL.`,
  );
}

const OTHERS_READ = 0o4;
const OTHERS_ENTER = 0o1;

/**
 * The first file or folder on the way to `path` that the account may not enter (or, for `path` itself, not read and
 * enter), judged by the permission bits; undefined if the way is free. The way of links is judged where they lead.
 */
export async function barrierTo(path: string, account: Account | undefined): Promise<string | undefined> {
  if (account === undefined) return undefined;
  const end = await realpath(path);
  const way = [end];
  for (let folder = dirname(end); folder !== way[0]; folder = dirname(folder)) way.unshift(folder);
  for (const folderOnWay of way) {
    const needed = folderOnWay === end ? OTHERS_READ | OTHERS_ENTER : OTHERS_ENTER;
    const { mode, uid, gid } = await stat(folderOnWay);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    if (((mode >> shift) & needed) !== needed) return folderOnWay;
  }
  return undefined;
}
