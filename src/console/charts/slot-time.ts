import type { Period } from './chart.js';

/** When a slot begins, in UTC: short for the axis of a chart, whole for tables and sentences. */
export function slotTime(begin: Date, { slot }: Period, form: 'short' | 'whole'): string {
  const text = begin.toISOString();
  const [day, time] = [text.slice(0, 10), text.slice(11, 16)];
  if (slot === 'day') return form === 'short' ? day.slice(5) : day;
  return form === 'short' ? time : `${day} ${time}`;
}
