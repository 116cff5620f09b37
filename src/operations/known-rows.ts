import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { findNamed, type NamedTable, type RowName } from '../registry/rows/named-rows.js';
import { foldName } from '../values/fold-name.js';
import { ownText } from '../values/text.js';

/** How a run asks the request's database transaction, and for whom. */
export interface Asking {
  readonly db: ClientBase;
  /**
   * Resolved once the run before has been carried out. Until then a run may be prepared, but must leave the database
   * alone: the statements of a transaction follow each other in the order of its runs.
   */
  readonly turn: Promise<unknown>;
  readonly caller: Caller;
}

/** How an object is referred to: by its registrant and its name as it was written. */
export interface Reference {
  readonly rant: string;
  readonly name: string;
}

/**
 * Rows that objects of a request refer to, held until the end of its transaction. As long as the request deletes none of
 * them, they need not be looked up again: large requests name the same few over and over.
 */
export class KnownRows {
  readonly #table: NamedTable;
  /** Row ids by registrant, then by name. */
  readonly #ids = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(table: NamedTable) {
    this.#table = table;
  }

  /** How many names are known. */
  get size(): number {
    return this.#size;
  }

  /** The row's id; undefined if it is not there, or was not looked for. */
  get(rant: string, name: string): number | undefined {
    return this.#ids.get(rant)?.get(name);
  }

  /** Looks for rows that are not known yet, and holds those that are there. */
  async find(references: readonly Reference[], { db, caller, turn }: Asking): Promise<void> {
    if (references.length === 0) return;
    await turn;
    const wanted = new Map<string, RowName>();
    for (const { rant, name } of references) {
      const rowName = rowNameOf(caller, rant, name);
      wanted.set(`${rowName.rantId} ${rowName.nameKey}`, rowName);
    }
    const found = await findNamed(db, this.#table, [...wanted.values()], 'as parents');
    for (const { rant, name } of references) {
      const id = found.get(rowNameOf(caller, rant, name));
      if (id !== undefined) this.#set(rant, name, id);
    }
  }

  #set(rant: string, name: string, id: number): void {
    const names = this.#ids.get(rant) ?? new Map<string, number>();
    this.#ids.set(rant, names.set(ownText(name), id));
    this.#size += 1;
  }
}

/** How a row is found that the caller has a grant for; without one, a name that no row has. */
export function rowNameOf(caller: Caller, rant: string, name: string): RowName {
  return { rantId: caller.grants.get(rant) ?? 0, nameKey: foldName(name) };
}
