import { describe, expect, it } from 'vitest';
import { type ClaimFacts, type CorRules, settleClaim } from '../../src/model/cor-rules.js';
import { NumberPlan } from '../../src/values/number-plan.js';

/** Every combination: policy × authority data × holders and waiting claims × former state of the claim. */

const at = new Date('2026-05-01T00:00:00Z');
const before = new Date('2026-04-01T00:00:00Z');
const policies = ['firstClaim', 'deny', 'hold'] as const;
const formers = ['demote', 'remove', 'hold'] as const;
const refusals = ['keep', 'refuse'] as const;
const verdicts = ['confirmed', 'refuted', 'silent'] as const;
const others = ['nobody', 'a holder', 'one that waits'] as const;
const past = ['new', 'held', 'lost', 'waited', 'waited as wide'] as const;
const widths = ['narrow', 'wide'] as const;

const facts = (
  verdict: ClaimFacts['verdict'],
  other: (typeof others)[number],
  was: (typeof past)[number],
  width: (typeof widths)[number],
): ClaimFacts => ({
  cor: was === 'held' ? true : was === 'lost' ? false : null,
  corDate: was === 'held' || was === 'lost' ? before : null,
  waitsSince: was.startsWith('waited') ? before : null,
  waitsFor: null,
  waitsAsWide: was === 'waited as wide',
  isWide: width === 'wide',
  verdict,
  carrier: verdict === 'silent' ? null : verdict === 'confirmed' ? 'x:me' : 'x:authority',
  holder: other === 'a holder' ? 'x:holder' : null,
  waiting: other === 'one that waits' ? 'x:waiting' : null,
});

const cells = policies.flatMap((policy) =>
  formers.flatMap((former) =>
    refusals.flatMap((refuted) =>
      verdicts.flatMap((verdict) =>
        others.flatMap((other) =>
          past.flatMap((was) => widths.map((width) => ({ policy, former, refuted, verdict, other, was, width }))),
        ),
      ),
    ),
  ),
);

const settings = { holdDays: 30, firstClaimNumbers: 10_000, plan: new NumberPlan() };
const outcomeOf = ({ verdict, other, was, width, ...rules }: (typeof cells)[number]) =>
  settleClaim(facts(verdict, other, was, width), { ...rules, ...settings } satisfies CorRules, at);

describe(`of ${cells.length} cells`, () => {
  it('each has one outcome', () => {
    expect(cells).toHaveLength(1620);
    const words = new Set(cells.map((cell) => outcomeOf(cell).is));
    expect([...words].sort()).toEqual(['kept', 'lost', 'refused', 'waiting', 'won']);
  });

  const those = (what: string, which: (cell: (typeof cells)[number]) => boolean, expected: unknown) =>
    it(what, () => {
      const chosen = cells.filter((cell) => cell.was !== 'held' && which(cell));
      expect(chosen.length).toBeGreaterThan(0);
      for (const cell of chosen) expect(outcomeOf(cell), JSON.stringify(cell)).toMatchObject(expected as object);
    });

  it('a claim that holds continues to hold in all of them, with its time', () => {
    for (const cell of cells.filter(({ was }) => was === 'held')) {
      expect(outcomeOf(cell)).toEqual({ is: 'kept', corDate: before });
    }
  });

  those('what data refute is lost', ({ verdict, refuted }) => verdict === 'refuted' && refuted === 'keep', {
    is: 'lost',
    by: 'authority',
    rival: 'x:authority',
  });
  those('or refused', ({ verdict, refuted }) => verdict === 'refuted' && refuted === 'refuse', { is: 'refused' });
  those(
    'what data confirm wins, whatever the policy',
    ({ verdict, other, former }) => verdict === 'confirmed' && !(other === 'a holder' && former === 'hold'),
    { is: 'won', by: 'authority' },
  );
  those(
    'or waits for a former holder',
    ({ verdict, other, former }) => verdict === 'confirmed' && other === 'a holder' && former === 'hold',
    { is: 'waiting', rival: 'x:holder' },
  );
  those('without data, deny denies', ({ verdict, policy }) => verdict === 'silent' && policy === 'deny', {
    is: 'lost',
    by: 'deny',
  });
  those('hold holds', ({ verdict, policy }) => verdict === 'silent' && policy === 'hold', { is: 'waiting' });
  those(
    'the first claim wins',
    ({ verdict, policy, other, was, width }) =>
      verdict === 'silent' && policy === 'firstClaim' && other === 'nobody' && was !== 'waited' && width === 'narrow',
    { is: 'won', by: 'firstClaim' },
  );
  those(
    'a wide one waits for the operator',
    ({ verdict, policy, other, width }) =>
      verdict === 'silent' && policy === 'firstClaim' && other !== 'a holder' && width === 'wide',
    { is: 'waiting', isWide: true },
  );
  those(
    'and what waits otherwise is not wide',
    (cell) => outcomeOf(cell).is === 'waiting' && (cell.policy !== 'firstClaim' || cell.width === 'narrow'),
    { isWide: false },
  );
  those(
    'the second loses',
    ({ verdict, policy, other }) => verdict === 'silent' && policy === 'firstClaim' && other === 'a holder',
    { is: 'lost', by: 'firstClaim', rival: 'x:holder' },
  );
  those(
    'and waits beside one that waits',
    ({ verdict, policy, other }) => verdict === 'silent' && policy === 'firstClaim' && other === 'one that waits',
    { is: 'waiting', rival: 'x:waiting' },
  );
  those(
    'waiting goes on from when it began',
    (cell) => cell.was.startsWith('waited') && outcomeOf(cell).is === 'waiting',
    {
      since: before,
    },
  );
});
