import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../model/cor-rules.js';
import { nounOf } from '../model/noun.js';
import { isConflict } from '../registry/connection/database-error.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { closeJournals, openJournals, type Received } from '../registry/journal/journal.js';
import { RowIds } from '../registry/rows/row-ids.js';
import type { AddItem, DeleteItem, Item } from '../sppp/message.js';
import { found } from '../values/found.js';
import { type Changed, change, conclude, inTransaction, outcomeOf, perform } from './change.js';
import { ClientDisconnected } from './client-disconnected.js';
import { Details } from './details.js';
import { References } from './references.js';
import { RequestRuns } from './request-runs.js';
import type { RunContext } from './run-context.js';
import type { Unread } from './unread-answers.js';

/** Groups of one registrar carried out at once; while they are under way, what comes waits and goes together. */
const GROUPS_AT_ONCE = 2;

/** Requests in one group at the most. */
const LARGEST_GROUP = 256;

/** A request of a single public identifier, waiting. */
interface Waiting {
  readonly item: AddItem | DeleteItem;
  readonly caller: Caller;
  readonly received: Received;
  readonly resolve: (changed: Changed) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Where requests of one number each go together: those of one credential, verb and registrant that wait while the
 * database is busy become one run and one commit. Each keeps its own journal row, verdict and answer, which it gets
 * after the commit; when a group fails as a whole, each is carried out alone, so that a fault stays with its request.
 */
export class GroupCommitQueue {
  readonly #pool: SharedPool;
  readonly #clock: () => Date;
  readonly #corRules: CorRules;
  readonly #unread: Unread;
  /** Waiting requests by registrar, then by what they can be grouped by; the oldest lane first. */
  readonly #groupCommits = new Map<number, Map<string, Waiting[]>>();
  /** Groups under way, by registrar. */
  readonly #underWay = new Map<number, number>();

  constructor(pool: SharedPool, clock: () => Date, corRules: CorRules, unread: Unread) {
    this.#pool = pool;
    this.#clock = clock;
    this.#corRules = corRules;
    this.#unread = unread;
  }

  /** The item of a request that can go with others: a single public identifier that is to stay. */
  static fitting(run: readonly Item[], { mode }: Received): AddItem | DeleteItem | undefined {
    const [item] = run;
    if (item === undefined || run.length > 1 || mode === 'validate' || nounOf(item.subject) !== 'PubId')
      return undefined;
    return item.verb === 'add' || item.verb === 'delete' ? item : undefined;
  }

  /** Carries out a request, alone or with others. Rejects with what the database throws for this very request. */
  submit(item: AddItem | DeleteItem, caller: Caller, received: Received): Promise<Changed> {
    return new Promise((resolve, reject) => {
      const rant = 'rant' in item.subject ? item.subject.rant : '';
      const queueKey = `${caller.credentialId} ${item.verb} ${rant}`;
      const { registrarId } = caller;
      const groupCommits = this.#groupCommits.get(registrarId) ?? new Map<string, Waiting[]>();
      const waiting = groupCommits.get(queueKey) ?? [];
      waiting.push({ item, caller, received, resolve, reject });
      this.#groupCommits.set(registrarId, groupCommits.set(queueKey, waiting));
      this.#start(registrarId);
    });
  }

  /** Each registrar has groups of its own under way: whoever waits for one waits for his own. */
  #start(registrarId: number): void {
    for (;;) {
      const underWay = this.#underWay.get(registrarId) ?? 0;
      const group = underWay < GROUPS_AT_ONCE ? this.#nextGroup(registrarId) : undefined;
      if (group === undefined) return;
      this.#underWay.set(registrarId, underWay + 1);
      this.#carryOut(group).finally(() => {
        const left = (this.#underWay.get(registrarId) ?? 1) - 1;
        if (left > 0) this.#underWay.set(registrarId, left);
        else this.#underWay.delete(registrarId);
        this.#start(registrarId);
      });
    }
  }

  /** The first requests of the registrar's oldest lane. */
  #nextGroup(registrarId: number): Waiting[] | undefined {
    const groupCommits = this.#groupCommits.get(registrarId);
    for (const [queueKey, waiting] of groupCommits ?? []) {
      const group = waiting.splice(0, LARGEST_GROUP);
      groupCommits?.delete(queueKey);
      if (waiting.length > 0) groupCommits?.set(queueKey, waiting);
      if (groupCommits?.size === 0) this.#groupCommits.delete(registrarId);
      return group;
    }
    return undefined;
  }

  /** Those whose clients are gone are left out; where one goes meanwhile, it is begun again without that one. */
  async #carryOut(all: readonly Waiting[]): Promise<void> {
    const group = all.filter(({ received }) => !received.disconnected?.aborted);
    for (const waiting of all) if (!group.includes(waiting)) waiting.reject(new ClientDisconnected());
    if (group.length === 0) return;
    try {
      const changed = await this.#together(group);
      group.forEach(({ resolve }, index) => {
        resolve(changed[index] as Changed);
      });
    } catch (error) {
      if (error instanceof ClientDisconnected) return this.#carryOut(group);
      const [only] = group;
      if (only !== undefined && group.length === 1 && !isConflict(error)) only.reject(error);
      else for (const waiting of group) await this.#alone(waiting);
    }
  }

  #alone({ item, caller, received, resolve, reject }: Waiting): Promise<void> {
    const pool = this.#pool.of(caller.registrarId, received.disconnected);
    const means = { pool, clock: this.#clock, corRules: this.#corRules, unread: this.#unread };
    return change(RequestRuns.of([item]), caller, received, means).then(resolve, reject);
  }

  async #together(group: readonly Waiting[]): Promise<Changed[]> {
    const [first] = group as [Waiting];
    const { disconnected, end } = anyOf(group.flatMap(({ received }) => received.disconnected ?? []));
    const pool = this.#pool.of(first.caller.registrarId, disconnected);
    return inTransaction(pool, { ...first.received, disconnected }, async (db) => {
      const ids = await openJournals(
        db,
        group.map(({ received }) => received),
      );
      const context: RunContext = {
        db,
        known: new References(),
        rowIds: new RowIds(false),
        caller: first.caller,
        stamp: { transactionId: found(ids[0], 'the row id of the journal row'), at: this.#clock() },
        corRules: this.#corRules,
        transactionIds: new Map(
          group.map(({ item }, index) => [item.subject, found(ids[index], 'the row id of a journal row')]),
        ),
      };
      const items = group.map(({ item }, index): Item => ({ ...item, index })); // numbered by their requests
      const verdicts = await perform(items, context);
      const changed = group.map(({ received }, index) => {
        const details = new Details(received, this.#unread);
        details.add(verdicts.filter((each) => each.index === index).map((each) => ({ ...each, index: 0 })));
        return { ...conclude(details, 1, received.mode), isJournalled: true };
      });
      const answeredAt = this.#clock();
      await closeJournals(
        db,
        ids,
        group.map(({ received }) => received),
        changed.map((each) => outcomeOf(each, answeredAt)),
      );
      return { result: changed, commit: true };
    }).finally(end);
  }
}

/** Aborted as soon as one of them is. */
function anyOf(signals: readonly AbortSignal[]): { disconnected: AbortSignal | undefined; end: () => void } {
  const [one] = signals;
  if (signals.every((signal) => signal === one)) return { disconnected: one, end: () => undefined };
  const first = new AbortController();
  const abort = () => first.abort(new ClientDisconnected());
  for (const signal of signals) {
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return {
    disconnected: first.signal,
    end: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort);
    },
  };
}
