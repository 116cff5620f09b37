import type { ClientBase, Connection } from 'pg';
import type { Exchange } from '../connection/exchange.js';

/** Rows for one table, in PostgreSQL's text format of COPY. */
export interface CopySet {
  /** Table and columns, as they follow the word COPY. */
  readonly into: string;
  readonly lines: string;
}

/** One line of COPY's text format. */
export function copyLine(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map((value) => copyField(typeof value === 'number' ? String(value) : value)).join('\t')}\n`;
}

/**
 * Loads sets of rows, perhaps between two statements, in one exchange with the database: all are sent at once, and
 * PostgreSQL carries them out in order. If it refuses one, the exchange fails and PostgreSQL skips the rest.
 */
export function copySets(
  db: ClientBase,
  sets: readonly CopySet[],
  { before = [], after = [] }: { readonly before?: readonly string[]; readonly after?: readonly string[] } = {},
): Promise<void> {
  const exchange = new CopyExchange(sets, before, after);
  db.query(exchange);
  return exchange.ended;
}

/** A column's value in the text format of COPY. */
export function copyField(value: string | null | undefined): string {
  if (value === null || value === undefined) return '\\N';
  return special.test(value) ? value.replace(/[\\\t\n\r]/g, escapeOne) : value;
}

const special = /[\\\t\n\r]/;

function escapeOne(character: string): string {
  return character === '\\' ? '\\\\' : character === '\t' ? '\\t' : character === '\n' ? '\\n' : '\\r';
}

/** The messages to the connection, and the methods by which the driver reports their outcome. */
class CopyExchange implements Exchange {
  readonly statements = ['COPY'];
  readonly count: number;
  readonly ended: Promise<void>;
  handleError: (error: unknown) => void = () => undefined;
  readonly #statements: string;
  readonly #sets: readonly CopySet[];
  #end: () => void = () => undefined;

  constructor(sets: readonly CopySet[], before: readonly string[], after: readonly string[]) {
    this.#sets = sets.filter(({ lines }) => lines !== '');
    const statements = [...before, ...this.#sets.map(({ into }) => `COPY ${into} FROM STDIN`), ...after];
    this.count = statements.length;
    this.#statements = statements.join('; ');
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.handleError = reject;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.#statements);
    for (const { lines } of this.#sets) connection.stream.write(copyData(lines));
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  /** The rows have been sent already. */
  handleCopyInResponse(): void {}
  handleCommandComplete(): void {}
}

/** The messages CopyData and CopyDone of PostgreSQL's protocol. */
function copyData(lines: string): Buffer {
  const bytes = Buffer.byteLength(lines);
  const message = Buffer.allocUnsafe(5 + bytes + 5);
  message.write('d', 0, 'latin1');
  message.writeInt32BE(4 + bytes, 1);
  message.write(lines, 5, 'utf8');
  message.write('c', 5 + bytes, 'latin1');
  message.writeInt32BE(4, 6 + bytes);
  return message;
}
