import type { Pool } from 'pg';
import { pubIdKeyOf } from '../../model/key-of.js';
import type { PubIdKindName } from '../../model/object-order.js';
import {
  beginsWith,
  type InDestGrps,
  inDestGrps,
  is,
  isDestGrp,
  isOneOf,
  type ListedPage,
  type ListedRow,
  type ListPage,
  listedOf,
} from './list-page.js';
import { type Part, takeWalk, type Walk } from './walk.js';

/** What public identifiers are listed by: digits and URIs, or the order in which they were added. */
export const pubIdOrders = { number: ['value', 'kind', 'rant_id'], added: ['id'] } as const;

/** Which public identifiers a list has. */
export interface PubIdFilter {
  readonly sort: keyof typeof pubIdOrders;
  /** Row ids of registrants; undefined: all. */
  readonly rants: readonly number[] | undefined;
  /** Whether nobody may learn of identifiers of others. */
  readonly isSecret: boolean;
  /** How digits or URIs begin. */
  readonly begin: string;
  readonly kind: PubIdKindName | undefined;
  /** The case-folded name of a destination group. */
  readonly destGrp: string | undefined;
}

interface Row extends ListedRow {
  readonly type: PubIdKindName;
  readonly name: string;
}

/** A page of public identifiers; undefined: by their numbers, so many cannot be listed without those of others. */
export async function listPubIds(pool: Pool, filter: PubIdFilter, page: ListPage): Promise<ListedPage | undefined> {
  const walk = walkOf(filter, page);
  const columns = [
    'o.kind AS type',
    'o.value AS name',
    'o.rant_id AS "rantId"',
    '(SELECT g.org_id FROM sppp.organization g WHERE g.id = o.rant_id) AS rant',
  ];
  const walked = await takeWalk<Row>(pool, walk, columns, page.max);
  return listedOf(walk, walked, ({ rant, type, name }) => pubIdKeyOf(rant, type, name));
}

function walkOf(filter: PubIdFilter, page: ListPage): Walk {
  const { sort, rants, begin, kind, destGrp } = filter;
  const values = [...beginsWith('value', begin), ...valuesOf(kind)];
  return {
    table: 'public_identifier',
    order: pubIdOrders[sort],
    isBackward: page.isBackward,
    from: page.from,
    bounds: sort === 'number' ? values : [],
    conditions: [
      ...(sort === 'number' ? [] : values),
      ...isOneOf('rant_id', rants),
      ...is('kind', 'sppp.public_identifier_kind', kind),
      ...(destGrp === undefined ? [] : [membersOf(destGrp, rants).condition]),
    ],
    among: setOf(filter),
    // A row id says nothing of its identifier, a place among numbers has one.
    isSecret: filter.isSecret && sort === 'number',
  };
}

/** All digits come before URIs, which begin with a letter. */
function valuesOf(kind: PubIdKindName | undefined): Part[] {
  if (kind === undefined) return [];
  return [() => `o.value ${kind === 'URI' ? '>' : '<'} ':'`];
}

/** The narrowest set that an index has for the filter, other than the one of the order. */
function setOf({ destGrp, rants, kind, begin, sort }: PubIdFilter): Part | undefined {
  if (destGrp !== undefined) return membersOf(destGrp, rants).among;
  if (kind === 'TNRange' || kind === 'TNPrefix') {
    return () => 'SELECT p.id FROM sppp.public_identifier p WHERE p.span IS NOT NULL';
  }
  if (begin === '' || (sort === 'number' && rants === undefined)) return undefined;
  const [isNamed] = beginsWith('value', begin);
  return isNamed && ((values) => `SELECT o.id FROM sppp.public_identifier o WHERE ${isNamed(values)}`);
}

function membersOf(destGrp: string, rants: readonly number[] | undefined): InDestGrps {
  return inDestGrps('destination_group_member', 'public_identifier_id', isDestGrp(destGrp, rants));
}
