import type { ClientBase, QueryConfig, QueryResultRow } from 'pg';

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

/** What takes statements whose answers nobody waits for. */
export interface Sender {
  /** Asks for a statement. If it fails, nothing more is asked for: all that comes later fails with its error. */
  send(statement: QueryConfig): void;
}

/** A statement of the hot paths whose answer nobody waits for: if it fails, so does the transaction. */
export function write(name: string, text: string): (db: Sender, values: readonly unknown[]) => void {
  return (db, values) => db.send({ name, text, values: [...values] });
}

/** The same for a statement whose values depend on what is known when it goes to the database: they are asked for then. */
export function lateWrite(name: string, text: string): (db: Sender, values: () => readonly unknown[]) => void {
  return (db, values) =>
    db.send({
      name,
      text,
      get values() {
        return [...values()];
      },
    });
}

/** The name of a prepared statement, else the word that says what another one does; never what is in it. */
export function statementName({ name, text }: Pick<QueryConfig, 'name' | 'text'>): string {
  return name ?? /^\s*([A-Za-z]+)/.exec(text)?.[1]?.toUpperCase() ?? 'statement';
}
