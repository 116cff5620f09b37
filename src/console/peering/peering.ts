import type { Pool } from 'pg';
import { readableFor } from '../../authority/may.js';
import { findOrganizationId } from '../../registry/find/organizations.js';
import {
  findPeeringGroups,
  findPeerings,
  type Peering,
  type PeeringGroup,
  type Sides,
} from '../../registry/find/peering.js';
import type { Visitor } from '../visitor.js';

/** Offers that are counted for a page. */
const MAX_OFFERS = 10_000;

/** SED groups between two organizations on a page. */
const MAX_GROUPS = 200;

/** Whose offers a page has; an empty text means all. */
export interface PeeringFilter {
  readonly organization: string;
  readonly peer: string;
}

/** Who peers with whom, or which SED groups are between two, as far as a visitor may see it. */
export interface PeeringState {
  readonly peerings: readonly Peering[];
  /** Only where two organizations are asked for. */
  readonly groups: readonly PeeringGroup[];
  /** Whether there are more offers than were read. */
  readonly hasMore: boolean;
}

const nothing: PeeringState = { peerings: [], groups: [], hasMore: false };

/**
 * Reads who peers with whom: operators see all offers, registrars those of which their grants let them read one side. An
 * organization that is not known has none.
 */
export async function readPeering(pool: Pool, filter: PeeringFilter, visitor: Visitor): Promise<PeeringState> {
  const { organization, peer } = filter;
  const ids = await Promise.all(
    [organization, peer].filter((each) => each !== '').map((each) => findOrganizationId(pool, each)),
  );
  if (ids.includes(undefined)) return nothing;
  const [id, peerId] = ids;
  const visible =
    visitor.kind === 'operator' ? undefined : readableFor(visitor.caller, 'SedGrpOffer', 'registrant', 'none');
  if (id !== undefined && peerId !== undefined) {
    if (visible !== undefined && !visible.includes(id) && !visible.includes(peerId)) return nothing;
    const groups = await findPeeringGroups(pool, { one: [id], other: [peerId] }, MAX_GROUPS + 1);
    return { peerings: [], groups: groups.slice(0, MAX_GROUPS), hasMore: groups.length > MAX_GROUPS };
  }
  const peerings = await findPeerings(pool, sidesOf(id, visible), MAX_OFFERS + 1);
  const offers = peerings.reduce((sum, { accepted, waiting }) => sum + accepted + waiting, 0);
  return { peerings, groups: [], hasMore: offers > MAX_OFFERS };
}

/** The offers of an organization, or of all, of which one side is visible. */
function sidesOf(id: number | undefined, visible: readonly number[] | undefined): Sides | undefined {
  if (id === undefined) return visible && { one: visible, other: undefined };
  return { one: [id], other: visible === undefined || visible.includes(id) ? undefined : visible };
}
