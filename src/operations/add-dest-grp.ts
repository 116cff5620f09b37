import type { DestGrp } from '../model/dest-grp.js';
import { putDestGrps } from '../registry/rows/dest-grp-rows.js';
import type { AddRules } from './add-rules.js';
import { rowNameOf } from './known-rows.js';

/** Destination groups refer to nothing (RFC 7877 §6.1). */
export const addDestGrp: AddRules<DestGrp, undefined> = {
  is: (subject) => subject.kind === 'DestGrpType',
  gather: async () => undefined,
  judge: () => undefined,
  async apply(written, _facts, { db, caller, stamp }) {
    const rows = written.map(({ subject: { rant, dgName, ext }, isModified }) => ({
      ...rowNameOf(caller, rant, dgName),
      isModified,
      rarId: caller.registrarId,
      name: dgName,
      ext,
    }));
    putDestGrps(db, stamp, rows);
    return new Map();
  },
};
