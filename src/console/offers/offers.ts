import type { Pool } from 'pg';
import { readableFor } from '../../authority/may.js';
import type { SedGrpOffer } from '../../model/sed-grp-offer.js';
import { searchOffers } from '../../registry/rows/sed-grp-offer-objects.js';
import type { Visitor } from '../visitor.js';

/** Offers on a page. */
const MAX_OFFERS = 100;

/** Which offers a page has. */
export interface OfferFilter {
  readonly status: SedGrpOffer['status'] | undefined;
  /** Row id of the last offer of the page before. */
  readonly after: number;
}

/** Some offers, the oldest first, and where the next ones begin if there are more. */
export interface OfferPage {
  readonly offers: readonly SedGrpOffer[];
  readonly next: number | undefined;
}

/** The offers that were made by or to organizations whose offers a visitor may see. */
export async function readOfferPage(pool: Pool, { status, after }: OfferFilter, visitor: Visitor): Promise<OfferPage> {
  const visibleTo =
    visitor.kind === 'operator' ? undefined : readableFor(visitor.caller, 'SedGrpOffer', 'registrant', 'none');
  const criteria = { visibleTo, offeredBy: [], offeredTo: [], keys: [], status };
  const found = await searchOffers(pool, criteria, after, MAX_OFFERS + 1);
  const shown = found.slice(0, MAX_OFFERS);
  return {
    offers: shown.map(({ object }) => object),
    next: found.length > MAX_OFFERS ? shown.at(-1)?.id : undefined,
  };
}
