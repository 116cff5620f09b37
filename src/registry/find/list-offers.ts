import type { Pool } from 'pg';
import { is, isOneOf, type ListedPage, type ListedRow, type ListPage, listedOf } from './list-page.js';
import { type Part, takeWalk, type Walk } from './walk.js';

/** What offers are listed by: the order in which they were made. */
export const offerOrders = { made: ['id'] } as const;

/** Which offers a list has. */
export interface OfferFilter {
  /** Row ids of organizations whose offers, made or received, may be shown; undefined: all. */
  readonly visibleTo: readonly number[] | undefined;
  /** Row ids of the registrants of the groups; undefined: all. */
  readonly offeredBy: readonly number[] | undefined;
  readonly offeredTo: readonly number[] | undefined;
  readonly status: 'offered' | 'accepted' | undefined;
}

interface Row extends ListedRow {
  readonly name: string;
  readonly offeredTo: string;
}

/** A page of offers. */
export async function listOffers(pool: Pool, filter: OfferFilter, page: ListPage): Promise<ListedPage | undefined> {
  const walk = walkOf(filter, page);
  const columns = [
    '(SELECT g.name FROM sppp.sed_group g WHERE g.id = o.sed_group_id) AS name',
    '(SELECT g.rant_id FROM sppp.sed_group g WHERE g.id = o.sed_group_id) AS "rantId"',
    `(SELECT r.org_id FROM sppp.sed_group g JOIN sppp.organization r ON r.id = g.rant_id
       WHERE g.id = o.sed_group_id) AS rant`,
    '(SELECT r.org_id FROM sppp.organization r WHERE r.id = o.offered_to_id) AS "offeredTo"',
  ];
  const walked = await takeWalk<Row>(pool, walk, columns, page.max);
  return listedOf(walk, walked, ({ rant, name, offeredTo }) => ({
    kind: 'SedGrpOfferKeyType',
    sedGrpKey: { kind: 'ObjKeyType', rant, name, type: 'SedGrp' },
    offeredTo,
  }));
}

function walkOf({ visibleTo, offeredBy, offeredTo, status }: OfferFilter, page: ListPage): Walk {
  const made = offeredBy && madeBy(offeredBy);
  const visible = visibleTo && eitherOf(madeBy(visibleTo), madeTo(visibleTo));
  return {
    table: 'sed_group_offer',
    order: offerOrders.made,
    isBackward: page.isBackward,
    from: page.from,
    bounds: [],
    conditions: [
      ...isOneOf('offered_to_id', offeredTo),
      ...is('status', 'sppp.offer_status', status),
      ...(offeredBy === undefined ? [] : [isMadeBy(offeredBy)]),
      ...(visibleTo === undefined
        ? []
        : [(values: Parameters<Part>[0]) => `(${isMadeBy(visibleTo)(values)} OR ${isMadeTo(visibleTo)(values)})`]),
    ],
    among: made ?? (offeredTo && madeTo(offeredTo)) ?? visible,
    // A row id says nothing of its offer.
    isSecret: false,
  };
}

/** Groups without offers count as well, so that the query looks at few of them. */
function madeBy(rants: readonly number[]): Part {
  return (values) => `SELECT f.id FROM sppp.sed_group g LEFT JOIN sppp.sed_group_offer f ON f.sed_group_id = g.id
    WHERE g.rant_id = ANY (${values.take(rants)}::int[])`;
}

function madeTo(organizations: readonly number[]): Part {
  return (values) =>
    `SELECT f.id FROM sppp.sed_group_offer f WHERE f.offered_to_id = ANY (${values.take(organizations)}::int[])`;
}

function eitherOf(one: Part, other: Part): Part {
  return (values) => `${one(values)} UNION ALL ${other(values)}`;
}

function isMadeBy(rants: readonly number[]): Part {
  return (values) =>
    `(SELECT g.rant_id FROM sppp.sed_group g WHERE g.id = o.sed_group_id) = ANY (${values.take(rants)}::int[])`;
}

function isMadeTo(organizations: readonly number[]): Part {
  return (values) => `o.offered_to_id = ANY (${values.take(organizations)}::int[])`;
}
