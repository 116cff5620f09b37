import type { XmlElement } from '../soap/xml-events.js';
import type { Content, Struct, Value } from './grammar.js';
import type { Flaw } from './result.js';

const encodingNs = 'http://www.w3.org/2003/05/soap-encoding';

/** Characters of what the references of one message can name: what is remembered until its end. */
const MAX_REMEMBERED = 1_048_576;

/** What an element with an id was read as. */
export interface Referred {
  readonly is: Content['is'];
  readonly struct: Struct | undefined;
  /** Undefined where it was left out for being none. */
  readonly value: Value | undefined;
  readonly flaw: Flaw | undefined;
  /** Characters of it, about. */
  readonly size: number;
}

/** The id by which other elements can name this one, or the id of another that it stands for. */
export interface Reference {
  readonly id?: string;
  readonly href?: string;
}

/**
 * Whether an attribute is one of those by which SOAP writes a value once that stands in several places (SOAP 1.1 §5.4.1,
 * SOAP 1.2 Part 2 §3.1.5). PHP does so with an object that a program uses twice, in literal messages too.
 */
export function isReference(uri: string, local: string): boolean {
  return uri === '' ? local === 'id' || local === 'href' : uri === encodingNs && (local === 'id' || local === 'ref');
}

const none: Reference = {};

/** What an element's attributes say of references; elements of one text have none. */
export function referenceOf({ attributes }: XmlElement, content: Content): Reference {
  if (attributes.length === 0 || content.is === 'simple') return none;
  const found: { id?: string; href?: string } = {};
  for (const { uri, local, value } of attributes) {
    if (!isReference(uri, local)) continue;
    const bare = value.trim();
    if (local === 'id') found.id = bare;
    else found.href = bare.startsWith('#') ? bare.slice(1) : bare;
  }
  return found;
}

/** The values of one message that have an id, in the order in which they end; none can stand in itself. */
export class References {
  readonly #byId = new Map<string, Referred>();
  /** Elements by their ids that nothing has referred to yet. */
  readonly #unused = new Map<string, string>();
  readonly #mostWritten: number;
  #remembered = 0;
  #written = 0;

  /** `mostWritten`: characters that the message may grow by if every reference is written out. */
  constructor(mostWritten: number) {
    this.#mostWritten = mostWritten;
  }

  /** Refuses an id that nothing in the whole message refers to: the schema has no place for it. */
  checkUsed(refuse: (reason: string) => never): void {
    for (const element of this.#unused.values())
      refuse(`attribute id has no place on ${element}: nothing refers to it`);
  }

  /** Keeps the value of an element; false if its id is taken. What goes beyond the bound is not kept. */
  remember(id: string, element: string, referred: Omit<Referred, 'size'>): boolean {
    if (this.#byId.has(id)) return false;
    const size = JSON.stringify(referred.value ?? '').length;
    const isKept = this.#remembered + size + id.length <= MAX_REMEMBERED;
    // Of those that are not kept, one is enough: nothing can refer to them.
    this.#unused.set(isKept ? id : '', element);
    if (!isKept) return true;
    this.#remembered += size + id.length;
    this.#byId.set(id, { ...referred, size });
    return true;
  }

  /** The value that an element stands for, or why it cannot. */
  resolve(id: string, content: Content): Referred | string {
    const found = this.#byId.get(id);
    if (found === undefined) return `nothing before it has the id "${id.slice(0, 40)}"`;
    const fits =
      found.is === content.is &&
      (content.is !== 'struct' || content.struct === found.struct) &&
      (content.is !== 'abstract' || content.of.some((struct) => struct === found.struct));
    if (!fits) return `what has the id "${id.slice(0, 40)}" is of another type`;
    this.#unused.delete(id);
    this.#written += found.size;
    return this.#written > this.#mostWritten
      ? `with all references written out, it is longer than ${this.#mostWritten}`
      : found;
  }
}
