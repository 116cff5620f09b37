import { type ClientBase, type Connection, Query, type QueryConfig, type QueryResult } from 'pg';
import type { Exchange } from './exchange.js';
import { statementName } from './statement.js';

/** A statement, and who waits for its answer. */
export interface Asked {
  readonly config: QueryConfig;
  readonly resolve: (result: QueryResult) => void;
  readonly reject: (error: unknown) => void;
}

/** How the driver's query takes what arrives for it. The driver's types leave this out, and the next two. */
interface DriverQuery {
  readonly _result: { _types: unknown };
  submit(connection: Connection): Error | null;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
  handleReadyForQuery(connection: Connection | undefined): void;
}

/** How the driver's client reads values. */
interface TypedClient {
  readonly _types: unknown;
}

/** The named statements that PostgreSQL has parsed, and those that are on their way to be. */
interface PreparingConnection extends Connection {
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;
}

/**
 * Statements that go to the database at once and are waited for once. PostgreSQL carries them out in their order and ends
 * at the first one that fails: only one Sync follows them all, and up to there it passes over everything, a COMMIT too.
 * What follows a failed statement fails with the same error.
 */
export class StatementsExchange implements Exchange {
  readonly ended: Promise<void>;
  readonly statements: readonly string[];
  readonly #asked: readonly Asked[];
  readonly #queries: readonly DriverQuery[];
  #end: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  /** The statement that the next message is about. */
  #current = 0;
  /** The first statement that was not sent, because the driver cannot write it. */
  #unsent: { readonly index: number; readonly error: unknown } | undefined;
  #isSent = false;

  constructor(asked: readonly Asked[], client: ClientBase) {
    this.#asked = asked;
    this.statements = asked.map(({ config }) => statementName(config));
    const { _types } = client as ClientBase & TypedClient;
    this.#queries = asked.map(({ config, resolve, reject }, index) => {
      const answered = (error: unknown, result: QueryResult) => {
        if (!error) resolve(result);
        else if (this.#isSent) reject(error);
        else this.#unsent = { index, error };
      };
      const query = driverQuery(config, answered);
      query._result._types = _types;
      return query;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.ended.catch(() => undefined); // Each statement is rejected by itself.
  }

  /** The driver remembers under this name that PostgreSQL has parsed this text. */
  get name(): string | undefined {
    return this.#current === this.#unsent?.index ? undefined : this.#asked[this.#current]?.config.name;
  }

  get text(): string | undefined {
    return this.#asked[this.#current]?.config.text;
  }

  get count(): number {
    return this.#asked.length;
  }

  submit(connection: Connection): void {
    const withoutSync: Connection = Object.create(connection, { sync: { value: () => undefined } });
    connection.stream.cork();
    for (const [index, query] of this.#queries.entries()) {
      const error = query.submit(withoutSync);
      if (error !== null) this.#unsent = { index, error };
      if (this.#unsent !== undefined) break;
    }
    this.#isSent = true;
    if (this.#unsent !== undefined) this.#forget(this.#unsent.index, connection as PreparingConnection);
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription(message: unknown): void {
    this.#queries[this.#current]?.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    this.#queries[this.#current]?.handleDataRow(message);
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    this.#queries[this.#current]?.handleCommandComplete(message, connection);
    this.#current += 1;
  }

  /** An error after the last statement is that of their commit, if they have no transaction of their own: none was carried out. */
  handleError = (error: unknown, connection?: PreparingConnection): void => {
    for (let index = this.#current; index < this.#asked.length; index++) this.#forget(index, connection);
    this.#finish(this.#current < this.#asked.length ? this.#current : 0, error, connection);
  };

  handleReadyForQuery(connection: Connection): void {
    const { index = this.#queries.length, error } = this.#unsent ?? {};
    this.#finish(index, error, connection);
  }

  /** Has a statement parsed anew: PostgreSQL passed over it, or the driver closed it. */
  #forget(index: number, connection: PreparingConnection | undefined): void {
    const name = this.#asked[index]?.config.name;
    if (name === undefined || connection === undefined) return;
    delete connection.submittedNamedStatements[name];
    if (index === this.#unsent?.index) delete connection.parsedStatements[name];
  }

  /** Answers so many statements, and rejects those that follow. */
  #finish(carriedOut: number, error: unknown, connection?: Connection): void {
    for (const query of this.#queries.slice(0, carriedOut)) query.handleReadyForQuery(connection);
    for (const { reject } of this.#asked.slice(carriedOut)) reject(error);
    if (carriedOut < this.#asked.length) this.#fail(error);
    else this.#end();
  }
}

/** The driver's query for a statement: PostgreSQL parses it apart from its values. */
function driverQuery(config: QueryConfig, answered: (error: unknown, result: QueryResult) => void): DriverQuery {
  const extended: QueryConfig = Object.assign({ queryMode: 'extended' }, config);
  return new Query(extended, answered) as Query & DriverQuery;
}
