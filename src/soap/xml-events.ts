/** XML as the rooms after the reader see it: events with namespaces resolved, never a prefix to be guessed. */

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
  /** Namespace declarations written on this very element: prefix ('' for the default one) to URI. */
  readonly declarations: ReadonlyMap<string, string>;
  /** The URI that a prefix stands for at this element, for QNames in values (xsi:type). */
  resolve(prefix: string): string | undefined;
}

/** What follows a document as it is read. Text may come in several pieces. */
export interface XmlHandler {
  open(element: XmlElement): void;
  text(text: string): void;
  close(): void;
}
