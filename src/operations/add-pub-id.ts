import { pubIdName } from '../model/identity.js';
import { nounOf } from '../model/noun.js';
import type { PubId } from '../model/pub-id.js';
import { spanOfPubId } from '../model/pub-id-span.js';
import { findPubIds } from '../registry/rows/find-pub-ids.js';
import { type PubIdRow, pubIdRowKey } from '../registry/rows/pub-id-row.js';
import { putPubIds } from '../registry/rows/pub-id-rows.js';
import type { RunIds } from '../registry/rows/row-ids.js';
import { transactionIdOf } from '../registry/rows/stamp.js';
import { found } from '../values/found.js';
import type { AddRules, Written } from './add-rules.js';
import { rantIdOf } from './known-rows.js';
import { destGrpIds, findReferences, judgeDgNames, judgeSedRecRefs, type References, refRows } from './references.js';
import type { RunContext } from './run-context.js';
import {
  corColumns,
  recordClaims,
  refusedClaims,
  type Settled,
  settleClaims,
  unseatFormerHolders,
  unsettled,
} from './settle-claims.js';
import { storedHolders } from './stored-holders.js';

interface Facts {
  readonly references: References;
  /** What becomes of the claims to be carrier of record. */
  readonly settled: Settled;
  /** For the numbers that are new. */
  readonly runIds: RunIds;
}

/** Telephone numbers, ranges, prefixes, routing numbers and URIs (RFC 7877 §6.2). */
export const addPubId: AddRules<PubId, Facts> = {
  is: (subject): subject is PubId => nounOf(subject) === 'PubId',

  async gather(pubIds, context) {
    const runIds = context.rowIds.ofRun(context.db, pubIds.length);
    return { references: await findReferences(pubIds, context), settled: unsettled, runIds };
  },

  judge: (pubId, { references }, { caller }) =>
    judgeDgNames(pubId, references) ??
    (pubId.kind === 'TNType' ? judgeSedRecRefs(pubId, references, caller) : undefined),

  async settle(objects, facts, context) {
    const settled = await settleClaims(objects, context);
    return { facts: { ...facts, settled }, refused: refusedClaims(settled) };
  },

  async apply(written, facts, context) {
    const { db, stamp, rowIds } = context;
    const rows = written.map((each) => rowOf(each, facts, context));
    const pubIds = written.map(({ subject }) => subject);
    await unseatFormerHolders(facts.settled, context);
    await putPubIds(db, stamp.at, rows, rowIds, facts.runIds);
    if (facts.settled.claims.size === 0) return none;
    const ids = await findPubIds(db, rows);
    const idOf = (row: PubIdRow) => found(ids.get(pubIdRowKey(row)), 'the row id of a public identifier');
    const stored = new Map(rows.map((row, index) => [pubIds[index] as PubId, idOf(row)]));
    await recordClaims(stored, facts.settled, context);
    return storedHolders(facts.settled, facts.references, stored, context);
  },
};

const none: ReadonlyMap<PubId, PubId> = new Map();

/** Written out field by field: a request may have a hundred thousand, and spreading is not free. */
function rowOf({ subject: pubId, isModified }: Written<PubId>, facts: Facts, context: RunContext): PubIdRow {
  const { caller, stamp } = context;
  const { type, value, spelling } = pubIdName(pubId);
  const { corClaim, cor, corDate } = corColumns(pubId, facts.settled, stamp.at);
  return {
    transactionId: transactionIdOf(pubId, stamp),
    // A group of requests has a time of its own; a row that counts as modified has all its times itself.
    addedAt: stamp.transactionIds === undefined && !isModified ? undefined : stamp.at,
    rantId: rantIdOf(caller, pubId.rant),
    isModified,
    type,
    value,
    spelling,
    span: type === 'TNRange' || type === 'TNPrefix' ? spanOfPubId(pubId) : undefined,
    corClaim,
    cor,
    corDate,
    ext: pubId.ext,
    ownExt: pubId.kind === 'URIPubIdType' ? pubId.ownExt : undefined,
    destGrpIds: destGrpIds(pubId, facts.references),
    sedRecRefs: pubId.kind === 'TNType' ? refRows(pubId.sedRecRef, facts.references) : [],
  };
}
