import type { Peering } from '../../registry/find/peering.js';

/** Organizations on each side of a matrix. */
const MAX_SIDE = 60;

/** Who offers to whom, as a table of organizations by organizations. */
export interface Matrix {
  /** Those that offer, by their ids. */
  readonly offering: readonly string[];
  /** Those that are offered to, by their ids. */
  readonly offeredTo: readonly string[];
  /** What one of them offers to the other; undefined: nothing. */
  readonly cell: (offeredBy: string, offeredTo: string) => Peering | undefined;
  /** Whether there are organizations that are not in it. */
  readonly isPart: boolean;
}

/** The matrix of peerings; where there are too many organizations, of those with the most offers. */
export function matrixOf(peerings: readonly Peering[]): Matrix {
  const rows = sideOf(peerings, ({ offeredBy }) => offeredBy);
  const columns = sideOf(peerings, ({ offeredTo }) => offeredTo);
  const cells = new Map(peerings.map((each) => [cellName(each.offeredBy, each.offeredTo), each]));
  return {
    offering: rows.ids,
    offeredTo: columns.ids,
    cell: (offeredBy, offeredTo) => cells.get(cellName(offeredBy, offeredTo)),
    isPart: rows.isPart || columns.isPart,
  };
}

/** Ids have no blanks, so that two of them are told apart. */
const cellName = (offeredBy: string, offeredTo: string) => `${offeredBy} ${offeredTo}`;

function sideOf(peerings: readonly Peering[], idOf: (peering: Peering) => string) {
  const offers = new Map<string, number>();
  for (const each of peerings) {
    offers.set(idOf(each), (offers.get(idOf(each)) ?? 0) + each.accepted + each.waiting);
  }
  // A sort keeps the order of those that are equal, which is that of the ids.
  const most = [...offers].sort(([, one], [, other]) => other - one).slice(0, MAX_SIDE);
  return { ids: most.map(([id]) => id).sort(), isPart: offers.size > MAX_SIDE };
}
