import { pubIdName } from '../objects/identity.js';
import { nounOf } from '../objects/noun.js';
import type { PubId } from '../objects/pub-id.js';
import { spanOfPubId } from '../objects/pub-id-span.js';
import { readPubIds } from '../registry/pub-id-objects.js';
import { type PubIdRow, putPubIds } from '../registry/pub-id-rows.js';
import type { AddRules } from './add-rules.js';
import { destGrpIds, findReferences, judgeDgNames, judgeSedRecRefs, type References, refRows } from './references.js';
import {
  corColumns,
  judgeClaim,
  recordClaims,
  type Settled,
  settleClaims,
  unseatFormerHolders,
} from './settle-claims.js';
import type { Work } from './work.js';

interface Facts {
  readonly references: References;
  /** What becomes of the claims to be carrier of record. */
  readonly settled: Settled;
}

/** Telephone numbers, ranges, prefixes, routing numbers and URIs (RFC 7877 §6.2). */
export const addPubId: AddRules<PubId, Facts> = {
  is: (subject): subject is PubId => nounOf(subject) === 'PubId',
  awaitsTurn: true,

  async gather(pubIds, work) {
    const references = await findReferences(pubIds, work);
    return { references, settled: await settleClaims(pubIds, work) };
  },

  judge: (pubId, { references, settled }, { caller }) =>
    judgeDgNames(pubId, references) ??
    (pubId.kind === 'TNType' ? judgeSedRecRefs(pubId, references, caller) : undefined) ??
    judgeClaim(pubId, settled),

  async apply(pubIds, facts, work) {
    const { db, stamp, turn, rowIds } = work;
    const rows = pubIds.map((pubId) => rowOf(pubId, facts, work));
    await unseatFormerHolders(pubIds, facts.settled, work);
    const ids = await putPubIds(db, stamp.at, rows, rowIds, turn);
    await recordClaims(pubIds, ids, facts.settled, work);
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
  const { corClaim, cor, corDate } = corColumns(pubId, facts.settled, stamp.at);
  return {
    transactionId: transactionIds?.get(pubId) ?? stamp.transactionId,
    rantId: caller.grants.get(pubId.rant) ?? 0,
    rarId: caller.registrarId,
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
