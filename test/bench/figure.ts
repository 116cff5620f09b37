import type { Spread } from './spread.js';

/** One line of the result: a ratio of two sides measured side by side, or a value that stands for itself. */
export interface Figure {
  readonly measure: string;
  readonly name: string;
  /** The sides with their units, for people; the ratio is what counts. */
  readonly sides: readonly Side[];
  readonly ratio?: Spread;
  readonly reach?: Reach;
  /** What qualifies it. */
  readonly note?: string;
}

export interface Side {
  readonly name: string;
  readonly unit: 's' | 'ms' | 'MB' | 'B' | '/s';
  readonly spread: Spread;
}

export interface Reach {
  /** What it is compared with: the ratio, or the first side. */
  readonly of: 'ratio' | 'side';
  readonly least?: { readonly must: number; readonly aim?: number };
  readonly most?: { readonly must: number; readonly aim?: number };
}

export type Verdict = 'aim' | 'must' | 'missed' | '';

export function judge({ ratio, sides, reach }: Figure): Verdict {
  const seen = reach?.of === 'side' ? sides[0]?.spread.median : ratio?.median;
  if (reach === undefined || seen === undefined) return '';
  const { least, most } = reach;
  if (least !== undefined) return seen >= (least.aim ?? Infinity) ? 'aim' : seen >= least.must ? 'must' : 'missed';
  if (most !== undefined) return seen <= (most.aim ?? -Infinity) ? 'aim' : seen <= most.must ? 'must' : 'missed';
  return '';
}

/** The figures as a Markdown table. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.sides.map(({ name, unit, spread }) => `${name} ${short(spread.median)} ${unit}`).join('; '),
    figure.ratio === undefined ? '' : `**${short(figure.ratio.median)}** (${range(figure.ratio)})`,
    reachOf(figure.reach, 'must'),
    reachOf(figure.reach, 'aim'),
    judge(figure),
  ]);
  const heads = ['Figure', 'Medians', 'Ratio (min–max)', 'Must', 'Aim', 'Reached'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return line(heads) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

function reachOf(reach: Reach | undefined, which: 'must' | 'aim'): string {
  const least = reach?.least?.[which];
  const most = reach?.most?.[which];
  return least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : '';
}

function range({ min, max }: Spread): string {
  return `${short(min)}–${short(max)}`;
}

/** Three digits that count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3).replace(/\.?0+$/, '') || '0';
}
