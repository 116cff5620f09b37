import type { Pool } from 'pg';
import type { ObjKeyTypeEnum } from '../../model/key.js';
import type { SedRecKindName } from '../../model/sed-rec-kinds.js';
import {
  beginsWith,
  inDestGrps,
  is,
  isDestGrp,
  isOneOf,
  type ListedPage,
  type ListedRow,
  type ListPage,
  listedOf,
} from './list-page.js';
import { tables } from './names.js';
import { type Part, takeWalk, type Walk } from './walk.js';

/** What named objects are listed by: their case-folded names, or their registrants in the order in which these were added. */
export const namedOrders = { name: ['name_key', 'rant_id'], registrant: ['rant_id', 'name_key'] } as const;

/** Which objects of a noun a list has. */
export interface NamedFilter {
  readonly type: ObjKeyTypeEnum;
  readonly sort: keyof typeof namedOrders;
  /** Row ids of registrants; undefined: all. */
  readonly rants: readonly number[] | undefined;
  /** Row ids of organizations: objects of others that are shared with them, and not their own; undefined: those of `rants`. */
  readonly peers: readonly number[] | undefined;
  /** How the case-folded names begin. */
  readonly begin: string;
  readonly isInSvc: boolean | undefined;
  /** Of SED records. */
  readonly kind: SedRecKindName | undefined;
  /** Of SED groups: the case-folded name of a destination group. */
  readonly destGrp: string | undefined;
}

/** The ids of objects that are shared by offers that are accepted. */
const shared: Partial<Readonly<Record<ObjKeyTypeEnum, string>>> = {
  SedGrp: 'SELECT f.sed_group_id AS id FROM sppp.sed_group_offer f',
  SedRec: `SELECT r.sed_record_id AS id FROM sppp.sed_group_offer f
             JOIN sppp.sed_group_sed_record r ON r.sed_group_id = f.sed_group_id`,
};

/** A page of named objects; undefined: too many are shared to be listed. */
export async function listNamed(pool: Pool, filter: NamedFilter, page: ListPage): Promise<ListedPage | undefined> {
  const walk = walkOf(filter, page);
  const columns = [
    'o.name',
    'o.rant_id AS "rantId"',
    '(SELECT g.org_id FROM sppp.organization g WHERE g.id = o.rant_id) AS rant',
  ];
  const walked = await takeWalk<ListedRow & { name: string }>(pool, walk, columns, page.max);
  return listedOf(walk, walked, ({ rant, name }) => ({ kind: 'ObjKeyType', rant, name, type: filter.type }));
}

function walkOf({ type, sort, rants, peers, begin, isInSvc, kind, destGrp }: NamedFilter, page: ListPage): Walk {
  const others = peers === undefined ? undefined : sharedWith(type, peers);
  const grouped =
    destGrp === undefined ? undefined : inDestGrps('sed_group_dest_grp', 'sed_group_id', isDestGrp(destGrp, rants));
  const isNamed = beginsWith('name_key', begin);
  // The index has names in their order, unless that of all registrants begins with these.
  const isBound = sort === 'name' || (rants !== undefined && others === undefined);
  return {
    table: tables[type],
    order: namedOrders[sort],
    isBackward: page.isBackward,
    from: page.from,
    rants: others === undefined ? rants : undefined,
    bounds: isBound ? isNamed : [],
    conditions: [
      ...(isBound ? [] : isNamed),
      ...is('is_in_svc', 'boolean', isInSvc),
      ...is('kind', 'sppp.sed_record_kind', kind),
      ...(grouped === undefined ? [] : [grouped.condition]),
      ...(others === undefined ? [] : [isAmong(others), ...isOneOf('rant_id', rants)]),
    ],
    among: others ?? grouped?.among,
    isSecret: others !== undefined,
  };
}

function sharedWith(type: ObjKeyTypeEnum, peers: readonly number[]): Part {
  const ids = shared[type];
  if (ids === undefined) throw new Error(`nothing shares a ${type}`);
  return (values) => `${ids} WHERE f.offered_to_id = ANY (${values.take(peers)}::int[]) AND f.status = 'accepted'`;
}

function isAmong(ids: Part): Part {
  return (values) => `o.id IN (${ids(values)})`;
}
