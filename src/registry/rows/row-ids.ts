import type { ClientBase } from 'pg';
import { found } from '../../values/found.js';
import { statement } from '../connection/statement.js';

/** Ids that a large request reserves at once. Unused ones are lost, and there are 2^63. */
const BLOCK = 32_768;

const reserve = statement<{ first: number; each: number[] | null }>(
  'reserve row ids of public identifiers',
  `WITH reserved AS MATERIALIZED (
     SELECT nextval('sppp.public_identifier_id_seq') AS id FROM generate_series(1, $1))
   SELECT min(id) AS first, CASE WHEN max(id) - min(id) + 1 <> count(*) THEN array_agg(id ORDER BY id) END AS each
     FROM reserved`,
);

/** Row ids for new public identifiers, reserved in blocks so that their rows and references can be loaded together. */
export class RowIds {
  readonly #block: number;
  #first = 0;
  /** If other requests reserved ids meanwhile, the block has gaps. */
  #each: readonly number[] | undefined;
  #left = 0;

  /** `isLarge` for a large request, which reserves more ids than it needs right now. */
  constructor(isLarge: boolean) {
    this.#block = isLarge ? BLOCK : 0;
  }

  /** This many ids, which no other row has or gets. It asks the database only if its block has fewer left. */
  async take(db: ClientBase, count: number): Promise<readonly number[]> {
    if (this.#left < count) {
      const size = Math.max(count, this.#block);
      const [reserved] = await reserve(db, [size]);
      this.#first = found(reserved?.first, 'the first of the reserved row ids');
      this.#each = reserved?.each ?? undefined;
      this.#left = size;
    }
    const taken =
      this.#each?.slice(-this.#left, this.#each.length - this.#left + count) ??
      Array.from({ length: count }, (_, index) => this.#first + index);
    this.#first += count;
    this.#left -= count;
    return taken;
  }
}
