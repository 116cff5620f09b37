import type { ClientBase, Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { identityOf } from '../model/identity.js';
import type { Obj } from '../model/obj.js';
import { cancelWhen } from '../registry/connection/cancel-when.js';
import type { Received } from '../registry/journal/journal.js';
import { encodeObj } from '../sppp/encode.js';
import { HeldText } from '../sppp/held-text.js';
import type { GetItem, Head, Item, ResponseContent } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { type Result, succeeded } from '../sppp/result.js';
import type { BulkLimiter } from './bulk-limiter.js';
import { throwIfDisconnected } from './client-disconnected.js';
import { getByKey, READ_AT_ONCE } from './get.js';
import { getOffers } from './get-offers.js';
import { queryOutcome, type RequestOutcome } from './outcome.js';
import { FIRST_RUN, runsOf } from './runs.js';
import type { UnreadAnswers } from './unread-answers.js';

/** A query that has been answered. */
export interface Queried {
  readonly outcome: RequestOutcome;
  readonly content: ResponseContent;
}

/** The request that a query belongs to. */
export interface QueryRequest {
  readonly head: Head;
  readonly items: AsyncIterable<readonly Item[]>;
  readonly caller: Caller;
  readonly received: Pick<Received, 'disconnected'>;
}

/** What queries are answered with. */
export interface QueryMeans {
  readonly pool: Pool;
  readonly readLimiter: BulkLimiter;
  readonly unreadAnswers: UnreadAnswers;
}

/** Keys of a query that need not wait for its place among large ones, and objects that are held as such. */
const MAX_SMALL = 64;

/**
 * Answers a Get or a Get SED Group Offers from one state of the registry. It takes a connection once all keys have come.
 *
 * @throws RequestRefusedError if too many large queries wait or too many answers are unread, ClientDisconnectedError if its client
 * has gone, and what reading the items or the database throws
 */
export async function query(request: QueryRequest, means: QueryMeans): Promise<Queried> {
  const { head, items, caller, received } = request;
  const { pool, readLimiter, unreadAnswers } = means;
  const { disconnected } = received;
  const isForOffers = head.rule.kind === 'offer query';
  let leave: (() => void) | undefined;
  const enter = async () => {
    leave ??= await readLimiter.enter(caller.registrarId, disconnected);
    if (leave === undefined)
      throw new RequestRefusedError({ code: 2300, reason: 'too many large requests are waiting' });
  };
  try {
    if (isForOffers) await enter();
    const runs: (readonly GetItem[])[] = [];
    let keys = 0;
    for await (const run of runsOf(items)) {
      runs.push(run.filter((item) => item.verb === 'get'));
      keys += run.length;
      if (keys > MAX_SMALL) await enter();
    }
    const tooMany = unreadAnswers.judge(caller.registrarId);
    if (tooMany !== undefined) throw new RequestRefusedError(tooMany);
    const objects = new FoundObjects(caller.registrarId, unreadAnswers);
    try {
      const overall = await read(
        pool,
        disconnected,
        (db) => (isForOffers ? getOffers(head, runs.flat(), db, caller) : getAll(runs, keys, db, caller)),
        objects,
      );
      if (overall === succeeded) return { outcome: queryOutcome(overall, keys), content: objects.all() };
      objects.drop();
      const refused = runs.flat().find(({ index }) => index + 1 === overall.object);
      return { outcome: queryOutcome(overall, keys, refused), content: {} };
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
  objects: FoundObjects,
): Promise<Result> {
  const db = await pool.connect();
  const stopCancelling = cancelWhen(disconnected, db);
  try {
    await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    let overall: Result = succeeded;
    for await (const got of ask(db)) {
      throwIfDisconnected(disconnected);
      if (Array.isArray(got)) await objects.add(got);
      else overall = got;
    }
    await db.query('COMMIT');
    stopCancelling();
    throwIfDisconnected(disconnected);
    db.release();
    return overall;
  } catch (error) {
    stopCancelling();
    db.release(true);
    throwIfDisconnected(disconnected);
    throw error;
  }
}

/** The objects in the order of the keys; a refusal ends them. Drops each run once it is read. */
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

/** The objects of an answer, each once. Many are made to text as they come. */
class FoundObjects {
  readonly #registrarId: number;
  readonly #unread: UnreadAnswers;
  readonly #seen = new Set<string>();
  #few: Obj[] = [];
  #held: HeldText | undefined;

  constructor(registrarId: number, unread: UnreadAnswers) {
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
    if (this.#held === undefined && this.#few.length <= MAX_SMALL) return;
    this.#held ??= new HeldText(this.#unread.of(this.#registrarId));
    for (const obj of this.#few) {
      const full = this.#held.add(encodeObj('resultObj', obj));
      if (full !== undefined) await full;
    }
    this.#few = [];
    const refused = this.#unread.judge(this.#registrarId);
    if (refused !== undefined) throw new RequestRefusedError(refused);
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
