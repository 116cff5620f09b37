import { type NamespaceScope, splitQName, wrongDeclaration } from './namespaces.js';
import type { XmlAttribute, XmlElement } from './xml-events.js';

const none: ReadonlyMap<string, string> = new Map();

/** An element as the handler gets it, with the scope of its content. */
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

/** A start tag while it is read. Names are split at once and resolved when all declarations of the tag are known. */
export class StartTag {
  readonly #name: string;
  readonly #attributes: { prefix: string; local: string; value: string }[] = [];
  #declarations: Map<string, string> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Attributes so far, without declarations. */
  get attributeCount(): number {
    return this.#attributes.length;
  }

  /** Namespace declarations so far. */
  get declarationCount(): number {
    return this.#declarations?.size ?? 0;
  }

  /** Adds the next attribute or declaration. Returns the reason if it is invalid. */
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

  /** The element with its names resolved in the parent's scope, or the reason why it is invalid. */
  resolve(parent: NamespaceScope): ScopedElement | string {
    const split = splitQName(this.#name);
    if (split === undefined) return `"${this.#name}" is not a qualified name`;
    const declarations = this.#declarations ?? none;
    const scope = this.#declarations === undefined ? parent : parent.within(this.#declarations);
    const uri = scope.resolve(split.prefix);
    if (uri === undefined) return `prefix "${split.prefix}" is not declared`;
    const attributes: XmlAttribute[] = [];
    for (const { prefix, local, value } of this.#attributes) {
      // The default namespace does not apply to attributes.
      const uri = prefix === '' ? '' : scope.resolve(prefix);
      if (uri === undefined) return `prefix "${prefix}" is not declared`;
      // The parser has compared the names as written, but two prefixes can mean one namespace. There are few
      // attributes.
      if (prefix !== '' && attributes.some((other) => other.local === local && other.uri === uri)) {
        return `attribute "${local}" is given twice`;
      }
      attributes.push({ prefix, uri, local, value });
    }
    return new ScopedElement(split.prefix, uri, split.local, attributes, declarations, scope);
  }
}
