import { type NamespaceScope, splitQName, wrongDeclaration } from './namespaces.js';
import type { XmlAttribute, XmlElement } from './xml-events.js';

const none: ReadonlyMap<string, string> = new Map();

/** An element as the rooms after the reader see it, with the scope its content stands in. */
export class ScopedElement implements XmlElement {
  constructor(
    readonly prefix: string,
    readonly uri: string,
    readonly local: string,
    readonly attributes: readonly XmlAttribute[],
    readonly declarations: ReadonlyMap<string, string>,
    readonly scope: NamespaceScope,
  ) {}

  resolve(prefix: string): string | undefined {
    return this.scope.resolve(prefix);
  }
}

/** A start tag as it is read: names are split at once, and resolved when all declarations of the tag are known. */
export class StartTag {
  readonly #name: string;
  readonly #attributes: { prefix: string; local: string; value: string }[] = [];
  #declarations: Map<string, string> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Attributes so far, declarations not counted. */
  get attributeCount(): number {
    return this.#attributes.length;
  }

  /** Namespace declarations so far. */
  get declarationCount(): number {
    return this.#declarations?.size ?? 0;
  }

  /** Takes the next attribute or declaration. Returns what is wrong with it, or undefined. */
  add(name: string, value: string): string | undefined {
    const split = splitQName(name);
    if (split === undefined) return `"${name}" is not a qualified name`;
    const { prefix, local } = split;
    if (prefix !== 'xmlns' && name !== 'xmlns') {
      this.#attributes.push({ prefix, local, value });
      return undefined;
    }
    const declared = prefix === 'xmlns' ? local : '';
    this.#declarations ??= new Map();
    this.#declarations.set(declared, value);
    return wrongDeclaration(declared, value);
  }

  /** The element, its names resolved inside the parent's scope; or what is wrong with it. */
  resolve(parent: NamespaceScope): ScopedElement | string {
    const split = splitQName(this.#name);
    if (split === undefined) return `"${this.#name}" is not a qualified name`;
    const declarations = this.#declarations ?? none;
    const scope = this.#declarations === undefined ? parent : parent.within(this.#declarations);
    const uri = scope.resolve(split.prefix);
    if (uri === undefined) return `prefix "${split.prefix}" is not declared`;
    const attributes: XmlAttribute[] = [];
    for (const { prefix, local, value } of this.#attributes) {
      // The default namespace is not for attributes.
      const uri = prefix === '' ? '' : scope.resolve(prefix);
      if (uri === undefined) return `prefix "${prefix}" is not declared`;
      // The parser has compared the names as written; two prefixes can still mean the same one. They are few.
      if (prefix !== '' && attributes.some((other) => other.local === local && other.uri === uri)) {
        return `attribute "${local}" is given twice`;
      }
      attributes.push({ prefix, uri, local, value });
    }
    return new ScopedElement(split.prefix, uri, split.local, attributes, declarations, scope);
  }
}
