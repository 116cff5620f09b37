import { nounOf } from '../model/noun.js';
import type { SedRec } from '../model/sed-rec.js';
import { putSedRecs } from '../registry/rows/sed-rec-rows.js';
import type { AddRules } from './add-rules.js';
import { rowNameOf } from './known-rows.js';

/** SED records refer to nothing, and may change their kind when replaced (RFC 7877 §6.4). */
export const addSedRec: AddRules<SedRec, undefined> = {
  is: (subject): subject is SedRec => nounOf(subject) === 'SedRec',
  gather: async () => undefined,
  judge: () => undefined,
  async apply(written, _facts, { db, caller, stamp }) {
    const rows = written.map(({ subject: record, isModified }) => ({
      ...rowNameOf(caller, record.rant, record.sedName),
      isModified,
      rarId: caller.registrarId,
      record,
    }));
    putSedRecs(db, stamp, rows);
    return new Map();
  },
};
