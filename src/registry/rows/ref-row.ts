import type { SedRecRef } from '../../model/sed-rec-ref.js';
import { present } from '../../values/present.js';

/** A reference to an SED record, to be stored. */
export interface RefRow {
  readonly sedRecId: number;
  readonly priority: number;
  readonly ext: string | undefined;
}

/** A reference to an SED record as it is read. */
export interface RefColumns {
  readonly rant: string;
  readonly name: string;
  readonly priority: number;
  readonly ext: string | null;
}

/**
 * An expression: what o refers to, in its order, as a JSON list of RefColumns, or null if it refers to nothing. Most numbers
 * do not. So it asks first whether the table has a row, which is one look for all of them, and then whether it has one of o.
 */
export function refsOf(table: string, owner: string): string {
  const list = `SELECT json_agg(
      json_build_object('rant', owner.org_id, 'name', s.name, 'priority', r.priority, 'ext', r.ext) ORDER BY r.position)
    FROM ${table} r
   CROSS JOIN LATERAL (SELECT rant_id, name FROM sppp.sed_record WHERE id = r.sed_record_id LIMIT 1) s
    JOIN sppp.organization owner ON owner.id = s.rant_id
   WHERE r.${owner} = o.id`;
  const isAny = `EXISTS (SELECT FROM ${table}) AND (SELECT true FROM ${table} r WHERE r.${owner} = o.id LIMIT 1)`;
  return `CASE WHEN ${isAny} THEN (${list}) END`;
}

/** The reference as an object has it. */
export function sedRecRefOf({ rant, name, priority, ext }: RefColumns): SedRecRef {
  return { sedKey: { kind: 'ObjKeyType', rant, name, type: 'SedRec' }, priority, ...present({ ext }) };
}
