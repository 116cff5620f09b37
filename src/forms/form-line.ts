import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { Fault } from './fault.js';
import type { FormKind } from './form-kind.js';

/** What a line of a file asks for: CSV and NDJSON have objects to add, or to delete if asked so; XML has its own verbs. */
export type FormItem =
  | { readonly verb: 'add'; readonly subject: Obj }
  | { readonly verb: 'delete'; readonly subject: Key }
  | { readonly verb: 'accept' | 'reject'; readonly subject: SedGrpOfferKey };

/** One data line of a file: what it asks for, or every fault of it. */
export type FormLine =
  | { readonly line: number; readonly item: FormItem }
  | {
      readonly line: number;
      /** At least one. */
      readonly faults: readonly Fault[];
      /** The text by which the user knows the line: its number or name as written. */
      readonly key: string;
    };

export interface FormOptions {
  /** The registrant and the registrar of lines that name none. */
  readonly rant?: string;
  readonly rar?: string;
  /** The kind of a file in CSV; its header says it otherwise. */
  readonly kind?: FormKind;
  /** Reads telephone numbers as people write them, by the rules of libphonenumber. */
  readonly normalize?: boolean;
  /** The country (`US`) whose national and international prefixes such numbers may have. */
  readonly country?: string;
  /** `delete`: the lines of CSV and NDJSON are objects to delete, of which only the key is read. */
  readonly verb?: 'add' | 'delete';
}
