import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { Grants } from '../model/grants.js';
import type { Key } from '../model/key.js';
import { rantOf } from '../model/key-of.js';
import { findOrganizationId } from '../registry/find/organizations.js';
import type { Visitor } from './visitor.js';

/**
 * The caller as whom a visitor reads the objects of registrants: registrars as themselves, operators as one registrar that acts
 * for all of these would, which sees all of them and changes none here. Undefined: there is no such registrant for an operator.
 */
export async function readerOf(pool: Pool, visitor: Visitor, ...rants: readonly string[]): Promise<Caller | undefined> {
  if (visitor.kind === 'registrar') return visitor.caller;
  const found = await Promise.all(
    [...new Set(rants)].map(async (rant) => [rant, await findOrganizationId(pool, rant)] as const),
  );
  const known = new Map(found.flatMap(([rant, rantId]) => (rantId === undefined ? [] : [[rant, rantId] as const])));
  return known.size === 0 ? undefined : registrantOf(known, visitor);
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
