import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { Grants } from '../model/grants.js';
import { findOrganizationId } from '../registry/find/organizations.js';
import type { Visitor } from './visitor.js';

/**
 * The caller as whom a visitor reads the objects of registrants: registrars as themselves, operators as one registrar that acts
 * for all of these would, which sees all of them and changes none here. Undefined: there is no such registrant for an operator.
 */
export async function readerOf(pool: Pool, visitor: Visitor, ...rants: readonly string[]): Promise<Caller | undefined> {
  if (visitor.kind === 'registrar') return visitor.caller;
  const everything = { nouns: undefined, verbs: undefined, spans: undefined };
  const each = await Promise.all(
    [...new Set(rants)].map(async (registrant) => {
      const registrantId = await findOrganizationId(pool, registrant);
      return registrantId === undefined ? [] : [{ registrant, registrantId, ...everything }];
    }),
  );
  const grants = each.flat();
  const [first] = grants;
  if (first === undefined) return undefined;
  const { registrant, registrantId } = first;
  return {
    ...{ credentialId: visitor.credentialId, registrarId: registrantId, registrar: registrant },
    grants: new Grants(grants),
  };
}
