import pg from 'pg';
import { expect } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { type Config, readConfig } from '../../src/config.js';
import { type Deps, type DepsOptions, openDeps } from '../../src/deps.js';
import type { Disturb } from '../../src/intake/request.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { serve } from '../../src/server.js';
import { createDatabase, type TestDatabase } from './database.js';
import { DigestClient, type Received, type Sent } from './digest-client.js';
import { validateMessage } from './schema.js';
import { SearchedLog } from './searched-log.js';

export type UserName = 'ssp1' | 'ssp2r' | 'ssp3' | 'ssp4';

/** Registrars and registrants of the RFC's examples. */
const grants = [
  ['iana-en:111', 'iana-en:111', 'ssp1'],
  ['iana-en:223', 'iana-en:222', 'ssp2r'],
  ['iana-en:225', 'iana-en:225', 'ssp3'],
  ['iana-en:226', 'iana-en:226', 'ssp4'],
] as const;

/**
 * A running server with a database of its own and the organizations of the RFC's examples. When it is closed, all that it
 * has logged is searched for every secret that it used.
 */
export interface TestServer {
  readonly url: string;
  /** The console, if SPPP_CONSOLE_PORT is set. */
  readonly consoleUrl: string | undefined;
  /** Where monitoring asks, if SPPP_METRICS_PORT is set. */
  readonly metricsUrl: string | undefined;
  readonly deps: Deps;
  readonly databaseUrl: string;
  /** Sends a SOAP message as one of the users. Every SOAP answer but a fault is checked against the schemas. */
  post(xml: string | Uint8Array, options?: PostOptions): Promise<Received>;
  /** Asks the database. */
  sql<Row extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export interface PostOptions {
  readonly as?: UserName;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

export interface ServerOptions {
  readonly settings?: Record<string, string>;
  readonly clock?: () => Date;
  /** Migrated and empty; it is dropped at the end. */
  readonly database?: TestDatabase;
  /** What makes its requests fail on purpose. */
  readonly disturb?: Disturb;
  /** How long the database may be silent. */
  readonly silence?: DepsOptions['silence'];
  /** false: the server does nothing by itself, such as settle claims that wait. */
  readonly backgroundJobs?: boolean;
}

export async function startServer({
  settings = {},
  clock,
  database: given,
  disturb,
  silence,
  backgroundJobs = true,
}: ServerOptions = {}): Promise<TestServer> {
  const database = given ?? (await createDatabase());
  const config: Config = { ...readConfig({ SPPP_PORT: '0', SPPP_DATABASE_CONNECTIONS: '6', ...settings }), port: 0 };
  const searched = new SearchedLog();
  const outside = {
    databaseUrl: database.url,
    log: searched.logger,
    durable: false,
    backgroundJobs,
    ...(clock && { clock }),
    ...(silence && { silence }),
  };
  const deps = await openDeps(config, outside);
  await populate(deps);
  const server = await serve(deps, disturb);
  const clients = new Map<UserName, DigestClient>(
    grants.map(([, , username]) => [username, new DigestClient({ username, password: username })]),
  );
  const operator = new pg.Pool({ connectionString: database.url, max: 2 });
  // Dropping the database may cut a connection that is still closing.
  operator.on('connect', (client) => client.on('error', () => undefined));
  operator.on('error', () => undefined);
  const sql = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await operator.query<Row>(text, values)).rows;
  return {
    url: server.url,
    consoleUrl: server.consoleUrl,
    metricsUrl: server.metricsUrl,
    deps,
    databaseUrl: database.url,
    post: async (xml, { as = 'ssp2r', path = '/sppp', headers = {} } = {}) => {
      const sent: Sent = {
        method: 'POST',
        headers: { 'content-type': 'text/xml; charset=utf-8', ...headers },
        body: xml,
      };
      const received = await (clients.get(as) as DigestClient).send(server.url + path, sent);
      if (received.status === 200) expect(validateMessage(received.text)).toEqual([]);
      return received;
    },
    sql,
    close: async () => {
      await server.close();
      await deps.close();
      try {
        await searched.expectNoSecrets(sql, database.url);
      } finally {
        await operator.end();
        await database.drop();
      }
    },
  };
}

async function populate({ database: { prisma } }: Deps): Promise<void> {
  for (const orgId of ['iana-en:111', 'iana-en:222', 'iana-en:223', 'iana-en:225', 'iana-en:226']) {
    await addOrganization(prisma, orgId, '');
  }
  for (const [registrar, registrant, username] of grants) {
    await addGrant(prisma, registrar, registrant);
    await addCredential(prisma, { registrar, username, label: '', ...secretsOf(username, username) });
  }
}
