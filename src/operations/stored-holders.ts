import type { PubId } from '../model/pub-id.js';
import { readNames } from '../registry/rows/named-rows.js';
import { readPubIds } from '../registry/rows/pub-id-objects.js';
import { sedRecRefOf } from '../registry/rows/ref-row.js';
import { writeDateTime } from '../values/date-time.js';
import { destGrpIds, type References, refRows } from './references.js';
import type { RunContext } from './run-context.js';
import { corColumns, type Settled } from './settle-claims.js';

/**
 * The identifiers whose claims hold, as they are stored (RFC 7878 §7.2.1, example 05). Identifiers that the same run
 * replaces or deletes are as they would have been stored until then.
 *
 * @param ids the row ids of the identifiers that stay
 */
export async function storedHolders(
  settled: Settled,
  references: References,
  ids: ReadonlyMap<PubId, number>,
  context: RunContext,
): Promise<ReadonlyMap<PubId, PubId>> {
  const holding = [...settled.claims].filter(([, { outcome }]) => outcome.is === 'won' || outcome.is === 'kept');
  if (holding.length === 0) return new Map();
  const stored = await readPubIds(
    context.db,
    holding.flatMap(([pubId]) => ids.get(pubId) ?? []),
  );
  const passing = holding.filter(([pubId]) => !ids.has(pubId));
  const asStored = passing.length === 0 ? undefined : await namesFor(passing, references, context);
  return new Map(
    holding.flatMap(([pubId, { cDate }]) => {
      const id = ids.get(pubId);
      const object = id === undefined ? asStored?.(pubId, cDate) : stored.get(id);
      return object === undefined ? [] : [[pubId, object] as const];
    }),
  );

  /** Makes the stored form of an identifier from its item, with the stored names of the objects that it refers to. */
  async function namesFor(replaced: typeof holding, found: References, { db, stamp }: RunContext) {
    const pubIds = replaced.map(([pubId]) => pubId);
    const refs = (pubId: PubId) => (pubId.kind === 'TNType' ? refRows(pubId.sedRecRef, found) : []);
    const destGrps = await readNames(db, 'destination_group', [
      ...new Set(pubIds.flatMap((pubId) => destGrpIds(pubId, found))),
    ]);
    const sedRecs = await readNames(db, 'sed_record', [
      ...new Set(pubIds.flatMap(refs).map(({ sedRecId }) => sedRecId)),
    ]);
    return (pubId: PubId, cDate: Date | null): PubId => {
      const { cor, corDate } = corColumns(pubId, settled, stamp.at);
      const { mDate: _, ...sent } = pubId;
      const obj = {
        ...sent,
        cDate: writeDateTime(cDate ?? stamp.at),
        ...(cDate === null ? {} : { mDate: writeDateTime(stamp.at < cDate ? cDate : stamp.at) }),
        dgName: destGrpIds(pubId, found).flatMap((id) => destGrps.get(id)?.name ?? []),
        corInfo: { corClaim: true, cor: cor === true, ...(corDate && { corDate: writeDateTime(corDate) }) },
      };
      if (obj.kind !== 'TNType') return obj;
      const sedRecRef = refs(pubId).flatMap(({ sedRecId, priority, ext = null }) => {
        const names = sedRecs.get(sedRecId);
        return names === undefined ? [] : [sedRecRefOf({ owner: 0, ...names, priority, ext })];
      });
      return { ...obj, sedRecRef };
    };
  }
}
