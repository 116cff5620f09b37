import { SoapFault } from '../../src/soap/fault.js';
import { XmlReader } from '../../src/soap/read-xml.js';
import type { XmlElement, XmlHandler } from '../../src/soap/xml-events.js';
import { defaultXmlLimits } from '../../src/soap/xml-limits.js';
import { xsiNs } from '../../src/sppp/namespaces.js';

/** XML as it is meant: expanded names, no prefixes. Tests build requests as such trees, break them, and write them. */

export interface Name {
  readonly uri: string;
  readonly local: string;
}

export interface TreeAttribute extends Name {
  /** Text, or a name that is to be written as a QName, always with a prefix but in an xsi:type. */
  readonly value: string | Name;
}

export interface Tree extends Name {
  readonly attributes: readonly TreeAttribute[];
  readonly children: readonly (Tree | string)[];
  /**
   * What may be done to the content without changing what it says: white space between `elements`, white space around
   * and in the text of a `token`, nothing to what is `mixed`.
   */
  readonly content: 'elements' | 'token' | 'mixed';
  /** Of a token: its simple type in the grammar. */
  readonly type?: string;
  /** Its slot in the sequence that it stands in: which one, and how often it may and must be there. */
  readonly slot?: { readonly index: number; readonly required: boolean; readonly repeats: boolean };
  /** An element that may stand here as well, and says the same. */
  readonly synonyms?: readonly string[];
  /** Other texts that say the same. */
  readonly spellings?: readonly string[];
}

/** An element of a tree, and the way to it: its place among the children at each step down. */
export interface FoundElement {
  readonly tree: Tree;
  readonly path: readonly number[];
  readonly parent: Tree | undefined;
}

/** Every element of a tree, itself included, except what is foreign. */
export function elementsOf(tree: Tree, path: readonly number[] = [], parent?: Tree): FoundElement[] {
  if (tree.content === 'mixed') return [];
  const inner = tree.children.flatMap((child, index) =>
    typeof child === 'string' ? [] : elementsOf(child, [...path, index], tree),
  );
  return [{ tree, path, parent }, ...inner];
}

/** The tree with other elements, or none, in the place of one of its own. */
export function withInstead(tree: Tree, path: readonly number[], ...instead: readonly (Tree | string)[]): Tree {
  const [index, ...rest] = path;
  const child = index === undefined ? undefined : tree.children[index];
  if (index === undefined || child === undefined || typeof child === 'string') throw new Error('no such place');
  const put = rest.length === 0 ? instead : [withInstead(child, rest, ...instead)];
  return { ...tree, children: [...tree.children.slice(0, index), ...put, ...tree.children.slice(index + 1)] };
}

export const xmlNs = 'http://www.w3.org/XML/1998/namespace';

/** Where choices come from: a list of numbers, and zeros when it has run out. Zero is always the plainest choice. */
export class Tape {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[] = []) {
    this.#numbers = numbers;
  }

  /** A number from 0 to below `count`. */
  pick(count: number): number {
    return (this.#numbers[this.#at++] ?? 0) % count;
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.pick(choices.length)] ?? choices[0];
  }

  /** Once in so many times. */
  rarely(times: number): boolean {
    return this.pick(times) === times - 1;
  }
}

/** Prefixes, some of them nasty: well-known ones for other namespaces, names beyond ASCII, none at all. */
const prefixes = ['p', 's', 'b', '', 'xsi', 'ns1', '_', 'é', 'x-1.2', 'soapenv', 'obj', 'Ünï·1'] as const;

type Scope = ReadonlyMap<string, string>;

/**
 * Writes trees in one of the many ways in which they can be written, as the tape has it: prefixes, declarations,
 * quotes, white space, comments, empty elements, character references, CDATA.
 */
export class TreeWriter {
  readonly #tape: Tape;

  constructor(tape: Tape = new Tape()) {
    this.#tape = tape;
  }

  /** A whole document. */
  document(root: Tree): string {
    const prolog = this.#tape.of([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '',
      "<?xml version='1.0'?>\n",
      '<?xml version="1.0" encoding="utf-8" standalone="yes" ?><!-- <obj> -->\r\n',
    ]);
    return prolog + this.#element(root, new Map([['', '']])) + this.#tape.of(['', '\n', '<!-- </obj> -->']);
  }

  /** An element that stands on its own. */
  element(tree: Tree): string {
    return this.#element(tree, new Map([['', '']]));
  }

  #element(tree: Tree, outer: Scope): string {
    const tape = this.#tape;
    const tag = new Tag(tape, outer);
    const local = tree.synonyms === undefined ? tree.local : tape.of([tree.local, ...tree.synonyms]);
    const name = qualified(tag.prefixFor(tree.uri, true), local);
    const attributes = tree.attributes.map((attribute) => {
      const attributeName = qualified(attribute.uri === '' ? '' : tag.prefixFor(attribute.uri, false), attribute.local);
      const { value } = attribute;
      const text =
        typeof value === 'string' ? value : qualified(tag.prefixFor(value.uri, attribute.uri === xsiNs), value.local);
      return `${attributeName}${tape.of(['=', '=', ' = '])}${this.#quoted(text)}`;
    });
    if (tape.rarely(12)) tag.repeatOrAdd();
    const declarations = tag.declarations().map(([prefix, uri]) => {
      return `${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}=${this.#quoted(uri)}`;
    });
    if (tape.rarely(2)) attributes.reverse();
    const written = tape.rarely(3) ? [...attributes, ...declarations] : [...declarations, ...attributes];
    const start = `<${name}${written.map((each) => tape.of([' ', ' ', '\n  ']) + each).join('')}${tape.of(['', '', ' ', '\n'])}`;
    const content = this.#content(tree, tag.scope());
    if (content === '' && tape.rarely(2)) return `${start}/>`;
    return `${start}>${content}</${name}${tape.of(['', '', ' '])}>`;
  }

  #content(tree: Tree, scope: Scope): string {
    const tape = this.#tape;
    if (tree.content === 'token') {
      const text = tree.children.join('');
      return this.#token(tree.spellings === undefined ? text : tape.of([text, ...tree.spellings]));
    }
    const parts = tree.children.map((child) =>
      typeof child === 'string' ? this.#text(child) : this.#element(child, scope),
    );
    if (tree.content === 'mixed') return parts.join('');
    // An element without children may be closed at once, but not every one that could has to be.
    return parts.length === 0 ? this.#gap() : this.#gap() + parts.map((part) => part + this.#gap()).join('');
  }

  #gap(): string {
    return this.#tape.of(['', '', '', '', '\n  ', ' ', '\r\n\t', '<!-- gap -->', ' <!--<x>--> ']);
  }

  #token(text: string): string {
    const tape = this.#tape;
    const pad = (): string => tape.of(['', '', '', ' ', '\n', '\t \r\n', '&#9;', '&#xD;&#10;', '<!-- pad -->']);
    const inner = text
      .split(' ')
      .map((word) => this.#text(word))
      .reduce((before, word) => before + tape.of([' ', ' ', '  ', '\n', ' \t']) + word);
    return pad() + inner + pad();
  }

  #text(text: string): string {
    const tape = this.#tape;
    const middle = [...text].slice(0, [...text].length >> 1).join('');
    switch (text === '' ? 0 : tape.pick(8)) {
      case 5:
        return cdata(text);
      case 6:
        return [...text].map((character) => reference(character, tape.pick(3))).join('');
      case 7:
        return `${escaped(middle)}<!-- in -->${cdata(text.slice(middle.length))}`;
      default:
        return escaped(text);
    }
  }

  #quoted(text: string): string {
    const quote = this.#tape.of(['"', '"', "'"]);
    const plain = escaped(text)
      .replace(/\t/g, '&#9;')
      .replace(/\n/g, '&#xa;')
      .replaceAll(quote, quote === '"' ? '&quot;' : '&#39;');
    return quote + plain + quote;
  }
}

/** The prefixes of one start tag: what it finds and what it has to declare. */
class Tag {
  readonly #tape: Tape;
  readonly #outer: Scope;
  readonly #own = new Map<string, string>();
  /** Prefixes that the tag relies on; they cannot be declared anew on it. */
  readonly #used = new Set<string>();

  constructor(tape: Tape, outer: Scope) {
    this.#tape = tape;
    this.#outer = outer;
  }

  scope(): Scope {
    return new Map([...this.#outer, ...this.#own]);
  }

  declarations(): [string, string][] {
    return [...this.#own];
  }

  prefixFor(uri: string, mayBeDefault: boolean): string {
    if (uri === xmlNs) return 'xml';
    const prefix = this.#choose(uri, mayBeDefault);
    if (this.scope().get(prefix) !== uri) this.#own.set(prefix, uri);
    this.#used.add(prefix);
    return prefix;
  }

  /** An unused declaration. */
  repeatOrAdd(): void {
    const prefix = this.#fresh(true);
    const held = this.scope().get(prefix);
    if (prefix !== '') this.#own.set(prefix, held ?? 'urn:nobody');
  }

  #choose(uri: string, mayBeDefault: boolean): string {
    if (uri === '') return '';
    const held = [...this.scope()].flatMap(([prefix, bound]) =>
      bound === uri && (mayBeDefault || prefix !== '') ? prefix : [],
    );
    const [first, ...rest] = held;
    if (first !== undefined && !this.#tape.rarely(6)) return this.#tape.of([first, ...rest]);
    return this.#fresh(mayBeDefault);
  }

  #fresh(mayBeDefault: boolean): string {
    const free = prefixes.filter((prefix) => !this.#used.has(prefix) && (mayBeDefault || prefix !== ''));
    const [first = 'q', ...rest] = free;
    return this.#tape.of([first, ...rest]);
  }
}

function qualified(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\r/g, '&#13;');
}

/** A carriage return would become a line feed in CDATA, and `]]>` would end it. */
function cdata(text: string): string {
  return text
    .split('\r')
    .map((part) => (part === '' ? '' : `<![CDATA[${part.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`))
    .join('&#13;');
}

function reference(character: string, form: number): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return form === 0 ? `&#x${codePoint.toString(16)};` : form === 1 ? `&#${codePoint};` : escaped(character);
}

/**
 * The elements and texts of a fragment, to compare the meaning of two: an attribute's value that is a
 * QName in scope counts by what it means.
 */
export function readFragment(xml: string): readonly (Tree | string)[] {
  const root = new TreeHandler();
  const reader = new XmlReader(root, defaultXmlLimits);
  try {
    reader.write(Buffer.from(`<fragment>${xml}</fragment>`));
    reader.end();
  } catch (error) {
    if (error instanceof SoapFault) throw new Error(`not well-formed: ${error.reason} in ${xml}`);
    throw error;
  }
  return root.trees[0]?.children ?? [];
}

class TreeHandler implements XmlHandler {
  readonly trees: Tree[] = [];
  readonly #open: (Tree & { children: (Tree | string)[] })[] = [];

  open(element: XmlElement): void {
    const attributes = element.attributes
      .map(({ uri, local, value }) => ({ uri, local, value: meaningOf(value, element) }))
      .sort((a, b) => (`${a.uri} ${a.local}` < `${b.uri} ${b.local}` ? -1 : 1));
    this.#open.push({ uri: element.uri, local: element.local, attributes, children: [], content: 'mixed' });
  }

  text(text: string): void {
    const children = this.#open.at(-1)?.children ?? [];
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else children.push(text);
  }

  close(): void {
    const ended = this.#open.pop();
    if (ended !== undefined) (this.#open.at(-1)?.children ?? this.trees).push(ended);
  }
}

function meaningOf(value: string, element: XmlElement): string | Name {
  const [, prefix, local] = /^([^\s:]+):([^\s:]+)$/.exec(value) ?? [];
  const uri = prefix === undefined ? undefined : element.resolve(prefix);
  return uri === undefined || local === undefined ? value : { uri, local };
}
