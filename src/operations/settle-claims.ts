import { type ClaimOutcome, settleClaim } from '../model/cor-rules.js';
import { pubIdName } from '../model/identity.js';
import type { PubId } from '../model/pub-id.js';
import { spanOfPubId } from '../model/pub-id-span.js';
import {
  type Claimant,
  demoteHolders,
  dropRulings,
  findClaimFacts,
  type KnownClaim,
  putRulings,
  type Ruling,
  removeHolders,
} from '../registry/cor/claims.js';
import type { PubIdRow } from '../registry/rows/pub-id-row.js';
import { transactionIdOf } from '../registry/rows/stamp.js';
import { notAllowed, type Result } from '../sppp/result.js';
import type { OwnItem } from './add-rules.js';
import { rantIdOf } from './known-rows.js';
import type { RunContext } from './run-context.js';

/** How a claim was settled, and when the identifier was made: null if it did not exist. */
export interface SettledClaim {
  readonly outcome: ClaimOutcome;
  readonly cDate: Date | null;
}

/** How the claims of a run to be carrier of record were settled: all are of one registrant. */
export interface Settled {
  /** Undefined if there were no claims. */
  readonly claimant: Claimant | undefined;
  readonly claims: ReadonlyMap<PubId, SettledClaim>;
  /** How the last claim to each identifier was settled: stored beside the identifier if it stays. */
  readonly rulings: ReadonlyMap<PubId, SettledClaim>;
}

/** Nothing is settled yet. */
export const unsettled: Settled = { claimant: undefined, claims: new Map(), rulings: new Map() };

type Said = readonly OwnItem<PubId>[];

/**
 * Settles the claims to identifiers in the order in which they were made, and writes nothing. Until the transaction ends,
 * no other request can settle claims to the same numbers.
 */
export async function settleClaims(objects: readonly Said[], context: RunContext): Promise<Settled> {
  const { db, caller, stamp, corRules } = context;
  const claimed = objects.flatMap((said) => {
    const first = said.find(claims);
    return first === undefined ? [] : [{ said, first: first.subject }];
  });
  const orgId = claimed[0]?.first.rant;
  if (orgId === undefined) return unsettled;
  const claimant = { id: rantIdOf(caller, orgId), orgId };
  const facts = await findClaimFacts(
    db,
    claimant,
    claimed.map(({ first }) => pubIdName(first)),
  );
  const settled = { claimant, claims: new Map<PubId, SettledClaim>(), rulings: new Map<PubId, SettledClaim>() };
  claimed.forEach(({ said }, index) => {
    let known = facts[index] as KnownClaim;
    let ruling: SettledClaim | undefined;
    for (const item of said) {
      if (item.verb === 'delete') {
        known = { ...withoutClaim(known), cDate: null };
        ruling = undefined;
        continue;
      }
      const before = known.cDate;
      const cDate = before ?? stamp.at;
      if (claims(item)) {
        const outcome = settleClaim({ ...known, isWide: isWide(item.subject, context) }, corRules, stamp.at);
        const claim = { outcome, cDate: before };
        settled.claims.set(item.subject, claim);
        if (outcome.is === 'refused') continue;
        if (outcome.is !== 'kept') ruling = claim;
        known = { ...withClaim(known, outcome, stamp.at), cDate };
      } else {
        known = { ...withoutClaim(known), cDate };
      }
      if (ruling !== undefined) settled.rulings.set(item.subject, ruling);
    }
  });
  return settled;
}

function withoutClaim(known: KnownClaim): KnownClaim {
  return { ...known, cor: null, corDate: null, waitsSince: null, waitsFor: null, waitsAsWide: false };
}

/** The state after a claim was settled: a former holder no longer holds the numbers. */
function withClaim(known: KnownClaim, outcome: ClaimOutcome, at: Date): KnownClaim {
  switch (outcome.is) {
    case 'won':
      return { ...withoutClaim(known), cor: true, corDate: at, holder: null };
    case 'lost':
      return { ...withoutClaim(known), cor: false, corDate: at };
    case 'waiting':
      return {
        ...withoutClaim(known),
        waitsSince: outcome.since,
        waitsFor: outcome.rival ?? null,
        waitsAsWide: outcome.isWide,
      };
    default:
      return known;
  }
}

/** 2103 for the identifiers whose claims are refused. */
export function refusedClaims({ claims }: Settled): ReadonlyMap<PubId, Result> {
  const refused = new Map<PubId, Result>();
  for (const [pubId, { outcome }] of claims) {
    if (outcome.is !== 'refused') continue;
    refused.set(pubId, notAllowed('corClaim', 'true', 'authority data give these numbers to another carrier'));
  }
  return refused;
}

/** The columns of an identifier's row that tell of its claim. */
export function corColumns(
  pubId: PubId,
  { claims }: Settled,
  at: Date,
): Pick<PubIdRow, 'corClaim' | 'cor' | 'corDate'> {
  const corClaim = pubId.kind === 'URIPubIdType' ? undefined : pubId.corInfo?.corClaim;
  const outcome = claims.get(pubId)?.outcome;
  switch (outcome?.is) {
    case 'kept':
      return { corClaim, cor: true, corDate: outcome.corDate };
    case 'won':
      return { corClaim, cor: true, corDate: at };
    case 'lost':
      return { corClaim, cor: false, corDate: at };
    default:
      return { corClaim, cor: undefined, corDate: undefined };
  }
}

/** Takes the numbers from their former holders. To be called before the identifiers are written. */
export async function unseatFormerHolders({ claims, claimant }: Settled, context: RunContext): Promise<void> {
  const { db, stamp, corRules } = context;
  const winners = [...claims].flatMap(([pubId, { outcome }]) => {
    if (outcome.is !== 'won' || outcome.rival === undefined) return [];
    const { type, value } = pubIdName(pubId);
    return [{ type, value, transactionId: transactionIdOf(pubId, stamp) }];
  });
  if (claimant === undefined || winners.length === 0) return;
  if (corRules.former === 'remove') await removeHolders(db, claimant, winners);
  else await demoteHolders(db, claimant, winners, stamp.at);
}

/** Stores how the claims were settled, by the row ids of the identifiers. */
export async function recordClaims(
  ids: ReadonlyMap<PubId, number>,
  { claimant, rulings: settled }: Settled,
  { db, stamp }: RunContext,
): Promise<void> {
  if (claimant === undefined || settled.size === 0) return;
  const rulings: Ruling[] = [];
  const plain: number[] = [];
  for (const [pubId, id] of ids) {
    const { outcome, cDate = null } = settled.get(pubId) ?? {};
    if (outcome?.is === 'waiting') rulings.push({ ...outcome, id, by: undefined });
    else if (outcome?.is === 'lost') rulings.push({ id, by: outcome.by, since: stamp.at, rival: outcome.rival });
    // The first claim that holds is the common case: without a row of its own.
    else if (outcome?.is !== 'won') continue;
    else if (outcome.by !== 'firstClaim') rulings.push({ id, by: outcome.by, since: stamp.at, rival: undefined });
    else if (cDate !== null) plain.push(id);
  }
  await dropRulings(db, plain);
  await putRulings(db, claimant, rulings);
}

/** Whether a claim is to more numbers than a first claim may take, outside of the spans that a grant gives the claimant. */
function isWide(pubId: PubId, { caller, corRules }: RunContext): boolean {
  const span = spanOfPubId(pubId);
  if (span === undefined || span.kind === 'number' || caller.grants.gives(pubId.rant, span)) return false;
  return corRules.plan.count(span) > BigInt(corRules.firstClaimNumbers);
}

function claims(item: OwnItem<PubId>): item is OwnItem<PubId> & { readonly verb: 'add' } {
  return item.verb === 'add' && item.subject.kind !== 'URIPubIdType' && item.subject.corInfo?.corClaim === true;
}
