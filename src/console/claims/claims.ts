import type { Pool } from 'pg';
import { readableFor } from '../../authority/may.js';
import { pubIdName } from '../../model/identity.js';
import type { PubIdKey } from '../../model/key.js';
import { pubIdKeyOf } from '../../model/key-of.js';
import {
  type ClaimChoice,
  type ClaimList,
  type FoundClaim,
  findClaim,
  findClaims,
  findRivals,
  type Verdict,
} from '../../registry/cor/find-claims.js';
import type { Visitor } from '../visitor.js';

/** Claims on a page, and rivals of one claim. */
const MAX_CLAIMS = 100;
const MAX_RIVALS = 100;

/** Claims of the registrants whose numbers a visitor may see; what is on record of them is what events tell as well. */
export function readClaims(pool: Pool, choice: ClaimChoice, after: number, visitor: Visitor): Promise<ClaimList> {
  const rants = visitor.kind === 'operator' ? undefined : readableFor(visitor.caller, 'PubId', 'registrant', 'none');
  return findClaims(pool, { choice, rants, after }, MAX_CLAIMS);
}

/** A claim with all that an operator decides it by. */
export interface ClaimState {
  readonly claim: FoundClaim & Verdict;
  /** The claims of others that are lost if it is accepted. */
  readonly rivals: readonly FoundClaim[];
  readonly hasMoreRivals: boolean;
}

/** The claim to the numbers of a key; undefined if its organization does not claim them. */
export async function readClaim(pool: Pool, key: PubIdKey): Promise<ClaimState | undefined> {
  const numbers = pubIdName(key);
  const [claim, rivals] = await Promise.all([
    findClaim(pool, numbers, key.rant),
    findRivals(pool, numbers, key.rant, MAX_RIVALS + 1),
  ]);
  if (claim === undefined) return undefined;
  return { claim, rivals: rivals.slice(0, MAX_RIVALS), hasMoreRivals: rivals.length > MAX_RIVALS };
}

/** The key of the identifier that is claimed. */
export function keyOfClaim({ registrant, type, value }: FoundClaim): PubIdKey {
  return pubIdKeyOf(registrant, type, value);
}

/** A text that differs once a decision would do something else than was shown. */
export function standing({ claim, rivals, hasMoreRivals }: ClaimState): string {
  const ids = rivals.map(({ id }) => id).sort((a, b) => a - b);
  return [claim.state, ...(hasMoreRivals ? ['many'] : ids)].join(' ');
}
