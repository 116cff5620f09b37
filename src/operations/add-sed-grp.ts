import type { SedGrp, SourceIdent } from '../model/sed-grp.js';
import { putSedGrps } from '../registry/rows/sed-grp-rows.js';
import type { AddRules } from './add-rules.js';
import { rowNameOf } from './known-rows.js';
import { destGrpIds, findReferences, judgeDgNames, judgeSedRecRefs, type References, refRows } from './references.js';

/** SED groups (RFC 7877 §6.3). The peers that a client names are ignored: peers come from accepted offers. */
export const addSedGrp: AddRules<SedGrp, References> = {
  is: (subject) => subject.kind === 'SedGrpType',
  gather: findReferences,
  judge: (sedGrp, found, { caller }) => judgeSedRecRefs(sedGrp, found, caller) ?? judgeDgNames(sedGrp, found),
  async apply(written, found, { db, caller, stamp }) {
    const rows = written.map(({ subject: sedGrp, isModified }) => ({
      ...rowNameOf(caller, sedGrp.rant, sedGrp.sedGrpName),
      isModified,
      rarId: caller.registrarId,
      name: sedGrp.sedGrpName,
      isInSvc: sedGrp.isInSvc,
      priority: sedGrp.priority,
      ext: sedGrp.ext,
      ownExt: sedGrp.ownExt,
      sedRecRefs: refRows(sedGrp.sedRecRef, found),
      destGrpIds: destGrpIds(sedGrp, found),
      sourceIdents: distinct(sedGrp.sourceIdent),
    }));
    putSedGrps(db, stamp, rows);
    return new Map();
  },
};

/** Each criterion once: the last mention holds, in the position of the first. */
function distinct(sourceIdents: readonly SourceIdent[]): SourceIdent[] {
  const each = new Map(
    sourceIdents.map((source) => [`${source.sourceIdentScheme} ${source.sourceIdentRegex}`, source]),
  );
  return [...each.values()];
}
