import { describe, expect, it } from 'vitest';
import type { ActivityRow } from '../../registry/journal/activity.js';
import { chartsOf, periods, slotsOf } from './chart.js';

const now = new Date('2026-03-01T00:10:30Z');
const [, day] = periods;
const slots = day === undefined ? [] : slotsOf(day, now);

const row = (slot: number, rest: Partial<ActivityRow>): ActivityRow => ({
  ...{ begin: slots.at(slot) as Date, what: 'request', outcome: '1000', milliseconds: 1, number: 1 },
  ...rest,
});

/** The series of the chart with this title: its name and its last two numbers. */
function seriesOf(rows: readonly ActivityRow[], title: RegExp) {
  const chart = chartsOf(rows, slots).find((each) => title.test(each.title));
  return chart?.series.map(({ name, values }) => [name, ...values.slice(-2)]);
}

it('a time has slots that begin at whole ones of UTC, up to the present one', () => {
  const begins = periods.map((period) => slotsOf(period, now));
  expect(begins.map((each) => each.length)).toEqual([60, 24, 31]);
  expect(begins.map((each) => each.at(-1)?.toISOString())).toEqual([
    '2026-03-01T00:10:00.000Z',
    '2026-03-01T00:00:00.000Z',
    '2026-03-01T00:00:00.000Z',
  ]);
  expect(begins.map((each) => each[0]?.toISOString())).toEqual([
    '2026-02-28T23:11:00.000Z',
    '2026-02-28T01:00:00.000Z',
    '2026-01-30T00:00:00.000Z',
  ]);
});

describe('a chart', () => {
  it('has a series for each outcome, that with the most first', () => {
    const rows = [
      row(-1, { outcome: '2100', number: 2 }),
      row(-1, { number: 3 }),
      row(-2, { milliseconds: 8, number: 4 }),
    ];
    expect(seriesOf(rows, /^Requests/)).toEqual([
      ['1000', 4, 3],
      ['2100', 0, 2],
    ]);
    expect(seriesOf(rows, /^Look-ups/)).toEqual([]);
  });

  it('has the outcomes with the fewest together if there are many', () => {
    const rows = Array.from({ length: 9 }, (_, index) => row(-1, { outcome: `each ${index}`, number: 10 - index }));
    const series = seriesOf(rows, /^Requests/) ?? [];
    expect(series.map(([name]) => name)).toEqual([...[0, 1, 2, 3, 4, 5].map((each) => `each ${each}`), 'others']);
    expect(series.at(-1)).toEqual(['others', 0, 4 + 3 + 2]);
  });

  it('leaves out what was counted at other times', () => {
    expect(seriesOf([row(-1, { begin: new Date(0) })], /^Requests/)).toEqual([]);
  });

  it('of times has those within which half and 95 of 100 requests were answered', () => {
    const rows = [
      row(-1, { milliseconds: 1, number: 50 }),
      row(-1, { milliseconds: 2, number: 44 }),
      row(-1, { milliseconds: 1024, number: 6, outcome: '2100' }),
    ];
    expect(seriesOf(rows, /^Milliseconds/)).toEqual([
      ['half of them', undefined, 1],
      ['95 of 100', undefined, 1024],
    ]);
  });
});
