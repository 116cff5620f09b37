import type { ActivityRow, Counted, SlotSeconds } from '../../registry/journal/activity.js';

/** A time up to now in slots of one length. */
export interface Period {
  readonly name: 'hour' | 'day' | 'month';
  readonly slot: 'minute' | 'hour' | 'day';
  readonly seconds: SlotSeconds;
  readonly slots: number;
}

/** The times that charts are of. */
export const periods: readonly Period[] = [
  { name: 'hour', slot: 'minute', seconds: 60, slots: 60 },
  { name: 'day', slot: 'hour', seconds: 3600, slots: 24 },
  { name: 'month', slot: 'day', seconds: 86400, slots: 31 },
];

/** When the slots of a period begin, the present one last. */
export function slotsOf({ seconds, slots }: Period, now: Date): Date[] {
  const last = Math.floor(now.getTime() / 1000 / seconds);
  return Array.from({ length: slots }, (_, index) => new Date((last - slots + 1 + index) * seconds * 1000));
}

/** Numbers of one kind, one for each slot. */
export interface Series {
  readonly name: string;
  /** Undefined: there is none. */
  readonly values: readonly (number | undefined)[];
}

/** A chart before it is drawn. */
export interface Chart {
  readonly title: string;
  /** Bars stand on each other, as their numbers add up; lines do not. */
  readonly form: 'bars' | 'lines';
  /** Empty: nothing was counted. */
  readonly series: readonly Series[];
}

/** All charts of what was counted in these slots. */
export function chartsOf(rows: readonly ActivityRow[], slots: readonly Date[]): Chart[] {
  const bars = (title: string, what: Counted): Chart => ({
    ...{ title, form: 'bars' },
    series: numbers(placed(rows, slots, (row) => row.what === what)),
  });
  return [
    bars('Requests by the code of their answer', 'request'),
    {
      ...{ title: 'Milliseconds within which requests were answered', form: 'lines' },
      series: times(placed(rows, slots, ({ milliseconds }) => milliseconds > 0)),
    },
    bars('Objects and keys by their verdict', 'object'),
    bars('Look-ups over HTTP by what they found', 'lookup'),
    bars('Refused unread, or throttled, by status and reason', 'refusal'),
  ];
}

/** Some of the rows, by slot. */
function placed(
  rows: readonly ActivityRow[],
  slots: readonly Date[],
  isOf: (row: ActivityRow) => boolean,
): readonly (readonly ActivityRow[])[] {
  const places = new Map(slots.map((slot): [number, ActivityRow[]] => [slot.getTime(), []]));
  for (const row of rows) if (isOf(row)) places.get(row.begin.getTime())?.push(row);
  return [...places.values()];
}

/** Series of a chart at most: more colours cannot be told apart. */
const MAX_SERIES = 7;

/** The numbers of each outcome, those with the most first; those with the fewest together. */
function numbers(places: readonly (readonly ActivityRow[])[]): Series[] {
  const totals = new Map<string, number>();
  for (const { outcome, number } of places.flat()) totals.set(outcome, (totals.get(outcome) ?? 0) + number);
  const names = [...totals].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const shown = names.length > MAX_SERIES ? names.slice(0, MAX_SERIES - 1) : names;
  const series = (name: string, isOf: (row: ActivityRow) => boolean): Series => ({
    name,
    values: places.map((rows) => sum(rows.filter(isOf))),
  });
  const others = series('others', ({ outcome }) => !shown.includes(outcome));
  return [
    ...shown.map((name) => series(name, ({ outcome }) => outcome === name)),
    ...(names.length > shown.length ? [others] : []),
  ];
}

/** The parts of requests whose times are shown. */
const parts = [
  { name: 'half of them', part: 0.5 },
  { name: '95 of 100', part: 0.95 },
];

/** Within which time the requests of each slot were answered, to the next power of two. */
function times(places: readonly (readonly ActivityRow[])[]): Series[] {
  if (places.flat().length === 0) return [];
  return parts.map(({ name, part }) => ({ name, values: places.map((rows) => within(rows, part)) }));
}

/** The time within which a part of these requests was answered; undefined for none. */
function within(rows: readonly ActivityRow[], part: number): number | undefined {
  const ascending = [...rows].sort((a, b) => a.milliseconds - b.milliseconds);
  let rest = sum(rows) * part;
  return ascending.find(({ number }) => {
    rest -= number;
    return rest <= 0;
  })?.milliseconds;
}

function sum(rows: readonly ActivityRow[]): number {
  return rows.reduce((total, { number }) => total + number, 0);
}
