import { NAME_RE } from 'xmlchars/xml/1.0/ed4.js';
import { escapeAttribute, escapeText } from '../soap/write-xml.js';
import type { XmlElement } from '../soap/xml-events.js';
import { baseNs, detailNs, xsiNs } from './namespaces.js';
import type { Flaw } from './result.js';

const xmlNs = 'http://www.w3.org/XML/1998/namespace';

/** A child of `ext` as it is being kept. */
interface Child {
  /** The start tag up to where more namespace declarations can go. */
  readonly head: string;
  readonly rest: string[];
  /** Prefixes declared outside that are used inside, with their URIs. */
  readonly borrowed: Map<string, string>;
}

/**
 * The content of an `ext` element, kept as namespace-well-formed XML that stands on its own: prefixes as they were sent,
 * declared again where the declaration stood outside. Comments are not kept, nor is what an answer told of the object when
 * it failed, if that is sent back.
 */
export class Extension {
  readonly #limit: number;
  readonly #done: string[] = [];
  readonly #names: string[] = [];
  /** Prefixes declared inside, one map per open element. */
  readonly #scopes: ReadonlyMap<string, string>[] = [];
  #child: Child | undefined;
  #length = 0;
  #oddName: string | undefined;
  /** Open elements of a child that is dropped, and whether there was one. */
  #dropping = 0;
  #hasDropped = false;

  /** `limit` is in characters. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is wrong with the whole of it, by the value to be told. */
  get fault(): Omit<Flaw, 'attrName'> | undefined {
    if (this.#overLimit) {
      return { attrVal: this.#beginning, isCut: true, reason: `longer than ${this.#limit} characters` };
    }
    const attrVal = this.#oddName;
    return attrVal === undefined ? undefined : { attrVal, reason: 'a name that not every edition of XML 1.0 allows' };
  }

  get isEmpty(): boolean {
    return this.#done.length === 0;
  }

  /** Whether there was something that is not the client's. */
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
    for (const { prefix, local } of [element, ...element.attributes]) this.#look(prefix, local);
    this.#look(...element.declarations.keys());
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
    else this.#keep(`<${name}${tag}`);
    this.#borrow(element.prefix, element.uri);
    for (const { prefix, uri, local, value } of element.attributes) {
      if (prefix !== '') this.#borrow(prefix, uri);
      // A value may be a QName: its prefix must still mean the same. Only of xsi:type it is sure that none means the
      // default namespace.
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
    this.#keep(escapeText(text));
  }

  /** Ends the innermost element; false if it is the `ext` element itself. */
  close(): boolean {
    if (this.#dropping > 0) {
      this.#dropping -= 1;
      return true;
    }
    const name = this.#names.pop();
    if (name === undefined || this.#child === undefined) return false;
    this.#scopes.pop();
    this.#keep(`</${name}>`);
    if (this.#names.length === 0) {
      const borrowed = [...this.#child.borrowed].map(([prefix, uri]) => declaration(prefix, uri));
      // Beyond the limit only the beginning is told of, for which one child is enough.
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
    // A short child can borrow a long name, again and again: what is kept counts, not what was sent.
    this.#count(declaration(prefix, uri).length);
    this.#look(prefix);
    this.#child.borrowed.set(prefix, uri);
  }

  get #overLimit(): boolean {
    return this.#length > this.#limit;
  }

  /** The first characters, enough to recognize it by. */
  get #beginning(): string {
    return (this.#done[0] ?? this.#child?.head ?? '').slice(0, 80);
  }

  /** Keeps the first name that XML 1.0 allows since its fifth edition only: many parsers could not read an answer with it. */
  #look(...names: readonly string[]): void {
    this.#oddName ??= names.find((name) => name !== '' && !NAME_RE.test(name));
  }

  #count(characters: number): void {
    this.#length += characters;
  }

  #keep(xml: string): void {
    if (!this.#overLimit) this.#child?.rest.push(xml);
  }
}

function declaration(prefix: string, uri: string): string {
  return ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`;
}

function qualified(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}
