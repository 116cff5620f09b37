import type { NumberPlan } from '../values/number-plan.js';

/** The operator's settings for claims to be carrier of record (left to the registry by RFC 7877 §6.2). */
export interface CorRules {
  /** For a claim that authority data do not settle. */
  readonly policy: 'firstClaim' | 'deny' | 'hold';
  /** For a claim that authority data refute: the object is stored without it, or refused. */
  readonly refuted: 'keep' | 'refuse';
  /** For the holder whose numbers authority data give to a new claim. */
  readonly former: 'demote' | 'remove' | 'hold';
  /** Days after which a waiting claim is lost. */
  readonly holdDays: number;
  /** Maximum of numbers in a first claim without a decision of the operator, and how they are counted. */
  readonly firstClaimNumbers: number;
  readonly plan: NumberPlan;
}

/** The facts about a claim when it is made. */
export interface ClaimFacts {
  /** The outcome so far; for a claim that waits, since when, and for which rival. */
  readonly cor: boolean | null;
  readonly corDate: Date | null;
  readonly waitsSince: Date | null;
  readonly waitsFor: string | null;
  /** Whether it waits because it was wide. */
  readonly waitsAsWide: boolean;
  readonly verdict: 'confirmed' | 'refuted' | 'silent';
  /** The carrier in the authority data: the claimant, or another with some of the numbers. */
  readonly carrier: string | null;
  /** Another registrant that holds some of the numbers, and one whose claim to some of them waits. */
  readonly holder: string | null;
  readonly waiting: string | null;
  /** Whether it covers more numbers than a first claim may, and no grant has a span for them. */
  readonly isWide: boolean;
}

/** The reason for the outcome of a claim. */
export type CorDecider = 'authority' | 'firstClaim' | 'deny' | 'operator' | 'withdrawal' | 'expiry';

/** The outcome of a claim. */
export type ClaimOutcome =
  /** Unchanged. */
  | { readonly is: 'kept'; readonly corDate: Date }
  | { readonly is: 'won' | 'lost'; readonly by: CorDecider; readonly rival: string | undefined }
  | { readonly is: 'waiting'; readonly since: Date; readonly rival: string | undefined; readonly isWide: boolean }
  | { readonly is: 'refused'; readonly rival: string };

/**
 * Settles a claim by the operator's settings (RFC 7877 §6.2). A claim that holds continues to hold until authority data
 * change.
 */
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
      // Of several waiting claims none is first; and a claim that waited for a rival that has gone is about to win.
      return facts.waiting === null && (facts.waitsSince === null || facts.waitsAsWide)
        ? { is: 'won', by: 'firstClaim', rival: undefined }
        : waiting(undefined);
  }
}
