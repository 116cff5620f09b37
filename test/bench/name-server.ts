import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Programs of an administrator are not in everybody's path. */
const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin` };

/** What `nsd -v` says of its version; undefined if there is no NSD. */
export function nsdVersion(): string | undefined {
  return versionOf('nsd', ['-v']);
}

/** Whether dnsperf is there. */
export function hasDnsperf(): boolean {
  return versionOf('dnsperf', ['-h']) !== undefined;
}

function versionOf(program: string, args: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  return error === undefined ? /version:? ([0-9.]*[0-9])/i.exec(stdout + stderr)?.[1] : undefined;
}

export interface NameServer {
  readonly url: URL;
  /** Stops it and removes its zone. */
  stop(): Promise<void>;
}

/** NSD with a zone in memory, which one process answers from. Resolves once it answers. */
export async function startNsd(apex: string, records: Iterable<string>): Promise<NameServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-bench-nsd-'));
  let nsd: ChildProcess | undefined;
  const stop = async () => {
    if (nsd?.exitCode === null) {
      const ended = once(nsd, 'exit');
      nsd.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeZone(join(folder, 'zone'), apex, records);
    const port = await freePort();
    await writeFile(join(folder, 'nsd.conf'), confOf(folder, apex, port));
    nsd = spawn('nsd', ['-d', '-c', join(folder, 'nsd.conf')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    await started(nsd);
    return { url: new URL(`dns://127.0.0.1:${port}`), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeZone(file: string, apex: string, records: Iterable<string>): Promise<void> {
  const zone = await open(file, 'w');
  let text = `$ORIGIN ${apex}.\n$TTL 300\n@ SOA ns.example. hostmaster.example. 1 3600 600 86400 60\n@ NS ns.example.\n`;
  for (const record of records) {
    text += `${record}\n`;
    if (text.length < 1_000_000) continue;
    await zone.write(text);
    text = '';
  }
  await zone.write(text);
  await zone.close();
}

/** Answers have the same records as ours, and no others. */
function confOf(folder: string, apex: string, port: number): string {
  const server = [
    ...['ip-address: 127.0.0.1', `port: ${port}`, 'server-count: 1', 'minimal-responses: yes', 'rrl-ratelimit: 0'],
    ...['username: ""', 'chroot: ""', 'database: ""', 'logfile: ""', `zonesdir: "${folder}"`, `xfrdir: "${folder}"`],
    ...[`zonelistfile: "${folder}/list"`, `xfrdfile: "${folder}/xfrd"`, `pidfile: "${folder}/pid"`],
  ];
  const zone = [`name: ${apex}`, 'zonefile: zone'];
  const parts = { server, 'remote-control': ['control-enable: no'], zone };
  return Object.entries(parts)
    .map(([part, lines]) => `${part}:\n${lines.map((line) => `  ${line}\n`).join('')}`)
    .join('');
}

async function started(nsd: ChildProcess): Promise<void> {
  if (nsd.stderr === null) throw new Error('no log of NSD to read');
  const log: string[] = [];
  for await (const line of createInterface(nsd.stderr)) {
    if (line.includes('nsd started')) {
      nsd.stderr.resume();
      return;
    }
    log.push(line);
  }
  throw new Error(`NSD ended before it was ready: ${log.join('; ')}`);
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** What dnsperf asks: the questions of a file, so many under way at once. */
export interface Load {
  readonly file: string;
  readonly seconds: number;
  readonly atOnce: number;
}

/** Answers per second, as dnsperf counts them; throws if one was lost, or has another code than NOERROR. */
export async function dnsperf({ hostname, port }: URL, { file, seconds, atOnce }: Load): Promise<number> {
  const args = ['-s', hostname, '-p', port, '-d', file, '-c', '4', '-q', String(atOnce), '-l', String(seconds)];
  const child = spawn('dnsperf', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  const [, rate] = /Queries per second: +([0-9.]+)/.exec(said) ?? [];
  const isWhole = /Queries lost: +0 /.test(said) && /Response codes: +NOERROR [0-9]+ \(100\.00%\)/.test(said);
  if (rate === undefined || !isWhole) throw new Error(`dnsperf: ${said}`);
  return Number(rate);
}
