import type { Pool } from 'pg';
import type { Obj } from '../model/obj.js';
import { openBody, UnreadableBodyError } from '../registry/journal/archived-request.js';
import { findEarlierChanges } from '../registry/journal/earlier-changes.js';
import { findFailedOf } from '../registry/journal/failed-objects.js';
import {
  type ArchivedRow,
  findDeletionsOf,
  findStoredObject,
  type JournalRow,
  readRequests,
} from '../registry/journal/journalled-requests.js';
import type { Item } from '../sppp/message.js';
import { readItems } from '../sppp/read-items.js';
import { daysBefore } from '../values/days.js';
import { isAbout, mayMention, type Named } from './history.js';

/** What a request did to an object. */
export interface Version {
  readonly request: JournalRow;
  readonly verb: Exclude<Item['verb'], 'get'>;
  /** The object as it was sent, if the verb is to add. */
  readonly object: Obj | undefined;
}

/** Some versions of an object, the latest first. */
export interface VersionPage {
  readonly versions: readonly Version[];
  /** The journal row before which older ones may be; undefined: there are none on record. */
  readonly next: number | undefined;
  /** Requests on the way that were not read, by the reason. */
  readonly unread: ReadonlyMap<string, number>;
}

export interface VersionSearch {
  /** Row id of the registrar whose requests are looked at; undefined: those of all. */
  readonly registrarId: number | undefined;
  /** Only requests with lower journal rows; undefined: from the last one that wrote or deleted the object. */
  readonly before: number | undefined;
  /** Archived requests that came before are not looked for. */
  readonly since: Date;
  /** The key of encrypted requests. */
  readonly key: string | undefined;
}

/** Days between the arrival of a request and the time at which it adds an object, at most. */
const MAX_REQUEST_DAYS = 1;

/** Why a request was not read. */
const TOO_LONG = 'too long to be looked into here; sppp history reads all';
const IN_PART = 'kept in part only';

/**
 * What requests did to an object, by the archived ones, some at a time: it begins with the request that wrote the object last,
 * or that deleted it, and goes back until it was added.
 */
export async function versionsOf(named: Named, pool: Pool, search: VersionSearch): Promise<VersionPage> {
  const { registrant, noun, key } = named;
  const [deletions, stored] = await Promise.all([
    findDeletionsOf(pool, registrant, noun, key),
    findStoredObject(pool, registrant, noun, key),
  ]);
  const last = Math.max(stored?.transactionId ?? 0, ...deletions.map(({ transactionId }) => transactionId));
  const { before = last + 1, registrarId } = search;
  const unread = new Map<string, number>();
  const note = (why: string, requests = 1) => unread.set(why, (unread.get(why) ?? 0) + requests);
  const since = new Date(Math.max(search.since.getTime(), beginning(stored?.cDate, deletions.length > 0)));
  const earlier = await findEarlierChanges(pool, { before, since, registrarId });
  if (earlier.long > 0) note(TOO_LONG, earlier.long);
  const versions: Version[] = [];
  const ids = earlier.requests.map(({ transactionId }) => transactionId);
  const requests = new Map((await readRequests(pool, ids)).map((request) => [request.id, request]));
  for (const archived of earlier.requests) {
    const request = requests.get(archived.transactionId);
    if (request === undefined) continue;
    try {
      const items = await itemsAbout(archived, named, search.key);
      if (items.length === 0) continue;
      const numbers = items.map(({ index }) => index + 1);
      const failed = await findFailedOf(pool, request.id, numbers);
      const done = items.filter(({ index }) => !failed.has(index + 1));
      versions.push(...done.reverse().flatMap((item) => versionOf(item, request)));
    } catch (error) {
      if (archived.isWhole && !(error instanceof UnreadableBodyError)) throw error;
      note(error instanceof UnreadableBodyError ? error.message : IN_PART);
    }
  }
  return { versions, next: earlier.next, unread };
}

/** When its recorded life may have begun: one that was deleted before may have had another one. */
function beginning(cDate: Date | undefined, wasDeleted: boolean): number {
  return cDate === undefined || wasDeleted ? 0 : daysBefore(cDate, MAX_REQUEST_DAYS).getTime();
}

async function itemsAbout(archived: ArchivedRow, named: Named, key: string | undefined): Promise<Item[]> {
  const bytes = openBody(archived, archived.serverTransId, key);
  if (!mayMention(bytes, named)) return [];
  const found: Item[] = [];
  for await (const items of readItems(bytes, archived.charset)) {
    found.push(...items.filter(({ subject }) => isAbout(subject, named)));
  }
  return found;
}

function versionOf(item: Item, request: JournalRow): Version[] {
  if (item.verb === 'get') return [];
  return [{ request, verb: item.verb, object: item.verb === 'add' ? item.subject : undefined }];
}
