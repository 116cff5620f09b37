import type { ClientBase, QueryResultRow } from 'pg';

/**
 * The rows of a statement, some at a time, inside the transaction that is under way: neither side holds more than those, and
 * the rows that PostgreSQL sorts it keeps in a file.
 *
 * @param sizeOf how many rows to fetch next
 */
export async function* rowBatches<Row extends QueryResultRow>(
  db: Pick<ClientBase, 'query'>,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
  sizeOf: () => number,
): AsyncGenerator<Row[], void> {
  await db.query(`DECLARE lines NO SCROLL CURSOR FOR ${text}`, [...values]);
  for (;;) {
    const size = sizeOf();
    const { rows } = await db.query<Row>(`FETCH ${size} FROM lines`);
    if (rows.length > 0) yield rows;
    if (rows.length < size) break;
  }
  await db.query('CLOSE lines');
}
