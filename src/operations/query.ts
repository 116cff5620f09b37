import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { identityOf } from '../objects/identity.js';
import type { Obj } from '../objects/obj.js';
import type { Item } from '../sppp/message.js';
import { type Result, succeeded } from '../sppp/result.js';
import { getByKey } from './get.js';
import { runsOf } from './runs.js';

export interface Queried {
  readonly overall: Result;
  readonly resultObjs: readonly Obj[];
  readonly objects: number;
}

/**
 * Answers a Get: all keys against one state of the registry, the objects in the order of their keys. Throws what
 * reading the items or the database throws.
 */
export async function query(items: AsyncIterable<readonly Item[]>, caller: Caller, pool: Pool): Promise<Queried> {
  const runs = runsOf(items);
  const first = await runs.next();
  const db = await pool.connect();
  try {
    await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const resultObjs = new Map<string, Obj>();
    let refused: Result | undefined;
    let objects = 0;
    for (let next = first; !next.done; next = await runs.next()) {
      const run = next.value;
      objects += run.length;
      if (refused !== undefined) continue;
      const got = await getByKey(
        run.filter((item) => item.verb === 'get'),
        db,
        caller,
      );
      if (Array.isArray(got)) for (const obj of got) resultObjs.set(identityOf(obj), obj);
      else refused = got;
    }
    await db.query('COMMIT');
    db.release();
    return refused === undefined
      ? { overall: succeeded, resultObjs: [...resultObjs.values()], objects }
      : { overall: refused, resultObjs: [], objects };
  } catch (error) {
    db.release(true);
    throw error;
  }
}
