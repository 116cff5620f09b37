import { describe, expect, it } from 'vitest';
import type { Key } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { Answer } from '../sppp/decode-answer.js';
import type { ChangeItem } from './change-item.js';
import type { ChangeMeans } from './change-means.js';
import { carryOut } from './change-request.js';
import type { Verdict } from './outcome.js';
import { Patience } from './patience.js';
import type { Mode } from './resource.js';
import {
  LoginRefusedError,
  LostAnswerError,
  NotConnectedError,
  ThrottledError,
  UnreadableAnswerError,
  WholeRequestError,
} from './sppp-error.js';
import type { Transaction, Transactions } from './transactions.js';

const own = { rant: 'a:1', rar: 'a:1' };
const add = (name: string): ChangeItem => ({ verb: 'add', subject: { kind: 'DestGrpType', ...own, dgName: name } });
const keyOf = (name: string): Key => ({ kind: 'ObjKeyType', rant: 'a:1', name, type: 'DestGrp' });
const remove = (name: string): ChangeItem => ({ verb: 'delete', subject: keyOf(name) });

const good: Answer = { serverTransId: 's-now', code: 1000, msg: 'Request succeeded', details: [], resultObjs: [] };
const failed = (index: number, verb: 'add' | 'delete', code = 2102): Answer => ({
  ...good,
  code: 2100,
  details: [
    { verb, code, msg: `no AttrName:name AttrVal:x (object ${index})`, subject: undefined, failure: undefined },
  ],
});
const lost = new LostAnswerError('reset', false);
const row = (fields: Partial<Transaction>): Transaction => ({
  ...{ serverTransId: 's-then', code: 1000, message: 'Request succeeded', committed: true, applied: 1, failed: 0 },
  ...fields,
});
const gaveUp = row({ code: null, message: null, committed: false, applied: 0 });

interface Script {
  /** What each sending brings. */
  readonly sends: readonly (Answer | Error)[];
  /** What each question brings; the last one again and again. */
  readonly rows?: readonly (readonly Transaction[] | undefined | Error)[];
  readonly failures?: readonly Verdict[];
  readonly there?: readonly Obj[];
  readonly mode?: Mode;
  readonly settleFor?: number;
}

/** Means that do as a script says, and remember what was asked of them. */
function meansOf({ sends, rows = [[]], failures = [], there = [], mode = 'partial', settleFor = 0 }: Script) {
  const log: string[] = [];
  const sent: (readonly ChangeItem[])[] = [];
  let asked = 0;
  const result = async <T>(value: T | Error): Promise<T> => {
    if (value instanceof Error) throw value;
    return value;
  };
  const means: ChangeMeans = {
    mode,
    send: async (_rule, _head, items, as) => {
      log.push(as === mode ? 'send' : as);
      sent.push(items);
      return result(sends[sent.length - 1] as Answer | Error);
    },
    get: async () => {
      log.push('get');
      return { code: 1000, message: '', objects: there, verdicts: [] };
    },
    transactions: {
      named: async () => {
        log.push('ask');
        return result(rows[Math.min(asked++, rows.length - 1)]);
      },
      failuresOf: async () => {
        log.push('failures');
        return failures;
      },
    } as unknown as Transactions,
    waitsForServer: () => true,
    settleFor,
  };
  return { means, log, sent };
}

async function carry(items: readonly ChangeItem[], script: Script, mayHaveBeenSent = false) {
  const { means, log, sent } = meansOf(script);
  const waits: number[] = [];
  const patience = new Patience({ most: 2500, onWait: (wait) => waits.push(wait) });
  const carried = await carryOut({ items, clientTransId: 'mine', mayHaveBeenSent, patience }, means).catch(
    (e) => e as Error,
  );
  return { carried, log: log.join(' '), sent, waits };
}

const failureOf = (index: number): Verdict => ({ index, verb: 'add', code: 2103, message: 'no', object: keyOf('x') });

describe('a lost answer', () => {
  const items = [add('A'), add('B')];

  it('of a request that is still under way is learned when it ends, and nothing is sent again', async () => {
    const rows = [[], [], [row({ applied: 2 })]];
    const { carried, log } = await carry(items, { sends: [lost], rows, settleFor: 60_000 });
    expect(log).toBe('send ask ask ask');
    expect(carried).toMatchObject({ settled: true, outcome: { code: 1000, applied: 2, verdicts: [] } });
  });

  it('of requests of a program that has ended is waited for once, from that end', async () => {
    const settleFor = 60_000;
    const { means, log } = meansOf({ sends: [good, good], settleFor });
    const request = { items, clientTransId: 'mine', mayHaveBeenSent: true, patience: new Patience({ most: 0 }) };
    await carryOut({ ...request, sentBefore: performance.now() - settleFor }, means);
    expect(log.join(' ')).toBe('ask send ask');
  });

  it('of a request of such a program that is lost again is waited for again', async () => {
    const rows = [[], [], [], [row({ applied: 2 })]];
    const { means, log } = meansOf({ sends: [lost], rows, settleFor: 60_000 });
    const request = { items, clientTransId: 'mine', mayHaveBeenSent: true, patience: new Patience({ most: 0 }) };
    await carryOut({ ...request, sentBefore: performance.now() - 60_000 }, means);
    expect(log.join(' ')).toBe('ask send ask ask ask');
  });

  it('of a request that ended in the meantime has its verdicts', async () => {
    const rows = [[row({ code: 2100, message: 'Command invalid (…)', failed: 1 })]];
    const { carried, log } = await carry(items, { sends: [lost], rows, failures: [failureOf(1)] });
    expect(log).toBe('send ask failures');
    expect(carried).toMatchObject({
      settled: true,
      outcome: { code: 2100, applied: 1, serverTransId: 's-then', verdicts: [{ index: 1 }] },
    });
  });

  it('of a request that the server gave up is no reason to wait', async () => {
    const { carried, log } = await carry(items, { sends: [lost, good], rows: [[gaveUp]] });
    expect([log, carried]).toMatchObject(['send ask send', { settled: false, outcome: { applied: 2 } }]);
  });

  it('of a request of which nothing is known is sent again, and compared with what was carried out after all', async () => {
    const rows = [[], [row({ applied: 2 }), row({ serverTransId: 's-now' })]];
    const twice = await carry([remove('A'), add('B')], { sends: [lost, failed(1, 'delete')], rows });
    expect(twice.log).toBe('send ask send ask');
    expect(twice.carried).toMatchObject({ settled: false, outcome: { code: 1000, applied: 2, verdicts: [] } });
    const once = await carry([remove('A'), add('B')], {
      sends: [lost, failed(1, 'delete')],
      rows: [[], [row({ serverTransId: 's-now' })]],
    });
    expect(once.carried).toMatchObject({ outcome: { code: 2100, applied: 1, verdicts: [{ index: 0, code: 2102 }] } });
  });

  it('of a request that was carried out in both goes leaves the claims open that only the earlier one did', async () => {
    const claim = {
      ...add('A').subject,
      kind: 'TNType',
      dgName: [],
      tn: '1',
      sedRecRef: [],
      corInfo: { corClaim: true },
    };
    const claims = [{ verb: 'add', subject: claim }, add('B'), { verb: 'add', subject: { ...claim, tn: '2' } }];
    const rows = [[], [row({ applied: 3 }), row({ serverTransId: 's-now' })]];
    const { carried } = await carry(claims as ChangeItem[], { sends: [lost, failed(1, 'add')], rows });
    expect(carried).toMatchObject({ outcome: { code: 1000, applied: 3, verdicts: [], unknownClaims: [0] } });
    const settled = await carry(claims as ChangeItem[], { sends: [lost], rows: [[row({ applied: 3 })]] });
    expect(settled.carried).toMatchObject({ settled: true, outcome: { unknownClaims: [0, 2] } });
    const none = await carry(claims as ChangeItem[], {
      ...{ sends: [lost], rows: [[row({ code: 2100, committed: false, failed: 1 })]], failures: [failureOf(1)] },
      mode: 'atomic',
    });
    expect(none.carried).toMatchObject({ outcome: { applied: 0, verdicts: [{ index: 1 }] } });
    expect(none.carried).not.toHaveProperty('outcome.unknownClaims');
  });

  it('of a request that failed in both goes is failed', async () => {
    const rows = [[], [row({ code: 2100, failed: 1, applied: 1 }), row({ serverTransId: 's-now' })]];
    const { carried } = await carry(items, { sends: [lost, failed(2, 'add')], rows, failures: [failureOf(1)] });
    expect(carried).toMatchObject({ outcome: { code: 2100, applied: 1, verdicts: [{ index: 1, code: 2102 }] } });
  });

  it.each([
    ['unreadable', new UnreadableAnswerError('no SOAP')],
    ['lost', lost],
  ])('that is %s again and again ends', async (_, error) => {
    const sends = Array.from({ length: 5 }, () => error);
    const { carried, log } = await carry(items, { sends, rows: [[gaveUp, gaveUp, gaveUp, gaveUp, gaveUp]] });
    expect(log).toBe('send ask send ask send ask send ask send');
    expect(carried).toMatchObject({ name: 'LostAnswerError', clientTransId: 'mine', isRetrySafe: false });
  });

  it('is asked for until the server can be reached', async () => {
    const rows = [new NotConnectedError('refused'), new ThrottledError('429', 0.01), [row({ applied: 2 })]];
    const { carried, log, waits } = await carry(items, { sends: [lost], rows });
    expect([log, waits.length]).toEqual(['send ask ask ask', 2]);
    expect(carried).toMatchObject({ settled: true });
  });

  it('that cannot be asked for is told as lost', async () => {
    for (const error of [new LoginRefusedError('no', 401), new ThrottledError('429', 3600)]) {
      const { carried } = await carry(items, { sends: [lost], rows: [error] });
      expect(carried).toMatchObject({ name: 'LostAnswerError', clientTransId: 'mine' });
    }
  });

  it('may have been that of a program that ended', async () => {
    const before = await carry(items, { sends: [], rows: [[row({ applied: 2 })]] }, true);
    expect([before.log, before.carried]).toMatchObject(['ask', { settled: true }]);
    // What that program sent before it gave up says nothing of what it sent last.
    const never = await carry(items, { sends: [good], rows: [[gaveUp]] }, true);
    expect(never.log).toBe('ask send ask');
  });

  it('with more failures than the server stores is completed by a validation', async () => {
    const more = [remove('C'), add('D'), add('E')];
    const rows = [[row({ code: 2100, failed: 3, applied: 2 })]];
    const validation: Answer = {
      ...good,
      code: 2100,
      details: [...failed(1, 'delete').details, ...failed(3, 'add', 2101).details],
    };
    const { carried, log, sent } = await carry([...items, ...more], {
      sends: [lost, validation],
      rows,
      failures: [failureOf(1)],
    });
    expect(log).toBe('send ask failures validate');
    expect(sent[1]).toEqual(more);
    expect(carried).toMatchObject({
      outcome: {
        applied: 2,
        verdicts: [
          { index: 1, code: 2103 },
          { index: 4, code: 2101 },
        ],
      },
    });
  });
});

describe('at a server that cannot say what became of a request', () => {
  const script = { mode: 'atomic', rows: [undefined] } as const;

  it('an add is sent again', async () => {
    const { carried, log } = await carry([add('A')], { ...script, sends: [lost, good] });
    expect([log, carried]).toMatchObject(['send ask send', { outcome: { code: 1000, applied: 1 } }]);
  });

  it('keys that are gone count as deleted, and what is left of the request is sent', async () => {
    const there: Obj[] = [{ kind: 'DestGrpType', ...own, dgName: 'b' }];
    const items = [remove('A'), remove('B'), add('C')];
    const { carried, log, sent } = await carry(items, { ...script, there, sends: [lost, failed(1, 'delete'), good] });
    expect(log).toBe('send ask send get send');
    expect(sent[2]).toEqual([items[1], items[2]]);
    expect(carried).toMatchObject({ outcome: { code: 1000, applied: 3, verdicts: [] } });
  });

  it('all keys may be gone', async () => {
    const { carried, log } = await carry([remove('A'), remove('B')], { ...script, sends: [lost, failed(1, 'delete')] });
    expect([log, carried]).toMatchObject(['send ask send get', { outcome: { code: 1000, applied: 2, verdicts: [] } }]);
  });

  it('a key that is not found the first time is told', async () => {
    const { carried } = await carry([remove('A')], { ...script, sends: [failed(1, 'delete')] });
    expect(carried).toMatchObject({ outcome: { code: 2100, applied: 0, verdicts: [{ index: 0, code: 2102 }] } });
  });

  it.each([
    ['has no time', new ThrottledError('2300', 3600)],
    ['refuses the login', new LoginRefusedError('no', 401)],
  ])('and that %s for the repetition, what became of the first is told as lost', async (_, error) => {
    const { carried } = await carry([add('A')], { ...script, sends: [lost, error] });
    expect(carried).toMatchObject({ name: 'LostAnswerError', isRetrySafe: false, clientTransId: 'mine' });
    const refused = await carry([add('A')], { ...script, sends: [lost, new WholeRequestError('2001', 2001, 1)] });
    expect(refused.carried).toMatchObject({ name: 'WholeRequestError', maxSupported: 1 });
  });

  it('a program that is told to stop before the repetition learns that the first is in doubt', async () => {
    const stop = new AbortController();
    const { means, log } = meansOf({ ...script, sends: [lost] });
    const send: ChangeMeans['send'] = (...request) => {
      stop.abort(new Error('enough'));
      return means.send(...request);
    };
    const stopping = { ...means, send };
    const patience = new Patience({ most: 0 });
    const carried = carryOut({ items: [add('A')], clientTransId: 'mine', patience, signal: stop.signal }, stopping);
    await expect(carried).rejects.toMatchObject({ name: 'LostAnswerError', clientTransId: 'mine' });
    expect(log).toEqual(['send', 'ask']);
  });

  it('another fault is told with the place among all', async () => {
    const there: Obj[] = [{ kind: 'DestGrpType', ...own, dgName: 'B' }];
    const sends = [lost, failed(1, 'delete'), failed(1, 'delete', 2103)];
    const { carried } = await carry([remove('A'), remove('B')], { ...script, there, sends });
    expect(carried).toMatchObject({ outcome: { code: 2100, verdicts: [{ index: 1, code: 2103 }] } });
  });
});

describe('a server without time', () => {
  it('is asked again when it wants, and in growing intervals', async () => {
    const busy = new ThrottledError('2300', undefined);
    const { waits, log } = await carry([add('A')], { sends: [new ThrottledError('2300', 0.3), busy, busy, good] });
    expect(log).toBe('send send send send');
    expect(waits[0]).toBe(300);
    expect(waits[2]).toBeGreaterThan((waits[1] ?? 0) * 1.1);
  });

  it('is not waited for longer than the caller has patience', async () => {
    const { carried, waits } = await carry([add('A')], { sends: [new ThrottledError('2300', 3)] });
    expect([waits, carried]).toMatchObject([[], { name: 'ThrottledError', retryAfter: 3, isRetrySafe: true }]);
  });

  it('does not hold a program that is told to stop', async () => {
    const stop = new AbortController();
    const { means } = meansOf({ sends: [new ThrottledError('2300', 1)] });
    const patience = new Patience({ most: 2000, signal: stop.signal, onWait: () => stop.abort(new Error('enough')) });
    const carried = carryOut({ items: [add('A')], clientTransId: 'mine', patience, signal: stop.signal }, means);
    await expect(carried).rejects.toThrow('enough');
  });
});
