import { NAME_RE } from 'xmlchars/xml/1.0/ed4.js';
import { escapeAttribute, escapeText } from '../soap/write-xml.js';
import type { XmlElement } from '../soap/xml-events.js';
import { baseNs, detailNs, xsiNs } from './namespaces.js';
import type { Flaw } from './result.js';

const xmlNs = 'http://www.w3.org/XML/1998/namespace';

/** A child of `ext` while it is read. */
interface Child {
  /** The start tag up to the place for more namespace declarations. */
  readonly head: string;
  readonly rest: string[];
  /** Prefixes that are declared outside and used inside, with their URIs. */
  readonly borrowed: Map<string, string>;
}

/**
 * The content of an `ext` element as self-contained, namespace-well-formed XML: prefixes as sent, declared again if the
 * declaration was outside. Comments are dropped, and so is the `failure` element of an earlier answer.
 */
export class Extension {
  readonly #limit: number;
  readonly #done: string[] = [];
  readonly #names: string[] = [];
  /** Prefixes declared inside, one map per open element. */
  readonly #scopes: ReadonlyMap<string, string>[] = [];
  #child: Child | undefined;
  #length = 0;
  #newName: string | undefined;
  /** Open elements of a dropped child, and whether there was one. */
  #dropping = 0;
  #hasDropped = false;

  /** `limit` is in characters. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The fault of the extension, with its value. */
  get fault(): Omit<Flaw, 'attrName'> | undefined {
    if (this.#overLimit) {
      return { attrVal: this.#beginning, isCut: true, reason: `longer than ${this.#limit} characters` };
    }
    const attrVal = this.#newName;
    return attrVal === undefined ? undefined : { attrVal, reason: 'a name that not every edition of XML 1.0 allows' };
  }

  /** Whether the next element would be a child of `ext` itself. */
  get isAtTop(): boolean {
    return this.#child === undefined && this.#dropping === 0;
  }

  get isEmpty(): boolean {
    return this.#done.length === 0;
  }

  /** Whether it had a `failure` element of an answer. */
  get hasDropped(): boolean {
    return this.#hasDropped;
  }

  get xml(): string {
    return this.#done.join('');
  }

  /** `refuse` is called for a child that ExtAnyType does not admit: it must be of another namespace (RFC 7877 §12). */
  open(element: XmlElement, refuse: (reason: string) => never): void {
    if (this.#dropping > 0 || (this.#child === undefined && element.uri === detailNs)) {
      this.#dropping += 1;
      this.#hasDropped = true;
      return;
    }
    if (this.#child === undefined && (element.uri === '' || element.uri === baseNs)) {
      refuse(`${element.local} in ext must be of another namespace`);
    }
    for (const { prefix, local } of [element, ...element.attributes]) this.#checkNames(prefix, local);
    this.#checkNames(...element.declarations.keys());
    const name = qualified(element.prefix, element.local);
    this.#scopes.push(element.declarations);
    const declarations = [...element.declarations].map(([prefix, uri]) => declaration(prefix, uri));
    const attributes = element.attributes.map(
      ({ prefix, local, value }) => ` ${qualified(prefix, local)}="${escapeAttribute(value)}"`,
    );
    const tag = `${declarations.join('')}${attributes.join('')}>`;
    this.#names.push(name);
    this.#count(name.length * 2 + tag.length);
    if (this.#child === undefined) this.#child = { head: `<${name}`, rest: [tag], borrowed: new Map() };
    else this.#append(`<${name}${tag}`);
    this.#borrow(element.prefix, element.uri);
    for (const { prefix, uri, local, value } of element.attributes) {
      if (prefix !== '') this.#borrow(prefix, uri);
      // A value may be a QName, whose prefix must keep its meaning. Only in xsi:type a missing prefix certainly means
      // the default namespace.
      const isType = uri === xsiNs && local === 'type' && !value.includes(':');
      const inValue = isType ? '' : /^\s*([^\s:]+):[^\s:]+\s*$/.exec(value)?.[1];
      const meant = inValue === undefined ? undefined : element.resolve(inValue);
      if (inValue !== undefined && meant !== undefined) this.#borrow(inValue, meant);
    }
  }

  text(text: string, refuse: (reason: string) => never): void {
    if (this.#dropping > 0) return;
    if (this.#child === undefined) {
      if (/[^ \t\r\n]/.test(text)) refuse('ext holds elements, not text');
      return;
    }
    this.#count(text.length);
    this.#append(escapeText(text));
  }

  /** Closes the innermost element; false if it is the `ext` element itself. */
  close(): boolean {
    if (this.#dropping > 0) {
      this.#dropping -= 1;
      return true;
    }
    const name = this.#names.pop();
    if (name === undefined || this.#child === undefined) return false;
    this.#scopes.pop();
    this.#append(`</${name}>`);
    if (this.#names.length === 0) {
      const borrowed = [...this.#child.borrowed].map(([prefix, uri]) => declaration(prefix, uri));
      // Beyond the limit the answer has the beginning only, and one child is enough for it.
      if (this.#done.length === 0 || !this.#overLimit) {
        this.#done.push(this.#child.head + borrowed.join('') + this.#child.rest.join(''));
      }
      this.#child = undefined;
    }
    return true;
  }

  #borrow(prefix: string, uri: string): void {
    if (uri === xmlNs || (prefix === '' && uri === '')) return;
    if (this.#scopes.some((scope) => scope.has(prefix))) return;
    if (this.#child === undefined || this.#child.borrowed.has(prefix)) return;
    // A short child can borrow a long name repeatedly, so the stored size counts, not the size as sent.
    this.#count(declaration(prefix, uri).length);
    this.#checkNames(prefix);
    this.#child.borrowed.set(prefix, uri);
  }

  get #overLimit(): boolean {
    return this.#length > this.#limit;
  }

  /** The first characters, enough to recognize it. */
  get #beginning(): string {
    return (this.#done[0] ?? this.#child?.head ?? '').slice(0, 80);
  }

  /**
   * Stores the first name that only the fifth edition of XML 1.0 allows: many parsers could not read an answer with it.
   */
  #checkNames(...names: readonly string[]): void {
    this.#newName ??= names.find((name) => name !== '' && !NAME_RE.test(name));
  }

  #count(characters: number): void {
    this.#length += characters;
  }

  #append(xml: string): void {
    if (!this.#overLimit) this.#child?.rest.push(xml);
  }
}

function declaration(prefix: string, uri: string): string {
  return ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`;
}

function qualified(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}
