import type { ClientBase } from 'pg';
import type { Key } from '../../model/key.js';
import { pubIdKeyOf } from '../../model/key-of.js';
import type { Noun } from '../../model/noun.js';
import { type ObjKind, type PubIdKindName, pubIdKindNames, pubIdKinds } from '../../model/object-order.js';
import { sedRecKindNames, sedRecKinds } from '../../model/sed-rec-kinds.js';
import { rowBatches } from '../connection/row-batches.js';

/** Which objects of a noun are listed. */
export interface Listed {
  readonly noun: Noun;
  readonly kinds: readonly ObjKind[];
  /** Organizations whose objects are listed, by row id; of offers also those that were made to them. */
  readonly own: readonly number[];
  /** Organizations that objects of others are shared with, by row id. */
  readonly peers: readonly number[];
  /** Organization ids of registrants; undefined: all. */
  readonly rants: readonly string[] | undefined;
}

interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly keyOf: (row: KeyRow) => Key;
}

/** A row of any of the queries. */
interface KeyRow {
  readonly rant: string;
  readonly name: string;
  readonly offeredTo: string;
  readonly kind: PubIdKindName;
}

const RANT = 'JOIN sppp.organization rant ON rant.id';
/** Of the values own, rants. */
const OF_RANTS = '($2::text[] IS NULL OR rant.org_id = ANY ($2))';

/** Objects are shared by offers that are accepted: who shares it, by the object's table, the offer being f. */
const sharing = {
  sed_group: 'SELECT f.sed_group_id FROM sppp.sed_group_offer f WHERE',
  sed_record: `SELECT shared.sed_record_id FROM sppp.sed_group_offer f
                 JOIN sppp.sed_group_sed_record shared ON shared.sed_group_id = f.sed_group_id WHERE`,
} as const;

/**
 * The keys of the objects that are listed, in the order of lists (model/object-order), some at a time, inside the transaction
 * that is under way.
 *
 * @param sizeOf how many keys to read next
 */
export async function* listKeys(
  db: Pick<ClientBase, 'query'>,
  listed: Listed,
  sizeOf: () => number,
): AsyncGenerator<Key[], void> {
  const { keyOf, ...query } = queryOf(listed);
  for await (const rows of rowBatches<KeyRow>(db, query, sizeOf)) yield rows.map(keyOf);
}

function queryOf(listed: Listed): Query {
  switch (listed.noun) {
    case 'DestGrp':
      return named('DestGrp', 'destination_group', listed);
    case 'EgrRte':
      return named('EgrRte', 'egress_route', listed);
    case 'SedRec':
    case 'SedGrp':
      return shared(listed.noun, listed);
    case 'SedGrpOffer':
      return offers(listed);
    case 'PubId':
      return pubIds(listed);
  }
}

function named(type: 'DestGrp' | 'EgrRte', table: string, { own, rants }: Listed): Query {
  const text = `SELECT rant.org_id AS rant, o.name FROM sppp.${table} o ${RANT} = o.rant_id
    WHERE o.rant_id = ANY ($1::int[]) AND ${OF_RANTS} ORDER BY rant.org_id, o.name_key`;
  return { text, values: [own, rants], keyOf: ({ rant, name }) => ({ kind: 'ObjKeyType', rant, name, type }) };
}

function shared(type: 'SedRec' | 'SedGrp', { kinds, own, peers, rants }: Listed): Query {
  const table = type === 'SedRec' ? 'sed_record' : 'sed_group';
  const ofKinds = type === 'SedRec' ? 'AND o.kind = ANY ($4::sppp.sed_record_kind[])' : '';
  const text = `SELECT rant.org_id AS rant, o.name FROM sppp.${table} o ${RANT} = o.rant_id
    WHERE (o.rant_id = ANY ($1::int[])
           OR o.id IN (${sharing[table]} f.offered_to_id = ANY ($3::int[]) AND f.status = 'accepted'))
      AND ${OF_RANTS} ${ofKinds} ORDER BY rant.org_id, o.name_key`;
  const recKinds = sedRecKindNames.filter((name) => kinds.includes(sedRecKinds[name].type));
  return {
    text,
    values: [own, rants, peers, ...(type === 'SedRec' ? [recKinds] : [])],
    keyOf: ({ rant, name }) => ({ kind: 'ObjKeyType', rant, name, type }),
  };
}

function offers({ own, rants }: Listed): Query {
  const text = `SELECT rant.org_id AS rant, g.name, peer.org_id AS "offeredTo" FROM sppp.sed_group_offer o
     JOIN sppp.sed_group g ON g.id = o.sed_group_id ${RANT} = g.rant_id
     JOIN sppp.organization peer ON peer.id = o.offered_to_id
    WHERE (g.rant_id = ANY ($1::int[]) OR o.offered_to_id = ANY ($1)) AND ${OF_RANTS}
    ORDER BY rant.org_id, g.name_key, peer.org_id`;
  return {
    text,
    values: [own, rants],
    keyOf: ({ rant, name, offeredTo }) => {
      const sedGrpKey = { kind: 'ObjKeyType', rant, name, type: 'SedGrp' } as const;
      return { kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo };
    },
  };
}

function pubIds({ kinds, own, rants }: Listed): Query {
  const text = `SELECT rant.org_id AS rant, o.kind, o.value AS name FROM sppp.public_identifier o ${RANT} = o.rant_id
    WHERE o.rant_id = ANY ($1::int[]) AND ${OF_RANTS} AND o.kind = ANY ($3::sppp.public_identifier_kind[])
    ORDER BY o.kind, rant.org_id, o.value`;
  const names = pubIdKindNames.filter((name) => kinds.includes(pubIdKinds[name]));
  return { text, values: [own, rants, names], keyOf: ({ rant, kind, name }) => pubIdKeyOf(rant, kind, name) };
}
