import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { type Installation, install, Serving } from './command-line.js';
import { DigestClient, type Received, send } from './digest-client.js';

/** Nodes with SPPP_WORKERS on a registry of their own: the embedded PostgreSQL, which their primary starts. */
export class WorkersStand {
  readonly installation: Installation;
  readonly settings: Record<string, string>;

  private constructor(installation: Installation, dataDir: string) {
    this.installation = installation;
    this.settings = { SPPP_DATA_DIR: dataDir, SPPP_PORT: '0', SPPP_WORKERS: '2', SPPP_LOG_LEVEL: 'info' };
  }

  /** A registry with the registrar of SSP2, whose user is ssp2r, and an operator. */
  static async open(): Promise<WorkersStand> {
    const dataDir = await mkdtemp(join(tmpdir(), 'sppp-workers-'));
    const { url, stop } = await startEmbeddedPostgres({ dataDir });
    try {
      await migrate(url);
      const { prisma, close } = await openDatabase(url, { maxConnections: 2 });
      for (const orgId of ['iana-en:222', 'iana-en:223']) await addOrganization(prisma, orgId, '');
      await addGrant(prisma, 'iana-en:223', 'iana-en:222');
      const registrar = { registrar: 'iana-en:223', username: 'ssp2r', label: '' };
      await addCredential(prisma, { ...registrar, ...secretsOf('ssp2r', PASSWORD) });
      await addOperator(prisma, { username: 'alice', role: 'viewer', ...secretsOf('alice', PASSWORD) });
      await close();
    } finally {
      await stop();
    }
    return new WorkersStand(await install(), dataDir);
  }

  start(args: readonly string[], settings: Record<string, string> = {}): Promise<Serving> {
    return Serving.start(this.installation, args, { ...this.settings, ...settings });
  }

  async close(): Promise<void> {
    await this.installation.remove();
    await rm(this.settings.SPPP_DATA_DIR ?? '', { recursive: true, force: true, maxRetries: 20 });
  }
}

export const PASSWORD = 'correct-horse-battery';

/** A client of its own connection for each request, so that the workers take turns. */
export function userOf(username = 'ssp2r', password = PASSWORD): DigestClient {
  return new DigestClient({ username, password });
}

/** Closes its connection. */
export const once = { connection: 'close' };

/** Sends a SOAP message. */
export function post(client: DigestClient, url: string, body: string): Promise<Received> {
  return client.send(url, { method: 'POST', headers: { ...once, 'content-type': 'text/xml' }, body });
}

/** Every sample of a node's metrics by its name and labels. */
export async function samplesOf(serving: Serving): Promise<Map<string, number>> {
  const { text } = await send(serving.told('metrics'), { headers: once });
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
}

/** The lines of its log. */
export function logOf({ err }: Serving): Record<string, unknown>[] {
  return err.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
}

/** The process ids of the workers that have begun to serve, the latest last; they may have ended. */
export function workersOf(serving: Serving): { readonly number: number; readonly pid: number }[] {
  return logOf(serving).flatMap(({ msg, worker, workerPid }) =>
    msg === 'worker serves' ? [{ number: Number(worker), pid: Number(workerPid) }] : [],
  );
}
