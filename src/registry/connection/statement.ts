import type { ClientBase, QueryResultRow } from 'pg';

/**
 * A statement of the hot paths: each connection parses it once, under its name. The text never depends on data.
 *
 * @returns the rows it gives
 */
export function statement<Row extends QueryResultRow>(
  name: string,
  text: string,
): (db: Pick<ClientBase, 'query'>, values: readonly unknown[]) => Promise<Row[]> {
  return async (db, values) => (await db.query<Row>({ name, text, values: [...values] })).rows;
}
