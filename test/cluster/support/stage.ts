import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, open, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program that a stage started. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Its exit code or the signal that ended it; undefined while it runs. */
  readonly ended: number | string | undefined;
  /** Sends it a signal, and with SIGKILL or SIGTERM waits for its end. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** What it wrote, and those before it with its name. */
  log(): Promise<string>;
}

export interface Start {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Under the account of PostgreSQL, which does not run as root. */
  readonly asPostgres?: boolean;
}

/**
 * A folder with everything that a cluster writes, and the programs that run in it. Nothing of it outlives the process that opened
 * it, however that ends: a guard in a session of its own waits for the end of a pipe, kills every program whose working folder
 * is there, and removes the folder.
 */
export class Stage {
  readonly folder: string;
  readonly #guard: ChildProcess;
  readonly #network = `127.${randomInt(64, 128)}.${randomInt(256)}`;
  #nextHost = 1;

  private constructor(folder: string) {
    this.folder = folder;
    this.#guard = spawn('sh', ['-c', GUARD, 'sh', folder], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }

  /** Makes the folder and starts its guard. */
  static async open(): Promise<Stage> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'sppp-cluster-')));
    await chmod(folder, 0o777);
    return new Stage(folder);
  }

  /** A loopback address that no other member has, nor likely anybody else on this machine. */
  address(): string {
    return `${this.#network}.${this.#nextHost++}`;
  }

  /** Starts a program in the folder; what it writes goes to a file there. */
  async start({ name, command, args, env = {}, asPostgres = false }: Start): Promise<Running> {
    const path = join(this.folder, `${name}.log`);
    const log = await open(path, 'a');
    const account = asPostgres ? postgresAccount() : {};
    const child = spawn(command, args, {
      ...account,
      cwd: this.folder,
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: this.folder, ...env },
      stdio: ['ignore', log.fd, log.fd],
    });
    let ended: number | string | undefined;
    child.once('exit', (code, signal) => {
      ended = code ?? signal ?? 'unknown';
    });
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
    await log.close();
    return {
      name,
      pid: child.pid ?? 0,
      get ended() {
        return ended;
      },
      signal: async (signal) => {
        if (ended !== undefined) return;
        const end = once(child, 'exit');
        child.kill(signal);
        if (signal === 'SIGKILL' || signal === 'SIGTERM') await end;
      },
      log: () => readFile(path, 'utf8'),
    };
  }

  /** Ends all programs and removes the folder. */
  async close(): Promise<void> {
    const end = once(this.#guard, 'exit');
    this.#guard.stdin?.end();
    await end;
  }
}

/** $1 is the folder. The guard's own working folder is another. */
const GUARD = `
cat > /dev/null
left=1
while [ -n "$left" ]; do
  left=
  for each in /proc/[0-9]*; do
    case "$(readlink "$each/cwd")" in
      "$1" | "$1"/* | "$1 (deleted)") kill -9 "\${each#/proc/}" && left=1 ;;
    esac
  done 2> /dev/null
  [ -z "$left" ] || sleep 0.1
done
grep -o " $1/[^ ]*" /proc/mounts | while read -r mount; do umount -l "$mount"; done
rm -rf "$1"
`;

/** The account that PostgreSQL's programs run under: that of the package if we are root, else our own. */
export function postgresAccount(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
