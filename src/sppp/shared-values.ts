import type { XmlElement } from '../soap/xml-events.js';
import type { Content, Struct, Value } from './grammar.js';
import type { Flaw } from './result.js';

const encodingNs = 'http://www.w3.org/2003/05/soap-encoding';

/** Characters of values with an id that are stored until the end of a message. */
const MAX_REMEMBERED = 1_048_576;

/** The value of an element with an id. */
export interface SharedValue {
  readonly is: Content['is'];
  readonly struct: Struct | undefined;
  /** Undefined if it was invalid and left out. */
  readonly value: Value | undefined;
  readonly flaw: Flaw | undefined;
  /** Approximate number of its characters. */
  readonly size: number;
}

/** The id of this element, or the id of the element that it refers to. */
export interface IdOrHref {
  readonly id?: string;
  readonly href?: string;
}

/**
 * Whether an attribute is one with which SOAP shares a value between elements (SOAP 1.1 §5.4.1, SOAP 1.2 Part 2
 * §3.1.5). PHP uses them for an object that a program has twice, in literal messages too.
 */
export function isIdOrHref(uri: string, local: string): boolean {
  return uri === '' ? local === 'id' || local === 'href' : uri === encodingNs && (local === 'id' || local === 'ref');
}

const none: IdOrHref = {};

/** The reference in an element's attributes; elements with a simple text have none. */
export function idOrHrefOf({ attributes }: XmlElement, content: Content): IdOrHref {
  if (attributes.length === 0 || content.is === 'simple') return none;
  const found: { id?: string; href?: string } = {};
  for (const { uri, local, value } of attributes) {
    if (!isIdOrHref(uri, local)) continue;
    const bare = value.trim();
    if (local === 'id') found.id = bare;
    else found.href = bare.startsWith('#') ? bare.slice(1) : bare;
  }
  return found;
}

/** The values of one message that have an id, in the order in which they end, so that none can contain itself. */
export class SharedValues {
  readonly #byId = new Map<string, SharedValue>();
  /** Elements without a reference so far, by their ids. */
  readonly #unused = new Map<string, string>();
  readonly #maxWritten: number;
  #remembered = 0;
  #written = 0;

  /** @param maxWritten characters that all references may stand for */
  constructor(maxWritten: number) {
    this.#maxWritten = maxWritten;
  }

  /** Refuses an id without a reference in the message, because the schema has no such attribute. */
  checkUsed(refuse: (reason: string) => never): void {
    for (const element of this.#unused.values())
      refuse(`attribute id is not allowed on ${element}: nothing refers to it`);
  }

  /** Stores the value of an element; false if its id is taken. Values beyond the maximum are not stored. */
  remember(id: string, element: string, referred: Omit<SharedValue, 'size'>): boolean {
    if (this.#byId.has(id)) return false;
    const size = JSON.stringify(referred.value ?? '').length;
    const isStored = this.#remembered + size + id.length <= MAX_REMEMBERED;
    // One entry is enough for values that are not stored: nothing can refer to them.
    this.#unused.set(isStored ? id : '', element);
    if (!isStored) return true;
    this.#remembered += size + id.length;
    this.#byId.set(id, { ...referred, size });
    return true;
  }

  /** The value that an id refers to, or the reason why it cannot be used. */
  resolve(id: string, content: Content): SharedValue | string {
    const found = this.#byId.get(id);
    if (found === undefined) return `nothing before it has the id "${id.slice(0, 40)}"`;
    const fits =
      found.is === content.is &&
      (content.is !== 'struct' || content.struct === found.struct) &&
      (content.is !== 'abstract' || content.of.some((struct) => struct === found.struct));
    if (!fits) return `what has the id "${id.slice(0, 40)}" is of another type`;
    this.#unused.delete(id);
    this.#written += found.size;
    return this.#written > this.#maxWritten
      ? `with all references expanded, it is longer than ${this.#maxWritten}`
      : found;
  }
}
