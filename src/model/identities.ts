import { identityOf, pubIdName } from './identity.js';
import type { Key } from './key.js';
import { nounOf } from './noun.js';
import type { Obj } from './obj.js';
import type { PubId } from './pub-id.js';

/**
 * A set of objects by their identity. Numbers, of which there may be hundreds of thousands, are compared by registrant,
 * kind and value, without a text for each.
 */
export class Identities {
  readonly #named = new Set<string>();
  readonly #numbers = new Map<string, Map<string, Set<string>>>();

  /** Adds an object; false if the set has it. */
  add(subject: Obj | Key): boolean {
    if (!isPubId(subject)) return addTo(this.#named, identityOf(subject));
    const { type, value } = pubIdName(subject);
    const kinds = this.#numbers.get(subject.rant) ?? new Map<string, Set<string>>();
    const values = kinds.get(type) ?? new Set();
    if (values.size === 0) this.#numbers.set(subject.rant, kinds.set(type, values));
    return addTo(values, value);
  }

  /** Whether the set has an object. */
  has(subject: Obj | Key): boolean {
    if (!isPubId(subject)) return this.#named.has(identityOf(subject));
    const { type, value } = pubIdName(subject);
    return this.#numbers.get(subject.rant)?.get(type)?.has(value) === true;
  }
}

function addTo(set: Set<string>, value: string): boolean {
  const size = set.size;
  return set.add(value).size > size;
}

function isPubId(subject: Obj | Key): subject is PubId | Extract<Key, { kind: 'PubIdKeyType' }> {
  return nounOf(subject) === 'PubId';
}
