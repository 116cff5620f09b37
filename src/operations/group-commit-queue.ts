import type { CorRules } from '../model/cor-rules.js';
import { nounOf } from '../model/noun.js';
import { isConflict, isLockTimeout, LockTimeoutError } from '../registry/connection/database-error.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { CommitInDoubtError, type CommitInquiry } from '../registry/journal/commit-inquiry.js';
import type { Received } from '../registry/journal/journal.js';
import { OpenJournals } from '../registry/journal/open-journals.js';
import { RowIds } from '../registry/rows/row-ids.js';
import type { Stamp } from '../registry/rows/stamp.js';
import type { AddItem, DeleteItem, Item } from '../sppp/message.js';
import { found } from '../values/found.js';
import { type Changed, type ChangeRequest, change, detailsOf, perform } from './change.js';
import { ClientDisconnectedError, onceOneHasGone } from './client-disconnected.js';
import { Details } from './details.js';
import { HeldRequests } from './held-requests.js';
import { changeOutcome, journalled } from './outcome.js';
import { References } from './references.js';
import { RequestRuns } from './request-runs.js';
import { inTransaction } from './request-transaction.js';
import type { RunStart } from './run-context.js';
import type { UnreadAnswers } from './unread-answers.js';

/** Groups of one registrar that are carried out at once; requests that come meanwhile wait and form the next group. */
const GROUPS_AT_ONCE = 2;

/** Requests in one group. */
const MAX_GROUP = 256;

/** Milliseconds after which a group makes room for a further one: what it waits for, others may not need. */
const LATE_MS = 2000;

/** Milliseconds that a group waits for a lock, and that a request waits for locks in all its groups. */
const GROUP_LOCK_MS = 1000;
const LOCK_MS = 60_000;

/** A group that is being carried out, since when. */
interface UnderWay {
  readonly since: number;
}

/** A request of a single public identifier, waiting. */
interface Waiting {
  readonly since: number;
  /** What it has in common with the requests that it may be grouped with. */
  readonly queueKey: string;
  readonly item: AddItem | DeleteItem;
  readonly request: ChangeRequest;
  readonly resolve: (changed: Changed) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Groups requests of one number each: those of one credential, verb and registrant that wait while the database is busy
 * become one run and one commit. Each request keeps its own journal row, result and answer, which it gets after the
 * commit. If a group fails as a whole, each of its requests is carried out alone, so that a fault stays with its request;
 * unless it may be committed, which then holds for all of them.
 *
 * Groups that are stuck hold up nobody else. A group that takes long makes room for another one, within the registrar's share
 * of the connections. A group that meets a lock is given up soon: its requests are held, with all that may need the same
 * rows, and are tried again beside the others.
 */
export class GroupCommitQueue {
  readonly #pool: SharedPool;
  readonly #commitInquiry: Pick<CommitInquiry, 'wasDone'>;
  readonly #clock: () => Date;
  readonly #corRules: CorRules;
  readonly #unreadAnswers: UnreadAnswers;
  /** Waiting requests by registrar, then by what they have in common; the oldest first. */
  readonly #waiting = new Map<number, Map<string, Waiting[]>>();
  /** Groups under way, by registrar. */
  readonly #underWay = new Map<number, Set<UnderWay>>();
  /** Requests that have met a lock, by registrar. */
  readonly #held = new Map<number, HeldRequests<Waiting>>();
  /** Registrars whose groups are looked at when they may be late. */
  readonly #lookedAt = new Set<number>();

  constructor(
    pool: SharedPool,
    commitInquiry: Pick<CommitInquiry, 'wasDone'>,
    clock: () => Date,
    corRules: CorRules,
    unreadAnswers: UnreadAnswers,
  ) {
    this.#pool = pool;
    this.#commitInquiry = commitInquiry;
    this.#clock = clock;
    this.#corRules = corRules;
    this.#unreadAnswers = unreadAnswers;
  }

  /** The item of a request that may share a commit: a single public identifier, unless it is validated only. */
  static fitting(run: readonly Item[], { mode }: Received): AddItem | DeleteItem | undefined {
    const [item] = run;
    if (item === undefined || run.length > 1 || mode === 'validate' || nounOf(item.subject) !== 'PubId')
      return undefined;
    return item.verb === 'add' || item.verb === 'delete' ? item : undefined;
  }

  /** Carries out a request, alone or with others. Throws what the database throws for this very request. */
  submit(item: AddItem | DeleteItem, request: ChangeRequest): Promise<Changed> {
    return new Promise((resolve, reject) => {
      const { caller } = request;
      const rant = 'rant' in item.subject ? item.subject.rant : '';
      const queueKey = `${caller.credentialId} ${item.verb} ${rant}`;
      const { registrarId } = caller;
      const queues = this.#waiting.get(registrarId) ?? new Map<string, Waiting[]>();
      const one: Waiting = { item, request, resolve, reject, queueKey, since: performance.now() };
      if (this.#held.get(registrarId)?.takes(one)) return;
      const waiting = queues.get(queueKey) ?? [];
      waiting.push(one);
      this.#waiting.set(registrarId, queues.set(queueKey, waiting));
      this.#start(registrarId);
    });
  }

  /** Starts as many groups of a registrar as it may have under way; other registrars do not wait for them. */
  #start(registrarId: number): void {
    for (;;) {
      const group = this.#hasPlace(registrarId) ? this.#nextGroup(registrarId) : undefined;
      if (group === undefined) break;
      void this.#perform(registrarId, group);
    }
    if (this.#waiting.has(registrarId)) this.#startLater(registrarId);
    const held = this.#held.get(registrarId);
    const again = held?.next();
    if (held !== undefined && again !== undefined) void this.#tryAgain(registrarId, held, again);
  }

  #hasPlace(registrarId: number): boolean {
    const groups = [...(this.#underWay.get(registrarId) ?? [])];
    const punctual = performance.now() - LATE_MS;
    const inTime = groups.filter(({ since }) => since > punctual).length;
    // One connection is left to requests of other kinds.
    return inTime < GROUPS_AT_ONCE && groups.length < Math.max(this.#pool.share - 1, GROUPS_AT_ONCE);
  }

  /** Looks again when the groups under way may be late. */
  #startLater(registrarId: number): void {
    if (this.#lookedAt.has(registrarId)) return;
    this.#lookedAt.add(registrarId);
    setTimeout(() => {
      this.#lookedAt.delete(registrarId);
      this.#start(registrarId);
    }, LATE_MS).unref();
  }

  async #perform(registrarId: number, group: readonly Waiting[]): Promise<void> {
    const underWay = { since: performance.now() };
    const groups = this.#underWay.get(registrarId) ?? new Set();
    this.#underWay.set(registrarId, groups.add(underWay));
    const stuck = await this.#carryOut(group);
    groups.delete(underWay);
    if (groups.size === 0) this.#underWay.delete(registrarId);
    if (stuck.length > 0) {
      const held = this.#held.get(registrarId) ?? new HeldRequests(rowsOf, MAX_GROUP);
      this.#held.set(registrarId, held);
      held.hold(stuck);
    }
    this.#start(registrarId);
  }

  /** Tries requests that have met a lock once more. */
  async #tryAgain(registrarId: number, held: HeldRequests<Waiting>, group: readonly Waiting[]): Promise<void> {
    const stuck = await this.#carryOut(group);
    held.settle(group, stuck);
    const last = performance.now() - LOCK_MS;
    for (const { reject } of held.takeOut(({ since }) => since < last)) reject(new LockTimeoutError());
    if (held.isEmpty) this.#held.delete(registrarId);
    this.#start(registrarId);
  }

  /** The first requests of the registrar's oldest queue. */
  #nextGroup(registrarId: number): Waiting[] | undefined {
    const queues = this.#waiting.get(registrarId);
    for (const [queueKey, waiting] of queues ?? []) {
      const group = waiting.splice(0, MAX_GROUP);
      queues?.delete(queueKey);
      if (waiting.length > 0) queues?.set(queueKey, waiting);
      if (queues?.size === 0) this.#waiting.delete(registrarId);
      return group;
    }
    return undefined;
  }

  /**
   * Leaves out requests whose clients have gone; if a client goes meanwhile, begins again without its request. Returns those
   * that have met a lock; all others have their answers then.
   */
  async #carryOut(all: readonly Waiting[]): Promise<readonly Waiting[]> {
    const group = all.filter(({ request }) => !request.received.disconnected?.aborted);
    for (const waiting of all) if (!group.includes(waiting)) waiting.reject(new ClientDisconnectedError());
    if (group.length === 0) return [];
    try {
      const changed = await this.#together(group);
      group.forEach(({ resolve }, index) => {
        resolve(changed[index] as Changed);
      });
    } catch (error) {
      if (error instanceof ClientDisconnectedError) return this.#carryOut(group);
      if (isLockTimeout(error)) return group;
      const isFinal = error instanceof CommitInDoubtError || (group.length === 1 && !isConflict(error));
      if (isFinal) for (const { reject } of group) reject(error);
      else await Promise.all(group.map((waiting) => this.#alone(waiting)));
    }
    return [];
  }

  /** Each item is marked with the journal row of its own request. */
  async #stampOf(group: readonly Waiting[], journalIds: Promise<readonly number[]>): Promise<Stamp> {
    const at = this.#clock();
    const ids = await journalIds;
    const idOf = (index: number) => found(ids[index], 'the row id of a journal row');
    const transactionIds = new Map(group.map(({ item }, index) => [item.subject, idOf(index)]));
    return { transactionId: idOf(0), at, transactionIds };
  }

  #alone({ item, request, resolve, reject }: Waiting): Promise<void> {
    const pool = this.#pool.of(request.caller.registrarId, request.received.disconnected);
    const means = {
      ...{ pool, commitInquiry: this.#commitInquiry, clock: this.#clock },
      ...{ corRules: this.#corRules, unreadAnswers: this.#unreadAnswers },
    };
    return change(RequestRuns.of([item]), request, means).then(resolve, reject);
  }

  async #together(group: readonly Waiting[]): Promise<Changed[]> {
    const [{ request: first }] = group as [Waiting];
    const received = group.map(({ request }) => request.received);
    const clients = received.map((each) => each.disconnected);
    const { signal: disconnected, end } = onceOneHasGone(clients);
    const pool = this.#pool.of(first.caller.registrarId, disconnected);
    const owner = { serverTransId: first.received.serverTransId, disconnected, clients };
    return inTransaction({ pool, commitInquiry: this.#commitInquiry }, owner, async (db) => {
      const journals = new OpenJournals(db, received, GROUP_LOCK_MS);
      const stamp = this.#stampOf(group, journals.ids);
      stamp.catch(() => undefined); // What waits for it is rejected, or the work has failed before.
      const context: RunStart = {
        db,
        known: new References(),
        rowIds: new RowIds(false),
        caller: first.caller,
        stamp,
        corRules: this.#corRules,
      };
      const items = group.map(({ item }, index): Item => ({ ...item, index })); // numbered by their requests
      const verdicts = await perform(items, context);
      const changed = group.map(({ request }, index): Changed => {
        const details = new Details(detailsOf(request), this.#unreadAnswers);
        details.add(verdicts.filter((each) => each.index === index).map((each) => ({ ...each, index: 0 })));
        return { outcome: changeOutcome(details.failures, 1, request.received.mode), details, isJournalled: true };
      });
      const answeredAt = this.#clock();
      await journals.close(changed.map(({ outcome }) => journalled(outcome, answeredAt)));
      return { result: changed, commit: true };
    }).finally(end);
  }
}

/** What rows a request may need, as far as requests that share a group can differ. */
function rowsOf({ item: { subject }, queueKey }: Waiting): string {
  return 'dgName' in subject ? JSON.stringify([queueKey, ...[subject.dgName].flat().sort()]) : queueKey;
}
