import type { Caller } from '../authority/caller.js';
import type { QueuedConnection } from '../registry/connection/queued-connection.js';
import { findNamed, type NamedTable, type RowName } from '../registry/rows/named-rows.js';
import { foldName } from '../values/fold-name.js';
import { found } from '../values/found.js';
import { ownText } from '../values/text.js';

/** The database and the caller of a run. */
export interface Asking {
  /** The request's database transaction. Its queries wait until the run before has ended; a run is prepared meanwhile. */
  readonly db: QueuedConnection;
  readonly caller: Caller;
}

/** A reference to an object: by its registrant and its name as it was written. */
export interface Reference {
  readonly rant: string;
  readonly name: string;
}

/**
 * Rows that objects of a request refer to, locked until the end of its transaction. As long as the request deletes none
 * of them, they need not be looked up again: large requests name the same few over and over.
 */
export class KnownRows {
  readonly #table: NamedTable;
  /** Row ids by registrant, then by name. */
  readonly #ids = new Map<string, Map<string, number>>();
  #size = 0;
  /** What an earlier run looks for. */
  #underWay: Promise<void> | undefined;

  constructor(table: NamedTable) {
    this.#table = table;
  }

  /** How many names are known. */
  get size(): number {
    return this.#size;
  }

  /** The id of the row; undefined if it does not exist, or was not looked for. */
  get(rant: string, name: string): number | undefined {
    return this.#ids.get(rant)?.get(name);
  }

  /**
   * Looks for rows that are not known yet, and locks those that exist. A run that begins while the one before looks for
   * the same rows does not look for them again.
   */
  async find(references: readonly Reference[], asking: Asking): Promise<void> {
    if (references.length === 0) return;
    await this.#underWay;
    const unknown = references.filter(({ rant, name }) => this.get(rant, name) === undefined);
    if (unknown.length === 0) return;
    const looking = this.#look(unknown, asking);
    this.#underWay = looking.catch(() => undefined);
    await looking;
  }

  async #look(references: readonly Reference[], { db, caller }: Asking): Promise<void> {
    const wanted = new Map<string, RowName>();
    for (const { rant, name } of references) {
      const rowName = rowNameOf(caller, rant, name);
      wanted.set(`${rowName.rantId} ${rowName.nameKey}`, rowName);
    }
    const held = await findNamed(db, this.#table, [...wanted.values()], 'as parents');
    for (const { rant, name } of references) {
      const id = held.get(rowNameOf(caller, rant, name));
      if (id !== undefined) this.#set(rant, name, id);
    }
  }

  #set(rant: string, name: string, id: number): void {
    const names = this.#ids.get(rant) ?? new Map<string, number>();
    this.#ids.set(rant, names.set(ownText(name), id));
    this.#size += 1;
  }
}

/** The name of a row that belongs to a registrant for whom the caller has a grant. */
export function rowNameOf(caller: Caller, rant: string, name: string): RowName {
  return { rantId: rantIdOf(caller, rant), nameKey: foldName(name) };
}

/** The row id of a registrant for whom the caller has a grant; throws if it has none. */
export function rantIdOf({ grants }: Caller, rant: string): number {
  return found(grants.get(rant), 'a grant for the registrant');
}
