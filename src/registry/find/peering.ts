import type { Pool } from 'pg';

/** SED groups of one organization that are offered to another one, counted. */
export interface Peering {
  readonly offeredBy: string;
  readonly offeredTo: string;
  readonly accepted: number;
  readonly waiting: number;
}

/** An SED group that is offered by one organization to another one. */
export interface PeeringGroup {
  readonly offeredBy: string;
  readonly offeredTo: string;
  readonly name: string;
  readonly status: 'offered' | 'accepted';
}

/** Between whom offers are found; undefined where between all. */
export interface Sides {
  /** Row ids of organizations of which one is a side of each offer. */
  readonly one: readonly number[];
  /** The same of the other side; undefined where that may be anybody. */
  readonly other: readonly number[] | undefined;
}

const columns = 'g.rant_id, g.name, o.offered_to_id, o.status';

/** Each branch begins at an index: groups of a registrant, or offers to a recipient. */
const between = `SELECT ${columns} FROM sppp.sed_group g JOIN sppp.sed_group_offer o ON o.sed_group_id = g.id
   WHERE g.rant_id = ANY ($2::int[]) AND ($3::int[] IS NULL OR o.offered_to_id = ANY ($3))
  UNION ALL
  SELECT ${columns} FROM sppp.sed_group_offer o JOIN sppp.sed_group g ON g.id = o.sed_group_id
   WHERE o.offered_to_id = ANY ($2) AND ($3 IS NULL OR g.rant_id = ANY ($3)) AND NOT g.rant_id = ANY ($2)`;

const all = `SELECT ${columns} FROM sppp.sed_group_offer o JOIN sppp.sed_group g ON g.id = o.sed_group_id`;

const found = (sides: Sides | undefined) =>
  `(${sides === undefined ? all : between} LIMIT $1) x
   JOIN sppp.organization rant ON rant.id = x.rant_id
   JOIN sppp.organization peer ON peer.id = x.offered_to_id`;

const valuesOf = (sides: Sides | undefined, max: number) =>
  sides === undefined ? [max] : [max, sides.one, sides.other];

/**
 * Who offers SED groups to whom, by both ids.
 *
 * @param max offers that are counted at most, so that one look costs no more
 */
export async function findPeerings(pool: Pool, sides: Sides | undefined, max: number): Promise<Peering[]> {
  const { rows } = await pool.query<Peering>(
    `SELECT rant.org_id AS "offeredBy", peer.org_id AS "offeredTo",
            (count(*) FILTER (WHERE x.status = 'accepted'))::int AS accepted,
            (count(*) FILTER (WHERE x.status = 'offered'))::int AS waiting
       FROM ${found(sides)} GROUP BY 1, 2 ORDER BY 1, 2`,
    valuesOf(sides, max),
  );
  return rows;
}

/** The SED groups that are offered, by the ids of both sides and their names: so many at most. */
export async function findPeeringGroups(pool: Pool, sides: Sides, max: number): Promise<PeeringGroup[]> {
  const { rows } = await pool.query<PeeringGroup>(
    `SELECT rant.org_id AS "offeredBy", peer.org_id AS "offeredTo", x.name, x.status
       FROM ${found(sides)} ORDER BY 1, 2, 3`,
    valuesOf(sides, max),
  );
  return rows;
}
