import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { Grants } from '../model/grants.js';
import type { Key } from '../model/key.js';
import { rantOf } from '../model/key-of.js';
import { findOrganizationId } from '../registry/find/organizations.js';
import type { Visitor } from './visitor.js';

/**
 * The caller as whom a visitor reads the objects of a registrant: registrars as themselves, operators as the registrant
 * would, which sees all of them and changes none here. Undefined: there is no such registrant for an operator.
 */
export async function readerOf(pool: Pool, visitor: Visitor, rant: string): Promise<Caller | undefined> {
  if (visitor.kind === 'registrar') return visitor.caller;
  const rantId = await findOrganizationId(pool, rant);
  return rantId === undefined ? undefined : registrantOf(new Map([[rant, rantId]]), visitor);
}

/** The same for objects of several registrants, by their keys and the row ids of their registrants. */
export function readerOfAll(
  objects: readonly { readonly key: Key; readonly rantId: number }[],
  visitor: Visitor,
): Caller {
  if (visitor.kind === 'registrar') return visitor.caller;
  return registrantOf(new Map(objects.map(({ key, rantId }) => [rantOf(key), rantId])), visitor);
}

/** A caller that is the registrar of these registrants, by organization ids, and the first of them itself. */
function registrantOf(rants: ReadonlyMap<string, number>, { credentialId }: Visitor): Caller {
  const everything = { nouns: undefined, verbs: undefined, spans: undefined };
  const grants = new Grants(
    [...rants].map(([registrant, registrantId]) => ({ registrant, registrantId, ...everything })),
  );
  const [[registrar, registrarId] = ['', 0]] = rants;
  return { credentialId, registrarId, registrar, grants };
}
