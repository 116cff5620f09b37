import type { ClientBase } from 'pg';
import { found } from '../../values/found.js';
import { statement } from '../connection/statement.js';

/**
 * Ids that a large request reserves first, and at most at once: twice as many each time, since each reservation is a wait.
 * Unused ones are lost, and there are 2^63.
 */
const FIRST_BLOCK = 4096;
const LARGEST_BLOCK = 65_536;

const reserve = statement<{ first: number; each: number[] | null }>(
  'reserve row ids of public identifiers',
  `WITH reserved AS MATERIALIZED (
     SELECT nextval('sppp.public_identifier_id_seq') AS id FROM generate_series(1, $1))
   SELECT min(id) AS first, CASE WHEN max(id) - min(id) + 1 <> count(*) THEN array_agg(id ORDER BY id) END AS each
     FROM reserved`,
);

/** From so many rows on, a run is loaded, with row ids that are known before, or deleted as a whole. Fewer go by their names. */
export const MIN_BULK_ROWS = 32;

/** Row ids for the new public identifiers of one run. */
export interface RunIds {
  /** So many ids that no other row has or gets, at most as many as the run was to have. */
  take(count: number): Promise<readonly number[]>;
}

type IdAt = (index: number) => number;

/** Row ids for new public identifiers, reserved in blocks so that their rows and references can be loaded together. */
export class RowIds {
  /**
   * Whether some of the numbers that were written last were there already. Those that come next are likely to be there,
   * too: they are asked for first.
   */
  areSomeTaken = false;
  /** How many are reserved next, unless a run needs more. */
  #block: number;
  #reserved: Promise<IdAt> | undefined;
  /** Of the ids that are reserved, or being reserved. */
  #used = 0;
  #left = 0;

  /** `isLarge` for a large request, which reserves more ids than it needs right now. */
  constructor(isLarge: boolean) {
    this.#block = isLarge ? FIRST_BLOCK : 0;
  }

  /**
   * Asks for ids when a run begins, so that they come with the answers to what it asks for first; only if it is likely to
   * load its rows. Runs begin in their order: none waits for ids that a later one has asked for.
   *
   * @param most how many new rows the run may have
   */
  ofRun(db: ClientBase, most: number): RunIds {
    const isLoad = most >= MIN_BULK_ROWS && !this.areSomeTaken;
    const own = isLoad ? this.#allot(db, most) : undefined;
    own?.catch(() => undefined); // Whoever takes some gets the error.
    return {
      take: async (count) => {
        const idAt = await (own ?? reserveBlock(db, count));
        return Array.from({ length: count }, (_, index) => idAt(index));
      },
    };
  }

  async #allot(db: ClientBase, count: number): Promise<IdAt> {
    if (this.#left < count || this.#reserved === undefined) {
      this.#left = Math.max(count, this.#block);
      this.#block = Math.min(2 * this.#block, LARGEST_BLOCK);
      this.#used = 0;
      this.#reserved = reserveBlock(db, this.#left);
    }
    const from = this.#used;
    this.#used += count;
    this.#left -= count;
    const idAt = await this.#reserved;
    return (index) => idAt(from + index);
  }
}

/** If other requests reserve ids meanwhile, the block has gaps. */
async function reserveBlock(db: ClientBase, size: number): Promise<IdAt> {
  const [block] = await reserve(db, [size]);
  const { first, each } = found(block, 'the reserved row ids');
  return (index) => each?.[index] ?? first + index;
}
