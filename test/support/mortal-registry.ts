import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { addRegistrar } from './child-server.js';
import { type Installation, install, Serving } from './command-line.js';
import { DigestClient, type Received, type Sent } from './digest-client.js';
import { signalPostgres } from './postmaster.js';

/** Nodes that serve, publish events and send them to webhooks. */
const NODES = [0, 1] as const;

/** An organization whose suspension shows what a node has heard of. */
const MARKER = 9;

const WAIT = { timeout: 120_000, interval: 20 };
const PAUSE_MS = 20;

/** One life of a node. */
interface Life {
  readonly serving: Serving;
  readonly url: string;
  isKilled: boolean;
  /** It is dead, and PostgreSQL does nothing for it any more. */
  isOver: boolean;
}

/** What became of a request to a node. */
export interface Sending {
  /** Undefined: the node was killed meanwhile. */
  readonly received: Received | undefined;
  /** Resolves when nothing happens any more because of the request. */
  over(): Promise<void>;
}

/** A registry that can be killed part by part: a PostgreSQL of its own, and two nodes. */
export class MortalRegistry {
  /** How often each was killed. */
  readonly kills = { node: 0, database: 0 };
  readonly #installation: Installation;
  readonly #postgres: EmbeddedPostgres;
  readonly #settings: Record<string, string>;
  readonly #pool: pg.Pool;
  readonly #marker = new DigestClient({ username: `ssp${MARKER}`, password: `ssp${MARKER}` });
  readonly #lives = new Map<number, Life>();
  #requests = 0;

  private constructor(installation: Installation, postgres: EmbeddedPostgres, settings: Record<string, string>) {
    this.#installation = installation;
    this.#postgres = postgres;
    this.#settings = settings;
    this.#pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
    this.#pool.on('error', () => undefined);
  }

  /** Starts it with so many registrars: iana-en:n acts for itself as sspn. */
  static async start(registrars: number, settings: Record<string, string>): Promise<MortalRegistry> {
    const dataDir = await mkdtemp(join(tmpdir(), 'sppp-mortal-'));
    const [installation, postgres] = await Promise.all([install(), startEmbeddedPostgres({ dataDir })]);
    await migrate(postgres.url);
    const registry = new MortalRegistry(installation, postgres, settings);
    const { prisma, close } = await openDatabase(postgres.url);
    for (let n = 1; n <= registrars; n++) await addRegistrar(prisma, n);
    await addRegistrar(prisma, MARKER);
    await close();
    for (const n of NODES) {
      await registry.sql(`CREATE ROLE ${roleOf(n)} LOGIN SUPERUSER PASSWORD '${roleOf(n)}'`);
      await registry.#begin(n);
    }
    return registry;
  }

  async close(): Promise<void> {
    for (const { serving } of this.#lives.values()) await serving.end('SIGKILL');
    await this.#pool.end();
    await this.#postgres.stop();
    await this.#installation.remove();
    await rm(this.#postgres.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Asks the database until it answers. */
  async sql<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    for (;;) {
      try {
        return (await this.#pool.query<Row>(text, [...values])).rows;
      } catch (error) {
        if (error instanceof pg.DatabaseError && !/^(?:57P|53|08)/.test(error.code ?? '')) throw error;
        await delay(PAUSE_MS);
      }
    }
  }

  /** Sends a request to one node after the other, of those that live; over a connection of its own, which no idle time ends. */
  async send(client: DigestClient, path: string, { headers = {}, ...sent }: Sent = {}): Promise<Sending> {
    const life = await this.#next();
    const request = { ...sent, headers: { ...headers, connection: 'close' } };
    const received = await client.send(life.url + path, request).catch((error: unknown) => {
      if (life.isKilled) return undefined;
      throw new Error(`${path}: no answer of a node that lives: ${String(error)}\n${life.serving.err}`);
    });
    return { received, over: () => vi.waitFor(() => expect(life.isOver).toBe(true), WAIT) };
  }

  async #next(): Promise<Life> {
    for (;;) {
      const living = [...this.#lives.values()];
      const life = living[this.#requests++ % living.length];
      if (life !== undefined) return life;
      await delay(PAUSE_MS);
    }
  }

  /** Kills a node, and starts it again. */
  async killNode(n: (typeof NODES)[number]): Promise<void> {
    const life = this.#lives.get(n);
    if (life === undefined) return;
    this.kills.node += 1;
    this.#lives.delete(n);
    life.isKilled = true;
    await life.serving.end('SIGKILL');
    // A COMMIT may still be on its way.
    const sessions = 'SELECT FROM pg_stat_activity WHERE usename = $1';
    await vi.waitFor(async () => expect(await this.sql(sessions, [roleOf(n)])).toHaveLength(0), WAIT);
    life.isOver = true;
    await this.#begin(n);
  }

  /** Kills all processes of the database; it starts again. */
  async killDatabase(): Promise<void> {
    this.kills.database += 1;
    await signalPostgres(this.#postgres.dataDir, 'SIGKILL');
    await this.sql('SELECT');
  }

  /** Carries out what an operator changes, and returns when each node has heard of it. */
  async operate<T>(change: (database: Database) => Promise<T>): Promise<T> {
    const database = await openDatabase(this.#postgres.url, { maxConnections: 2 });
    try {
      // Nodes forget what they know at each notice, and notices come in the order of the commits.
      const wasSuspended = (await this.#markers()).includes(403);
      const changed = await change(database);
      const marker = `iana-en:${MARKER}`;
      if (wasSuspended) await resumeOrganization(database.pool, marker);
      else await suspendOrganization(database.pool, marker, new Date());
      const heard = NODES.map(() => (wasSuspended ? 200 : 403));
      await vi.waitFor(async () => expect(await this.#markers()).toEqual(heard), WAIT);
      return changed;
    } finally {
      await database.close();
    }
  }

  /** How each node answers the marker. */
  async #markers(): Promise<number[]> {
    const statuses: number[] = [];
    for (const { url } of this.#lives.values()) {
      const { status } = await this.#marker.send(`${url}/events/consumers`, { headers: { connection: 'close' } });
      statuses.push(status);
    }
    return statuses;
  }

  async #begin(n: number): Promise<void> {
    const url = new URL(this.#postgres.url);
    url.username = url.password = roleOf(n);
    const settings = { ...this.#settings, DATABASE_URL: url.href, SPPP_PORT: '0', SPPP_DATABASE_CONNECTIONS: '6' };
    const start = () =>
      Serving.start(this.#installation, ['serve'], settings).catch(async (error: unknown) => {
        if (!/ECONN|the database system is|terminat/i.test(String(error))) throw error;
        return undefined;
      });
    let serving: Serving | undefined;
    while (serving === undefined) serving = await start();
    const base = (serving.url ?? '').replace(/\/sppp$/, '');
    this.#lives.set(n, { serving, url: base, isKilled: false, isOver: false });
  }
}

/** Each node is a role of its own, so that its sessions can be told from the others'. */
const roleOf = (node: number) => `node_${node}`;
