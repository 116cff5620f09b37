import type { Pool } from 'pg';
import { readableFor } from '../../authority/may.js';
import { normalized } from '../../forms/telephone-number.js';
import { type Key, type ObjKeyTypeEnum, objKeyTypes } from '../../model/key.js';
import type { Noun } from '../../model/noun.js';
import { findIdentifiers } from '../../registry/find/identifiers.js';
import { findNames } from '../../registry/find/names.js';
import { type FoundOrganization, findOrganizations } from '../../registry/find/organizations.js';
import {
  findRequest,
  findRequestsOf,
  findRequestsOfAnybody,
  isServerTransId,
  type JournalRow,
} from '../../registry/journal/journalled-requests.js';
import { foldName } from '../../values/fold-name.js';
import { isRefusal } from '../../values/refusal.js';
import type { Visitor } from '../visitor.js';

/** Results of each kind on a page. */
export const MAX_FOUND = 50;

/** What a search finds, of what its visitor may see. */
export interface Found {
  readonly identifiers: readonly Key[];
  readonly names: readonly Key[];
  readonly organizations: readonly FoundOrganization[];
  readonly requests: readonly JournalRow[];
}

/** Finds what a text names: a number as people write it, a name, a URI, an organization, an id of a request. */
export async function find(pool: Pool, text: string, visitor: Visitor): Promise<Found> {
  const rants = (noun: Noun) =>
    visitor.kind === 'operator' ? undefined : readableFor(visitor.caller, noun, 'registrant', 'none');
  const shown = (noun: ObjKeyTypeEnum) => {
    const peers = visitor.kind === 'operator' ? [] : readableFor(visitor.caller, noun, 'recipient', 'accepted');
    return { rants: rants(noun), peers };
  };
  const nameKey = foldName(text);
  const [identifiers, organizations, requests, ...named] = await Promise.all([
    findIdentifiers(pool, identifierIn(text), rants('PubId'), MAX_FOUND),
    findOrganizations(pool, text, organizationsOf(visitor), MAX_FOUND),
    findRequests(pool, text, visitor),
    ...objKeyTypes.map((type) => findNames(pool, type, nameKey, shown(type), MAX_FOUND)),
  ]);
  return { identifiers, organizations, requests, names: named.flat() };
}

/** The value of the identifier that a text means: the digits of a number in any form that people write it, else the text. */
function identifierIn(text: string): string {
  const range = /^\+?(\d+)\s*-\s*\+?(\d+)$/.exec(text);
  if (range !== null) return `${range[1]}-${range[2]}`;
  if (/^[+\d\s().-]+$/.test(text) && /\d/.test(text)) return text.replace(/\D/g, '');
  const number = normalized(text, undefined);
  return isRefusal(number) ? text : number.replace('+', '');
}

/** Row ids of the organizations that a visitor may know about: a registrar itself, and those that it acts for. */
function organizationsOf(visitor: Visitor): number[] | undefined {
  if (visitor.kind === 'operator') return undefined;
  const { registrarId, grants } = visitor.caller;
  return [registrarId, ...grants.registrants().flatMap((orgId) => grants.get(orgId) ?? [])];
}

/** Requests by the server's id or the client's own; a registrar's are its own. */
async function findRequests(pool: Pool, text: string, visitor: Visitor): Promise<JournalRow[]> {
  if (isServerTransId(text)) {
    const row = await findRequest(pool, text);
    return row !== undefined && maySeeRequest(row, visitor) ? [row] : [];
  }
  const clientTransId = text.replaceAll('\0', '');
  if (visitor.kind === 'operator') return findRequestsOfAnybody(pool, clientTransId, MAX_FOUND);
  return findRequestsOf(pool, visitor.caller.registrarId, clientTransId, MAX_FOUND);
}

/** Whether a visitor may see a request: operators all, a registrar its own. */
export function maySeeRequest({ registrar }: Pick<JournalRow, 'registrar'>, visitor: Visitor): boolean {
  return visitor.kind === 'operator' || visitor.caller.registrar === registrar;
}
