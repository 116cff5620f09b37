import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../model/cor-rules.js';
import type { CommitInquiry } from '../registry/journal/commit-inquiry.js';
import type { Received } from '../registry/journal/journal.js';
import type { Head, Item, ResponseContent } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { succeeded } from '../sppp/result.js';
import type { ReadAgain } from './attempts.js';
import type { BulkLimiter } from './bulk-limiter.js';
import { type Changed, change } from './change.js';
import { GroupCommitQueue } from './group-commit-queue.js';
import { queryOutcome, type RequestOutcome } from './outcome.js';
import { query } from './query.js';
import { RequestRuns } from './request-runs.js';
import { FIRST_RUN, runsOf } from './runs.js';
import type { UnreadAnswers } from './unread-answers.js';

/** A request whose head has been read. */
export interface Request {
  readonly head: Head;
  readonly items: AsyncIterable<readonly Item[]>;
  /** How the items are read again; undefined where requests are not archived. */
  readonly readAgain?: ReadAgain | undefined;
  readonly caller: Caller;
  /** As the journal records it. */
  readonly received: Received;
}

/** What requests are carried out with. */
export interface Registry {
  readonly pool: Pool;
  readonly commitInquiry: Pick<CommitInquiry, 'wasDone'>;
  readonly clock: () => Date;
  readonly groupCommits: GroupCommitQueue;
  readonly bulkLimiter: BulkLimiter;
  /** Where large queries wait their turn. */
  readonly readLimiter: BulkLimiter;
  /** The answers that have not been read yet. */
  readonly unreadAnswers: UnreadAnswers;
  readonly corRules: CorRules;
  readonly load: Load;
}

/** Numbers of requests under way, for metrics. */
export interface Load {
  /** Requests of one number each that wait for their group, or for its commit. */
  groupCommitWaiting: number;
}

/** A request that has been carried out. */
export interface Executed {
  readonly outcome: RequestOutcome;
  readonly content: ResponseContent;
  /** Whether its journal row is written; otherwise it has left nothing in the registry. */
  readonly isJournalled: boolean;
  /** Lets the next large request begin. To be called once this one is journalled. */
  readonly leave: () => void;
}

/**
 * Carries out a request (RFC 7878 §7.2) by the kind of its operation.
 *
 * @throws RequestRefusedError if it is refused as a whole, ClientDisconnectedError if its client has disconnected, and
 * every error that reading its items or the database throws. Nothing is left of it then. CommitInDoubtError if that is not
 * known.
 */
export function execute(request: Request, registry: Registry): Promise<Executed> {
  switch (request.head.rule.kind) {
    case 'status':
      return executeStatus(request);
    case 'query':
    case 'offer query':
      return executeQuery(request, registry);
    case 'change':
      return executeChange(request, registry);
  }
}

async function executeStatus({ items }: Request): Promise<Executed> {
  for await (const _ of items); // The rest must be well-formed, too.
  return { outcome: queryOutcome(succeeded, 0), content: {}, isJournalled: false, leave: () => undefined };
}

async function executeQuery(request: Request, registry: Registry): Promise<Executed> {
  return { ...(await query(request, registry)), isJournalled: true, leave: () => undefined };
}

/**
 * Carries out a change. The request holds no connection to the database until more items have come than a small request
 * has, or all.
 */
async function executeChange(request: Request, registry: Registry): Promise<Executed> {
  const { caller, received, readAgain } = request;
  const { groupCommits, bulkLimiter, load } = registry;
  const runs = new RequestRuns(runsOf(request.items));
  await runs.readAhead(FIRST_RUN);
  const single = runs.only && GroupCommitQueue.fitting(runs.only, received);
  if (single !== undefined) {
    load.groupCommitWaiting += 1;
    try {
      return executed(await groupCommits.submit(single, request));
    } finally {
      load.groupCommitWaiting -= 1;
    }
  }
  if (runs.isWhole) return executed(await change(runs, request, registry));
  const leave = await bulkLimiter.enter(caller.registrarId, received.disconnected);
  if (leave === undefined) throw new RequestRefusedError({ code: 2300, reason: 'too many large requests are waiting' });
  try {
    return executed(await change(runs, request, registry, { readAgain }), leave);
  } catch (error) {
    leave();
    throw error;
  }
}

function executed({ outcome, details, isJournalled }: Changed, leave = () => {}): Executed {
  return { outcome, content: details.all(), isJournalled, leave };
}
