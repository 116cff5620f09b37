import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { Grants } from '../model/grants.js';
import { findOrganizationId } from '../registry/find/organizations.js';
import type { Visitor } from './visitor.js';

/**
 * The caller as whom a visitor reads the objects of a registrant: registrars as themselves, operators as the registrant
 * would, which sees all of them and changes none here. Undefined: there is no such registrant for an operator.
 */
export async function readerOf(pool: Pool, visitor: Visitor, rant: string): Promise<Caller | undefined> {
  if (visitor.kind === 'registrar') return visitor.caller;
  const registrantId = await findOrganizationId(pool, rant);
  if (registrantId === undefined) return undefined;
  const everything = { nouns: undefined, verbs: undefined, spans: undefined };
  const grants = new Grants([{ registrant: rant, registrantId, ...everything }]);
  return { credentialId: visitor.credentialId, registrarId: registrantId, registrar: rant, grants };
}
