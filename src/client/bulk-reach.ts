import { Identities } from '../model/identities.js';
import { nounOf } from '../model/noun.js';
import { unsendable } from '../sppp/unsendable.js';
import type { ChangeItem } from './change-item.js';

/**
 * What the items of a request are about, to see which requests may be under way at once. Numbers and URIs depend on no other
 * ones, so requests of nothing else may, unless two are about the same one. Everything else can be referred to, or changes
 * what refers to it.
 */
export class Reach {
  readonly #items: readonly ChangeItem[];
  readonly #isAlone: boolean;
  readonly #identities = new Identities();

  constructor(items: readonly ChangeItem[]) {
    this.#items = items;
    this.#isAlone = !items.every(isPublicIdentifier);
    if (!this.#isAlone) for (const { subject } of items) this.#identities.add(subject);
  }

  /** Whether the order of this request and an earlier one matters. */
  meets(earlier: Reach): boolean {
    if (this.#isAlone || earlier.#isAlone) return true;
    return this.#items.some(({ subject }) => earlier.#identities.has(subject));
  }
}

/** An item that is not built as its type is has no identity; it gets a verdict of its own. */
function isPublicIdentifier(item: ChangeItem): boolean {
  return (
    (item.verb === 'add' || item.verb === 'delete') &&
    unsendable(item) === undefined &&
    nounOf(item.subject) === 'PubId'
  );
}
