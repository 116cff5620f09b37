/** How much of XML is read before a message is refused. Every one of them is a setting. */
export interface XmlLimits {
  /** Elements inside each other. */
  readonly depth: number;
  /** Attributes on one element, namespace declarations not counted. */
  readonly attributes: number;
  /** Namespace prefixes declared on one element, or in scope at it. */
  readonly declarations: number;
  /** Characters of the name of an element, an attribute or a prefix. */
  readonly nameLength: number;
  /** Characters of the value of an attribute, namespace names included. */
  readonly attributeLength: number;
  /** Characters, as written, of one piece of markup or of the text between two: what has to be held in memory. */
  readonly runLength: number;
}

export const defaultXmlLimits: XmlLimits = {
  depth: 32,
  attributes: 64,
  declarations: 64,
  nameLength: 256,
  attributeLength: 8192,
  runLength: 1_048_576,
};
