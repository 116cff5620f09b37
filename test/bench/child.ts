import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** A server as a process of its own, so that its memory and its processor time are its own. */
export interface Child {
  readonly url: string;
  /** Where its metrics are, if it says so. */
  readonly metricsUrl: string | undefined;
  /** Forgets the peak so far. Without a /proc that can do so, the peak is that of the whole life. */
  resetPeak(): Promise<void>;
  /** Most memory that the process held at once, in bytes; undefined where there is no /proc. */
  peak(): Promise<number | undefined>;
  /** Memory that the process holds now, in bytes; undefined where there is no /proc. */
  memory(): Promise<number | undefined>;
  /** Seconds of processor time that the process and its children have used; undefined where there is no /proc. */
  processorTime(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Starts a Node program that prints `ready <url>` once it answers. */
export async function startChild(
  script: string,
  args: readonly string[],
  settings: Record<string, string>,
  nodeArgs: readonly string[] = [],
): Promise<Child> {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { url, metricsUrl } = await urlsOf(child, script);
  return {
    url,
    metricsUrl,
    resetPeak: () => writeFile(`/proc/${child.pid}/clear_refs`, '5').catch(() => undefined),
    peak: () => fromStatus(child.pid, 'VmHWM'),
    memory: () => fromStatus(child.pid, 'VmRSS'),
    processorTime: () => timeOf(child.pid),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Milliseconds between two looks at the memory of a program. */
const LOOK_EVERY = 100;

/** Runs a Node program to its end. Returns the most memory that it held, in bytes; undefined where there is no /proc. */
export async function runToEnd(
  script: string,
  args: readonly string[],
  settings: Record<string, string>,
): Promise<number | undefined> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak: number | undefined;
  const looking = setInterval(async () => {
    peak = (await fromStatus(child.pid, 'VmHWM')) ?? peak;
  }, LOOK_EVERY);
  const [code] = await once(child, 'exit').finally(() => clearInterval(looking));
  if (code !== 0) throw new Error(`${script} ${args.join(' ')}: exit code ${code}`);
  return peak;
}

async function fromStatus(pid: number | undefined, field: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Ticks of the kernel's clock in a second, as /proc counts them on every platform that Node runs on. */
const TICKS = 100;

/** User and system time of a process and its children. */
async function timeOf(pid: number | undefined): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  const times = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((each) => timeOf(Number(each))),
  );
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return times.reduce<number>((sum, time) => sum + (time ?? 0), own);
}

async function urlsOf(child: ChildProcess, script: string) {
  if (child.stdout === null) throw new Error('no output of the server to read');
  let metricsUrl: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    const [, name, url = ''] = /^(metrics|ready) (\S+)$/.exec(line) ?? [];
    if (name === 'metrics') metricsUrl = url;
    if (name === 'ready') return { url: url.replace(/\/sppp$/, ''), metricsUrl };
  }
  throw new Error(`${script} ended before it was ready`);
}
