import type { Pool } from 'pg';
import {
  type ListedCredential,
  type ListedGrant,
  listCredentials,
  listGrants,
} from '../../registry/access/administration.js';
import { findOrganization, type RelatedOrganization } from '../../registry/access/organizations.js';
import type { PrismaClient } from '../../registry/prisma-client/client.js';
import { maySeeOrganization } from '../markup/organization-link.js';
import type { Visitor } from '../visitor.js';

/** The database, by both clients. */
export interface Registry {
  readonly pool: Pool;
  readonly prisma: PrismaClient;
}

/**
 * An organization; undefined if there is none that the visitor may see: operators all, a registrar itself and those that it
 * acts for.
 */
export async function readOrganization(
  pool: Pool,
  orgId: string,
  visitor: Visitor,
): Promise<RelatedOrganization | undefined> {
  return maySeeOrganization(visitor, orgId) ? findOrganization(pool, orgId) : undefined;
}

/** How an organization logs in, and what it may do as a registrar. */
export interface OrganizationAccess {
  readonly credentials: readonly ListedCredential[];
  readonly grants: readonly ListedGrant[];
}

/** The same for the page of an organization; undefined if the visitor may not see it: operators and itself alone do. */
export async function readAccess(
  prisma: PrismaClient,
  orgId: string,
  visitor: Visitor,
): Promise<OrganizationAccess | undefined> {
  if (visitor.kind === 'registrar' && visitor.caller.registrar !== orgId) return undefined;
  const [credentials, grants] = await Promise.all([listCredentials(prisma, orgId), listGrants(prisma, orgId)]);
  return { credentials, grants };
}
