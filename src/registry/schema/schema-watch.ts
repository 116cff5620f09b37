import type { Pool } from 'pg';
import { runEvery } from '../../scheduling/run-every.js';
import { readHistory, whyTooNew } from './history.js';
import { readLeastServers } from './least-server.js';
import { OURS, readSchema } from './source.js';

/** Milliseconds between two looks at the schema. */
const LOOK_MS = 2000;

/** What a node knows about the schema of its database, which a newer server may have changed since the start. */
export interface SchemaWatch {
  /** Why this node is too old for it, in one line; undefined: it is not. */
  readonly tooNew: string | undefined;
  stop(): Promise<void>;
}

/** Where the node says that it has become too old, and that it is no more. */
interface Log {
  error(message: string): void;
  info(message: string): void;
}

/**
 * Looks every two seconds whether this node can work with the schema of its database. Where the database does not answer,
 * what was known holds.
 */
export function watchSchema(pool: Pool, log: Log): SchemaWatch {
  let tooNew: string | undefined;
  let known: ReadonlySet<string> | undefined;
  const look = async () => {
    known ??= new Set((await readSchema(OURS)).migrations.map(({ name }) => name));
    const now = whyTooNew((await readHistory(pool)) ?? [], known, await readLeastServers(pool));
    if (now === tooNew) return;
    if (now === undefined) log.info('this node can work with the schema of the database again');
    else log.error(`${now}; until then it answers nothing`);
    tooNew = now;
  };
  const stop = runEvery(look, () => undefined, LOOK_MS);
  return {
    get tooNew() {
      return tooNew;
    },
    stop,
  };
}
