import { isAscii } from 'node:buffer';
import type { Pool } from 'pg';
import { pubIdName } from '../model/identity.js';
import type { Key } from '../model/key.js';
import { type Noun, nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import { isSedRec, sedRecTypes } from '../model/sed-rec-kinds.js';
import { openBody, UnreadableBodyError } from '../registry/journal/archived-request.js';
import {
  type ArchivedRow,
  archivedChanges,
  findDeletionsOf,
  findStoredObject,
  type JournalRow,
  readRequests,
  type StoredObject,
} from '../registry/journal/journalled-requests.js';
import type { Item } from '../sppp/message.js';
import { readItems } from '../sppp/read-items.js';
import { foldName } from '../values/fold-name.js';

/** An object as the journal names it. */
export interface Named {
  readonly registrant: string;
  readonly noun: Noun;
  /** The case-folded name; kind and value of a public identifier; `group to organization` of an offer. */
  readonly key: string;
}

/** A request in an object's life. */
export interface Event {
  readonly request: JournalRow;
  /** The verbs of its items about the object if it is archived; else what its rows show. */
  readonly verbs: readonly (Item['verb'] | 'deleted' | 'last written')[];
  readonly offersGone: number;
  readonly referencesGone: number;
}

export interface History {
  readonly events: readonly Event[];
  readonly now: StoredObject | undefined;
  /** Archived requests that could not be read, by the reason. */
  readonly unread: ReadonlyMap<string, number>;
}

/**
 * The recorded life of an object: its deletions, the request that wrote it last, and every archived request since then
 * that was carried out and names it. If a request failed in part, its item about this object may have failed.
 */
export async function historyOf(
  named: Named,
  pool: Pool,
  { since, key }: { readonly since: Date; readonly key: string | undefined },
): Promise<History> {
  const { registrant, noun } = named;
  const deleted = await findDeletionsOf(pool, registrant, noun, named.key);
  const now = await findStoredObject(pool, registrant, noun, named.key);
  const verbs = new Map<number, Event['verbs'][number][]>();
  const note = (id: number, verb: Event['verbs'][number]) => verbs.set(id, [...(verbs.get(id) ?? []), verb]);
  const unread = new Map<string, number>();
  for await (const archived of archivedChanges(pool, since)) {
    try {
      for await (const verb of verbsIn(archived, named, key)) note(archived.transactionId, verb);
    } catch (error) {
      if (archived.isWhole && !(error instanceof UnreadableBodyError)) throw error;
      const why = error instanceof UnreadableBodyError ? error.message : 'kept in part only';
      unread.set(why, (unread.get(why) ?? 0) + 1);
    }
  }
  for (const { transactionId } of deleted) note(transactionId, 'deleted');
  if (now !== undefined) note(now.transactionId, 'last written');
  const requests = await readRequests(pool, [...verbs.keys()]);
  const events = requests.map((request): Event => {
    const its = deleted.filter(({ transactionId }) => transactionId === request.id);
    return {
      request,
      verbs: verbs.get(request.id) ?? [],
      offersGone: its.reduce((sum, { offersGone }) => sum + offersGone, 0),
      referencesGone: its.reduce((sum, { referencesGone }) => sum + referencesGone, 0),
    };
  });
  return { events, now, unread };
}

/** The verbs of an archived request's items about the object, in order. */
async function* verbsIn(archived: ArchivedRow, named: Named, key: string | undefined): AsyncGenerator<Item['verb']> {
  const bytes = openBody(archived, archived.serverTransId, key);
  if (!mayMention(bytes, named)) return;
  for await (const items of readItems(bytes, archived.charset)) {
    for (const { verb, subject } of items) if (isAbout(subject, named)) yield verb;
  }
}

/** The names of types and keys that a request about an object of this noun contains, at least one of them. */
const words: Readonly<Record<Exclude<Noun, 'PubId'>, readonly string[]>> = {
  DestGrp: ['DestGrp'],
  SedRec: [...sedRecTypes, 'SedRec'],
  SedGrp: ['SedGrp'],
  SedGrpOffer: ['SedGrpOffer', 'sedGrpOffer'],
  EgrRte: ['EgrRte'],
};

/**
 * Whether a request may be about an object. Reading every request would be slow, and most archived requests are bulk
 * loads of numbers: they refer to groups by name, but have no object or key of one. The bytes contain names and digits
 * as they are, except in an encoding of two bytes a character, with references such as `&#49;`, or with comments or
 * CDATA within.
 */
export function mayMention(bytes: Buffer, { noun, key }: Named): boolean {
  if (bytes.includes(0) || bytes.includes('&#') || bytes.includes('<!')) return true;
  if (noun !== 'PubId') return words[noun].some((word) => bytes.includes(word)) && mayName(bytes, noun, key);
  const [, digits] = /^(?:TN|TNPrefix|RN) (\d+)$/.exec(key) ?? [];
  return digits === undefined || bytes.includes(digits);
}

/** In ASCII, a name differs from its folded form by the case of letters alone. */
function mayName(bytes: Buffer, noun: Noun, key: string): boolean {
  const name = noun === 'SedGrpOffer' ? key.slice(0, key.lastIndexOf(' to ')) : key;
  const isPlain = /^[!-~]+$/.test(name) && !/[&<>"']/.test(name) && isAscii(bytes);
  return !isPlain || bytes.toString('latin1').toLowerCase().includes(name);
}

/** Whether an object or a key is about an object that the journal names. */
export function isAbout(subject: Obj | Key, { registrant, noun, key }: Named): boolean {
  const named = journalNameOf(subject);
  return named.noun === noun && named.registrant === registrant && named.key === key;
}

/** The name that the journal gives the object of an item. */
export function journalNameOf(subject: Obj | Key): Named {
  const noun = nounOf(subject);
  if (isSedRec(subject)) return { registrant: subject.rant, noun, key: foldName(subject.sedName) };
  switch (subject.kind) {
    case 'SedGrpOfferType':
    case 'SedGrpOfferKeyType': {
      const { sedGrpKey, offeredTo } = subject.kind === 'SedGrpOfferType' ? subject.sedGrpOfferKey : subject;
      return { registrant: sedGrpKey.rant, noun, key: `${foldName(sedGrpKey.name)} to ${offeredTo}` };
    }
    case 'ObjKeyType':
      return { registrant: subject.rant, noun, key: foldName(subject.name) };
    case 'DestGrpType':
      return { registrant: subject.rant, noun, key: foldName(subject.dgName) };
    case 'SedGrpType':
      return { registrant: subject.rant, noun, key: foldName(subject.sedGrpName) };
    case 'EgrRteType':
      return { registrant: subject.rant, noun, key: foldName(subject.egrRteName) };
    default: {
      const { type, value } = pubIdName(subject);
      return { registrant: subject.rant, noun, key: `${type} ${value}` };
    }
  }
}
