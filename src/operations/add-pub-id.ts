import type { Caller } from '../authority/caller.js';
import { pubIdName } from '../objects/identity.js';
import { nounOf } from '../objects/noun.js';
import { type NumberSpan, spanOfNumber, spanOfPrefix, spanOfRange } from '../objects/number-span.js';
import type { PubId } from '../objects/pub-id.js';
import { findCorRivals } from '../registry/cor-claims.js';
import { readPubIds } from '../registry/pub-id-objects.js';
import {
  type FoundPubId,
  findPubIds,
  type PubIdRow,
  type PubIdRowName,
  pubIdRowKey,
  putPubIds,
} from '../registry/pub-id-rows.js';
import type { AddRules } from './add-rules.js';
import { destGrpIds, findReferences, judgeDgNames, judgeSedRecRefs, type References, refRows } from './references.js';
import type { Work } from './work.js';

interface Facts {
  readonly references: References;
  /** What is there already of those that claim to be carrier of record. */
  readonly found: ReadonlyMap<string, FoundPubId>;
  /** Claims that meet another carrier of record. */
  readonly rivalled: ReadonlySet<PubId>;
}

/** Telephone numbers, ranges, prefixes, routing numbers and URIs (RFC 7877 §6.2). */
export const addPubId: AddRules<PubId, Facts> = {
  is: (subject): subject is PubId => nounOf(subject) === 'PubId',
  awaitsTurn: true,

  async gather(pubIds, work) {
    const references = await findReferences(pubIds, work);
    const claiming = pubIds.filter(claims);
    if (claiming.length === 0) return { references, found: new Map(), rivalled: new Set() };
    const { db, caller, turn } = work;
    await turn;
    const rivals = await findCorRivals(
      db,
      claiming.map((pubId) => claimOf(pubId, caller)),
    );
    const found = await findPubIds(
      db,
      claiming.map((pubId) => rowNameOf(pubId, caller)),
      'as parents',
    );
    return { references, found, rivalled: new Set(claiming.filter((_, index) => rivals[index])) };
  },

  judge: (pubId, { references }, { caller }) =>
    judgeDgNames(pubId, references) ??
    (pubId.kind === 'TNType' ? judgeSedRecRefs(pubId, references, caller) : undefined),

  async apply(pubIds, facts, work) {
    const { db, stamp, turn, rowIds } = work;
    const rows = pubIds.map((pubId) => rowOf(pubId, facts, work));
    const ids = await putPubIds(db, stamp.at, rows, rowIds, turn);
    const told = pubIds.flatMap((pubId, index) => (rows[index]?.cor ? [[pubId, ids[index] ?? 0] as const] : []));
    if (told.length === 0) return new Map();
    const stored = await readPubIds(
      db,
      told.map(([, id]) => id),
    );
    return new Map(
      told.flatMap(([pubId, id]) => {
        const obj = stored.get(id);
        return obj === undefined ? [] : [[pubId, obj] as const];
      }),
    );
  },
};

/** Written out field by field: a request may have a hundred thousand, and spreading is not free. */
function rowOf(pubId: PubId, facts: Facts, { caller, stamp, transactionIds }: Work): PubIdRow {
  const { type, value, spelling } = pubIdName(pubId);
  const { corClaim, cor, corDate } = corOf(pubId, facts, caller, stamp.at);
  return {
    transactionId: transactionIds?.get(pubId) ?? stamp.transactionId,
    rantId: caller.grants.get(pubId.rant) ?? 0,
    rarId: caller.registrarId,
    type,
    value,
    spelling,
    span: type === 'TNRange' || type === 'TNPrefix' ? spanOf(pubId) : undefined,
    corClaim,
    cor,
    corDate,
    ext: pubId.ext,
    ownExt: pubId.kind === 'URIPubIdType' ? pubId.ownExt : undefined,
    destGrpIds: destGrpIds(pubId, facts.references),
    sedRecRefs: pubId.kind === 'TNType' ? refRows(pubId.sedRecRef, facts.references) : [],
  };
}

/**
 * The outcome of a carrier-of-record claim (RFC 7877 §6.2). Without authority data the first claim holds. One that
 * holds is kept; one that was lost is settled anew.
 */
function corOf(
  pubId: PubId,
  { found, rivalled }: Facts,
  caller: Caller,
  at: Date,
): Pick<PubIdRow, 'corClaim' | 'cor' | 'corDate'> {
  const corClaim = pubId.kind === 'URIPubIdType' ? undefined : pubId.corInfo?.corClaim;
  if (!corClaim) return { corClaim, cor: undefined, corDate: undefined };
  const before = found.get(pubIdRowKey(rowNameOf(pubId, caller)));
  if (before?.cor) return { corClaim, cor: true, corDate: before.corDate ?? at };
  return { corClaim, cor: !rivalled.has(pubId), corDate: at };
}

function claims(pubId: PubId): boolean {
  return pubId.kind !== 'URIPubIdType' && pubId.corInfo?.corClaim === true;
}

function claimOf(pubId: PubId, caller: Caller) {
  const { from, below } = spanOf(pubId);
  const space = pubId.kind === 'RNType' ? ('RN' as const) : ('TN' as const);
  return { rantId: caller.grants.get(pubId.rant) ?? 0, space, from, below };
}

/** The part of the number space that it takes. Its form was judged before. */
function spanOf(pubId: PubId): NumberSpan {
  const { type, value } = pubIdName(pubId);
  if (type === 'TNPrefix') return spanOfPrefix(value);
  if (type !== 'TNRange') return spanOfNumber(value);
  const [start = '', end = ''] = value.split('-');
  const span = spanOfRange(start, end);
  if ('error' in span) throw new Error(`range ${value}: ${span.error}`);
  return span;
}

function rowNameOf(pubId: PubId, caller: Caller): PubIdRowName {
  const { type, value } = pubIdName(pubId);
  return { rantId: caller.grants.get(pubId.rant) ?? 0, type, value };
}
