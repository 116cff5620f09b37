import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { Carrier, type User } from './carrier.js';
import { type Child, runToEnd, startChild } from './child.js';
import { NEIGHBOUR, PEER, RANT, RAR } from './messages.js';
import { Blocks, fill, GROUPS, groupName, type Ids } from './numbers.js';
import type { Options } from './options.js';

/** Seen from where the bench is compiled to. */
export const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
/** The command, built. */
export const SPPP = join(ROOT, 'dist/cli/sppp.js');
const BASE = 'bench_base';

/** The login of RAR. */
export const user: User = { username: 'bench', password: 'a-secret-for-measuring' };
/** The login of NEIGHBOUR. */
export const neighbour: User = { username: 'neighbour', password: 'a-secret-for-measuring' };

/** A durable PostgreSQL with the settings that the server gives its own, on which databases and servers are made. */
export interface Stand {
  readonly version: string;
  /** The database is going away; whatever fails from now on says nothing. */
  readonly isInterrupted: boolean;
  /** A registry with so many numbers in it. */
  registry(present: number): Promise<Registry>;
  /** Drops what a measure that failed left behind. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface Registry {
  readonly url: string;
  /** The bench's own connection, as the superuser. */
  readonly db: pg.Client;
  readonly ids: Ids;
  readonly blocks: Blocks;
  /** The real server, as a process of its own. */
  serve(settings?: Record<string, string>): Promise<Served>;
  /** `sppp enum` as a process of its own. */
  serveEnum(settings: Record<string, string>): Promise<Child>;
  /** Another server's program, compiled beside this one, on the same database. */
  serveWith(program: string, args?: readonly string[]): Promise<Served>;
  /** Removes the rows that were added since the registry was made, and restores the former state of tables and files. */
  reset(): Promise<void>;
  /** Lets the database do now what it would do later on. */
  settle(): Promise<void>;
  drop(): Promise<void>;
  /** Stops its servers and leaves the rest to the end of the database. */
  abandon(): Promise<void>;
}

export interface Served {
  readonly carrier: Carrier;
  readonly child: Child;
  stop(): Promise<void>;
}

/** The environment of a carrier's command that logs in as RAR. */
export function loginTo({ child }: Served): Record<string, string> {
  return { SPPP_URL: child.url, SPPP_USER: user.username, SPPP_PASSWORD: user.password };
}

export async function openStand(options: Options): Promise<Stand> {
  const dataDir = await mkdtemp(join(options.dir ?? tmpdir(), 'sppp-bench-'));
  const registries = new Set<Registry>();
  let isInterrupted = false;
  const starting = startEmbeddedPostgres({ dataDir });
  // PostgreSQL runs in a session of its own and its folder is large: neither may outlive the bench. With the folder goes
  // all that is in it, so what fails on the way there is no reason to leave it.
  const end = async () => {
    for (const registry of registries) await registry.abandon().catch(() => undefined);
    await starting.then(
      (postgres) => postgres.stop(),
      () => undefined,
    );
    await rm(dataDir, { recursive: true, force: true });
  };
  let ending: Promise<void> | undefined;
  const close = () => {
    ending ??= end();
    return ending;
  };
  process.once('SIGINT', () => {
    isInterrupted = true;
    void close().finally(() => process.exit(130));
  });
  const postgres = await starting;
  const admin = await connect(postgres.url, 'postgres');
  try {
    await makeBase(postgres.url, admin);
  } catch (error) {
    await close();
    throw error;
  }
  const templates = new Map<number, string>();
  let count = 0;

  const templateOf = async (present: number): Promise<string> => {
    const made = templates.get(present);
    if (made !== undefined) return made;
    const name = `bench_${present}`;
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${BASE} STRATEGY FILE_COPY`);
    const db = await connect(postgres.url, name);
    await fill(db, present, await readIds(db));
    await db.query('VACUUM (FREEZE, ANALYZE)');
    await db.end();
    templates.set(present, name);
    return name;
  };

  const clear = async () => {
    for (const registry of [...registries]) await registry.drop();
  };
  return {
    version: (await admin.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)).rows[0]
      ?.version as string,
    registry: async (present) => {
      const name = `bench_run_${++count}`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE ${await templateOf(present)} STRATEGY FILE_COPY`);
      const registry = await openRegistry(postgres.url, name, present, options, async () => {
        registries.delete(registry);
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      });
      registries.add(registry);
      return registry;
    },
    clear,
    close,
    get isInterrupted() {
      return isInterrupted;
    },
  };
}

async function openRegistry(
  server: string,
  name: string,
  present: number,
  options: Options,
  forget: () => Promise<void>,
): Promise<Registry> {
  const url = urlOf(server, name);
  const db = await connect(server, name);
  const ids = await readIds(db);
  const last = (await db.query<{ id: string }>('SELECT max(id) AS id FROM sppp.transaction')).rows[0]?.id;
  const running = new Set<{ stop(): Promise<void> }>();
  const settle = async () => {
    await db.query('VACUUM (ANALYZE, INDEX_CLEANUP ON) sppp.public_identifier, sppp.destination_group_member');
    await db.query('CHECKPOINT');
  };
  const track = (child: Child): Served => {
    const carrier = new Carrier(child.url, user);
    const served: Served = {
      child,
      carrier,
      stop: async () => {
        carrier.close();
        running.delete(served);
        await child.stop();
      },
    };
    running.add(served);
    return served;
  };
  const abandon = async () => {
    for (const served of [...running]) await served.stop();
    await db.end();
  };
  const profiling = options.cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.cpuProf}`];
  const always = { DATABASE_URL: url, SPPP_PORT: '0', SPPP_LOG_LEVEL: 'warn' };
  return {
    url,
    db,
    ids,
    blocks: new Blocks(present),
    settle,
    serve: async (settings = {}) => track(await startChild(SPPP, ['serve'], { ...always, ...settings }, profiling)),
    serveEnum: async (settings) => {
      const child = await startChild(SPPP, ['enum'], { ...always, ...settings }, profiling);
      running.add(child);
      return child;
    },
    serveWith: async (program, args = []) =>
      track(await startChild(fileURLToPath(new URL(program, import.meta.url)), args, always)),
    reset: async () => {
      for (const table of ['sed_group', 'sed_record', 'public_identifier', 'destination_group']) {
        await db.query(`DELETE FROM sppp.${table} WHERE transaction_id > $1`, [last]);
      }
      await settle();
    },
    abandon,
    drop: async () => {
      await abandon();
      await forget();
    },
  };
}

/** Tables and organizations by the server's own commands; the groups that all numbers are in. */
async function makeBase(server: string, admin: pg.Client): Promise<void> {
  await admin.query(`CREATE DATABASE ${BASE}`);
  const settings = { DATABASE_URL: urlOf(server, BASE) };
  const sppp = (...args: string[]) => runToEnd(SPPP, args, settings);
  await sppp('migrate');
  for (const orgId of [RANT, RAR, PEER, NEIGHBOUR]) await sppp('org', 'add', orgId);
  for (const registrant of [RANT, PEER]) await sppp('grant', 'add', RAR, registrant);
  await sppp('grant', 'add', NEIGHBOUR, NEIGHBOUR);
  const db = await connect(server, BASE);
  await withPasswordFile(user.password, async (file) => {
    await sppp('credential', 'add', RAR, user.username, '--password-file', file);
    await sppp('credential', 'add', NEIGHBOUR, neighbour.username, '--password-file', file);
  });
  await db.query(
    `WITH journal AS (
       INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at, code, answered_at)
       VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now(), 1000, now()) RETURNING id)
     INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
     SELECT journal.id, now(), rant.id, rar.id, g.name, lower(g.name)
       FROM journal, unnest($1::text[]) AS g(name), sppp.organization rant, sppp.organization rar
      WHERE rant.org_id = $2 AND rar.org_id = $3`,
    [Array.from({ length: GROUPS }, (_, index) => groupName(index)), RANT, RAR],
  );
  // The bench vacuums between its rounds; in the middle of one it would be a round unlike the others.
  for (const table of ['public_identifier', 'destination_group_member', 'transaction']) {
    await db.query(`ALTER TABLE sppp.${table} SET (autovacuum_enabled = off)`);
  }
  await db.end();
}

async function withPasswordFile(password: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-bench-password-'));
  try {
    const file = join(folder, 'password');
    await writeFile(file, password, { mode: 0o600 });
    await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readIds(db: pg.Client): Promise<Ids> {
  const { rows } = await db.query<{ rant: number; rar: number; groups: number[] }>(
    `SELECT (SELECT id FROM sppp.organization WHERE org_id = $1) AS rant,
            (SELECT id FROM sppp.organization WHERE org_id = $2) AS rar,
            (SELECT array_agg(id::int ORDER BY name) FROM sppp.destination_group) AS groups`,
    [RANT, RAR],
  );
  const [ids] = rows;
  if (ids === undefined) throw new Error('no organizations in the database');
  return ids;
}

async function connect(server: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf(server, database), application_name: 'sppp bench' });
  client.on('error', () => undefined); // the next query says it
  await client.connect();
  return client;
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
