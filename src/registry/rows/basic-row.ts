import type { BasicObj } from '../../model/basic-obj.js';
import { withoutTail } from '../../values/text.js';

/** The columns that every object's table has, the registrar by its organization id, times as PostgreSQL writes them. */
export interface BasicRow {
  readonly id: number;
  readonly rar: string;
  readonly cDate: string;
  readonly mDate: string | null;
  readonly ext: string | null;
}

/** The columns of BasicRow, where the object is o and its registrar rar. */
export const basicColumns = 'o.id, rar.org_id AS rar, o.c_date::text AS "cDate", o.m_date::text AS "mDate", o.ext';

/** The part of a registrant's object that RFC 7877 §5.1 gives to all. */
export function basicObj(rant: string, { rar, cDate, mDate, ext }: BasicRow): BasicObj {
  return {
    rant,
    rar,
    cDate: dateTimeOf(cDate),
    ...(mDate === null ? undefined : { mDate: dateTimeOf(mDate) }),
    ...(ext === null ? undefined : { ext }),
  };
}

/**
 * A time as PostgreSQL writes it in UTC, `2041-05-30 09:30:10.25+00`, as writeDateTime would: a Date for each time of each
 * object would take longer than the rest of it. Microseconds are cut to milliseconds, as dates have them.
 */
export function dateTimeOf(text: string): string {
  const seconds = `${text.slice(0, 10)}T${text.slice(11, 19)}`;
  const decimals = withoutTail(text.slice(20, -3).slice(0, 3), '0');
  return decimals === '' ? `${seconds}Z` : `${seconds}.${decimals}Z`;
}
