import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The built `sppp` command with the files that it reads, in a folder of its own, as an installation has it. */

const project = fileURLToPath(new URL('../..', import.meta.url));

export interface Installation {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function install(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-installed-'));
  for (const part of ['prisma', 'wsdl', 'examples', 'node_modules'])
    await symlink(join(project, part), join(folder, part));
  await cp(join(project, 'package.json'), join(folder, 'package.json'));
  const compiler = join(project, 'node_modules', '.bin', 'tsc');
  const args = ['-p', join(project, 'tsconfig.build.json'), '--declaration', 'false', '--outDir', join(folder, 'dist')];
  const { code, out } = await finished(spawn(compiler, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  if (code !== 0) throw new Error(`the build failed:\n${out}`);
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, in an environment of the test, without the settings of the shell that runs the tests. */
export async function sppp(
  { folder }: Installation,
  args: readonly string[],
  settings: Record<string, string>,
  input = '',
): Promise<Finished> {
  const child = start(folder, args, settings);
  child.stdin?.on('error', () => undefined); // the command may end without reading
  child.stdin?.end(input);
  return finished(child);
}

/** The environment of a command: these settings, and none of the shell that runs the tests. */
export function environmentOf(settings: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:SPPP_|DATABASE_URL|PG|VITEST|NODE_OPTIONS)/.test(name)),
  );
  return { ...own, ...settings };
}

function start(folder: string, args: readonly string[], settings: Record<string, string>): ChildProcess {
  const command = join(folder, 'dist', 'cli', 'sppp.js');
  return spawn(process.execPath, [command, ...args], {
    env: environmentOf(settings),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function finished(child: ChildProcess): Promise<Finished> {
  const [out, err, code] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close').then(([status]) => status as number | null),
  ]);
  return { code, out, err };
}

/** A command that serves. */
export class Serving {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly #ended: Promise<number | string | null>;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (bytes) => {
      this.out += bytes;
    });
    child.stderr?.on('data', (bytes) => {
      this.err += bytes;
    });
    this.#ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string | null);
  }

  /** Waits for its `ready` line. */
  static async start(
    { folder }: Installation,
    args: readonly string[],
    settings: Record<string, string>,
  ): Promise<Serving> {
    const serving = new Serving(start(folder, args, settings));
    let ended = false;
    serving.#ended.then(() => {
      ended = true;
    });
    while (serving.url === undefined) {
      if (ended) throw new Error(`it ended before it was ready:\n${serving.out}${serving.err}`);
      await Promise.race([serving.#ended, once(serving.child.stdout ?? serving.child, 'data')]);
    }
    return serving;
  }

  /** The address of the `ready` line. */
  get url(): string | undefined {
    return (/^ready (\S+)$/m.exec(this.out) ?? /^\{.*"ready":"([^"]+)".*\}$/m.exec(this.out))?.[1];
  }

  /** The rest of the line that begins with a word. */
  told(word: string): string {
    return new RegExp(`^${word}\\s+(.*)$`, 'm').exec(this.out)?.[1] ?? '';
  }

  /** Sends it a signal; its exit code or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    this.child.kill(signal);
    return this.#ended;
  }
}

/** The command lines and environments of all visible processes; undefined without /proc. */
export async function processes(): Promise<{ pid: number; line: string; environment: string }[] | undefined> {
  const entries = await readdir('/proc').catch(() => undefined);
  if (entries === undefined) return undefined;
  const pids = entries.filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      line: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
      environment: await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
    })),
  );
}
