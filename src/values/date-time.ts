import type { Refusal } from './refusal.js';
import { withoutTail } from './text.js';

const DATE_TIME =
  /^(-?\d{4,})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?|24:00:00(?:\.0+)?)(Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?$/;

// A processor must support years of four digits only (XML Schema Part 2 §3.2.7).
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads an xs:dateTime in UTC, written with Z (RFC 7877 §3.2). Fractions of a second are cut to milliseconds.
 * Refuses a zone offset, even a valid one, and a time without a zone.
 */
export function readDateTime(text: string): Date | Refusal {
  const parts = DATE_TIME.exec(text);
  if (parts === null) return { error: 'not an xs:dateTime' };
  const [, year, month, day, hour = '24', minute = '0', second = '0', decimals = '', zone] = parts;

  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isInCalendar = date.getUTCDate() === Number(day);
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(decimals.slice(0, 3).padEnd(3, '0')));
  const isInReach = date.getTime() >= FIRST && date.getTime() <= LAST;

  if (!isInReach) return { error: 'a year outside 0001 to 9999' };
  if (!isInCalendar) return { error: 'no such day in the calendar' };
  if (zone === undefined) return { error: 'no time zone; UTC is written with Z' };
  if (zone !== 'Z') return { error: 'a zone offset; UTC is written with Z' };
  return date;
}

/**
 * Writes a time in canonical form, 2010-05-30T09:30:10Z, with decimals only if they are not zero (XML Schema Part 2
 * §3.2.7.2).
 */
export function writeDateTime(date: Date): string {
  const [seconds = '', decimals = ''] = date.toISOString().slice(0, -1).split('.');
  const fraction = withoutTail(decimals, '0');
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}
