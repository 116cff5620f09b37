import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../objects/cor-rules.js';
import { identityOf } from '../objects/identity.js';
import { nounOf } from '../objects/noun.js';
import { isConflict } from '../registry/failure.js';
import { closeJournals, openJournals, type Received } from '../registry/journal.js';
import { RowIds } from '../registry/row-ids.js';
import type { AddItem, DeleteItem, Item } from '../sppp/message.js';
import { type Changed, change, conclude, inTransaction, outcomeOf, perform } from './change.js';
import { References } from './references.js';
import { RequestRuns } from './request-runs.js';
import type { Work } from './work.js';

/** Groups carried out at once; while they are under way, what comes waits and goes together. */
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
export class Lanes {
  readonly #pool: Pool;
  readonly #clock: () => Date;
  readonly #corRules: CorRules;
  /** Waiting requests by what they can be grouped by; the oldest lane first. */
  readonly #lanes = new Map<string, Waiting[]>();
  #underWay = 0;

  constructor(pool: Pool, clock: () => Date, corRules: CorRules) {
    this.#pool = pool;
    this.#clock = clock;
    this.#corRules = corRules;
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
      const lane = `${caller.credentialId} ${item.verb} ${rant}`;
      const waiting = this.#lanes.get(lane) ?? [];
      waiting.push({ item, caller, received, resolve, reject });
      this.#lanes.set(lane, waiting);
      this.#start();
    });
  }

  #start(): void {
    while (this.#underWay < GROUPS_AT_ONCE) {
      const group = this.#nextGroup();
      if (group === undefined) return;
      this.#underWay += 1;
      this.#carryOut(group).finally(() => {
        this.#underWay -= 1;
        this.#start();
      });
    }
  }

  /** The oldest lane's first requests, up to one about the same number as another: that one has to see its outcome. */
  #nextGroup(): Waiting[] | undefined {
    const [oldest] = this.#lanes;
    if (oldest === undefined) return undefined;
    const [lane, waiting] = oldest;
    const identities = new Set<string>();
    const most = waiting.findIndex(({ item }, index) => {
      if (index === LARGEST_GROUP) return true;
      if (item.flaw !== undefined) return false;
      const identity = identityOf(item.subject);
      if (identities.has(identity)) return true;
      identities.add(identity);
      return false;
    });
    const group = waiting.splice(0, most < 0 ? waiting.length : most);
    this.#lanes.delete(lane);
    if (waiting.length > 0) this.#lanes.set(lane, waiting);
    return group;
  }

  async #carryOut(group: readonly Waiting[]): Promise<void> {
    try {
      const changed = await this.#together(group);
      group.forEach(({ resolve }, index) => {
        resolve(changed[index] as Changed);
      });
    } catch (error) {
      const [only] = group;
      if (only !== undefined && group.length === 1 && !isConflict(error)) only.reject(error);
      else for (const waiting of group) await this.#alone(waiting);
    }
  }

  #alone({ item, caller, received, resolve, reject }: Waiting): Promise<void> {
    return change(RequestRuns.of([item]), caller, received, this.#pool, this.#clock, this.#corRules).then(
      resolve,
      reject,
    );
  }

  #together(group: readonly Waiting[]): Promise<Changed[]> {
    const [first] = group as [Waiting];
    return inTransaction(this.#pool, first.received, async (db) => {
      const ids = await openJournals(
        db,
        group.map(({ received }) => received),
      );
      const work: Work = {
        db,
        turn: Promise.resolve(),
        known: new References(),
        rowIds: new RowIds(db, false),
        caller: first.caller,
        stamp: { transactionId: ids[0] ?? 0, at: this.#clock() },
        corRules: this.#corRules,
        transactionIds: new Map(group.map(({ item }, index) => [item.subject, ids[index] ?? 0])),
      };
      const items = group.map(({ item }, index): Item => ({ ...item, index })); // numbered by their requests
      const verdicts = await perform(items, work);
      const changed = group.map(({ received }, index) => {
        const own = verdicts.filter((verdict) => verdict.index === index).map((verdict) => ({ ...verdict, index: 0 }));
        return { ...conclude(own, 1, received.mode), isJournalled: true };
      });
      const answeredAt = this.#clock();
      await closeJournals(
        db,
        ids,
        group.map(({ received }) => received),
        changed.map((each) => outcomeOf(each, answeredAt)),
      );
      return { result: changed, commit: true };
    });
  }
}
