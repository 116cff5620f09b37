import type { Pool } from 'pg';
import { readableFor } from '../../authority/may.js';
import type { ObjKeyTypeEnum } from '../../model/key.js';
import type { PubIdKindName } from '../../model/object-order.js';
import type { SedGrpOffer } from '../../model/sed-grp-offer.js';
import type { SedRecKindName } from '../../model/sed-rec-kinds.js';
import type { NamedFilter } from '../../registry/find/list-named.js';
import type { OfferFilter } from '../../registry/find/list-offers.js';
import type { PubIdFilter } from '../../registry/find/list-pub-ids.js';
import { findOrganizationId } from '../../registry/find/organizations.js';
import { foldName } from '../../values/fold-name.js';
import type { Visitor } from '../visitor.js';
import { beginIn, type ListQuery } from './list-query.js';

/** The named objects that a page asks for, of those that its visitor may see. */
export async function namedFilter(
  pool: Pool,
  query: ListQuery,
  type: ObjKeyTypeEnum,
  visitor: Visitor,
): Promise<NamedFilter> {
  const { fields, sort } = query;
  const isShared = fields.shared !== undefined && visitor.kind === 'registrar';
  return {
    type,
    sort: sort as NamedFilter['sort'],
    rants: isShared ? await rowIds(pool, fields.rant) : await registrants(pool, query, visitor),
    peers: isShared ? readableFor(visitor.caller, type, 'recipient', 'accepted') : undefined,
    begin: beginIn(query),
    isInSvc: fields.inService === undefined ? undefined : fields.inService === 'yes',
    kind: fields.kind as SedRecKindName | undefined,
    destGrp: fields.destGrp === undefined ? undefined : foldName(fields.destGrp),
  };
}

/** The same of offers. */
export async function offerFilter(pool: Pool, { fields }: ListQuery, visitor: Visitor): Promise<OfferFilter> {
  const [offeredBy, offeredTo] = await Promise.all([rowIds(pool, fields.rant), rowIds(pool, fields.offeredTo)]);
  return {
    visibleTo:
      visitor.kind === 'operator' ? undefined : readableFor(visitor.caller, 'SedGrpOffer', 'registrant', 'none'),
    offeredBy,
    offeredTo,
    status: fields.status as SedGrpOffer['status'] | undefined,
  };
}

/** The same of public identifiers. */
export async function pubIdFilter(pool: Pool, query: ListQuery, visitor: Visitor): Promise<PubIdFilter> {
  const { fields, sort } = query;
  return {
    sort: sort as PubIdFilter['sort'],
    rants: await registrants(pool, query, visitor),
    isSecret: visitor.kind === 'registrar',
    begin: beginIn(query),
    kind: fields.kind as PubIdKindName | undefined,
    destGrp: fields.destGrp === undefined ? undefined : foldName(fields.destGrp),
  };
}

/** Row ids of the registrants whose objects are asked for and may be shown; undefined: all. */
async function registrants(
  pool: Pool,
  { list, fields }: ListQuery,
  visitor: Visitor,
): Promise<readonly number[] | undefined> {
  const asked = await rowIds(pool, fields.rant);
  if (visitor.kind === 'operator') return asked;
  const readable = readableFor(visitor.caller, list.noun, 'registrant', 'none');
  return readable.filter((id) => asked?.includes(id) ?? true);
}

/** The row id of an organization, or none if there is no such organization; undefined if none is asked for. */
async function rowIds(pool: Pool, orgId: string | undefined): Promise<readonly number[] | undefined> {
  if (orgId === undefined) return undefined;
  const id = await findOrganizationId(pool, orgId);
  return id === undefined ? [] : [id];
}
