/** Limits of the XML reader. */
export interface XmlLimits {
  /** Nested elements. */
  readonly depth: number;
  /** Attributes on one element, without namespace declarations. */
  readonly attributes: number;
  /** Namespace prefixes declared on one element, or in scope at it. */
  readonly declarations: number;
  /** Characters of the name of an element, an attribute or a prefix. */
  readonly nameLength: number;
  /** Characters of the value of an attribute, including namespace names. */
  readonly attributeLength: number;
  /** Characters, as written, of one piece of markup or of the text between two; the reader holds it in memory. */
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
