/** The events of the XML reader, with resolved namespaces. */

export interface XmlName {
  /** Namespace URI; the empty string is "no namespace". */
  readonly uri: string;
  readonly local: string;
}

export interface XmlAttribute extends XmlName {
  readonly prefix: string;
  readonly value: string;
}

export interface XmlElement extends XmlName {
  readonly prefix: string;
  /** Without the namespace declarations. */
  readonly attributes: readonly XmlAttribute[];
  /** Namespace declarations of this element: prefix ('' for the default one) to URI. */
  readonly declarations: ReadonlyMap<string, string>;
  /** The URI of a prefix at this element, for QNames in values (xsi:type). */
  resolve(prefix: string): string | undefined;
}

/** Gets the events of a document. A text may come in several pieces. */
export interface XmlHandler {
  open(element: XmlElement): void;
  text(text: string): void;
  close(): void;
}
