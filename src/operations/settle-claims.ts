import { type ClaimOutcome, settleClaim } from '../objects/cor-rules.js';
import { pubIdName } from '../objects/identity.js';
import type { PubId } from '../objects/pub-id.js';
import { spanOfPubId } from '../objects/pub-id-span.js';
import {
  type Claimant,
  demoteHolders,
  dropRulings,
  findClaimFacts,
  putRulings,
  type Ruling,
  removeHolders,
} from '../registry/cor-claims.js';
import type { PubIdRow } from '../registry/pub-id-rows.js';
import { notAllowed, type Result } from '../sppp/result.js';
import type { Work } from './work.js';

/** How the claims of a run to be carrier of record were settled: all are of one registrant. */
export interface Settled {
  readonly claimant: Claimant;
  readonly outcomes: ReadonlyMap<PubId, { readonly outcome: ClaimOutcome; readonly isThere: boolean }>;
}

/** Settles those of the identifiers that claim; nothing is written yet. No other request settles the same numbers then. */
export async function settleClaims(pubIds: readonly PubId[], work: Work): Promise<Settled> {
  const { db, caller, stamp, corRules, turn } = work;
  const claiming = pubIds.filter(claims);
  const orgId = claiming[0]?.rant ?? '';
  const claimant = { id: caller.grants.get(orgId) ?? 0, orgId };
  if (claiming.length === 0) return { claimant, outcomes: new Map() };
  await turn;
  const facts = await findClaimFacts(db, claimant, claiming.map(pubIdName));
  const outcomes = facts.map((known, index) => {
    const pubId = claiming[index] as PubId;
    const outcome = settleClaim({ ...known, isWide: isWide(pubId, work) }, corRules, stamp.at);
    return [pubId, { outcome, isThere: known.isThere }] as const;
  });
  return { claimant, outcomes: new Map(outcomes) };
}

/** What is said of an identifier whose claim cannot be, if that refuses the identifier. */
export function judgeClaim(pubId: PubId, { outcomes }: Settled): Result | undefined {
  const outcome = outcomes.get(pubId)?.outcome;
  if (outcome?.is !== 'refused') return undefined;
  return notAllowed('corClaim', 'true', 'authority data give these numbers to another carrier');
}

/** What an identifier's row says of its claim. */
export function corColumns(
  pubId: PubId,
  { outcomes }: Settled,
  at: Date,
): Pick<PubIdRow, 'corClaim' | 'cor' | 'corDate'> {
  const corClaim = pubId.kind === 'URIPubIdType' ? undefined : pubId.corInfo?.corClaim;
  const outcome = outcomes.get(pubId)?.outcome;
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

/** Takes their numbers from former holders; before the identifiers themselves are written. */
export async function unseatFormerHolders(pubIds: readonly PubId[], settled: Settled, work: Work): Promise<void> {
  if (settled.outcomes.size === 0) return;
  const { db, stamp, transactionIds, corRules } = work;
  const winners = pubIds.flatMap((pubId) => {
    const outcome = settled.outcomes.get(pubId)?.outcome;
    if (outcome?.is !== 'won' || outcome.rival === undefined) return [];
    const { type, value } = pubIdName(pubId);
    return [{ type, value, transactionId: transactionIds?.get(pubId) ?? stamp.transactionId }];
  });
  if (winners.length === 0) return;
  if (corRules.former === 'remove') await removeHolders(db, settled.claimant, winners);
  else await demoteHolders(db, settled.claimant, winners, stamp.at);
}

/** Writes down how the claims were settled, by the row ids of the identifiers. */
export async function recordClaims(
  pubIds: readonly PubId[],
  ids: readonly number[],
  { claimant, outcomes }: Settled,
  { db, stamp }: Work,
): Promise<void> {
  if (outcomes.size === 0) return;
  const rulings: Ruling[] = [];
  const plain: number[] = [];
  pubIds.forEach((pubId, index) => {
    const id = ids[index] ?? 0;
    const { outcome, isThere = false } = outcomes.get(pubId) ?? {};
    if (outcome === undefined || outcome.is === 'kept' || outcome.is === 'refused') return;
    if (outcome.is === 'waiting') rulings.push({ ...outcome, id, by: undefined });
    else if (outcome.is === 'lost') rulings.push({ id, by: outcome.by, since: stamp.at, rival: outcome.rival });
    // The first claim that holds is the common case: without a row of its own.
    else if (outcome.by !== 'firstClaim') rulings.push({ id, by: outcome.by, since: stamp.at, rival: undefined });
    else if (isThere) plain.push(id);
  });
  await dropRulings(db, plain);
  await putRulings(db, claimant, rulings);
}

/** More numbers than a first claim may take, and not within those that a grant gives the claimant. */
function isWide(pubId: PubId, { caller, corRules }: Work): boolean {
  const span = spanOfPubId(pubId);
  if (span === undefined || span.kind === 'number' || caller.grants.gives(pubId.rant, span)) return false;
  return corRules.plan.count(span) > BigInt(corRules.firstClaimNumbers);
}

function claims(pubId: PubId): boolean {
  return pubId.kind !== 'URIPubIdType' && pubId.corInfo?.corClaim === true;
}
