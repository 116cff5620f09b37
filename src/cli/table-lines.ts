import { visible } from '../values/visible.js';

/** A table with headings, without columns that are empty. */
export function tableLines(rows: readonly Record<string, string>[]): string[] {
  const shown = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, visible(cell)])));
  return alignedLines(shown);
}

function alignedLines(rows: readonly Record<string, string>[]): string[] {
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== ''));
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(names), ...rows.map((row) => line(names.map((name) => row[name] ?? '')))];
}
