import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { type Installation, install } from './command-line.js';
import { createDatabase } from './database.js';

/** A server in a process of its own, with a given amount of memory, and registrars ssp1, ssp2 and so on. */
export interface ChildServer {
  readonly url: string;
  /** The reason of its end; undefined while it runs. */
  readonly ended: string | undefined;
  /** Bytes of its heap in use, after a collection. */
  heap(): Promise<number>;
  /** Kills it. */
  close(): Promise<void>;
}

function scriptOf({ folder }: Installation, databaseUrl: string, settings: Record<string, string>): string {
  return `
    import { pino } from 'pino';
    import { readConfig } from '${folder}/dist/config.js';
    import { openDeps } from '${folder}/dist/deps.js';
    import { serve } from '${folder}/dist/server.js';
    const config = readConfig(${JSON.stringify({ SPPP_PORT: '0', SPPP_LOG_LEVEL: 'silent', ...settings })});
    const deps = await openDeps(config, { databaseUrl: ${JSON.stringify(databaseUrl)}, log: pino({ level: 'silent' }), durable: false });
    const server = await serve(deps);
    process.on('message', () => {
      gc();
      process.send({ heap: process.memoryUsage().heapUsed });
    });
    process.on('disconnect', () => process.exit());
    process.send({ url: server.url });
  `;
}

export async function startChildServer(megabytes: number, settings: Record<string, string> = {}): Promise<ChildServer> {
  const [installation, database] = await Promise.all([install(), createDatabase()]);
  const { prisma, close } = await openDatabase(database.url, { durable: false });
  for (const n of [1, 2]) await addRegistrar(prisma, n);
  await close();
  const server = await startChildServerOn(installation, database.url, megabytes, settings);
  return {
    url: server.url,
    get ended() {
      return server.ended;
    },
    heap: server.heap,
    close: async () => {
      await server.close();
      await Promise.all([installation.remove(), database.drop()]);
    },
  };
}

/** The organization iana-en:n, which acts for itself as sspn. */
export async function addRegistrar(prisma: Parameters<typeof addOrganization>[0], n: number): Promise<void> {
  await addOrganization(prisma, `iana-en:${n}`, '');
  await addGrant(prisma, `iana-en:${n}`, `iana-en:${n}`);
  await addCredential(prisma, {
    registrar: `iana-en:${n}`,
    username: `ssp${n}`,
    label: '',
    ...secretsOf(`ssp${n}`, `ssp${n}`),
  });
}

/** The same on a database of the test, which stays when the server is killed. */
export async function startChildServerOn(
  installation: Installation,
  databaseUrl: string,
  megabytes: number,
  settings: Record<string, string> = {},
): Promise<ChildServer> {
  const limits = [`--max-old-space-size=${megabytes}`, '--expose-gc', '--input-type=module'];
  const child = spawn(process.execPath, [...limits, '-e', scriptOf(installation, databaseUrl, settings)], {
    cwd: installation.folder,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let ended: string | undefined;
  let errors = '';
  child.stderr?.on('data', (bytes) => {
    errors += bytes;
  });
  const exit = once(child, 'exit').then(([code, signal]) => {
    ended = `${code ?? signal} ${errors.slice(0, 2000)}`;
  });
  const { url } = (await messageOf(child, exit)) as { url: string };
  return {
    url,
    get ended() {
      return ended;
    },
    heap: async () => {
      child.send('heap');
      return ((await messageOf(child, exit)) as { heap: number }).heap;
    },
    close: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

async function messageOf(child: ChildProcess, exit: Promise<void>): Promise<unknown> {
  const [message] = (await Promise.race([once(child, 'message'), exit.then(() => [])])) as unknown[];
  if (message === undefined) throw new Error('the server has ended');
  return message;
}
