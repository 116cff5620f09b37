import { identityOf, pubIdName } from './identity.js';
import type { Key } from './key.js';
import { nounOf } from './noun.js';
import type { Obj } from './obj.js';
import type { PubId } from './pub-id.js';

/**
 * A set of objects by their identity. Numbers, which come by the hundred thousand, are told apart by registrant, kind and
 * value without a text made for each.
 */
export class Identities {
  readonly #named = new Set<string>();
  readonly #numbers = new Map<string, Map<string, Set<string>>>();

  has(subject: Obj | Key): boolean {
    if (!isPubId(subject)) return this.#named.has(identityOf(subject));
    const { type, value } = pubIdName(subject);
    return this.#numbers.get(subject.rant)?.get(type)?.has(value) ?? false;
  }

  add(subject: Obj | Key): void {
    if (!isPubId(subject)) {
      this.#named.add(identityOf(subject));
      return;
    }
    const { type, value } = pubIdName(subject);
    const kinds = this.#numbers.get(subject.rant) ?? new Map<string, Set<string>>();
    const values = kinds.get(type) ?? new Set();
    values.add(value);
    this.#numbers.set(subject.rant, kinds.set(type, values));
  }
}

function isPubId(subject: Obj | Key): subject is PubId | Extract<Key, { kind: 'PubIdKeyType' }> {
  return nounOf(subject) === 'PubId';
}
