import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { ruleOf } from '../../test/support/arbitrary.js';
import { Grants } from '../model/grants.js';
import { BulkLimiter } from '../operations/bulk-limiter.js';
import { GroupCommitQueue } from '../operations/group-commit-queue.js';
import { UnreadAnswers } from '../operations/unread-answers.js';
import { SharedPool } from '../registry/connection/shared-pool.js';
import { CommitInDoubtError } from '../registry/journal/commit-inquiry.js';
import type { Head, Item, SpppResponse } from '../sppp/message.js';
import { type AccountedRequest, type Cost, type Slowed, TooManyRequestsError } from './accounts.js';
import { takeIn } from './intake.js';
import type { Intake, IntakeRequest } from './request.js';

/** How one request is to go. */
interface Course {
  readonly slowed?: Slowed;
  readonly operation?: string;
  readonly items?: readonly Item[];
  /** Thrown by the head, by the items behind the first ones, by the database, by sending. */
  readonly headFails?: Error;
  readonly itemsFail?: Error;
  readonly databaseFails?: Error;
  readonly sendFails?: Error;
}

const limits = { inAll: 2, perRegistrar: 1, waiting: 4 };

/** Takes in a request without SOAP, HTTP and PostgreSQL, and writes down what happens to it. */
async function course(going: Course) {
  const events: string[] = [];
  const answers: { answer: SpppResponse; retryAfter: number | undefined }[] = [];
  const answered: AccountedRequest[] = [];
  const spent: Cost[] = [];
  const ids: string[] = [];
  const journal: unknown[][] = [];
  const underWay = new Set<string>();
  const query = async ({ name, values }: { name: string; values: unknown[] }) => {
    events.push(name);
    if (going.databaseFails !== undefined) throw going.databaseFails;
    journal.push(values);
    return { rows: [] };
  };
  const pool = new SharedPool({ options: { max: 10 }, query } as unknown as Pool);
  const clock = () => new Date(0);
  const unreadAnswers = new UnreadAnswers({ perRegistrar: 1000, inAll: 1000 });
  const corRules = {} as Intake['corRules'];
  const commitInquiry = { wasDone: async () => false };
  const intake: Intake = {
    ...{ pool, commitInquiry, clock, unreadAnswers, corRules, load: { groupCommitWaiting: 0 } },
    activity: { answered: () => undefined },
    underWay: {
      begin: (id) => {
        underWay.add(id);
        return () => underWay.delete(id);
      },
    },
    groupCommits: new GroupCommitQueue(pool, commitInquiry, clock, corRules, unreadAnswers),
    bulkLimiter: new BulkLimiter(limits),
    readLimiter: new BulkLimiter(limits),
    throttle: { enter: () => going.slowed, spent: (_id, _address, cost) => spent.push(cost) },
    metrics: {
      answered: (each) => {
        events.push('account');
        answered.push(each);
      },
      refused: (status, reason) => events.push(`refused ${status} ${reason}`),
    },
  };
  const head: Head = { rule: ruleOf(going.operation ?? 'submitServerStatusRqst'), offeredBy: [], offeredTo: [] };
  const request: IntakeRequest<string> = {
    caller: { credentialId: 1, registrarId: 1, registrar: 'iana-en:1', grants: new Grants([]) },
    ...{ mode: 'atomic', address: '192.0.2.1', userAgent: undefined, since: 0, span: undefined },
    disconnected: new AbortController().signal,
    log: { debug: () => undefined, warn: () => undefined, error: () => events.push('log') },
    onAdmitted: (id) => {
      events.push('admit');
      ids.push(id);
    },
    open: () => {
      events.push('open');
      return {
        archived: undefined,
        head: async () => {
          events.push('head');
          if (going.headFails !== undefined) throw going.headFails;
          return { head };
        },
        readAgain: undefined,
        objectionTo: () => undefined,
        async *items() {
          events.push('items');
          expect([...underWay]).toEqual(ids);
          if (going.items !== undefined) yield going.items;
          if (going.itemsFail !== undefined) throw going.itemsFail;
        },
        close: async () => {
          events.push('close');
        },
      };
    },
    refusalOf: ({ message }: Error) => ({ status: 400, reason: message }),
    refuse: async () => {
      events.push('refuse');
      return 'refused';
    },
    send: async (answer, retryAfter) => {
      events.push('send');
      if (going.sendFails !== undefined) throw going.sendFails;
      answers.push({ answer, retryAfter });
      return 'sent';
    },
  };
  const sent = await takeIn(request, intake).catch((error: unknown) => error);
  expect(underWay).toEqual(new Set());
  return { sent, events, ids, journal, answer: answers[0], answered: answered[0], spent: spent[0] };
}

const slowed: Slowed = { what: 'requests', reason: 'throttled', retryAfter: 7, refusals: 2, unread: false };
const group = { kind: 'DestGrpType', rant: 'iana-en:1', rar: 'iana-en:1', dgName: 'DG_1' } as const;

describe('a request', () => {
  it('passes its stages in order, under one id', async () => {
    const { sent, events, ids, journal, answer, answered } = await course({});
    expect(sent).toBe('sent');
    expect(events).toEqual(['admit', 'open', 'head', 'items', 'record a request', 'send', 'close', 'account']);
    expect(answer?.answer).toMatchObject({ serverTransId: ids[0], overall: { code: 1000 } });
    expect(answer?.answer.svcMenu?.serverStatus).toBe('inService');
    expect(journal[0]?.[0]).toBe(ids[0]);
    expect(answered).toMatchObject({ operation: 'submitServerStatusRqst', code: 1000 });
  });

  it('of a registrar over its rate is answered 2300, and not carried out', async () => {
    const { events, answer } = await course({ slowed });
    expect(events).toEqual([
      ...['admit', 'open', 'head', 'record a request', 'send', 'close', 'refused 2300 requests', 'account'],
    ]);
    expect(answer).toMatchObject({ retryAfter: 7, answer: { overall: { code: 2300 } } });
  });

  it('of a registrar with too many such answers is not admitted, and not journalled', async () => {
    const { sent, events } = await course({ slowed: { ...slowed, unread: true } });
    expect(sent).toBeInstanceOf(TooManyRequestsError);
    expect(events).toEqual([]);
  });

  it('that cannot be read is journalled with the answer that it gets, and refused', async () => {
    const { sent, events, ids, journal, answered, spent } = await course({ headFails: new Error('not XML') });
    expect(sent).toBe('refused');
    expect(events).toEqual([
      ...['admit', 'open', 'head', 'record a request', 'refuse', 'close', 'refused 400 unread', 'account'],
    ]);
    expect(journal[0]).toEqual(expect.arrayContaining([ids[0], 400, 'not XML']));
    expect(answered).toMatchObject({ operation: undefined, code: 400, objects: [] });
    expect(spent).toEqual({ objects: 0, undone: 0 });
  });

  it('that breaks off after some items has wasted those, and is journalled once', async () => {
    const items: Item[] = [{ index: 0, verb: 'add', subject: group }];
    const { events, answered, spent } = await course({
      ...{ operation: 'submitAddRqst', items, itemsFail: new Error('cut') },
    });
    expect(events.filter((event) => event === 'record a request')).toHaveLength(1);
    expect(answered).toMatchObject({
      code: 400,
      objects: [{ verb: 'add', noun: 'DestGrp', outcome: 'undone', objects: 1 }],
    });
    expect(spent).toEqual({ objects: 1, undone: 1 });
  });

  it('is answered 2300 if the database is unavailable, and 2301 if it fails, although neither is journalled', async () => {
    const away = await course({ databaseFails: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
    expect(away.answer).toMatchObject({ retryAfter: 5, answer: { overall: { code: 2300 } } });
    const broken = await course({ databaseFails: new Error('broken') });
    expect(broken.answer).toMatchObject({ retryAfter: undefined, answer: { overall: { code: 2301 } } });
    expect(broken.events.filter((event) => event === 'log')).toHaveLength(2);
  });

  it('whose commit is in doubt is not answered, and leaves no other row', async () => {
    const { sent, events, answer, answered } = await course({ databaseFails: new CommitInDoubtError() });
    expect([sent, answer]).toEqual(['refused', undefined]);
    expect(events).toEqual(['admit', 'open', 'head', 'items', 'record a request', 'log', 'refuse', 'close', 'account']);
    expect(answered?.code).toBeUndefined();
  });

  it('whose answer cannot be sent is journalled and accounted for once', async () => {
    const { sent, events, answered } = await course({ sendFails: new Error('gone') });
    expect(sent).toMatchObject({ message: 'gone' });
    expect(events).toEqual(['admit', 'open', 'head', 'items', 'record a request', 'send', 'close', 'account']);
    expect(answered?.code).toBe(1000);
  });
});
