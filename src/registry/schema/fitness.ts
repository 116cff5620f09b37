import type { Client } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { type DatabasePurpose, databaseVariables } from '../connection/database-url.js';
import { isCurrent, readSchemaStateNow } from './schema-state.js';
import { OURS, readSchema } from './source.js';

/**
 * Checks that a database has the schema that this server works with: its own, or a newer one that it can work with.
 *
 * @throws OperatorError with the command that makes it so
 */
export async function checkSchema(client: Client, purpose: DatabasePurpose = 'registry'): Promise<void> {
  const state = await readSchemaStateNow(client, await readSchema(OURS));
  if (isCurrent(state)) return;
  const variable = databaseVariables[purpose];
  const where = purpose === 'registry' ? '' : ` on the primary, with ${databaseVariables.registry}`;
  if (state.isEmpty) throw new OperatorError(`${variable}: there is no registry; sppp migrate makes one${where}`);
  const [first, ...others] = [...state.lacking, ...state.changed].map(({ name }) => name);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new OperatorError(
    `${variable}: the schema is older than this server, it lacks ${first ?? 'the baseline'}${more}: run sppp migrate${where}`,
  );
}
