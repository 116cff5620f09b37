import type pg from 'pg';

/** Types that psql writes to the right. */
const numeric = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** The answer to a query as psql prints it, without the count of rows. */
export async function psqlTable(db: pg.ClientBase, text: string): Promise<string> {
  const { fields, rows } = await db.query<unknown[], unknown[]>({
    text,
    rowMode: 'array',
    types: { getTypeParser: () => (value: string | Buffer) => String(value) },
  });
  const cells = rows.map((row) => row.map((value) => (value === null ? '' : String(value))));
  const names = fields.map(({ name }) => name);
  const widths = names.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const centred = (name: string, width: number) =>
    name.padStart(name.length + Math.floor((width - name.length) / 2)).padEnd(width);
  const aligned = (cell: string, column: number) =>
    numeric.has(fields[column]?.dataTypeID ?? 0)
      ? cell.padStart(widths[column] ?? 0)
      : cell.padEnd(widths[column] ?? 0);
  const line = (row: readonly string[]) => ` ${row.join(' | ')}`.trimEnd();
  return [
    line(names.map((name, column) => centred(name, widths[column] ?? 0))),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...cells.map((row) => line(row.map(aligned))),
  ].join('\n');
}
