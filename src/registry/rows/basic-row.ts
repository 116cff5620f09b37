import type { BasicObj } from '../../model/basic-obj.js';
import { writeDateTime } from '../../values/date-time.js';

/** The columns that the table of every object has; organizations by their ids as text. */
export interface BasicRow {
  readonly id: number;
  readonly rant: string;
  readonly rar: string;
  readonly cDate: Date;
  readonly mDate: Date | null;
  readonly ext: string | null;
}

/** The elements that RFC 7877 §5.1 gives to every object. */
export function basicObj({ rant, rar, cDate, mDate, ext }: BasicRow): BasicObj {
  return {
    rant,
    rar,
    cDate: writeDateTime(cDate),
    ...(mDate === null ? {} : { mDate: writeDateTime(mDate) }),
    ...present({ ext }),
  };
}

/** The properties that have a value: a null column is an absent element. */
export function present<T extends object>(columns: T): { [K in keyof T]?: Exclude<T[K], null | undefined> } {
  const entries = Object.entries(columns).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], null | undefined> };
}
