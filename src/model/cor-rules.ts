import type { NumberPlan } from '../values/number-plan.js';

/** What the operator has decided about claims to be carrier of record; RFC 7877 §6.2 leaves it to the registry. */
export interface CorRules {
  /** A claim to numbers of which authority data say nothing, or not enough. */
  readonly policy: 'firstClaim' | 'deny' | 'hold';
  /** A claim that authority data refute: the object is kept without it, or refused. */
  readonly refuted: 'keep' | 'refuse';
  /** Whoever holds the numbers when authority data give them to a new claim. */
  readonly former: 'demote' | 'remove' | 'hold';
  /** Days that a claim waits before it is lost. */
  readonly holdDays: number;
  /** Numbers that a first claim may take without the operator's word, and how they are counted. */
  readonly firstClaimNumbers: number;
  readonly plan: NumberPlan;
}

/** What is known of a claim when it is made. */
export interface ClaimFacts {
  /** The outcome that the object has had until now, and since when and for whom it waits if it does. */
  readonly cor: boolean | null;
  readonly corDate: Date | null;
  readonly waitsSince: Date | null;
  readonly waitsFor: string | null;
  /** Whether it waits because it was wide. */
  readonly waitsAsWide: boolean;
  readonly verdict: 'confirmed' | 'refuted' | 'silent';
  /** Who the authority data give the numbers to: the claimant, or another that has some of them. */
  readonly carrier: string | null;
  /** Another that holds some of the numbers, and another whose claim to some waits. */
  readonly holder: string | null;
  readonly waiting: string | null;
  /** Whether it covers more numbers than a first claim may take, and than a grant gives the claimant. */
  readonly isWide: boolean;
}

/** Who or what decided a claim. */
export type CorDecider = 'authority' | 'firstClaim' | 'deny' | 'operator' | 'withdrawal' | 'expiry';

/** What becomes of a claim. */
export type ClaimOutcome =
  /** As it was. */
  | { readonly is: 'kept'; readonly corDate: Date }
  | { readonly is: 'won' | 'lost'; readonly by: CorDecider; readonly rival: string | undefined }
  | { readonly is: 'waiting'; readonly since: Date; readonly rival: string | undefined; readonly isWide: boolean }
  | { readonly is: 'refused'; readonly rival: string };

/** Settles a claim (decisions of the operator; RFC 7877 §6.2). What holds, holds until the data change. */
export function settleClaim(facts: ClaimFacts, rules: CorRules, at: Date): ClaimOutcome {
  const { cor, corDate, carrier } = facts;
  if (cor) return { is: 'kept', corDate: corDate ?? at };
  const holder = facts.holder ?? undefined;
  const waiting = (rival: string | undefined, isWide = false) =>
    ({
      is: 'waiting',
      isWide,
      since: facts.waitsSince ?? at,
      rival: rival ?? facts.waiting ?? facts.waitsFor ?? undefined,
    }) as const;
  if (facts.verdict === 'refuted') {
    const rival = carrier ?? '';
    return rules.refuted === 'refuse' ? { is: 'refused', rival } : { is: 'lost', by: 'authority', rival };
  }
  if (facts.verdict === 'confirmed') {
    if (holder !== undefined && rules.former === 'hold') return waiting(holder);
    return { is: 'won', by: 'authority', rival: holder };
  }
  switch (rules.policy) {
    case 'deny':
      return { is: 'lost', by: 'deny', rival: holder };
    case 'hold':
      return waiting(holder);
    case 'firstClaim':
      if (holder !== undefined) return { is: 'lost', by: 'firstClaim', rival: holder };
      if (facts.isWide) return waiting(undefined, true);
      // Of several that wait, none is first; and who waited for a rival that has gone is about to win.
      return facts.waiting === null && (facts.waitsSince === null || facts.waitsAsWide)
        ? { is: 'won', by: 'firstClaim', rival: undefined }
        : waiting(undefined);
  }
}
