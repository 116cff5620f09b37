import type { ClientBase, Pool } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { connect, connectionTo } from './connect.js';
import { databaseVariables } from './database-url.js';

const IDENTITY = `SELECT concat_ws(' ', system_identifier, database, journal) AS identity FROM sppp.database_identity`;

/**
 * Checks that look-ups are answered from the registry that requests change, or from a standby of it.
 *
 * @throws OperatorError if it is another one; pg's own error if one of them cannot be asked
 */
export async function checkSameRegistry(registry: Pool, lookupDatabaseUrl: string): Promise<void> {
  const client = await connect(connectionTo(lookupDatabaseUrl, { purpose: 'lookups' }), 'sppp start');
  try {
    if ((await identityOf(registry)) === (await identityOf(client))) return;
  } finally {
    await client.end();
  }
  throw new OperatorError(
    `${databaseVariables.lookups}: it is not the registry of ${databaseVariables.registry}, nor a standby of it`,
  );
}

async function identityOf(db: Pick<ClientBase, 'query'>): Promise<string | undefined> {
  const { rows } = await db.query<{ identity: string }>(IDENTITY);
  return rows[0]?.identity;
}
