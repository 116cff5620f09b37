import type { ClientBase, Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { identityOf } from '../model/identity.js';
import type { Obj } from '../model/obj.js';
import { cancelWhen } from '../registry/connection/cancel-when.js';
import type { Received } from '../registry/journal/journal.js';
import { encodeObj } from '../sppp/encode.js';
import { HeldText } from '../sppp/held-text.js';
import type { GetItem, Head, Item } from '../sppp/message.js';
import { RequestRefusal } from '../sppp/request-refusal.js';
import { type Result, succeeded } from '../sppp/result.js';
import type { BulkLimiter } from './bulk-limiter.js';
import { throwIfDisconnected } from './client-disconnected.js';
import { getByKey, READ_AT_ONCE } from './get.js';
import { getOffers } from './get-offers.js';
import { FIRST_RUN, runsOf } from './runs.js';
import type { Unread } from './unread-answers.js';

export interface Queried {
  readonly overall: Result;
  readonly resultObjs: readonly Obj[];
  /** Instead of resultObjs, where there are many. */
  readonly held?: HeldText;
  readonly objects: number;
  /** The key that the result is about, if that is no success. */
  readonly refused?: GetItem;
}

/** What large queries wait for, and where their answers are counted. */
export interface Reading {
  readonly pool: Pool;
  readonly readLimiter: BulkLimiter;
  readonly unread: Unread;
}

/** Keys of a query that does not wait its turn, and objects that an answer holds as such. */
const FEW = 64;

/**
 * Answers a Get or Get SED Group Offers from one state of the registry. Throws what reading the items or the database
 * throws, and ClientGone if nobody waits for it any more.
 */
export async function query(
  head: Head,
  items: AsyncIterable<readonly Item[]>,
  caller: Caller,
  { disconnected }: Pick<Received, 'disconnected'>,
  { pool, readLimiter, unread }: Reading,
): Promise<Queried> {
  const isOffers = head.rule.operation === 'submitGetSedGrpOffersRqst';
  let leave: (() => void) | undefined;
  const enter = async () => {
    leave ??= await readLimiter.enter(caller.registrarId, disconnected);
    if (leave === undefined) throw new RequestRefusal({ code: 2300, reason: 'too many large requests are waiting' });
  };
  try {
    if (isOffers) await enter();
    // Read whole before a connection is taken: a client that sends slowly holds none.
    const runs: (readonly GetItem[])[] = [];
    let keys = 0;
    for await (const run of runsOf(items)) {
      runs.push(run.filter((item) => item.verb === 'get'));
      keys += run.length;
      if (keys > FEW) await enter();
    }
    const refused = unread.judge(caller.registrarId);
    if (refused !== undefined) throw new RequestRefusal(refused);
    const objects = new Objects(caller.registrarId, unread);
    try {
      const overall = await read(
        pool,
        disconnected,
        (db) => (isOffers ? getOffers(head, runs.flat(), db, caller) : getAll(runs, keys, db, caller)),
        objects,
      );
      if (overall === succeeded) return { overall, ...objects.all(), objects: keys };
      objects.drop();
      const refused = runs.flat().find(({ index }) => index + 1 === overall.object);
      return { overall, resultObjs: [], objects: keys, ...(refused === undefined ? {} : { refused }) };
    } catch (error) {
      objects.drop();
      throw error;
    }
  } finally {
    leave?.();
  }
}

/** Reads objects in one transaction. */
async function read(
  pool: Pool,
  disconnected: AbortSignal | undefined,
  ask: (db: ClientBase) => AsyncGenerator<Obj[] | Result, void>,
  objects: Objects,
): Promise<Result> {
  const db = await pool.connect();
  const holdOn = cancelWhen(disconnected, db);
  try {
    await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    let overall: Result = succeeded;
    for await (const got of ask(db)) {
      throwIfDisconnected(disconnected);
      if (Array.isArray(got)) await objects.add(got);
      else overall = got;
    }
    await db.query('COMMIT');
    holdOn();
    throwIfDisconnected(disconnected);
    db.release();
    return overall;
  } catch (error) {
    holdOn();
    db.release(true);
    throwIfDisconnected(disconnected);
    throw error;
  }
}

/** The objects in the order of the keys; the first refusal is the last that comes. Runs that are done with are let go. */
async function* getAll(
  runs: (readonly GetItem[])[],
  keys: number,
  db: ClientBase,
  caller: Caller,
): AsyncGenerator<Obj[] | Result, void> {
  const atOnce = keys > FIRST_RUN ? READ_AT_ONCE : FIRST_RUN;
  for (let run = runs[0]; run !== undefined; run = runs[0]) {
    for (let start = 0; start < run.length; start += atOnce) {
      const got = await getByKey(run.slice(start, start + atOnce), db, caller);
      yield got;
      if (!Array.isArray(got)) return;
    }
    runs.shift();
  }
}

/** What an answer tells, each object once. Many are made to text as they come. */
class Objects {
  readonly #registrarId: number;
  readonly #unread: Unread;
  readonly #seen = new Set<string>();
  #few: Obj[] = [];
  #held: HeldText | undefined;

  constructor(registrarId: number, unread: Unread) {
    this.#registrarId = registrarId;
    this.#unread = unread;
  }

  async add(objs: readonly Obj[]): Promise<void> {
    for (const obj of objs) {
      const identity = identityOf(obj);
      if (this.#seen.has(identity)) continue;
      this.#seen.add(identity);
      this.#few.push(obj);
    }
    if (this.#held === undefined && this.#few.length <= FEW) return;
    this.#held ??= new HeldText(this.#unread.of(this.#registrarId));
    for (const obj of this.#few) {
      const full = this.#held.add(encodeObj('resultObj', obj));
      if (full !== undefined) await full;
    }
    this.#few = [];
    const refused = this.#unread.judge(this.#registrarId);
    if (refused !== undefined) throw new RequestRefusal(refused);
  }

  all(): { readonly resultObjs: readonly Obj[]; readonly held?: HeldText } {
    return this.#held === undefined ? { resultObjs: this.#few } : { resultObjs: [], held: this.#held };
  }

  drop(): void {
    this.#held?.drop();
    this.#held = undefined;
    this.#few = [];
  }
}
