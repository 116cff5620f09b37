import type { RegistrarActivity } from '../../registry/journal/activity.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { chartsPath } from '../paths.js';
import type { Drawing } from '../pictures/drawing.js';
import { Picture } from '../pictures/picture.js';
import type { Visitor } from '../visitor.js';
import { type Chart, type Period, periods } from './chart.js';
import { slotTime } from './slot-time.js';

/** A chart, and its picture unless nothing can be drawn. */
export interface ShownChart {
  readonly chart: Chart;
  readonly drawing: Drawing | undefined;
}

interface ChartsPageParts {
  readonly period: Period;
  /** Undefined: all. */
  readonly registrar: string | undefined;
  readonly slots: readonly Date[];
  readonly charts: readonly ShownChart[];
  /** Of each registrar, where those of all are shown. */
  readonly byRegistrar: readonly RegistrarActivity[];
  readonly visitor: Visitor;
}

/** What was asked in a time, and what came of it, as charts with their numbers: of a registrar, or of all. */
export function chartsPage({ period, registrar, slots, charts, byRegistrar, visitor }: ChartsPageParts): string {
  return renderPage({
    title: `The last ${period.name}${registrar === undefined ? '' : ` of ${registrar}`}`,
    visitor,
    children: (
      <>
        <nav aria-label="Times">
          <ul class="ways">
            {periods.map(({ name }) => (
              <li key={name}>
                <a href={chartsPath(name, registrar)} aria-current={name === period.name ? 'page' : undefined}>
                  The last {name}
                </a>
              </li>
            ))}
            {registrar !== undefined && visitor.kind === 'operator' && (
              <li>
                <a href={chartsPath(period.name)}>All registrars</a>
              </li>
            )}
          </ul>
        </nav>
        {charts.map(({ chart, drawing }, index) => (
          <Section key={chart.title} {...{ chart, drawing, period, slots }} id={`chart-${index}`} />
        ))}
        {byRegistrar.length > 0 && (
          <>
            <h2>By registrar</h2>
            <Table
              caption="Registrars, those with the most requests first"
              head={['Registrar', 'Requests', 'Objects and keys', 'Look-ups', 'Refused or throttled']}
              rows={byRegistrar.map(({ registrar: id, requests, objects, lookups, refusals }) => [
                <a href={chartsPath(period.name, id)}>{id}</a>,
                ...[requests, objects, lookups, refusals].map(count),
              ])}
            />
          </>
        )}
        <p class="faint">
          Times are in UTC. The present {period.slot} is not over. Nodes add their counts every ten seconds.
        </p>
      </>
    ),
  });
}

interface SectionParts extends ShownChart {
  readonly period: Period;
  readonly slots: readonly Date[];
  readonly id: string;
}

/** A chart, and the numbers that it shows. */
function Section({ chart: { title, series }, drawing, period, slots, id }: SectionParts) {
  const timed = slots.map((slot) => slotTime(slot, period, 'whole'));
  const rows = timed
    .map((time, index) => [time, ...series.map(({ values }) => values[index])] as const)
    .filter(([, ...values]) => values.some((value) => (value ?? 0) > 0))
    .map(([time, ...values]) => [time, ...values.map((value) => (value === undefined ? '' : count(value)))]);
  const table = (
    <Table caption={`${title}, by the ${period.slot}`} head={['From', ...series.map(({ name }) => name)]} rows={rows} />
  );
  return (
    <section>
      <h2>{title}</h2>
      {series.length === 0 ? (
        <p>None.</p>
      ) : (
        <>
          <Picture
            id={id}
            by="Apache ECharts"
            title={title}
            description={`By the ${period.slot}, from ${timed[0]} to now in UTC. ${mostOf(series, timed)} The table below has all numbers.`}
            drawing={drawing}
          />
          {drawing === undefined ? (
            table
          ) : (
            <details>
              <summary>The numbers</summary>
              {table}
            </details>
          )}
        </>
      )}
    </section>
  );
}

/** The highest number of each series in words. */
function mostOf(series: Chart['series'], timed: readonly string[]): string {
  return series
    .map(({ name, values }) => {
      const most = Math.max(...values.map((value) => value ?? 0));
      return `${name}: at most ${count(most)}, from ${timed[values.indexOf(most)]}.`;
    })
    .join(' ');
}

function count(number: number): string {
  return number.toLocaleString('en');
}
