import type { ClientBase, Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { Obj } from '../model/obj.js';
import { cancelWhen } from '../registry/connection/cancel-when.js';
import { type QueuedConnection, queuedConnection } from '../registry/connection/queued-connection.js';
import { BEGIN_READING, commit } from '../registry/connection/transaction.js';
import { type Received, readyToRecord } from '../registry/journal/journal.js';
import type { Stored } from '../registry/rows/stored-objects.js';
import type { GetItem, Head, Item, ResponseContent } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { type Result, succeeded } from '../sppp/result.js';
import type { BulkLimiter } from './bulk-limiter.js';
import { throwIfDisconnected } from './client-disconnected.js';
import { FoundObjects } from './found-objects.js';
import { type JudgedKeys, judgeKeys, READ_AT_ONCE } from './get.js';
import { getOffers } from './get-offers.js';
import { journalled, queryOutcome, type RequestOutcome } from './outcome.js';
import { FIRST_RUN, runsOf } from './runs.js';
import type { UnreadAnswers } from './unread-answers.js';

/** A query that has been answered and journalled. */
export interface Queried {
  readonly outcome: RequestOutcome;
  readonly content: ResponseContent;
}

/** The request that a query belongs to. */
export interface QueryRequest {
  readonly head: Head;
  readonly items: AsyncIterable<readonly Item[]>;
  readonly caller: Caller;
  readonly received: Received;
}

/** What queries are answered with. */
export interface QueryMeans {
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly readLimiter: BulkLimiter;
  readonly unreadAnswers: UnreadAnswers;
}

/** Keys of a query that need not wait for its place among large ones. */
const MAX_SMALL = 64;

/**
 * Answers a Get or a Get SED Group Offers from one state of the registry, and journals it. It takes a connection once all
 * keys have come.
 *
 * @throws RequestRefusedError if too many large queries wait or too many answers are unread, ClientDisconnectedError if its client
 * has gone, and what reading the items or the database throws. It is not journalled then.
 */
export async function query(request: QueryRequest, means: QueryMeans): Promise<Queried> {
  const { head, items, caller, received } = request;
  const { pool, clock, readLimiter, unreadAnswers } = means;
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
    const ready = (outcome: RequestOutcome) => readyToRecord(received, journalled(outcome, clock()));
    const answering = { pool, disconnected, objects, ready };
    const judged = isForOffers || keys > MAX_SMALL ? [] : runs.map((run) => judgeKeys(run, caller));
    try {
      const outcome =
        judged.length > 0 && judged.every(({ isCertain }) => isCertain)
          ? await answerAtOnce(judged, queryOutcome(succeeded, keys), answering)
          : await answerInParts(
              (db) => (isForOffers ? getOffers(head, runs.flat(), db, caller) : getAll(runs, keys, db, caller)),
              !isForOffers && runs.length === 1 && keys <= FIRST_RUN,
              (overall) => queryOutcome(overall, keys, refusedOf(runs, overall)),
              answering,
            );
      if (outcome.overall.code !== succeeded.code) objects.drop();
      return { outcome, content: objects.all() };
    } catch (error) {
      objects.drop();
      throw error;
    }
  } finally {
    leave?.();
  }
}

function refusedOf(runs: readonly (readonly GetItem[])[], { object }: Result): GetItem | undefined {
  return runs.flat().find(({ index }) => index + 1 === object);
}

/** What a query is answered and journalled with. */
interface Answering {
  readonly pool: Pool;
  readonly disconnected: AbortSignal | undefined;
  readonly objects: FoundObjects;
  /** Makes its record ready; what is returned asks for it. */
  readonly ready: (outcome: RequestOutcome) => Promise<(db: ClientBase) => Promise<void>>;
}

/**
 * Answers keys whose outcome is known before anything is read. So the record goes to the database with the statements that
 * read, in one exchange: if one of them fails, it is not written.
 */
async function answerAtOnce(
  keys: readonly JudgedKeys[],
  outcome: RequestOutcome,
  { pool, disconnected, objects, ready }: Answering,
): Promise<RequestOutcome> {
  const record = await ready(outcome);
  await withConnection(pool, disconnected, async (db) => {
    const isOneRead = keys.length === 1;
    if (!isOneRead) db.send(BEGIN_READING);
    const asked = Promise.all(keys.map((each) => each.read(db)));
    const [parts] = await Promise.all([asked, isOneRead ? undefined : commit(db), record(db)]);
    for (const part of parts) if (Array.isArray(part)) await objects.add(part);
  });
  return outcome;
}

/** Answers with objects that are read part by part. Its record follows the last one, with the end of the transaction. */
async function answerInParts(
  ask: (db: ClientBase) => AsyncGenerator<Stored<Obj>[] | Result, void>,
  isOneRead: boolean,
  outcomeOf: (overall: Result) => RequestOutcome,
  { pool, disconnected, objects, ready }: Answering,
): Promise<RequestOutcome> {
  return withConnection(pool, disconnected, async (db) => {
    if (!isOneRead) db.send(BEGIN_READING);
    let overall: Result = succeeded;
    for await (const part of ask(db)) {
      throwIfDisconnected(disconnected);
      if (Array.isArray(part)) await objects.add(part);
      else overall = part;
    }
    throwIfDisconnected(disconnected);
    const outcome = outcomeOf(overall);
    const record = await ready(outcome);
    await Promise.all([isOneRead ? undefined : commit(db), record(db)]);
    return outcome;
  });
}

/** Does work on a connection, which is closed if the work fails. */
async function withConnection<T>(
  pool: Pool,
  disconnected: AbortSignal | undefined,
  work: (db: QueuedConnection) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const stopCancelling = cancelWhen(disconnected, client);
  try {
    const done = await work(queuedConnection(client));
    stopCancelling();
    client.release();
    return done;
  } catch (error) {
    stopCancelling();
    client.release(true);
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
): AsyncGenerator<Stored<Obj>[] | Result, void> {
  const atOnce = keys > FIRST_RUN ? READ_AT_ONCE : FIRST_RUN;
  for (let run = runs[0]; run !== undefined; run = runs[0]) {
    for (let start = 0; start < run.length; start += atOnce) {
      const got = await judgeKeys(run.slice(start, start + atOnce), caller).read(db);
      yield got;
      if (!Array.isArray(got)) return;
    }
    runs.shift();
  }
}
