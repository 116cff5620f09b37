export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/** NameStartChar of XML 1.0 (fifth edition) without the colon: how an NCName begins. */
const ncNameStart =
  /^[A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\u{10000}-\u{EFFFF}]/u;

export interface QName {
  /** Empty for a name without a prefix. */
  readonly prefix: string;
  readonly local: string;
}

/** The two parts of a name that is an XML Name already; undefined if it is not a QName (Namespaces in XML 1.0 §4). */
export function splitQName(name: string): QName | undefined {
  const colon = name.indexOf(':');
  if (colon === -1) return { prefix: '', local: name };
  const local = name.slice(colon + 1);
  if (colon === 0 || local.includes(':') || !ncNameStart.test(local)) return undefined;
  return { prefix: name.slice(0, colon), local };
}

/** Why this declaration is forbidden, or undefined. `prefix` is empty for the default namespace. */
export function wrongDeclaration(prefix: string, uri: string): string | undefined {
  if (prefix === 'xmlns' || uri === xmlnsNamespace) return 'xmlns cannot be declared';
  if ((prefix === 'xml') !== (uri === xmlNamespace)) return 'xml and its namespace belong to each other';
  if (prefix !== '' && uri === '') return `prefix "${prefix}" is declared as nothing`;
  return undefined;
}

/** The bindings of prefixes at one point of a document. Immutable, so an element can store it. */
export class NamespaceScope {
  /** Outside the root: only xml is bound, and names without a prefix have no namespace. */
  static readonly outermost = new NamespaceScope(
    new Map([
      ['', ''],
      ['xml', xmlNamespace],
    ]),
  );

  readonly #uris: ReadonlyMap<string, string>;

  private constructor(uris: ReadonlyMap<string, string>) {
    this.#uris = uris;
  }

  /** The number of bound prefixes, including those of the outermost scope. */
  get size(): number {
    return this.#uris.size;
  }

  /** The namespace URI, '' for no namespace, undefined if the prefix is not bound. */
  resolve(prefix: string): string | undefined {
    return this.#uris.get(prefix);
  }

  /** The scope inside an element with these declarations; this object if they only repeat existing bindings. */
  within(declarations: ReadonlyMap<string, string>): NamespaceScope {
    for (const [prefix, uri] of declarations) {
      if (this.#uris.get(prefix) !== uri) return new NamespaceScope(new Map([...this.#uris, ...declarations]));
    }
    return this;
  }
}
