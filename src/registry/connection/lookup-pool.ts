import pg from 'pg';
import { connectionOf } from './connect.js';
import { reportLostConnections } from './lost-connections.js';
import { byKeys, prepareSession } from './session.js';

export interface LookupPoolSettings {
  readonly connections: number;
  /** Milliseconds that a statement may take, patterns included. */
  readonly timeout: number;
}

/** A text that stays the same until the connections lead to another database, or PostgreSQL was started anew. */
const ORIGIN = `SELECT concat((SELECT oid FROM pg_database WHERE datname = current_database()), '@',
                              extract(epoch FROM pg_postmaster_start_time())) AS origin`;

const origins = new WeakMap<pg.ClientBase, string>();

/** Connections for look-ups alone, so that bulk loads and slow patterns of other clients do not delay them. */
export function openLookupPool(
  registry: pg.Pool,
  settings: LookupPoolSettings,
  onConnectionLost: (error: Error) => void,
): pg.Pool {
  const settingsOfSession = {
    ...byKeys,
    statement_timeout: String(Math.trunc(settings.timeout)),
    default_transaction_read_only: 'on',
    // Each statement of look-ups enters tables by their keys, whatever is asked: planning it again tells nothing new.
    plan_cache_mode: 'force_generic_plan',
  };
  const pool = new pg.Pool({
    ...connectionOf(registry),
    application_name: 'sppp look-up',
    max: settings.connections,
    connectionTimeoutMillis: 5000,
    pipeline: true,
    onConnect: async (client) => {
      await prepareSession(client, settingsOfSession);
      const { rows } = await client.query<{ origin: string }>(ORIGIN);
      for (const { origin } of rows) origins.set(client, origin);
    },
  });
  reportLostConnections(pool, onConnectionLost);
  return pool;
}

/** Distinguishes the database that a connection of such a pool leads to from all others. */
export function originOf(client: pg.ClientBase): string | undefined {
  return origins.get(client);
}
