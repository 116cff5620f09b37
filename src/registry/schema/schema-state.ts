import type { ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { BEGIN_READING } from '../connection/transaction.js';
import { isAdoptable } from './adoption.js';
import { readHistory, refuseStrangeHistory, whyTooNew } from './history.js';
import { readLeastServers } from './least-server.js';
import type { Migration, Schema } from './source.js';
import { changedSqlFiles, type SqlFile } from './sql-files.js';

/** What a database lacks of a schema. */
export interface SchemaState {
  /** It has no history of migrations: there is no registry, or one that was not made by this server. */
  readonly isEmpty: boolean;
  /** It was made by the migrations that preceded the baseline, and is adopted first. */
  readonly isFormer: boolean;
  readonly lacking: readonly Migration[];
  /** SQL files that it lacks, or has with another content. */
  readonly changed: readonly SqlFile[];
}

/** Whether a database lacks nothing. */
export function isCurrent({ isFormer, lacking, changed }: SchemaState): boolean {
  return !isFormer && lacking.length === 0 && changed.length === 0;
}

/**
 * Compares a database with a schema. It may have migrations that are unknown here, if the server that applied them has
 * recorded that this one can work with them; then it lacks no SQL files either, for those of the newer server stay.
 *
 * @throws OperatorError if an applied migration was changed since or failed, or the schema is too new for this server
 */
export async function readSchemaState(client: ClientBase, { migrations, files }: Schema): Promise<SchemaState> {
  const applied = await readHistory(client);
  const isFormer = isAdoptable(applied ?? [], migrations);
  // Adoption puts the baseline in the place of all migrations that there are.
  if (isFormer) return { isEmpty: false, isFormer, lacking: migrations.slice(1), changed: files };
  refuseStrangeHistory(applied ?? [], migrations);
  const known = new Set(migrations.map(({ name }) => name));
  const tooNew = whyTooNew(applied ?? [], known, await readLeastServers(client));
  if (tooNew !== undefined) throw new OperatorError(tooNew);
  const names = new Set(applied?.map((row) => row.migration_name));
  const lacking = migrations.filter(({ name }) => !names.has(name));
  const unknown = [...names].find((name) => !known.has(name));
  const [first] = lacking;
  if (unknown !== undefined && first !== undefined) {
    throw new OperatorError(
      `The database has migration ${unknown}, unknown here, and lacks ${first.name}: it belongs to another line of releases`,
    );
  }
  const changed = unknown === undefined ? await changedSqlFiles(client, files) : [];
  return { isEmpty: applied === undefined, isFormer, lacking, changed };
}

/** The same as of one moment, without a lock: a migration beside it has wholly happened, or not yet. */
export async function readSchemaStateNow(client: ClientBase, schema: Schema): Promise<SchemaState> {
  await client.query(BEGIN_READING);
  return readSchemaState(client, schema).finally(() => client.query('ROLLBACK'));
}
