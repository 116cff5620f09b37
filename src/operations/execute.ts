import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { v7 as newTransId } from 'uuid';
import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../model/cor-rules.js';
import { isPassing } from '../registry/connection/database-error.js';
import type { ArchivedRequest } from '../registry/journal/archived-request.js';
import { type Received, recordRequest } from '../registry/journal/journal.js';
import type { GetItem, Head, Item, SpppResponse } from '../sppp/message.js';
import { RequestRefusal } from '../sppp/request-refusal.js';
import { message, type Result, succeeded } from '../sppp/result.js';
import type { BulkLimiter } from './bulk-limiter.js';
import { type Changed, change, type Mode, outcomeOf } from './change.js';
import { ClientDisconnected } from './client-disconnected.js';
import { failedObject } from './failures.js';
import { GroupCommitQueue } from './group-commit-queue.js';
import { query } from './query.js';
import { RequestRuns } from './request-runs.js';
import { FIRST_RUN, runsOf } from './runs.js';
import type { Unread } from './unread-answers.js';

export interface Request {
  readonly head: Head;
  readonly items: AsyncIterable<readonly Item[]>;
  readonly caller: Caller;
  readonly mode: Mode;
  readonly remoteAddress: string | undefined;
  readonly userAgent: string | undefined;
  /** The request itself, if it is to be kept. */
  readonly kept?: ArchivedRequest | undefined;
  /** Refuses the request before anything is done, although it could be read. */
  readonly refused?: Result | undefined;
  /** Aborted once nobody waits for the answer. */
  readonly disconnected?: AbortSignal | undefined;
}

export interface Registry {
  readonly pool: Pool;
  /** For words about requests that got no connection, or lost theirs. */
  readonly aside: Pool;
  readonly clock: () => Date;
  readonly groupCommits: GroupCommitQueue;
  readonly bulkLimiter: BulkLimiter;
  /** Where large queries wait their turn. */
  readonly readLimiter: BulkLimiter;
  /** What answers hold that are not read yet. */
  readonly unread: Unread;
  readonly corRules: CorRules;
  readonly load: Load;
  readonly log: Pick<Logger, 'error'>;
}

/** What is under way, for whoever watches over the server. */
export interface Load {
  /** Requests of one number each that wait for their group, or for its commit. */
  groupCommitWaiting: number;
}

/**
 * Carries out any request and journals it before it is answered (RFC 7878 §7.2). Whatever goes wrong with the request
 * or the registry is an answer; only what reading the message throws otherwise is thrown on, since then there may be no
 * message to answer, and ClientGone, journalled, if nobody waits for one.
 */
export async function execute(request: Request, registry: Registry): Promise<SpppResponse> {
  const { head, caller, mode } = request;
  const received: Received = {
    serverTransId: newTransId(),
    clientTransId: head.clientTransId,
    registrarId: caller.registrarId,
    credentialId: caller.credentialId,
    certificate: caller.certificate,
    operation: head.rule.operation,
    mode,
    receivedAt: registry.clock(),
    remoteAddress: request.remoteAddress,
    userAgent: request.userAgent,
    kept: request.kept,
    disconnected: request.disconnected,
  };
  const reading = new Reading(request.items);
  try {
    if (request.refused !== undefined) throw new RequestRefusal(request.refused);
    return await carryOut(request, reading, received, registry);
  } catch (error) {
    if (error instanceof ClientDisconnected) {
      if (reading.thrown !== undefined) throw reading.thrown;
      await journalDisconnected(error, received, registry);
      throw error;
    }
    if (error instanceof RequestRefusal) return refuse(error.result, head, received, registry);
    if (error === reading.thrown) throw error;
    registry.log.error({ err: error, serverTransId: received.serverTransId }, 'request failed');
    return refuse({ code: isPassing(error) ? 2300 : 2301 }, head, received, registry);
  }
}

async function carryOut(
  request: Request,
  items: Reading,
  received: Received,
  registry: Registry,
): Promise<SpppResponse> {
  const { head, caller } = request;
  const { pool, clock } = registry;
  switch (head.rule.operation) {
    case 'submitServerStatusRqst': {
      for await (const _ of items); // The rest must be well-formed, too.
      await journal({ overall: succeeded, objects: 0 }, received, registry);
      return answer(head, received, succeeded);
    }
    case 'submitGetRqst':
    case 'submitGetSedGrpOffersRqst': {
      const queried = await query(head, items, caller, received, registry);
      const { overall, resultObjs, held } = queried;
      try {
        await journal(queried, received, registry, queried.refused);
      } catch (error) {
        held?.drop();
        throw error;
      }
      return { ...answer(head, received, overall), resultObjs, held };
    }
    default:
      return changeBy(items, caller, received, registry, async (changed) => {
        try {
          if (!changed.isJournalled) await recordRequest(pool, received, outcomeOf(changed, clock()));
        } catch (error) {
          changed.details.drop();
          throw error;
        }
        return { ...answer(head, received, changed.overall), ...changed.details.all() };
      });
  }
}

/**
 * Until a client has sent more than a small request has, it holds no connection to the database. Others may have its
 * place once what came of it has been told.
 */
async function changeBy(
  items: Reading,
  caller: Caller,
  received: Received,
  registry: Registry,
  tell: (changed: Changed) => Promise<SpppResponse>,
): Promise<SpppResponse> {
  const { groupCommits, bulkLimiter, load } = registry;
  const runs = new RequestRuns(runsOf(items));
  await runs.readAhead(FIRST_RUN);
  const single = runs.only && GroupCommitQueue.fitting(runs.only, received);
  if (single !== undefined) {
    load.groupCommitWaiting += 1;
    const changed = groupCommits.submit(single, caller, received).finally(() => {
      load.groupCommitWaiting -= 1;
    });
    return changed.then(tell);
  }
  const leave = runs.isWhole ? () => undefined : await bulkLimiter.enter(caller.registrarId, received.disconnected);
  if (leave === undefined) throw new RequestRefusal({ code: 2300, reason: 'too many large requests are waiting' });
  return change(runs, caller, received, registry).then(tell).finally(leave);
}

function answer(head: Head, { serverTransId }: Received, overall: Result): SpppResponse {
  const { rule, clientTransId } = head;
  const echo = clientTransId === undefined ? {} : { clientTransId };
  return { rule, ...echo, serverTransId, overall, details: [], resultObjs: [] };
}

async function refuse(result: Result, head: Head, received: Received, registry: Registry): Promise<SpppResponse> {
  try {
    // What got no connection gets none for that either.
    const pool = result.code === 2300 ? registry.aside : registry.pool;
    await journal({ overall: result, objects: 0 }, received, { ...registry, pool });
  } catch (error) {
    // Without a database there is no journal, but the client is to be told all the same.
    registry.log.error({ err: error, serverTransId: received.serverTransId }, 'refusal not journalled');
  }
  return answer(head, received, result);
}

/** A request that nobody waits for is told of in the journal alone. */
async function journalDisconnected(
  { message: reason }: ClientDisconnected,
  received: Received,
  registry: Registry,
): Promise<void> {
  const nothing = { objects: 0, failed: 0, codes: new Map<number, number>(), failedObjects: [], committed: false };
  try {
    const answeredAt = registry.clock();
    await recordRequest(registry.aside, received, { code: undefined, message: reason, ...nothing, answeredAt });
  } catch (error) {
    registry.log.error({ err: error, serverTransId: received.serverTransId }, 'request given up and not journalled');
  }
}

async function journal(
  { overall, objects }: Pick<Changed, 'overall' | 'objects'>,
  received: Received,
  { pool, clock }: Registry,
  refused?: GetItem,
): Promise<void> {
  const failed = overall.code === succeeded.code ? 0 : objects;
  const one = refused && failedObject({ ...refused, result: overall });
  await recordRequest(pool, received, {
    code: overall.code,
    message: message(overall),
    objects,
    failed,
    codes: new Map(failed === 0 ? [] : [[overall.code, failed]]),
    failedObjects: one === undefined ? [] : [one],
    committed: false,
    answeredAt: clock(),
  });
}

/** The items of a request, with a memory of what reading them threw. */
class Reading implements AsyncIterable<readonly Item[]> {
  thrown: unknown;
  readonly #items: AsyncIterable<readonly Item[]>;

  constructor(items: AsyncIterable<readonly Item[]>) {
    this.#items = items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Item[]> {
    try {
      yield* this.#items;
    } catch (error) {
      this.thrown = error;
      throw error;
    }
  }
}
