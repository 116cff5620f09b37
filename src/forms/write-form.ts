import type { Obj } from '../model/obj.js';
import type { FormKind } from './form-kind.js';

/** The header of a CSV file of one kind, without a line end. */
export function formHeader(kind: FormKind): string {
  throw new Error(`not yet: ${kind}`);
}

/** An object as a line of CSV of its kind, without a line end: the exact inverse of reading. */
export function formLine(obj: Obj): string {
  throw new Error(`not yet: ${obj.kind}`);
}

/** An object as a line of NDJSON, without a line end. */
export function formJson(obj: Obj): string {
  return JSON.stringify(obj);
}
