import type { Pool } from 'pg';
import type { Caller } from '../../authority/caller.js';
import { mayRead, mayReadOffer } from '../../authority/may.js';
import type { Key } from '../../model/key.js';
import { rantOf } from '../../model/key-of.js';
import { nounOf } from '../../model/noun.js';
import type { Obj } from '../../model/obj.js';
import { judgeKeys } from '../../operations/get.js';
import { journalNameOf } from '../../operations/history.js';
import { findReaders, type Reader } from '../../registry/find/readers.js';
import { findReferring } from '../../registry/find/references.js';
import {
  findDeletionsOf,
  findStoredObject,
  type JournalRow,
  readRequests,
} from '../../registry/journal/journalled-requests.js';
import { foldName } from '../../values/fold-name.js';
import { readerOf } from '../reader.js';
import type { Visitor } from '../visitor.js';
import { maySeeRequest } from './find.js';

/** Objects that refer to another one, and organizations that may get it, on its page. */
const MAX_REFERRING = 50;
const MAX_READERS = 50;

/** What a request did to an object: it deleted it once, or wrote it last. */
type Writing = 'deleted' | 'last written';

/** What the page of an object shows. */
export interface ObjectState {
  readonly object: Obj | undefined;
  /** Whether all of it may be seen: an object of a peer shows what a Get shows. */
  readonly isOwn: boolean;
  readonly referring: readonly Key[];
  /** Who may get it: for operators, and for its registrant itself. */
  readonly readers: readonly Reader[];
  /** The requests that deleted it, and the one that wrote it last, if they may be seen; the oldest first. */
  readonly requests: readonly { readonly what: Writing; readonly request: JournalRow }[];
}

/** The object of a key, as far as a visitor may see it; undefined if it may not even ask. */
export async function readObject(pool: Pool, key: Key, visitor: Visitor): Promise<ObjectState | undefined> {
  const rant = rantOf(key);
  const reader = await readerOf(pool, visitor, rant);
  if (reader === undefined) return undefined;
  const isOwn = maySee(key, reader);
  if (!isOwn && !isShareable(key)) return undefined;
  const object = await getObject(pool, key, reader);
  if (!isOwn) return object && { object, isOwn, referring: [], readers: [], requests: [] };
  const { registrant } = journalNameOf(key);
  const [referring, readers, writers] = await Promise.all([
    key.kind === 'ObjKeyType' ? findReferring(pool, { ...key, nameKey: foldName(key.name) }, MAX_REFERRING) : [],
    mayKnowReaders(visitor, registrant) ? readersOf(pool, key) : [],
    writersOf(pool, key),
  ]);
  const requests = await requestsOf(pool, writers, visitor);
  // What refers to it may be another organization's, or of a type that no grant lets the visitor read.
  return {
    object,
    isOwn,
    readers,
    referring: referring.filter((each) => visitor.kind === 'operator' || maySee(each, reader)),
    requests,
  };
}

/** Whether a visitor sees the grants for a registrant, as on the page of the organization. */
function mayKnowReaders(visitor: Visitor, registrant: string): boolean {
  return visitor.kind === 'operator' || visitor.caller.registrar === registrant;
}

async function readersOf(pool: Pool, key: Key): Promise<Reader[]> {
  const nameKey = key.kind === 'ObjKeyType' ? foldName(key.name) : '';
  const readers = await findReaders(pool, { noun: nounOf(key), rant: rantOf(key), nameKey }, MAX_READERS);
  return key.kind === 'SedGrpOfferKeyType' ? [...readers, { orgId: key.offeredTo, by: 'offer' }] : readers;
}

/** Whether an object can be shared with another organization (RFC 7877 §6.5). */
function isShareable(key: Key): boolean {
  return nounOf(key) === 'SedGrp' || nounOf(key) === 'SedRec';
}

/** Whether the registrar of an object's registrant, or of a side of an offer, may read all of it. */
export function maySee(key: Key, reader: Caller): boolean {
  if (key.kind === 'SedGrpOfferKeyType') return mayReadOffer(reader, key) === undefined;
  return mayRead(reader, nounOf(key), key.rant) === undefined;
}

/** The object that a Get of the key has in its answer. */
export async function getObject(pool: Pool, key: Key, reader: Caller): Promise<Obj | undefined> {
  const client = await pool.connect();
  try {
    const found = await judgeKeys([{ verb: 'get', index: 0, subject: key }], reader).read(client);
    return Array.isArray(found) ? found[0]?.object : undefined;
  } finally {
    client.release();
  }
}

/** Whether a request is the last one that wrote an object, or deleted it. */
export async function isOfRequest(pool: Pool, key: Key, transactionId: number): Promise<boolean> {
  return (await writersOf(pool, key)).has(transactionId);
}

/** The requests that deleted an object, and the one that wrote it last, by their ids. */
async function writersOf(pool: Pool, key: Key): Promise<ReadonlyMap<number, Writing>> {
  const { registrant, noun, key: name } = journalNameOf(key);
  const [stored, deletions] = await Promise.all([
    findStoredObject(pool, registrant, noun, name),
    findDeletionsOf(pool, registrant, noun, name),
  ]);
  const writers = new Map<number, Writing>(deletions.map(({ transactionId }) => [transactionId, 'deleted']));
  if (stored !== undefined) writers.set(stored.transactionId, 'last written');
  return writers;
}

async function requestsOf(
  pool: Pool,
  writers: ReadonlyMap<number, Writing>,
  visitor: Visitor,
): Promise<ObjectState['requests']> {
  const requests = await readRequests(pool, [...writers.keys()]);
  return requests
    .filter((request) => maySeeRequest(request, visitor))
    .map((request) => ({ what: writers.get(request.id) ?? 'last written', request }));
}
